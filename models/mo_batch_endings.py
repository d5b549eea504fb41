from odoo import models
from odoo.exceptions import UserError

MANAGER = "mrp_plc_batch.group_plc_manager"


class MoBatch(models.Model):
    """What a manager may press: accept, reset, cancel (R8). They ask for a reason.

    With `reason` in the context they act at once; `cancel_order` and `stopped_at_plc` stand
    beside it, both False when left out.
    """

    _inherit = "mo.batch"

    def action_accept(self):
        """Manager: close the order with what was dosed before the PLC reported a failure."""
        return self._with_reason("accept")

    def action_reset(self):
        """Manager: dose the order again from scratch, with the next free slot.

        Refused while the PLC is dosing it, unless `stopped_at_plc` is in the context.
        """
        return self._with_reason("reset")

    def action_cancel(self):
        """Manager: take it out of the queue; its order is kept, and not sent again by itself,
        or cancelled too with `cancel_order` in the context."""
        return self._with_reason("cancel")

    def _with_reason(self, ending):
        """Ask for the reason, or act on the one in the context."""
        self._check_may(MANAGER)
        reason = (self.env.context.get("reason") or "").strip()
        if not reason:
            return self.env["mo.batch.ending"]._ask(ending, batches=self)
        groups = self.grouped("device_id")

        def end(device):
            own = groups[device].exists()._in_company_of(device)
            if own:  # else archived while the button waited
                getattr(own, f"_end_{ending}")(reason)

        self.device_id._button_each(end)
        return self._what_became()

    # ------------------------------------------------------------------
    # Bodies; in a device's turn
    # ------------------------------------------------------------------

    def _end_accept(self, reason):
        for batch in self:
            if not (batch.status_manufacturing and batch.status_operation):
                raise UserError(
                    self.env._(
                        "Only what the PLC reported as failed can be accepted; %s was not.",
                        batch.mo_id,
                    )
                )
        self._log_button(self.env._("Accept: %s", reason))
        self.accepted = True
        self.filtered(lambda batch: batch.state == "failed")._transition("accept")
        self._clear_error()
        self._archive_completed()

    def _end_reset(self, reason):
        self._find_orders()  # it may have been restored just now
        self._check_may_be_dosed_again()
        taken = self._release()
        if taken:
            raise UserError(
                self.env._(
                    "The PLC is dosing %s. Stop it at the PLC first, and say so here"
                    " (“stopped at the PLC”); or cancel the batch.",
                    ", ".join(taken.mapped("mo_id")),
                )
            )
        self._check_may_be_dosed_again()  # while the PLC was asked, the orders were nobody's
        self._log_button(self.env._("Reset: %s", reason))
        for batch in self:
            if batch._has_dosed():
                notes = self.env._("Reset, to be dosed again: %s", reason)
                batch._copy_to_history("failed", notes, update_odoo=False)
            order = batch.production_id.sudo(False).with_context(plc_force=True)
            if order.move_raw_ids.filtered("picked") or order.state != "confirmed":
                order._plc_take_back()
        self._start_afresh()

    def _check_may_be_dosed_again(self):
        """:raises UserError: an order is closed or gone"""
        for batch in self:
            error = batch._order_closed_error()
            if error:
                raise UserError(
                    self.env._(
                        "%(order)s cannot be dosed again. %(reason)s Cancel the batch instead.",
                        order=batch.mo_id,
                        reason=error.reason,
                    )
                )

    def _start_afresh(self):
        """Nothing of the first run is left; it waits, staged and without a slot."""
        self._transition("reset")
        self.line_ids._start_afresh()
        self._log_alternatives()
        self.write(
            {
                "holds_slot": False,
                "status_manufacturing": False,
                "status_operation": False,
                "actual_weight_quantity_finished_goods": 0.0,
                "last_read_from_plc": False,
                "taken_at": False,
                "update_odoo": False,
                "acknowledged": False,
                "accepted": False,
                "out_told": False,
                "forgotten": False,
                "previous_state": False,
                "read_found": False,
                "pending_values": False,
            }
        )
        self._clear_error()

    def _end_cancel(self, reason):
        taken = self._release()
        self._log_button(self.env._("Cancel: %s", reason))
        cancel_order = bool(self.env.context.get("cancel_order"))
        if not cancel_order:
            self._put_into_kept_orders()
        for batch in self:
            notes = self.env._("Cancelled: %s", reason)
            if batch in taken:
                notes += "\n" + self.env._(
                    "The PLC was dosing it; its slot is kept until the PLC is done with it."
                )
            batch._keep_order_back(cancel_order)
            if cancel_order and batch.production_id.state == "cancel":
                batch.update_odoo = False  # what was in it went with it
            if batch not in taken and not batch.update_odoo and batch.dosed:
                doses = batch._doses_in_words("actual_consumption")
                notes += "\n" + self.env._("Not in stock: %s.", doses)
            batch._log_all(batch._move_to_history(batch._ended_status(), notes))

    def _release(self):
        """Out of the PLC, with the orders' rows ours before and after.

        :return: batches that the PLC has taken and not finished
        """
        self._lock_or_refuse()
        stopped = bool(self.env.context.get("stopped_at_plc"))
        taken = self.device_id._release(self, stopped_at_plc=stopped)
        self._lock_or_refuse()
        return taken

    def _put_into_kept_orders(self):
        """An order that is kept carries all that is known to be dosed for it, the last look
        included. What refuses that is told on the way."""
        stale = self.filtered(
            lambda batch: (
                not batch.update_odoo
                and any(batch.line_ids.mapped("actual_consumption"))
                and not batch._order_closed_error()
            )
        )
        if stale:
            stale._process_batch_consumption()

    def _ended_status(self):
        """`failed` where something was dosed that is not in stock: its order is gone or was
        cancelled, or was closed by a person without the values."""
        self.ensure_one()
        is_over = self.status_manufacturing or not self.holds_slot  # nothing more is dosed
        error = is_over and self._has_dosed() and self._order_closed_error()
        lost = error and not (error.code == "mo_done" and self.update_odoo)
        return "failed" if lost else "cancelled"

    def _has_dosed(self):
        """Whether the PLC reports that anything was made, silo by silo or as a weight alone."""
        self.ensure_one()
        actuals = self.line_ids.mapped("actual_consumption")
        return bool(self.actual_weight_quantity_finished_goods) or any(actuals)

    def _keep_order_back(self, cancel_order):
        """The orders are not sent again by themselves; with `cancel_order` cancelled, too."""
        own = self.production_id.filtered(lambda order: order.company_id in self.company_id)
        orders = own.sudo(False).with_context(plc_force=True)
        if not orders:
            return
        orders.plc_dispatch = "never"
        if cancel_order:
            orders.filtered(lambda order: order.state not in ("done", "cancel")).action_cancel()

    def _lock_or_refuse(self):
        """:raises UserError: an order is in somebody else's hands"""
        locked = self._lock_orders()
        busy = self.production_id - locked
        if busy:
            raise UserError(
                self.env._(
                    "Somebody else is just changing %s. Nothing was changed in it; try again.",
                    ", ".join(busy.mapped("name")),
                )
            )
