import logging

from psycopg2.errors import DeadlockDetected, LockNotAvailable, SerializationFailure

from odoo import models
from odoo.exceptions import AccessError, UserError, ValidationError

from .mo_batch_error import BatchError

_logger = logging.getLogger(__name__)

# An order's row is tried and never waited for; this bounds the wait for the quants behind it.
LOCK_TIMEOUT = "2s"


class MoBatch(models.Model):
    """The one door through which the PLC's actuals reach an order's components."""

    _inherit = "mo.batch"

    def _process_batch_consumption(self):
        """Make each order carry exactly the values stored here, and say so in `update_odoo`.

        Each batch in a savepoint of its own: one that is refused says why and costs the others
        nothing. Never commits.

        :return: the batches whose order now carries their values
        :raises SerializationFailure: another transaction was faster; the caller starts afresh
        """
        locked = self._lock_orders()
        return self.filtered(lambda batch: batch._try(batch._apply_consumption, locked))

    def _lock_orders(self):
        """Look the orders up and lock what can be locked at once.

        :return: the `mrp.production` records that are ours until the commit
        """
        self.env.cr.execute("SELECT set_config('lock_timeout', %s, true)", [LOCK_TIMEOUT])
        self._find_orders()
        orders = self.production_id.sudo(False)
        return orders.try_lock_for_update(allow_referencing=True)

    def _try(self, step, *args):
        """Run one step of one batch; what refuses it is written on the batch, not raised.

        :return: True when the step was done
        :raises SerializationFailure: the whole transaction has to start afresh
        """
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                step(*args)
            return True
        except BatchError as error:
            refusal = error
        except SerializationFailure:
            raise
        except (LockNotAvailable, DeadlockDetected):
            refusal = self._locked_error()
        except (UserError, ValidationError, AccessError) as error:
            refusal = self._odoo_error(error.args[0])
        except Exception as error:
            # Any module may refuse a stock move in its own way. It becomes this batch's error,
            # with its traceback in the log, and the other batches go on.
            _logger.info("Odoo sync of %s was refused", self.mo_id, exc_info=True)
            refusal = self._odoo_error(str(error).strip() or type(error).__name__)
        self._refuse(refusal)
        return False

    def _refuse(self, error):
        """Odoo's side refused: why, and when it is tried again. `update_odoo` stays as it is."""
        self.ensure_one()
        self._transition("refuse")
        self._set_error(error)
        _logger.warning(
            "Odoo sync FAILED: order %s, equipment %s: %s %s Retried at %s (UTC).",
            self.mo_id,
            self.equipment_id_batch,
            error.message,
            error.reason,
            self.next_retry_at,
        )

    def _apply_consumption(self, locked):
        """Write the stored values into the order, only where they differ.

        :param locked: orders whose rows are ours
        :raises BatchError, UserError: the order cannot carry them
        """
        self.ensure_one()
        order = self._check_order(locked)
        doses = self._check_doses()
        order._plc_write_doses(doses)
        is_news = not self.update_odoo or self.error_code
        if not self.update_odoo:
            self.update_odoo = True
        self._clear_error(codes=SYNC_ERRORS)
        self._transition("sync")
        if is_news:
            self._log_synced()

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
        """A `BatchError` when the order is gone, cancelled or done; else None."""
        self.ensure_one()
        order = self.production_id
        if not order or order.company_id != self.company_id:
            return BatchError(
                "mo_not_found",
                self.env._("There is no manufacturing order %s.", self.mo_id),
                self.env._("It was deleted, renamed, or belongs to another company."),
                self.env._(
                    "It is looked for again by itself. Restore the order, or park or cancel"
                    " the batch."
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

    def _check_doses(self):
        """The lines to write into the order.

        Left out: a silo still untouched while the batch runs, and one that the memory map does
        not have: its 0 would be a guess.

        :raises BatchError: an ingredient, its unit or its lot does not allow it
        """
        mapped = set(self.device_id.layout_id.field_ids.mapped("silo_number"))
        doses = self.line_ids.filtered(
            lambda line: (
                line.was_dosed
                or line.actual_consumption
                or (self.status_manufacturing and line.silo_number in mapped)
            )
        )
        for line in doses:
            line._refresh_from_silo()
            if not line.product_id and not line.actual_consumption:
                doses -= line
        for check in ("_check_product", "_check_unit", "_check_lot"):
            for line in doses:
                getattr(line, check)()
        return doses

    def _log_synced(self):
        _logger.info(
            "Odoo sync SUCCESS: order %s, equipment %s: %s; weight %s kg",
            self.mo_id,
            self.equipment_id_batch,
            ", ".join(
                f"{line.silo_id.name or line.silo_number} {line.actual_consumption:.2f} kg"
                for line in self.line_ids
                if line.actual_consumption
            )
            or "nothing dosed",
            self.actual_weight_quantity_finished_goods,
        )

    def _locked_error(self):
        return BatchError(
            "mo_locked",
            self.env._("The manufacturing order %s is in use.", self.mo_id),
            self.env._("Somebody else is just changing it or its stock."),
            self.env._("It is tried again in the next cycle; nothing needs to be done."),
        )

    def _odoo_error(self, text):
        return BatchError(
            "odoo_error",
            self.env._("Odoo refused to update the order %s.", self.mo_id),
            text,
            self.env._("It is tried again by itself. Remove the cause, or press Retry."),
        )


# What a successful update of the order proves wrong.
SYNC_ERRORS = (
    "mo_not_found",
    "mo_cancelled",
    "mo_done",
    "mo_locked",
    "no_silo",
    "unit_mismatch",
    "lot_required",
    "odoo_error",
)
