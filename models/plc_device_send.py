import logging
from dataclasses import replace
from functools import partial

from odoo import fields, models

from ..plc import PlcData, PlcError, rules
from .touch import touch

_logger = logging.getLogger(__name__)


class PlcDevice(models.Model):
    """R2 and R6 step by step: a recipe into a slot, and a slot given back.

    The order of the steps is the whole point. Each step runs over all slots before the next
    begins, and no order or quant is written while a request is out.
    """

    _inherit = "plc.device"

    def _send(self, slots, images, staged):
        """R2: write staged batches into their slots; the number last, after the commit.

        :param images: {slot: SlotImage} as read in this turn, before anything was written
        :return: the batches that are sent
        :raises PlcError: the wire failed; staged ones stay so, sent ones get their number in
            the next read
        :raises UserError: as `_check_may_speak`; all of them stay staged
        """
        if not staged:
            return staged  # an area that is being dosed is not to be blanked
        try:
            for number in images if self._is_area() else staged.mapped("batch_no"):  # (a), R13
                slots.blank(number)
            self._raise_read_flags(slots, images, staged)  # (b)
            ready = self._without_gap(self._write_bodies(slots, staged))  # (c)
            for batch in ready:  # (d)
                slots.write_name(batch.batch_no, batch.mo_id)
        except PlcError as error:
            self._rollback()
            if error.outcome_unknown:
                self._keep_quiet()  # before what follows can fail
            # in steps: a conflict must not hide the failure, and start what was cut off over
            self._in_steps(staged, partial(self._tell_unsent, error))
            raise
        self._commit()  # the orders as they are now, and not as they were when staged
        self._check_may_speak()  # paused meanwhile: from then on nothing gets valid
        sent = self._mark_sent(slots, images, ready)
        self._commit(durable=True)  # (e)
        for batch in sent.sorted("batch_no", reverse=self._is_area()):  # (f), slot 1 last
            slots.write_number(batch.batch_no)
        for batch in sent:
            _logger.info("Order %s SENT to %s, slot %s", batch.mo_id, self.name, batch.batch_no)
        return sent

    def _tell_unsent(self, error, staged):
        for batch in staged:
            batch._set_error(error, kind="send")
        return staged

    def _raise_read_flags(self, slots, images, staged):
        """R2 (b): what was left in the READ record of a slot is done with, from now on."""
        for batch in staged:
            image = images[batch.batch_no]
            if rules.is_blank_read(image.read) or image.read.status_read_data:
                continue
            if image.read.status_manufacturing:  # under another number, or no name
                self._tell_orphan(batch.batch_no, image)
            slots.raise_read_flag(batch.batch_no)

    def _without_gap(self, batches):
        """R13: slot 1 speaks for its area, and a PLC may go through it up to the first blank slot.
        What comes after a gap is not sent: it waits staged, and the next run gives it its slot
        anew."""
        if not self._is_area():
            return batches
        filled = {*batches.mapped("batch_no")}
        return batches.filtered(lambda batch: filled.issuperset(range(1, batch.batch_no)))

    def _write_bodies(self, slots, staged):
        """R2 (c): bodies written and read back equal. One that does not fit costs the others
        nothing.

        :return: the batches whose body stands in the PLC
        """
        written = self.env["mo.batch"]
        for batch in staged:
            try:
                slots.write_body(batch.batch_no, batch._to_record())
                written |= batch
            except PlcData as error:
                batch._set_error(error, kind="send")
        found = slots.read_write_records(written.mapped("batch_no")) if written else {}
        ready = self.env["mo.batch"]
        for batch in written:
            try:
                slots.check_body(batch.batch_no, found[batch.batch_no], batch._to_record())
                ready |= batch
            except PlcData as error:
                batch._set_error(error, kind="send")
        return ready

    def _mark_sent(self, slots, images, batches):
        """R2 (e): those whose order is still open become `sent`, with the READ record found.

        An order in somebody's hands waits: staged, with its name there and no number.
        """
        layout = self.layout_id._to_plc()
        locked = batches._lock_orders()
        touch(locked)  # guards that were passed before this commit did not know of it yet
        open_still = self.env["mo.batch"]
        for batch in batches:
            if batch._fail_if_order_closed() or batch.production_id not in locked:
                continue
            # else changed this very moment: planned again
            if batch._is_as_ordered() and not batch._held_back_error():
                open_still |= batch
        sent, event_vals = self._without_gap(open_still), []
        sent.line_ids._follow_silos()
        for batch in sent:
            batch.read_found = images[batch.batch_no].read.mapped()
            batch._clear_error()
            batch._transition("send")
            text = self.env._(
                "Recipe of %(order)s written into slot %(slot)s: %(doses)s.",
                order=batch.mo_id,
                slot=batch.batch_no,
                doses=batch._doses_in_words("consumption"),
            )
            record = replace(batch._to_record(), batch_no=batch.batch_no)
            payload = layout.encode(record).hex()
            event_vals.append(self._prepare_event_vals("send", text, batch=batch, payload=payload))
        self.env["plc.event"].sudo().create(event_vals)
        return sent

    def _acknowledge(self, slots, number, name, image):
        """R6 on the wire: WRITE record blank where it still names the order, then the READ flag
        where the READ record names it. Values are committed before, `acknowledged` after.

        :return: whether the PLC was told; else it has just taken the order once more (R3), as one
            may that has lost its flags
        """
        if rules.names(image.write, name):
            is_offered = image.write.batch_no and not image.write.status_read_data
            if is_offered and not self._take_number(slots, number):
                return False
            slots.blank(number)
        if rules.names(image.read, name) and not image.read.status_read_data:
            slots.raise_read_flag(number)
        return True

    def _take_number(self, slots, number):
        """R3: :return: whether the PLC had not taken what the slot offered; of an area, whose slot
        1 speaks for all, whether it had taken none (R13)"""
        slots.zero_number(number)
        speaker = 1 if self._is_area() else number
        return not slots.read_write_records([speaker])[speaker].status_read_data

    def _withdraw(self, slots, batch):
        """R3: take back what the PLC may not have seen yet. The caller commits that, and blanks
        the name after it: cut off in between, the next read finds the name and no number.

        In an area slot 1 speaks for all: one order withdrawn withdraws the area, and the others
        go out again with the next run (R13).

        :return: True when it is withdrawn for certain, False when the PLC was faster
        """
        if not self._take_number(slots, 1 if self._is_area() else batch.batch_no):
            batch.taken_at = batch.taken_at or fields.Datetime.now()
            self._commit()  # known from now on, whatever refuses the button
            return False
        if self._is_area():
            self._recall_area(batch)
        return True

    def _recall_area(self, withdrawn):
        """R13: the others of a withdrawn area."""
        others = self.batch_ids.filtered(
            lambda batch: (
                batch != withdrawn
                and batch.holds_slot
                and batch.state != "staged"
                and not batch.status_manufacturing
            )
        )
        for batch in others:
            batch._tell_withdrawn(withdrawn)
        self._recall(others)

    def _recall(self, batches):
        """What was withdrawn goes out again with the next run. One that was seen taken was being
        dosed before the PLC lost its flag: what was dosed is unknown (R7)."""
        for batch in batches:
            if batch.taken_at:
                batch._forget()
            else:
                batch._transition("recall")
                batch.write(
                    {
                        "holds_slot": False,
                        "previous_state": batch.state == "parked" and "staged",
                    }
                )
