from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..plc import rules
from .mo_batch_error import BatchError
from .plc_silo_supply import Supply


class PlcDevice(models.Model):
    """Task 1: which order gets which slot (R1, R10, R13)."""

    _inherit = "plc.device"

    def _fail_closed_staged(self):
        """R10: a staged batch whose order was cancelled, deleted or done by a person."""
        for batch in self.batch_ids.filtered(lambda batch: batch.state == "staged"):
            batch._fail_if_order_closed()

    def _stage_waiting(self, waiting, free, strangers=()):
        """Batches staged before, as their orders ask by now: a slot that is still free, or else
        another one.

        :param strangers: names of orders that the PLC has already, unknown to Odoo
        :return: (batches with a slot, batches that are ready and find none)
        """
        staged = self.env["mo.batch"]
        # what was refused comes last, so that it keeps no area from being sent
        by_turn = waiting.sorted(lambda batch: (bool(batch.error_code), batch.id))
        ready = by_turn.filtered(lambda batch: batch._plan_again())
        cut = self.layout_id._to_plc().cut
        slotless = ready.filtered(lambda batch: cut("mo_id", batch.mo_id) in strangers)
        ready -= slotless
        keep = ready.filtered(lambda batch: batch.holds_slot and batch.batch_no in free)
        if self._is_area():
            keep = keep.browse()  # R13: orders fill 1, 2, 3 …
        leave = by_turn.filtered("holds_slot") - keep
        leave.holds_slot = False
        leave.flush_recordset(["holds_slot"])  # before another one gets its slot
        for batch in keep + (ready - keep):
            if not batch.holds_slot:
                if not free:
                    slotless |= batch
                    continue
                batch.write({"batch_no": free[0], "holds_slot": True})
            free.remove(batch.batch_no)
            staged |= batch
        return staged, slotless

    def _explain_slotless(self, staged, slotless, images):
        """A batch that waits for a slot says which one is in the way, if that does not come free
        by itself: under `drain` all orders wait for this batch."""
        reason = bool(slotless) and self._slot_in_the_way(images)
        cleared = staged if reason else staged | slotless
        cleared._clear_error(codes=("mo_locked",))
        for batch in slotless - cleared:
            error = BatchError(
                "mo_locked",
                self.env._("The order %s is not sent: it finds no slot.", batch.mo_id),
                reason,
                self.env._("The next run sends it once a slot is free; or cancel the batch."),
            )
            batch._set_error(error, kind="send")

    def _stage_plans(self, plans, free, strangers=()):
        """Save new batches, each with its slot. An order in somebody's hands waits.

        The plans were made before the PLC was asked; an order that is another by now, or in
        somebody's hands, waits for the next run. One sent `again` has what we wrote taken back,
        in this same commit; where Odoo refuses that it says so, and is no plan any more.
        """
        orders = self.env["mrp.production"].sudo(False).union(*(order for order, *_ in plans))
        locked = orders.try_lock_for_update(allow_referencing=True)
        eligible = locked.filtered_domain(self._orders_domain())
        vals_list, supply = [], Supply(self.silo_ids)
        cut = self.layout_id._to_plc().cut
        for plan in plans[:]:
            order, record, doses = plan
            if not free:
                break
            same = order in eligible and order._plc_assign_silos(self, supply)[1] == doses
            # of one that waits, too: those after it were planned with it
            supply.promise(doses)
            if not same or cut("mo_id", order.name) in strangers:
                continue
            if order.plc_dispatch == "again" and not self._take_back(order):
                plans.remove(plan)
                continue
            vals = self._prepare_batch_vals(order, record, free.pop(0))
            vals["line_ids"] = [Command.create(self._prepare_line_vals(*dose)) for dose in doses]
            vals_list.append(vals)
        batches = self.env["mo.batch"].create(vals_list)
        batches._log_alternatives()
        return batches

    def _take_back(self, order):
        """:return: whether the order is as if it had never been sent"""
        self.env["mo.batch"]._bound_lock_waits()
        try:
            with self.env.cr.savepoint():
                order.with_context(plc_force=True)._plc_take_back()
                runs = self.env["mo.histories"].search([("production_id", "=", order.id)])
                runs._note_taken_out()
                order.plc_dispatch = "auto"
        except UserError as error:
            order.plc_skip_reason = self.env._(
                "What was dosed cannot be taken back from it: %s", error
            )
            return False
        return True

    def _explain_waiting(self, plans, staged, images):
        """Say on the orders that found no slot which one is in the way."""
        orders = self.env["mrp.production"].sudo(False).union(*(order for order, *_ in plans))
        placed = orders & staged.production_id.sudo(False)
        reason = self._slot_in_the_way(images) if orders - placed else False
        for waiting, text in ((placed, False), (orders - placed, reason)):
            waiting._plc_set_skip_reason(text)

    def _slot_in_the_way(self, images):
        """The first slot that keeps orders waiting and does not come free by itself, in words; or
        False: one that nobody has here, as after an order that was dropped at the PLC; one whose
        order is stuck there, or was cancelled while it was dosed; in an area also one of a parked
        batch (R13)."""
        opened = self._open_histories()
        in_use = self._slots_in_use(opened)
        batches = {batch.batch_no: batch for batch in self.batch_ids if batch.holds_slot}
        histories = {history.batch_no: history for history in opened}
        for number, image in images.items():
            names = {
                "slot": number,
                "device": self.name,
                "order": image.write.mo_id or image.read.mo_id or "?",
            }
            # one of nobody that could not be told yet: its record does not stand still
            is_in_the_way = not rules.is_free(image) or rules.is_orphan(image)
            if number not in in_use and is_in_the_way:
                return self.env._(
                    "Slot %(slot)s of %(device)s still holds %(order)s, which nothing here waits"
                    " for. Is the PLC dosing it? Then wait for its end. Else clear it at the PLC:"
                    " batch number 0 in the WRITE record.",
                    **names,
                )
            holder = batches.get(number) or histories.get(number)
            stuck = holder and holder._stuck_in_slot(image)
            if stuck:
                return stuck
            if number in in_use and self._is_area():
                return self.env._(
                    "Slot %(slot)s of %(device)s is still with %(order)s; its area is filled again"
                    " once all slots are free.",
                    **names,
                )
        return False

    def _free_slots(self, images):
        """R1: numbers of the slots that neither we nor the PLC hold; staged batches' own count."""
        in_use = self._slots_in_use()
        free = [n for n, image in images.items() if n not in in_use and rules.is_free(image)]
        # one that could not be told just now is not to be filled before it was
        free = [number for number in free if not rules.is_orphan(images[number])]
        if self._is_area() and len(free) < len(images):
            return []  # R13: a new fill needs every slot
        return free
