from odoo import api, models

from .plc_live_mixin import CHANGED

GROUP = "mrp_plc_batch.group_plc_user"


class PlcDevice(models.Model):
    """Tells the screens, over Odoo's bus, that something of a device has changed."""

    _inherit = "plc.device"

    @api.model_create_multi
    def create(self, vals_list):
        devices = super().create(vals_list)
        devices._notify_changed()
        return devices

    def write(self, vals):
        self._notify_changed()
        return super().write(vals)

    def _notify_changed(self):
        """One message a commit, to everyone who may look at PLCs: the devices' ids, nothing else.

        Who gets it reads what changed with the rights of its own.
        """
        waiting = self.env.cr.precommit.data
        if CHANGED not in waiting:
            waiting[CHANGED] = set()
            self.env.cr.precommit.add(self._send_changed)
        waiting[CHANGED].update(self.ids)

    def _send_changed(self):
        device_ids = sorted(self.env.cr.precommit.data.pop(CHANGED, ()))
        if device_ids:
            group_id = self.env["ir.model.data"]._xmlid_to_res_id(GROUP)
            group = self.env["res.groups"].browse(group_id)
            group._bus_send(CHANGED, {"devices": device_ids})
