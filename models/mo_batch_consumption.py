from odoo import api, models
from odoo.fields import Domain

from .mo_batch_error import BatchError
from .mrp_production import CLOSED

# An order's row is tried and never waited for; this bounds the wait for the quants behind it.
LOCK_TIMEOUT = "2s"


class MoBatch(models.Model):
    """The one door through which the PLC's actuals reach an order's components."""

    _inherit = "mo.batch"

    def _process_batch_consumption(self):
        """Make each order carry exactly the values stored here, and say so in `update_odoo`.

        All together; one that is refused says why and costs the others nothing. Never commits.

        :return: the batches whose order now carries their values
        :raises SerializationFailure: another transaction was faster; the caller starts afresh
        """
        locked = self._lock_orders()
        return self._passing("_check_sync", locked)._together("_apply_consumption")

    def _bound_lock_waits(self):
        """Until the commit nobody is waited for longer than `LOCK_TIMEOUT`."""
        self.env.cr.execute("SELECT set_config('lock_timeout', %s, true)", [LOCK_TIMEOUT])

    def _lock_orders(self):
        """Look the orders up and lock what can be locked at once.

        :return: the `mrp.production` records that are ours until the commit
        """
        self._bound_lock_waits()
        self._find_orders()
        orders = self.production_id.sudo(False)
        return orders.try_lock_for_update(allow_referencing=True)

    def _check_sync(self, locked):
        """:param locked: orders whose rows are ours
        :raises BatchError: the order cannot carry the stored values
        """
        self._check_order(locked)
        self._check_doses()

    def _apply_consumption(self):
        """Write the stored values into the orders, only where they differ.

        :return: what is to be logged
        :raises UserError: an order cannot carry them
        """
        doses = self.env["mo.batch.line"].union(*(batch._doses() for batch in self))
        doses._refresh_from_silo()
        self.production_id.sudo(False)._plc_write_doses(doses)
        stale = self.filtered(lambda batch: not batch.update_odoo)
        news = stale | self.filtered("error_code")
        stale.update_odoo = True
        known = self.filtered(lambda batch: not batch.forgotten)  # R7: the others wait for a person
        known._clear_error(codes=self._sync_error_codes())
        # what the PLC failed at waits for a person, too
        known.filtered(lambda batch: batch.error_code != "plc_failure")._transition("sync")
        return [batch._synced_in_words() for batch in news]

    def _check_order(self, locked):
        """The order, if it may be changed now.

        :raises BatchError: not found, cancelled, done, not confirmed or in use
        """
        error = self._order_closed_error()
        if error:
            raise error
        order = self.production_id.sudo(False)
        if order.state == "draft":
            raise BatchError(
                "odoo_error",
                self.env._("The manufacturing order %s cannot be updated.", order.name),
                self.env._("It is not confirmed."),
                self.env._("Confirm the order; it is then updated by itself."),
            )
        if order not in locked:
            raise self._locked_error()
        return order

    def _order_closed_error(self):
        """A `BatchError` when the order is gone, cancelled or done; else None.

        Who minds more than that extends `_order_closed_domain` too: a read asks this only about
        what that finds.
        """
        self.ensure_one()
        order = self.production_id
        if not order or order.company_id != self.company_id:
            return BatchError(
                "mo_not_found",
                self.env._("There is no manufacturing order %s.", self.mo_id),
                self.env._("It was deleted, renamed, or belongs to another company."),
                self.env._(
                    "It is looked for again by itself. Cancel the batch, which keeps its values in"
                    " the history; or park it until there is such an order."
                ),
            )
        if order.state == "cancel":
            code, reason = "mo_cancelled", self.env._("It was cancelled in Odoo.")
        elif order.state == "done":
            code, reason = "mo_done", self.env._("It was closed in Odoo by hand.")
        else:
            return None
        return BatchError(
            code,
            self.env._("The manufacturing order %s cannot be updated.", self.mo_id),
            reason,
            self.env._(
                "Correct the stock by hand if need be, then cancel the batch: its values are"
                " kept in the history."
            ),
        )

    @api.model
    def _order_closed_domain(self, companies):
        """What `_order_closed_error` minds, to be searched for among batches of some companies."""
        of_another_company = (
            Domain("company_id", "=", company.id)
            & Domain("production_id.company_id", "!=", company.id)
            for company in companies
        )
        return (
            Domain("production_id", "=", False)
            | Domain("production_id.state", "in", CLOSED)
            | Domain.OR(of_another_company)
        )

    def _doses(self):
        """The lines to write into the order.

        Left out: a silo still untouched while the batch runs, and one that the memory map does
        not have: its 0 would be a guess.
        """
        self.ensure_one()
        mapped = self.device_id.layout_id._to_plc().silo_numbers
        return self.line_ids.filtered(
            lambda line: (
                (
                    line.was_dosed
                    or line.actual_consumption
                    or (self.status_manufacturing and line.silo_number in mapped)
                )
                and (line.actual_consumption or line._contents_by_now()[0])
            )
        )

    def _check_doses(self):
        """:raises BatchError: an ingredient, its unit or its lot does not allow it"""
        doses = self._doses()
        for check in ("_check_product", "_check_unit", "_check_lot"):
            for line in doses:
                getattr(line, check)()

    def _synced_in_words(self):
        """What is logged; as arguments for the logger."""
        return (
            "Odoo sync SUCCESS: order %s, equipment %s: %s; weight %s kg",
            self.mo_id,
            self.equipment_id_batch,
            self._doses_in_words("actual_consumption") or "nothing dosed",
            self.actual_weight_quantity_finished_goods,
        )

    @api.model
    def _sync_error_codes(self):
        """What a successful update of the order proves wrong."""
        return (
            *("mo_not_found", "mo_cancelled", "mo_done", "mo_locked"),
            *("no_silo", "unit_mismatch", "lot_required", "odoo_error"),
        )
