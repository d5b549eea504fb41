from odoo import api, fields, models

TASKS = {
    "fetch_orders": "mrp_plc_batch.ir_cron_fetch_orders",
    "read_plc": "mrp_plc_batch.ir_cron_read_plc",
    "archive_completed": "mrp_plc_batch.ir_cron_archive_completed",
}
LATE_AFTER_RUNS = 3  # a scheduled action that missed so many runs is late


def iso(moment):
    """ISO 8601 in UTC, or None."""
    return moment.isoformat() + "Z" if moment else None


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
        ) or any(not task["active"] or task["late"] for task in tasks)
        return {
            "status": "attention" if attention else "ok",
            "devices": devices,
            "tasks": [
                {**task, "last": iso(task["last"]), "next": iso(task["next"])} for task in tasks
            ],
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

    @api.model
    def _get_task_status(self):
        """The three tasks: name, active, last, next, late.

        `ir.cron` is readable by administrators only, hence sudo; these facts alone leave it.
        """
        now = fields.Datetime.now()
        tasks = []
        for name, xmlid in TASKS.items():
            cron = self.env.ref(xmlid, raise_if_not_found=False)
            cron = cron.sudo() if cron else self.env["ir.cron"].sudo()
            minutes = self.env["mo.batch"]._task_interval_minutes(xmlid)
            overdue = (now - cron.nextcall).total_seconds() / 60 if cron.nextcall else 0
            tasks.append(
                {
                    "name": name,
                    "active": bool(cron.active),
                    "last": cron.lastcall or None,
                    "next": cron.nextcall or None,
                    "late": bool(cron.active) and overdue > LATE_AFTER_RUNS * minutes,
                }
            )
        return tasks
