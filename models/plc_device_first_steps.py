from itertools import count

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.modules.module import Manifest
from odoo.tools.convert import convert_file

ADDON = "mrp_plc_batch"


class PlcDevice(models.Model):
    """The way from an empty database to the first finished batch, step by step."""

    _inherit = "plc.device"

    code = fields.Char(default=lambda self: self._default_code())
    picking_type_ids = fields.One2many(default=lambda self: self._default_picking_types())

    def _default_code(self):
        """The next of PLC01, PLC02, … that its company has not used, archived ones too."""
        archived_too = self.with_context(active_test=False)
        taken = set(archived_too.search([("company_id", "=", self.env.company.id)]).mapped("code"))
        return next(code for n in count(1) if (code := f"PLC{n:02}") not in taken)

    def _default_picking_types(self):
        """For the form: the operation type that is meant, where only one has no PLC yet."""
        free = self.env["stock.picking.type"].search(
            [
                ("code", "=", "mrp_operation"),
                ("company_id", "=", self.env.company.id),
                ("plc_device_id", "=", False),
            ],
            limit=2,
        )
        return free if len(free) == 1 else free.browse()

    def _free_silo_number(self):
        """The first number of the memory map that no silo has; else the one after the last."""
        archived_too = self._origin.with_context(active_test=False)
        taken = {*self.silo_ids.mapped("number"), *archived_too.silo_ids.mapped("number")}
        known = self.layout_id.field_ids.mapped("silo_number")
        free = sorted(number for number in known if number and number not in taken)
        return free[0] if free else max(taken, default=0) + 1

    @api.model
    def get_first_steps(self):
        """User: what is still to be done until a plant runs, as plain data.

        :return: dict with `steps` (title, text, done, action), `done` (all of them) and
            `can_load` (whether this person may load the sample plant)
        """
        self.check_access("read")
        if self.env["mo.histories"].search_count([("status", "=", "completed")], limit=1):
            return {"steps": [], "done": True, "can_load": False}
        devices = self.search([])
        return {
            "steps": [*devices._steps_of_device(), *devices._steps_of_order()],
            "done": False,
            "can_load": not devices
            and self.env.user.has_group("base.group_system")
            and self.env.ref("base.main_company") in self.env.companies,
        }

    def _steps_of_device(self):
        silos = self.silo_ids
        device_form = self._first_step_form()
        return [
            self._first_step(
                self.env._("Memory map"),
                self.env._(
                    "It says where each value stands in the PLC. Two are shipped: open the one of"
                    " your PLC's program, or duplicate one and change it to fit your data blocks,"
                    " and press New Device on it."
                ),
                bool(self),
                "mrp_plc_batch.action_plc_layout",
            ),
            self._first_step(
                self.env._("Device"),
                self.env._(
                    "Name the PLC, set its address, its memory map and the operation type whose"
                    " orders it doses."
                ),
                bool(self.picking_type_ids),
                device_form,
            ),
            self._first_step(
                self.env._("Test"),
                self.env._("Press Test Connection on the device: it reads once, changes nothing."),
                any(device.last_seen for device in self),
                device_form,
            ),
            self._first_step(
                self.env._("Silos"),
                self.env._(
                    "Add the dosing sources with the numbers the PLC knows them by, and the"
                    " ingredient that is in each, kept in kg."
                ),
                bool(silos) and all(silo.product_id for silo in silos),
                "mrp_plc_batch.action_plc_silo",
            ),
        ]

    def _steps_of_order(self):
        orders = self.env["mrp.production"]
        domain = [
            ("plc_device_id", "in", self.ids),
            ("state", "in", ("confirmed", "progress", "to_close")),
            ("plc_batch_ids", "=", False),
        ]
        waiting = orders.search(domain, limit=1)
        skipped = orders.search([*domain, ("plc_skip_reason", "!=", False)], limit=1)
        has_batch = bool(self.env["mo.batch"].search_count([], limit=1))
        order_list = "mrp.mrp_production_action"
        new_order = {
            "type": "ir.actions.act_window",
            "name": self.env._("New Order"),
            "res_model": "mrp.production",
            "views": [(False, "form")],
            "context": {"default_picking_type_id": self.picking_type_ids[:1].id},
        }
        text = self.env._(
            "Odoo sends it, reads what was dosed and closes the order, all within some minutes."
            " Send Now, Read Now and Archive Now on the device do so at once."
        )
        if skipped and not has_batch:
            text = self.env._(
                "%(order)s is not sent: %(reason)s",
                order=skipped.name,
                reason=skipped.plc_skip_reason,
            )
        return [
            self._first_step(
                self.env._("First order"),
                self.env._(
                    "Enter a manufacturing order with the ingredients that the silos hold, and"
                    " confirm it."
                ),
                bool(waiting) or has_batch,
                order_list if waiting or has_batch else new_order,
            ),
            self._first_step(
                self.env._("First batch"),
                text,
                False,
                order_list if skipped and not has_batch else self._first_step_form(),
            ),
        ]

    def _first_step(self, title, text, done, action):
        """:param action: what the web client opens: an action, or the name of one"""
        return {"title": title, "text": text, "done": done, "action": action}

    def _first_step_form(self):
        """The only device; a new one where there is none; where there are several, their list."""
        may_make = self.env.user.has_group("mrp_plc_batch.group_plc_manager")
        if len(self) > 1 or not (self or may_make):
            return "mrp_plc_batch.action_plc_device"
        return {
            "type": "ir.actions.act_window",
            "name": self.name or self.env._("New Device"),
            "res_model": "plc.device",
            "res_id": self.id,
            "views": [(False, "form")],
        }

    @api.model
    def action_load_sample_plant(self):
        """Administrator: the sample plant of the demo data, its PLCs paused.

        :raises UserError: there is a device already
        """
        if not self.env.user.has_group("base.group_system"):
            raise AccessError(self.env._("Only an administrator may load the sample plant."))
        # sudo: archived devices and those of other companies count too
        if self.sudo().with_context(active_test=False).search_count([], limit=1):
            raise UserError(self.env._("There is a PLC already: the sample plant is not loaded."))
        # sudo: it brings products, recipes and stock, as installing demo data does
        env = self.sudo().with_company(self.env.ref("base.main_company")).env
        for filename in Manifest.for_addon(ADDON)["demo"]:
            convert_file(env, ADDON, filename, {}, mode="init", noupdate=True)
        devices = env["plc.device"].search([])
        devices.paused = True
        board = self.env["ir.actions.client"]._for_xml_id(f"{ADDON}.action_plc_board")
        full = max(devices, key=lambda device: device.batch_count)
        return dict(board, target="main", context={"active_id": full.id})
