from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.modules.module import Manifest
from odoo.tools.convert import convert_file

ADDON = "mrp_plc_batch"


class PlcDevice(models.Model):
    """The way from an empty database to the first finished batch, step by step."""

    _inherit = "plc.device"

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
        is_set_up = bool(devices)
        silos = devices.silo_ids
        is_asked = any(device.last_seen for device in devices)
        has_batch = bool(self.env["mo.batch"].search_count([], limit=1))
        steps = [
            self._first_step(
                self.env._("Memory map"),
                self.env._(
                    "Two maps are shipped. Take the one of your PLC's program, or duplicate one"
                    " and change it to fit your data blocks."
                ),
                is_set_up,
                "action_plc_layout",
            ),
            self._first_step(
                self.env._("Device"),
                self.env._(
                    "Name the PLC, choose its memory map and the operation type whose orders it"
                    " doses, and set its address."
                ),
                bool(devices.picking_type_ids),
                "action_plc_device",
            ),
            self._first_step(
                self.env._("Test"),
                self.env._("Press Test Connection on the device: it reads once, changes nothing."),
                is_asked,
                "action_plc_device",
            ),
            self._first_step(
                self.env._("Silos"),
                self.env._(
                    "Add the dosing sources with the numbers the PLC knows them by, and the"
                    " ingredient that is in each."
                ),
                bool(silos) and all(silo.product_id for silo in silos),
                "action_plc_silo",
            ),
            self._first_step(
                self.env._("First order"),
                self.env._(
                    "Confirm a manufacturing order of that operation type. The next run takes it;"
                    " Send Now on the device does so at once."
                ),
                has_batch,
                False,
            ),
            self._first_step(
                self.env._("First batch"),
                self.env._("The PLC doses it, and its order is closed with what was dosed."),
                False,
                "action_mo_batch",
            ),
        ]
        return {
            "steps": steps,
            "done": False,
            "can_load": not is_set_up and self.env.user.has_group("base.group_system"),
        }

    def _first_step(self, title, text, done, action):
        if action:
            action = self.env["ir.actions.act_window"]._for_xml_id(f"{ADDON}.{action}")
        else:
            action = self.env["ir.actions.act_window"]._for_xml_id("mrp.mrp_production_action")
        return {"title": title, "text": text, "done": done, "action": action}

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
        env = self.sudo().env
        for filename in Manifest.for_addon(ADDON)["demo"]:
            convert_file(env, ADDON, filename, {}, mode="init", noupdate=True)
        env["plc.device"].search([]).paused = True
        return {"type": "ir.actions.client", "tag": "reload"}
