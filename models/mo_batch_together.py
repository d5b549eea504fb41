import logging

import psycopg2
from psycopg2.errors import DeadlockDetected, LockNotAvailable, SerializationFailure

from odoo import models
from odoo.exceptions import UserError

from .mo_batch_error import BatchError

_logger = logging.getLogger(__name__)


class MoBatch(models.Model):
    """Many batches in one go, without one costing the others their turn.

    What changes orders and stock is done for all of them in one savepoint. Where that is refused,
    halves are tried, down to the single batch, on which the refusal is written.
    """

    _inherit = "mo.batch"

    def _together(self, step):
        """Run a step for these batches in as few goes as possible.

        :param step: name of a method of these batches; it returns what is to be logged once it
            is done: a list of arguments for the logger
        :return: the batches for which it was done; the others say why not
        :raises SerializationFailure: another transaction was faster; the caller starts afresh
        """
        if len(self) <= 1:
            return self.filtered(lambda batch: batch._try(step))
        try:
            self._run_step(step)
            return self
        except SerializationFailure:
            raise
        except (LockNotAvailable, DeadlockDetected):
            size = 1  # each further look would wait as long again
        except Exception:  # noqa: BLE001  whose fault it is, and why, the smaller goes tell
            size = (len(self) + 1) // 2
        parts = [self[start : start + size] for start in range(0, len(self), size)]
        return self.browse().union(*(part._together(step) for part in parts))

    def _run_step(self, step):
        with self.env.cr.savepoint():
            to_log = getattr(self, step)()
        self._log_all(to_log)

    def _log_all(self, to_log):
        for arguments in to_log:
            _logger.info(*arguments)

    def _try(self, step):
        """Run a step for one batch; what refuses it is written on the batch, not raised.

        :return: True when the step was done
        :raises SerializationFailure: the whole transaction has to start afresh
        """
        self.ensure_one()
        try:
            self._run_step(step)
            return True
        except SerializationFailure:
            raise
        except Exception as error:  # noqa: BLE001  any module may refuse in its own way
            refusal = self._refusal(error)
        self._refuse(refusal)
        return False

    def _passing(self, check, *args):
        """Those of these batches that a check lets pass; the others say why not.

        :param check: name of a method for one batch that only looks, and raises what it minds
        """
        passing = self.browse()
        for batch in self:
            error = batch._stopped_by(check, *args)
            if error:
                batch._refuse(error)
            else:
                passing |= batch
        return passing

    def _stopped_by(self, check, *args):
        """What a check minds about this batch, as `BatchError`; None where it lets it pass."""
        try:
            getattr(self, check)(*args)
        except psycopg2.Error:
            raise  # the whole transaction is spoilt: the caller's, not this batch's
        except Exception as error:  # noqa: BLE001  any module may refuse in its own way
            return self._refusal(error)
        return None

    def _refusal(self, error):
        """What an exception means for this batch.

        :return: BatchError
        """
        if isinstance(error, BatchError):
            return error
        if isinstance(error, LockNotAvailable | DeadlockDetected):
            return self._locked_error()
        if isinstance(error, UserError):
            return self._odoo_error(error.args[0])
        # It becomes this batch's error, with its traceback in the log; the others go on.
        _logger.info("Odoo sync of %s was refused", self.mo_id, exc_info=error)
        return self._odoo_error(str(error).strip() or type(error).__name__)

    def _refuse(self, error):
        """Odoo's side refused: why, and when it is tried again. `update_odoo` stays as it is."""
        self.ensure_one()
        self._transition("refuse")
        if not self.forgotten:  # R7: that it is lost stays told; nothing else helps it on
            self._set_error(error)
        _logger.warning(
            "Odoo sync FAILED: order %s, equipment %s: %s %s Retried at %s (UTC).",
            self.mo_id,
            self.equipment_id_batch,
            error.message,
            error.reason,
            self.next_retry_at,
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
