from odoo import api, models

CHANGED = "mrp_plc_batch.changed"


class PlcLiveMixin(models.AbstractModel):
    """What belongs to a device and is looked at: screens that show it change by themselves."""

    _name = "plc.live.mixin"
    _description = "Shown live"

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records.device_id._notify_changed()
        return records

    def write(self, vals):
        self.device_id._notify_changed()
        return super().write(vals)

    def unlink(self):
        self.device_id._notify_changed()
        return super().unlink()
