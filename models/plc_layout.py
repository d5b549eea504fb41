from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import ormcache

from ..plc import Layout, LayoutError
from .plc_layout_field import SAVING


class PlcLayout(models.Model):
    _name = "plc.layout"
    _description = "PLC memory map"
    _order = "name, id"

    name = fields.Char(required=True, translate=False)
    active = fields.Boolean(default=True)
    write_db = fields.Integer(
        "WRITE DB", required=True, default=1, help="Data block that Odoo writes recipes to."
    )
    read_db = fields.Integer(
        "READ DB", required=True, default=2, help="Data block that the PLC reports actuals in."
    )
    slot_count = fields.Integer("Slots", required=True, default=10)
    slot_size = fields.Integer("Slot size (bytes)", required=True)
    write_handshake = fields.Selection(
        [("slot", "Each slot by itself"), ("area", "The whole area at once")],
        required=True,
        default="slot",
        help="Whether the PLC takes each slot by itself, or all slots when slot 1 is valid.",
    )
    field_ids = fields.One2many("plc.layout.field", "layout_id", "Fields", copy=True)
    device_ids = fields.One2many("plc.device", "layout_id", "Devices")

    @api.constrains(
        "write_db", "read_db", "slot_count", "slot_size", "write_handshake", "field_ids"
    )
    def _check_memory_map(self):
        self.env.registry.clear_cache()
        for layout in self:
            try:
                layout._build()
            except LayoutError as error:
                problems = [self.env._(template, **params) for template, params in error.problems]
                raise ValidationError(
                    self.env._(
                        "The memory map %(layout)s cannot be used:\n%(problems)s",
                        layout=layout.name,
                        problems="\n".join(f"- {problem}" for problem in problems),
                    )
                ) from error

    @api.constrains("write_handshake")
    def _check_devices(self):
        self.sudo().with_context(active_test=False).device_ids._check_area_drains()

    @api.model_create_multi
    def create(self, vals_list):
        saving = self.with_context(plc_layout_saving=SAVING)
        return super(PlcLayout, saving).create(vals_list).with_env(self.env)

    def write(self, vals):
        if vals.keys() - {"name", "active"}:
            self._check_may_change()
        return super(PlcLayout, self.with_context(plc_layout_saving=SAVING)).write(vals)

    def _check_may_change(self):
        """:raises UserError: orders are with a PLC that has this map, or it is not the caller's
        alone to change"""
        self.check_access("write")
        # sudo: PLCs of companies that the caller does not work in have the map, too
        devices = self.sudo().with_context(active_test=False).device_ids
        others = devices.filtered(lambda d: d.company_id not in self.env.user.company_ids)
        if others and not self.env.su:
            raise UserError(
                self.env._(
                    "PLCs of another company have the memory map %s, too. Duplicate it, and change"
                    " the copy.",
                    others.layout_id[:1].name,
                )
            )
        devices._check_nothing_open(self.env._("You cannot change the memory map of %s now."))

    @api.ondelete(at_uninstall=True)
    def _unlink_except_in_use(self):
        # sudo: PLCs of companies that the caller does not work in have the map, too
        device = self.sudo().with_context(active_test=False).device_ids[:1]
        if device:
            mine = device.company_id in self.env.user.company_ids
            raise UserError(
                self.env._(
                    "You cannot delete the memory map %(layout)s: %(device)s has it. Give the"
                    " device another map first, or archive this one.",
                    layout=device.layout_id.name,
                    device=device.name if mine else self.env._("a PLC of another company"),
                )
            )

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        if "name" not in (default or {}):
            for layout, vals in zip(self, vals_list, strict=True):
                vals["name"] = self.env._("%s (copy)", layout.name)
        return vals_list

    def action_open_new_device(self):
        """A form for a device with this map."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New Device"),
            "res_model": "plc.device",
            "views": [(False, "form")],
            "context": {"default_layout_id": self.id},
        }

    @ormcache("self.id")
    def _to_plc(self):
        """The pure description that the wire side works with; kept, as every cycle needs it."""
        return self._build()

    def _is_other_than(self, known):
        """Whether another process has changed or exchanged the map since it was kept here, which
        this one is told of only before its next run; it is then looked at anew.

        :param known: the pure description that the PLC was spoken to by
        """
        if self._build() == known:
            return False
        self.env.registry.clear_cache()
        return True

    def _build(self):
        """:raises LayoutError: with every fault of the map, in words"""
        self.ensure_one()
        return Layout.build(
            write_db=self.write_db,
            read_db=self.read_db,
            slot_count=self.slot_count,
            slot_size=self.slot_size,
            write_handshake=self.write_handshake,
            rows=[
                {
                    "role": field.role,
                    "silo_number": field.silo_number,
                    "address": field.address,
                    "datatype": field.datatype,
                    "scale": field.scale,
                }
                for field in self.field_ids
            ],
        )
