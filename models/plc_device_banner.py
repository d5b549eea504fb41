from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import format_datetime, str2bool

from .plc_device_health import TASKS


class PlcDevice(models.Model):
    """The banner above queue, failed batches and devices: what keeps the plant from working."""

    _inherit = "plc.device"

    @api.model
    def get_banner(self):
        """User: each trouble as plain data: key, level, text, hint, and the action that helps.

        The key stays the same while the trouble does. Devices by name only; no address is in it.
        """
        self.check_access("read")
        devices = self.search([])
        return [
            *self._banner_of_copy(),
            *self._banner_of_tasks(),
            *(line for device in devices for line in device._banner_of_device()),
            *devices._banner_of_twins(),
        ]

    def _banner_of_copy(self):
        get_param = self.env["ir.config_parameter"].sudo().get_param
        if str2bool(get_param("database.is_neutralized") or "", False):
            yield self._banner_line(
                "copy",
                "info",
                self.env._("This is a neutralized copy of a database."),
                self.env._("It never speaks to a PLC; work in the real one."),
            )

    def _banner_of_tasks(self):
        """What is off, failing or late; the link to it is for who may change scheduled actions."""
        link = {}
        if self.env.user.has_group("base.group_system"):
            action = self.env["res.config.settings"].action_open_plc_scheduled_actions()
            link = {"label": self.env._("Scheduled Actions"), "action": action}
        tasks = self._get_task_status()
        off = [task for task in tasks if not task["active"]]
        if off:
            yield self._banner_line(
                "off",
                "danger",
                self.env._("Switched off: %s.", self._banner_names(off)),
                self.env._("Switch it on again.")
                if link
                else self.env._("Ask your Odoo administrator to switch it on again."),
                **link,
            )
        failing = [task for task in tasks if task["active"] and task["failing"]]
        if failing:
            yield self._banner_line(
                "failing",
                "danger",
                self.env._("Broken off several times in a row: %s.", self._banner_names(failing)),
                self.env._("Odoo's log says why; its code may have been changed.")
                if link
                else self.env._("Ask your Odoo administrator to look into Odoo's log."),
                **link,
            )
        late = [task for task in tasks if task["late"]]
        if late:
            yield self._banner_line(
                "late",
                "warning",
                self.env._(
                    "Late: %(tasks)s, due at %(time)s.",
                    tasks=self._banner_names(late),
                    time=format_datetime(self.env, min(task["next"] for task in late)),
                ),
                self.env._(
                    "Odoo's scheduler is busy or not running. Read Now and Archive Now on the"
                    " device work all the same."
                ),
                **link,
            )

    def _banner_names(self, tasks):
        if len(tasks) == len(TASKS):
            return self.env._("all three scheduled actions of the PLCs")
        return ", ".join(f"“{task['title']}”" for task in tasks)

    def _banner_of_device(self):
        self.ensure_one()
        link = {"label": self.name, "action": self._get_records_action(context={})}
        facts = {"device": self.name, "count": self.batch_count}
        if self.paused:
            yield self._banner_line(
                f"paused_{self.id}",
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
                f"offline_{self.id}",
                "danger",
                self.env._("%(device)s does not answer; in its queue: %(count)s.", **facts),
                self.env._("It is tried again by itself; Read Now tries at once."),
                **link,
            )
        elif self.state == "unknown" and self.batch_count:
            yield self._banner_line(
                f"unknown_{self.id}",
                "warning",
                self.env._("%(device)s has not answered yet; in its queue: %(count)s.", **facts),
                self.env._("Press Read Now to see whether it does."),
                **link,
            )
        elif self._takes_nothing():
            yield self._banner_line(
                f"untaken_{self.id}",
                "warning",
                self.env._(
                    "%(device)s answers, but has taken no order for %(minutes)s minutes; in its"
                    " queue: %(count)s.",
                    minutes=self.silent_after,
                    **facts,
                ),
                self.env._(
                    "Is the CPU in RUN, and does its program look at the WRITE area? Compare the"
                    " memory map with its data blocks."
                ),
                **link,
            )

    def _takes_nothing(self):
        """Whether orders have stood in its slots for longer than it may be silent, and it has
        nothing else to do. No error of a batch: R11 is about what the PLC has taken."""
        minutes = self.silent_after
        now = fields.Datetime.now()
        facts = ["state", "sent_at", "taken_at", "last_read_from_plc", "status_manufacturing"]
        batches = self.env["mo.batch"].search_fetch([("device_id", "=", self.id)], facts)
        taken = batches.filtered("taken_at")
        offered = (batches - taken).filtered(lambda batch: batch.state == "sent")
        sent_at = [batch.sent_at for batch in offered if batch.sent_at]
        return (
            minutes > 0
            and bool(sent_at)
            and now - min(sent_at) >= timedelta(minutes=minutes)
            and all(batch.status_manufacturing for batch in taken)
            and not any(batch._has_moved_within(minutes) for batch in taken)
            and not self._has_archived_within(minutes, now)
            and not self._open_histories()
        )

    def _banner_of_twins(self):
        """Devices with the same records in the same PLC: the orders of one are strangers to the
        other, which acknowledges and overwrites them."""
        places = defaultdict(self.browse)
        for device in self:
            where, layout = device.sudo(), device.layout_id  # the address goes no further
            if where.host:
                address = (where.host.lower(), where.port, where.rack, where.slot)
                for block in {layout.write_db, layout.read_db}:
                    places[address, block] |= device
        for twins in {devices for devices in places.values() if len(devices) > 1}:
            yield self._banner_line(
                f"twins_{'_'.join(map(str, twins.ids))}",
                "danger",
                self.env._(
                    "The same data blocks of one PLC are used by %s.",
                    ", ".join(twins.mapped("name")),
                ),
                self.env._(
                    "Each takes the orders of the others for strangers'. Archive all but one, or"
                    " set another address or memory map."
                ),
                label=twins[0].name,
                action=twins[0]._get_records_action(context={}),
            )

    def _banner_line(self, key, level, text, hint, label=False, action=False):
        line = {"key": key, "level": level, "text": text, "hint": hint}
        return line | {"label": label, "action": action}
