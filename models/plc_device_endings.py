from odoo import models

MANAGER = "mrp_plc_batch.group_plc_manager"


class PlcDevice(models.Model):
    """R8: taking batches out of the PLC, and starting over."""

    _inherit = "plc.device"

    def action_start_over(self):
        """Manager: everything open goes to the history as cancelled; orders are kept back.

        Asks for a reason; with `reason` in the context it acts at once.
        """
        self._check_may(MANAGER)
        reason = (self.env.context.get("reason") or "").strip()
        if not reason:
            return self.env["mo.batch.ending"]._ask("start_over", devices=self)

        def start_over(device):
            own = device._in_its_company()
            own._log_event("button", self.env._("Start over: %s", reason))
            if own.batch_ids:
                own.batch_ids._end_cancel(reason)

        self._button_each(start_over)
        return True

    def _release(self, batches, stopped_at_plc=False):
        """Take batches out of the PLC, as far as that can be done for certain.

        What is staged was never valid there, and what has no slot is not there: no traffic.
        Else the PLC is read: untaken is withdrawn (R3), finished is stored and acknowledged,
        forgotten is noted.

        :param stopped_at_plc: a person vouches that the PLC does not go on with what it took
        :return: batches that the PLC has taken and not finished; they keep their slot
        :raises UserError: the PLC cannot be asked; nothing was changed
        """
        self.ensure_one()
        batches.filtered(lambda batch: batch.state == "staged").holds_slot = False
        at_plc = batches.filtered("holds_slot")
        if not at_plc:
            return at_plc
        with self._plc_errors_to_user(), self._plc_session() as (session, slots):
            images, _latency = self._read_all(session, slots)
            dosed = self._open_work()[self].dosed
            settled, untaken = self._take_in(slots, images, at_plc, dosed)
            self._acknowledge_batches(slots, images, settled)
            for batch in untaken:
                if batch.holds_slot and self._withdraw(slots, batch):  # else with its area
                    # whatever refuses the button after this, the PLC has it no more
                    batch._tell_withdrawn()
                    self._recall(batch)
                    self._commit(durable=True)
                    slots.blank_name(batch.batch_no)
            taken = at_plc.filtered("holds_slot")
            if stopped_at_plc:
                for batch in taken:
                    text = self.env._(
                        "Stopped at the PLC, says %(user)s: slot %(slot)s is to be cleared.",
                        user=self.env.user.name,
                        slot=batch.batch_no,
                    )
                    batch._log_event("button", text)
                self._commit(durable=True)  # said, whatever refuses the button after this
                for batch in taken:
                    slots.blank(batch.batch_no)
                taken.holds_slot = False
                taken = taken.browse()
        return taken
