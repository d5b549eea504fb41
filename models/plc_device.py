from itertools import count

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError

MANAGER = "mrp_plc_batch.group_plc_manager"


class PlcDevice(models.Model):
    _name = "plc.device"
    _description = "PLC"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    code = fields.Char(required=True, help="Short code, such as PLC01; kept on each batch.")
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    active = fields.Boolean(default=True)

    # Where it is: for managers only, read in one place (_plc_session), never in an error or event.
    host = fields.Char(groups=MANAGER, copy=False, help="Host name or IP address of the PLC.")
    port = fields.Integer(groups=MANAGER, copy=False, default=102)
    rack = fields.Integer(groups=MANAGER, copy=False, default=0, help="Of the CPU; mostly 0.")
    slot = fields.Integer(
        groups=MANAGER,
        copy=False,
        default=1,
        help="Of the CPU in its rack: 1 for S7-1200 and S7-1500, 2 for S7-300.",
    )
    connection_type = fields.Selection(
        [("pg", "PG"), ("op", "OP"), ("basic", "S7 basic")],
        required=True,
        default="op",
        help="Which of the CPU's connections is used. PG is the engineer's.",
    )
    connection_timeout = fields.Float(
        default=3.0, help="Seconds, absolute, for connecting and for every request."
    )

    layout_id = fields.Many2one("plc.layout", "Memory map", required=True, ondelete="restrict")
    silo_ids = fields.One2many("plc.silo", "device_id", "Silos", copy=True)
    picking_type_ids = fields.One2many(
        "stock.picking.type",
        "plc_device_id",
        "Operation types",
        domain="[('code', '=', 'mrp_operation'), ('company_id', '=', company_id)]",
        help="Manufacturing orders of these operation types are dosed by this PLC.",
    )

    fill_policy = fields.Selection(
        [("drain", "When the queue is empty"), ("rolling", "As soon as a slot is free")],
        required=True,
        default="drain",
        help="When new orders are sent.",
    )
    on_plc_failure = fields.Selection(
        [("hold", "Hold for a person"), ("cancel", "Cancel the batch")],
        "When the PLC reports a failure",
        required=True,
        default="hold",
        help="Held, the batch waits until a person accepts what was dosed, resets or cancels it."
        " Cancelled, it goes to the history, and its order is kept and not sent again by itself.",
    )
    finished_quantity = fields.Selection(
        [
            ("weight", "Weight reported by the PLC"),
            ("planned", "Planned quantity"),
            ("consumed", "Sum of the silos"),
        ],
        "Quantity produced",
        required=True,
        default="weight",
        help="What a closed order has produced, rounded as its unit of measure is: in t with two"
        " decimals, to 10 kg. Where the PLC reports no weight, the planned quantity counts; after"
        " a failure, the sum of the silos.",
    )
    close_order = fields.Boolean(
        "Close orders", default=True, help="At the end; else that is left to a person."
    )
    require_components = fields.Boolean(
        "Components must be picked", help="Skip orders whose components are not picked yet."
    )
    max_quantity = fields.Float(
        "Limit a silo and batch (kg)",
        default=5000.0,
        help="A quantity above this is not believed.",
    )
    silent_after = fields.Integer(
        "Silent after (minutes)",
        default=15,
        help="So long without progress is shown as an error; 0: never.",
    )
    retry_limit = fields.Integer(
        default=5,
        help="After so many failures in a row the responsible user gets an activity; 0: at the"
        " first one.",
    )
    responsible_id = fields.Many2one(
        "res.users",
        "Responsible",
        check_company=True,
        help="Gets an activity when a batch fails again and again, or a dose is out of tolerance.",
    )
    paused = fields.Boolean(
        tracking=True, copy=False, help="No traffic at all, for work on the plant."
    )

    # Runtime: written by the tasks, last, and only when nobody else holds the row.
    state = fields.Selection(
        [("unknown", "Unknown"), ("online", "Online"), ("offline", "Offline")],
        default="unknown",
        readonly=True,
        copy=False,
    )
    last_seen = fields.Datetime(readonly=True, copy=False, help="Last good read.")
    last_error = fields.Char(readonly=True, copy=False)
    last_latency_ms = fields.Float("Latency (ms)", readonly=True, copy=False, digits=(16, 2))
    failure_count = fields.Integer(readonly=True, copy=False)
    next_try_at = fields.Datetime(readonly=True, copy=False)
    quiet_until = fields.Datetime(
        readonly=True,
        copy=False,
        help="A write was cut off and may still arrive: nobody speaks to the PLC until then.",
    )
    batch_ids = fields.One2many("mo.batch", "device_id", "Batches")
    batch_count = fields.Integer("In the queue", compute="_compute_batch_counts")
    failed_count = fields.Integer("Failed", compute="_compute_batch_counts")

    _code_uniq = models.Constraint(
        "unique (company_id, code)", "Each PLC of a company needs a code of its own."
    )

    @api.depends("batch_ids.state", "batch_ids.error_code")
    def _compute_batch_counts(self):
        queue = dict(self._count_batches([("state", "!=", "parked")]))
        failed = dict(self._count_batches([("error_code", "!=", False)]))
        for device in self:
            device.batch_count = queue.get(device, 0)
            device.failed_count = failed.get(device, 0)

    def _count_batches(self, domain):
        return self.env["mo.batch"]._read_group(
            [("device_id", "in", self.ids), *domain], ["device_id"], ["__count"]
        )

    @api.model_create_multi
    def create(self, vals_list):
        types = [vals.get("picking_type_ids") for vals in vals_list]
        # none, and not its default either, which is a proposal to who fills in a form
        devices = super().create([dict(vals, picking_type_ids=[]) for vals in vals_list])
        for device, commands in zip(devices, types, strict=True):
            if commands:
                device._set_picking_types(commands)
        return devices

    def write(self, vals):
        if "picking_type_ids" in vals:
            vals = dict(vals)
            commands = vals.pop("picking_type_ids")
            self.check_access("write")
            for device in self:
                device._set_picking_types(commands)
        if {"host", "port"} & vals.keys():
            # another PLC, another story: what was learned about the old one says nothing
            vals = dict(vals, state="unknown", failure_count=0, next_try_at=False)
        result = super().write(vals)
        if {"retry_limit", "responsible_id"} & vals.keys():
            # batches and their activities are the tasks' to write, not the manager's
            self.sudo().batch_ids._ask_about_failed()
        return result

    def _set_picking_types(self, commands):
        """Say which operation types this PLC doses for.

        Operation types belong to Inventory's administrators; that a PLC serves one is for PLC
        administrators to say. So it is written with sudo, as links only, to types that the
        caller may read.

        :param commands: what Odoo takes for a field of many records
        """
        if isinstance(commands, models.BaseModel):
            commands = commands.ids
        if not all(isinstance(command, list | tuple) for command in commands or ()):
            commands = [Command.set(commands)]
        commands = commands or [Command.clear()]
        links = (Command.LINK, Command.UNLINK, Command.CLEAR, Command.SET)
        if any(command[0] not in links for command in commands):
            raise AccessError(self.env._("Operation types are set up in Inventory."))
        named = {
            type_id
            for command in commands
            for type_id in (command[2] if command[0] == Command.SET else command[1:2])
            if type_id
        }
        self.env["stock.picking.type"].browse(named).check_access("read")
        super(PlcDevice, self.sudo()).write({"picking_type_ids": commands})

    def copy_data(self, default=None):
        default = default or {}
        names = {
            "name": lambda device: self.env._("%s (copy)", device.name),
            "code": lambda device: device._free_code(),
        }
        return [
            vals | {name: make(device) for name, make in names.items() if name not in default}
            for device, vals in zip(self, super().copy_data(default), strict=True)
        ]

    def _free_code(self):
        """A code made from this device's that no PLC of its company has yet."""
        taken = set(
            self.with_context(active_test=False)
            .search([("company_id", "=", self.company_id.id)])
            .mapped("code")
        )
        return next(code for n in count(2) if (code := f"{self.code}-{n}") not in taken)

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------

    def action_test_connection(self):
        """Manager: connect, read both areas once, say how long it took. Changes nothing."""
        self._check_may(MANAGER)
        self.ensure_one()
        with self._button_turn(), self._plc_errors_to_user():
            with self._plc_session() as (session, slots):
                _images, latency = self._read_all(session, slots)
                pdu = session.pdu_length
            self._note_contact(latency)
        return self._notify(
            self.env._(
                "%(device)s answers: %(latency).1f ms a request, PDU of %(pdu)s bytes.",
                device=self.name,
                latency=latency,
                pdu=pdu,
            )
        )

    def action_read_now(self):
        """User: read the PLC and update the orders now, whatever the back-off says."""
        self._check_may("mrp_plc_batch.group_plc_user")
        return self._task_now("read")

    def action_send_now(self):
        """Manager: fetch and send orders now, whatever the back-off says."""
        self._check_may(MANAGER)
        return self._task_now("fetch")

    def action_archive_now(self):
        """User: close and archive what is finished, now."""
        self._check_may("mrp_plc_batch.group_plc_user")
        return self._task_now("archive")

    def action_open_batches(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("mrp_plc_batch.action_mo_batch")
        return dict(action, domain=[("device_id", "=", self.id)], context={})

    def action_open_failed(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mrp_plc_batch.action_mo_batch_failed"
        )
        return dict(
            action, domain=[("device_id", "=", self.id), ("error_code", "!=", False)], context={}
        )

    def _silo_numbered(self, number):
        """The silo of a number, archived or not."""
        silos = self.with_context(active_test=False).silo_ids
        return silos.filtered(lambda silo: silo.number == number)

    @api.model
    def _check_group(self, group):
        """:raises AccessError: the caller is not in the group"""
        if not (self.env.su or self.env.user.has_group(group)):
            raise AccessError(
                self.env._("You may not do this. Ask a PLC administrator of your plant.")
            )

    def _check_may(self, group):
        """The caller's group and rights on these devices; what follows may use sudo."""
        self._check_group(group)
        self.check_access("read")

    def _notify(self, message, kind="success"):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": kind,
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
