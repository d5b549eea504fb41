from odoo import fields, models
from odoo.fields import Command

from .mo_batch_error import BatchError


class MoBatch(models.Model):
    """Task 3: what is finished and in sync closes its order and becomes history."""

    _inherit = "mo.batch"

    def _archive_completed(self):
        """Close the orders of finished batches and move these to the history.

        Compare, sync, close, copy and delete are one savepoint, for all together or, where that
        is refused, for fewer; a batch that is refused stays, says why, and costs the others
        nothing. What is not to be closed yet is synced all the same. Never commits.

        :return: the batches that are now history; these records no longer exist
        :raises SerializationFailure: another transaction was faster; the caller starts afresh
        """
        self._end_unsent()
        locked = self._lock_orders()
        closed = self.filtered(lambda batch: batch._is_closed_by_a_person())
        archived = closed._passing("_check_archive")._together("_archive_closed")
        in_reach = (self - closed)._passing("_check_sync", locked)
        held = in_reach.filtered(
            lambda batch: not batch.update_odoo and batch._stopped_by("_check_archive")
        )
        in_reach -= held - held._together("_apply_consumption")
        return archived | in_reach._passing("_check_archive")._together("_archive")

    def _end_unsent(self):
        """What a script calls finished is not sent any more, and ends as all do."""
        unsent = self.filtered(lambda b: b.state == "staged" and b.status_manufacturing)
        unsent._transition("finish")

    def _is_closed_by_a_person(self):
        """As the device's policy leaves it to people, with the values in it."""
        self.ensure_one()
        error = self._order_closed_error()
        is_done = bool(error) and error.code == "mo_done"
        is_agreed = self.update_odoo and not self.device_id.close_order
        return is_done and is_agreed and not self._is_to_be_cancelled()

    def _archive_closed(self):
        return self._move_to_history("completed")

    def _check_archive(self):
        """:raises BatchError: the batch cannot be archived now, and why; its order may well carry
        its values"""
        if not self._is_to_be_cancelled():
            self._check_dosed()

    def _archive(self):
        """:return: what is to be logged
        :raises BatchError, UserError: one of them cannot be archived now, and why
        """
        to_log = self._apply_consumption()
        to_cancel = self.filtered(lambda batch: batch._is_to_be_cancelled())
        to_cancel._keep_order_back(cancel_order=False)
        completed = self - to_cancel
        completed.filtered("device_id.close_order")._close_orders()
        # left open for a person, and with nothing in it that would say that it was begun
        untouched = completed.production_id.filtered(lambda order: order.state == "confirmed")
        untouched.sudo(False).with_context(plc_force=True).plc_dispatch = "never"
        cancelled = self.env._("The PLC reported a failure.")
        return [
            *to_log,
            *to_cancel._move_to_history("cancelled", cancelled),
            *completed._move_to_history("completed"),
        ]

    def _is_to_be_cancelled(self):
        """The PLC failed, nobody accepted what it dosed, and the device's policy is to cancel."""
        self.ensure_one()
        return (
            self.status_operation
            and not self.accepted
            and self.device_id.on_plc_failure == "cancel"
        )

    def _check_dosed(self):
        """:raises BatchError: the PLC failed, or there is nothing to close an order with"""
        if self.status_operation and not self.accepted:
            raise BatchError(
                "plc_failure",
                self.env._("The PLC reports that %s failed.", self.mo_id),
                self.env._("What was dosed until then is in the order."),
                self.env._(
                    "Look at the plant, then accept the batch (closes with what was dosed),"
                    " reset it (doses it again) or cancel it."
                ),
            )
        if not self._has_dosed():
            raise BatchError(
                "nothing_dosed",
                self.env._("The PLC finished %s without dosing anything.", self.mo_id),
                self.env._("Every silo and the weight are 0; nothing is produced from nothing."),
                self.env._("Reset the batch to dose it again, or cancel it."),
            )

    def _close_orders(self):
        """Mark the orders as done, with the quantity that the device's policy says.

        What the button returns proves nothing (a wizard may have half closed an order, a print
        action may stand for success), so each order is looked at.

        :raises BatchError: an order is not done afterwards
        """
        orders = self.production_id.sudo(False)
        if not orders:
            return
        (orders.move_raw_ids | orders.move_finished_ids).mapped("product_id.tracking")  # read ahead
        for batch in self:
            order = batch.production_id.sudo(False).with_prefetch(orders.ids)
            order._plc_leave_to_recipe(batch)
            order.qty_producing = batch._quantity_to_produce(order)
            order._set_qty_producing()
        answer = orders.with_context(
            plc_force=True, skip_backorder=True, skip_consumption=True
        ).button_mark_done()
        for batch in self:
            if batch.production_id.state != "done":
                raise batch._odoo_error(
                    self.env._(
                        "Odoo asked a question instead of closing the order %(order)s:"
                        " %(question)s",
                        order=batch.production_id.name,
                        question=self._question_in_words(answer),
                    )
                )

    def _question_in_words(self, answer):
        """Which question a button that should have closed an order asks instead."""
        if not isinstance(answer, dict):
            return "-"
        model = self.env.get(answer.get("res_model"))
        return answer.get("name") or (model is not None and model._description) or "-"

    def _quantity_to_produce(self, order):
        """The finished quantity, in the order's unit; never 0, which Odoo takes for "all".

        :raises BatchError: it is too little for the accuracy of that unit
        """
        kg_unit = self.env["uom.uom"]._plc_kg()
        unit = order.product_uom_id
        policy = self.device_id.finished_quantity
        weight = self.actual_weight_quantity_finished_goods
        consumed = sum(self.line_ids.mapped("actual_consumption"))
        if self.status_operation:  # broken off: what was planned is not what there is
            weight = weight or consumed
            policy = "weight" if policy == "planned" else policy
        kg = {"weight": weight, "consumed": consumed or weight}.get(policy, 0.0)
        if not kg or not unit._has_common_reference(kg_unit):
            return order.product_qty
        quantity = kg_unit._compute_quantity(kg, unit, rounding_method="HALF-UP")
        if unit.is_zero(quantity):
            raise BatchError(
                "unit_mismatch",
                self.env._("The order %s cannot be closed.", self.mo_id),
                self.env._("%(kg).2f kg are nothing in %(unit)s.", kg=kg, unit=unit.name),
                self.env._(
                    "Raise the decimal accuracy of units, or choose another quantity to produce on"
                    " the device; or cancel the batch."
                ),
            )
        return quantity

    # ------------------------------------------------------------------
    # History
    # ------------------------------------------------------------------

    def _copy_to_history(self, status, notes=None, **vals):
        """:param status: "completed", "cancelled" or "failed"
        :return: the `mo.histories` records, in the same order
        """
        # names that are counted together later: in one language, whoever archives them
        batches = self.with_context(lang=self.device_id[:1]._plant_lang())
        orders = batches.production_id
        products = orders.product_id | orders.move_raw_ids.product_id | batches.line_ids.product_id
        products.mapped("display_name")  # read together
        histories = batches.env["mo.histories"].create(
            [{**batch._prepare_history_vals(status, notes), **vals} for batch in batches]
        )
        return histories.with_env(self.env)

    def _move_to_history(self, status, notes=None):
        """Copy to the history, then delete; events and names go along.

        :return: what is to be logged
        """
        histories = self._copy_to_history(status, notes)
        event_vals = []
        for batch, history in zip(self, histories, strict=True):
            batch.event_ids.sudo().write({"history_id": history.id, "batch_id": False})
            doses = batch._doses_in_words("actual_consumption") or "-"
            text = self.env._("%(order)s archived: %(doses)s", order=batch.mo_id, doses=doses)
            vals = batch.device_id._prepare_event_vals("archive", text, mo_id=batch.mo_id)
            event_vals.append(dict(vals, history_id=history.id))
        self.env["plc.event"].sudo().create(event_vals)
        template = "Order %s COMPLETE, removed from the queue of %s (%s)"
        to_log = [(template, batch.mo_id, batch.equipment_id_batch, status) for batch in self]
        self.unlink()
        return to_log

    def _prepare_history_vals(self, status, notes=None):
        order = self.production_id
        notes = [notes] if notes else []
        if not self.actual_weight_quantity_finished_goods and status == "completed":
            notes.append(self.env._("Weight not reported by the PLC."))
        return {
            "batch_id_was": self.id,
            "batch_no": self.batch_no,
            "mo_id": self.mo_id,
            "production_id": order.id,
            "production_name": order.name or self.mo_id,
            "product_id": order.product_id.id,
            "product_name": order.product_id.display_name or self.finished_goods,
            "device_id": self.device_id.id,
            "equipment_id_batch": self.equipment_id_batch,
            "company_id": self.company_id.id,
            "finished_goods": self.finished_goods,
            "recipe": self.recipe,
            "consumption": self.consumption,
            "status_manufacturing": self.status_manufacturing,
            "status_operation": self.status_operation,
            "actual_weight_quantity_finished_goods": self.actual_weight_quantity_finished_goods,
            "last_read_from_plc": self.last_read_from_plc,
            "update_odoo": self.update_odoo,
            "status": status,
            "archived_at": fields.Datetime.now(),
            "user_id": self.env.uid,
            "notes": "\n".join(notes) or False,
            "acknowledged": not self.holds_slot,
            "read_found": self.read_found,
            "produced_quantity": order.qty_produced,
            "uom_name": order.product_uom_id.name,
            "line_ids": [Command.create(line._prepare_history_vals()) for line in self.line_ids],
        }
