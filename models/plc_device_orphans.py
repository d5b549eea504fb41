from odoo import models
from odoo.fields import Domain

from ..plc import rules
from .mo_batch_error import kg_in_words


class PlcDevice(models.Model):
    """R6: orders in the PLC that nobody here waits for."""

    _inherit = "plc.device"

    def _acknowledge_orphans(self, slots, images, in_use):
        """R6: a finished record that nobody waits for is an event, then acknowledged.

        :param in_use: slots whose record somebody waited for when `images` were read
        :return: the numbers of their slots
        """
        told = []
        orphans = {
            n: image for n, image in images.items() if n not in in_use and rules.is_orphan(image)
        }
        again = self._read_again(slots, orphans)
        for number, first in orphans.items():
            image = again[number]
            # R5; of the WRITE record nothing is told, and this turn may have blanked it meanwhile
            if first.read.mapped(flag=True) != image.read.mapped(flag=True):
                continue
            if not self._hold_back(image.read.mo_id, number):
                continue
            self._tell_orphan(number, image)
            if self._acknowledge(slots, number, image.read.mo_id, image):
                told.append(number)
        return told

    def _tell_orphan(self, number, image):
        """An event, committed before the PLC is told."""
        self._log_event(
            "orphan",
            self.env._(
                "Slot %(slot)s holds a finished order that nobody here waits for:"
                " %(order)s. %(kg)s",
                slot=number,
                order=image.read.mo_id or "?",
                kg=kg_in_words(image.read.quantities) or "-",
            ),
            severity="warning",
            mo_id=image.read.mo_id,
            payload=f"{image.raw_write.hex()} {image.raw_read.hex()}",
        )
        self._commit(durable=True)

    def _hold_back(self, name, number):
        """What the PLC has dosed, though nothing here says that it was ever sent, is not sent by
        itself: this database may be older than the PLC's memory, as after a restore. One that has
        never sent the PLC anything is a new one, whose orders are called as those of another were.

        :param name: of the order, as the PLC has it
        :return: whether no order of that name is sent from now on; else one is in use right now
        """
        if not self._has_sent_before():
            return True
        cut = self.layout_id._to_plc().cut
        domain = self._orders_domain() & Domain("plc_dispatch", "=", "auto")
        domain &= Domain("plc_history_ids", "=", False)
        orders = self.env["mrp.production"].sudo(False).search(domain)
        unsent = self.batch_ids.filtered(
            lambda batch: batch._is_unsent() and not batch._was_sent_before()
        )
        orders |= unsent.production_id.filtered(
            lambda order: order.plc_dispatch == "auto" and not order.plc_history_ids
        )
        dosed = orders.filtered(lambda order: cut("mo_id", order.name) == name)
        locked = dosed.try_lock_for_update(allow_referencing=True)
        locked.plc_dispatch = "never"
        for order in locked:
            order._message_log(
                body=self.env._(
                    "Slot %(slot)s of %(device)s reports this order as finished, though it was not"
                    " sent from here. It is kept back: see the device's events for what was dosed,"
                    " and enter it by hand, or send the order to the PLC again.",
                    slot=number,
                    device=self.name,
                )
            )
        return locked == dosed

    def _has_sent_before(self):
        mine = Domain("device_id", "=", self.id)
        sent = mine & Domain("kind", "=", "send") & Domain("payload", "!=", False)
        return any(
            model.search_count(domain, limit=1)
            for model, domain in (
                (self.env["mo.histories"], mine),
                (self.env["plc.event"].sudo(), sent),  # sudo: whoever presses Send Now
            )
        )

    def _names_of_strangers(self, images):
        """Names in valid slots that nobody here has: these orders are with the PLC already."""
        in_use = self._slots_in_use()
        return {
            image.write.mo_id
            for number, image in images.items()
            if number not in in_use and not rules.is_free(image)
        }
