from odoo import api, fields, models

from .mo_batch_error import interval_minutes

TASKS = ("fetch_orders", "read_plc", "archive_completed")  # `mo.batch._cron_…` of each
LATE_AFTER_RUNS = 3  # a scheduled action that missed so many runs is late; that broke off, failing


def iso(moment):
    """ISO 8601 in UTC, or None."""
    return moment.isoformat() + "Z" if moment else None


def badness(task):
    """How much a task needs a person: the greater the more, all False if it does not."""
    return (not task["active"], task["failing"], task["late"])


class PlcDevice(models.Model):
    """What monitoring is told, and what a person sees when something has stopped."""

    _inherit = "plc.device"

    @api.model
    def _get_health(self):
        """Devices and tasks as plain data; "attention" when something needs a person.

        No address is in it: the device's name and code only.
        """
        self.check_access("read")
        devices = [device._health_vals() for device in self.search([])]
        tasks = self._get_task_status()
        attention = any(
            device["failed"] or device["state"] == "offline" or device["paused"]
            for device in devices
        ) or any(any(badness(task)) for task in tasks)
        return {
            "status": "attention" if attention else "ok",
            "devices": devices,
            "tasks": [self._task_vals(task) for task in tasks],
        }

    def _health_vals(self):
        self.ensure_one()
        return {
            "code": self.code,
            "name": self.name,
            "state": self.state,
            "paused": self.paused,
            "last_seen": iso(self.last_seen),
            "queue": self.batch_count,
            "failed": self.failed_count,
        }

    def _task_vals(self, task):
        facts = {name: value for name, value in task.items() if name != "title"}
        return facts | {"last": iso(task["last"]), "next": iso(task["next"])}

    @api.model
    def _get_task_status(self):
        """The three tasks: name, title, active, failing, late, last, next. Where several scheduled
        actions share one, as several hosts may, that of them which needs a person most.
        """
        tasks = []
        for name, own in self._task_crons().items():
            statuses = [self._task_status(name, cron) for cron in own or [own]]
            tasks.append(max(statuses, key=badness))
        return tasks

    @api.model
    def _task_crons(self):
        """{task: the scheduled actions that run it: one, or one for each group of devices}

        `ir.cron` is readable by administrators only, hence sudo; intervals and how they fare leave
        it alone.
        """
        crons = self.env["ir.cron"].sudo().with_context(active_test=False)
        crons = crons.search([("model_id.model", "=", "mo.batch"), ("state", "=", "code")])
        return {
            name: crons.filtered(lambda cron, call=f"_cron_{name}(": call in (cron.code or ""))
            for name in TASKS
        }

    def _task_status(self, name, cron):
        """:param cron: one that runs the task, or none where all were deleted"""
        overdue = (fields.Datetime.now() - cron.nextcall).total_seconds() / 60 if cron else 0
        return {
            "name": name,
            "title": cron.name or name,
            "active": bool(cron.active),
            "failing": cron.failure_count >= LATE_AFTER_RUNS,
            "late": bool(cron.active) and overdue > LATE_AFTER_RUNS * interval_minutes(cron),
            "last": cron.lastcall or None,
            "next": cron.nextcall or None,
        }
