from odoo import api, models
from odoo.tools import format_datetime, str2bool

from .plc_device_health import TASKS


class PlcDevice(models.Model):
    """The banner above queue, failed batches and devices: what keeps the plant from working."""

    _inherit = "plc.device"

    @api.model
    def get_banner(self):
        """User: each trouble as plain data: level, text, hint, and the action that helps.

        Devices by name only; no address is in it.
        """
        self.check_access("read")
        return [
            *self._banner_of_copy(),
            *self._banner_of_tasks(),
            *(line for device in self.search([]) for line in device._banner_of_device()),
        ]

    def _banner_of_copy(self):
        get_param = self.env["ir.config_parameter"].sudo().get_param
        if str2bool(get_param("database.is_neutralized") or "", False):
            yield self._banner_line(
                "info",
                self.env._("This is a neutralized copy of a database."),
                self.env._("It never speaks to a PLC; work in the real one."),
            )

    def _banner_of_tasks(self):
        """Scheduled actions that are off or late; the link to them is for who may change them."""
        link = {}
        if self.env.user.has_group("base.group_system"):
            action = self.env["res.config.settings"].action_open_plc_scheduled_actions()
            link = {"label": self.env._("Scheduled Actions"), "action": action}
        for task in self._get_task_status():
            cron = self.env.ref(TASKS[task["name"]], raise_if_not_found=False)
            name = cron.sudo().cron_name if cron else TASKS[task["name"]]
            if not task["active"]:
                yield self._banner_line(
                    "danger",
                    self.env._("“%s” is switched off.", name),
                    self.env._("Switch it on under Scheduled Actions.")
                    if link
                    else self.env._("Ask your Odoo administrator to switch it on."),
                    **link,
                )
            elif task["late"]:
                yield self._banner_line(
                    "warning",
                    self.env._(
                        "“%(task)s” is late: it was due at %(time)s.",
                        task=name,
                        time=format_datetime(self.env, task["next"]),
                    ),
                    self.env._(
                        "Odoo's scheduler is busy or not running. Read Now and Archive Now on the"
                        " device work all the same."
                    ),
                    **link,
                )

    def _banner_of_device(self):
        self.ensure_one()
        link = {"label": self.name, "action": self._get_records_action(context={})}
        facts = {"device": self.name, "count": self.batch_count}
        if self.paused:
            yield self._banner_line(
                "warning",
                self.env._("%(device)s is paused; in its queue: %(count)s.", **facts),
                self.env._(
                    "Nothing is sent or read. When the work on the plant is over, an administrator"
                    " switches Paused off."
                ),
                **link,
            )
        elif self.state == "offline":
            yield self._banner_line(
                "danger",
                self.env._("%(device)s does not answer; in its queue: %(count)s.", **facts),
                self.env._("It is tried again by itself; Read Now tries at once."),
                **link,
            )
        elif self.state == "unknown" and self.batch_count:
            yield self._banner_line(
                "warning",
                self.env._("%(device)s has not answered yet; in its queue: %(count)s.", **facts),
                self.env._("Press Read Now to see whether it does."),
                **link,
            )

    def _banner_line(self, level, text, hint, label=False, action=False):
        return {"level": level, "text": text, "hint": hint, "label": label, "action": action}
