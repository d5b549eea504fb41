import logging
from collections import Counter
from contextlib import closing

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import MissingError, UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import split_every

from ..plc import PlcError

_logger = logging.getLogger(__name__)

GROUP_SIZE = 8  # devices that share one lock cursor
WIRE_GROUP_SIZE = 2  # of those that are asked one after the other, which may take 40 s each
WIRE_TASKS = ("fetch", "read")  # archiving needs no PLC


class PlcDevice(models.Model):
    """The three tasks of the scheduled actions and buttons, each device's in its own turn."""

    _inherit = "plc.device"

    @api.model
    def _run_task(self, task, devices=None):
        """Give each device its turn at a task; called by the scheduled actions.

        One device's trouble never costs another its turn. What waits (held by somebody else,
        backed off, paused) counts as done for this run.

        :param task: "fetch", "read" or "archive"
        :param devices: the devices to serve, or None for all of them
        """
        if devices is None:
            devices = self.search([])
        if len(devices) > 1:  # one alone is looked at under its lock, which is soon enough
            devices = devices.filtered(lambda device: device._is_due(task))
            devices = devices.sorted(lambda device: device._waits_since())
        totals = Counter()
        remaining = len(devices)
        seconds_left = self._commit_progress(remaining=remaining)
        many = task == "read" and len(devices) > 1
        groups = devices._read_side_by_side() if many else devices._serve_in_groups(task)
        with closing(groups):
            while seconds_left and remaining:
                count, done = next(groups)
                totals.update(done)
                remaining -= count
                seconds_left = self._commit_progress(count, remaining=remaining)
        _logger.info(
            "PLC task %s: %d devices, %s",
            task,
            len(devices),
            ", ".join(f"{count} {what}" for what, count in totals.items()) or "nothing to do",
        )

    def _serve_in_groups(self, task):
        """A task of these devices, one after the other.

        :return: yields (number of devices, Counter for the log) for each group that had its turn
        """
        size = WIRE_GROUP_SIZE if task in WIRE_TASKS else GROUP_SIZE
        for group_ids in split_every(size, self.ids):
            totals = Counter()
            with self.browse(group_ids)._device_turn() as locked:
                for device in locked.filtered(lambda device: device._is_due(task)):
                    totals.update(device._guarded_task(task))
            yield len(group_ids), totals

    def _commit_progress(self, processed=0, remaining=None):
        """Commit, and tell the scheduled action that runs us how far we are."""
        if "ir_cron_progress_id" in self.env.context:
            return self.env["ir.cron"]._commit_progress(processed, remaining=remaining)
        self._commit()
        return float("inf")

    def _is_due(self, task):
        """Whether the clock may give the device a turn now.

        A scheduled action's code may name devices that somebody has archived or deleted since.
        """
        self.ensure_one()
        try:
            if not self.active:
                return False
        except MissingError:
            return False
        if task not in WIRE_TASKS:
            return True
        backed_off = self.next_try_at and self.next_try_at > fields.Datetime.now()
        return not backed_off and not self._plc_refusal()

    def _guarded_task(self, task, *begun):
        """One device's turn at one task. Never raises for a plant or an order.

        :param begun: what was begun of the task, as the task takes it
        :return: Counter of what was done, in words, for the log
        """
        self.ensure_one()
        device = self._in_its_company()
        try:
            return device._retry_conflict(task, *begun)
        except PlcError as error:
            device._rollback()
            device._note_failure(error)
            return Counter({"devices without an answer": 1})
        except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
            # The database took too long, or is gone, and the run ends with the next statement:
            # no fault of the plant's, nor of the program's.
            _logger.warning("PLC task %s, left to the next run: the database says %s", task, error)
            device._rollback()
            return Counter({"devices left to the next run": 1})
        except Exception as error:  # noqa: BLE001  of ours or of an override, in one device's turn:
            # the others keep theirs and the scheduled action stays on; logged with its traceback
            device._rollback()
            if isinstance(error, UserError) and device._plc_refusal():
                # somebody paused it meanwhile, or a write of this turn was cut off
                return Counter({"devices left to the next run": 1})
            _logger.exception("PLC task %s of %s failed", task, device.name)
            device._log_event(
                "error",
                device.env._("The task %s stopped with an internal error; see the log.", task),
                severity="error",
            )
            device._commit()
            return Counter({"devices with an internal error": 1})

    def _retry_conflict(self, task, *begun):
        """A serialization failure is nobody's error, nor is an order deleted between two of our
        commits: once more afresh, then next cycle.

        :raises MissingError: again, with nobody to blame
        """
        for last in (False, True):
            try:
                return getattr(self, f"_task_{task}")(*(() if last else begun))
            except (*PG_CONCURRENCY_EXCEPTIONS_TO_RETRY, MissingError) as error:
                self._rollback()
                for one in begun:
                    one.close()  # R14: before another connection
                if last and isinstance(error, MissingError):
                    raise
                _logger.info(
                    "PLC task %s of %s met another transaction (%s), %s",
                    task,
                    self.name,
                    type(error).__name__,
                    "left to the next run" if last else "once more",
                )
        return Counter({"devices left to the next run": 1})

    def _in_steps(self, batches, step):
        """Run a step over batches in one commit; where another transaction was faster, one by
        one, so that a contested order costs only itself this cycle.

        :param step: takes `mo.batch` records, returns those it succeeded for
        :return: what the steps returned, together
        """
        try:
            done = step(batches)
            self._commit()
            return done
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            self._rollback()
        done = batches.browse()
        for batch in batches:
            try:
                done |= step(batch)
                self._commit()
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                self._rollback()
                _logger.info("Order %s met another transaction, left to the next run", batch.mo_id)
        return done

    def _in_its_company(self):
        """The device as its tasks see it: its own company alone, our tables without limits.

        Orders are reached through `sudo(False)`: a person's button writes them as that person.
        """
        self.ensure_one()
        company = self.sudo().company_id
        return self.with_context(allowed_company_ids=company.ids).with_company(company).sudo()

    def _task_now(self, task):
        """A person's turn at a task, whatever the back-off of device and batches says."""
        self.ensure_one()
        with self._button_turn():
            device = self._in_its_company()
            if task in WIRE_TASKS:
                device._check_may_speak()
            if task != "fetch":
                device.batch_ids.filtered("next_retry_at").next_retry_at = False
                device._commit()  # also if the PLC does not answer, or another was faster
            counts = device._guarded_task(task)
            if counts["devices without an answer"]:
                return self._notify(device.last_error, kind="danger")
        return self._notify(*self._outcome(counts))

    def _outcome(self, counts):
        """(text, kind of notification) of what a task counted."""
        if counts["devices with an internal error"]:
            return self.env._("It stopped with an internal error; see the events."), "danger"
        if counts["devices left to the next run"]:
            return self.env._("Another transaction was faster; the next run goes on."), "warning"
        texts = {
            "orders sent": self.env._("%s orders sent"),
            "synced": self.env._("%s orders updated"),
            "not synced": self.env._("%s orders not updated"),
            "archived": self.env._("%s archived"),
            "failed": self.env._("%s not closed"),
        }
        told = [text % counts[what] for what, text in texts.items() if counts[what]]
        is_bad = counts["not synced"] or counts["failed"]
        return ", ".join(told) or self.env._("Nothing to do."), "warning" if is_bad else "success"
