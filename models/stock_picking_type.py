from odoo import api, fields, models


class StockPickingType(models.Model):
    _inherit = "stock.picking.type"

    plc_device_id = fields.Many2one(
        "plc.device",
        "PLC",
        copy=False,
        check_company=True,
        ondelete="restrict",
        help="Manufacturing orders of this operation type are dosed by this PLC.",
    )

    @api.constrains("plc_device_id", "default_location_src_id")
    def _check_silo_locations(self):
        # sudo: who sets up operation types need not see silos
        self.sudo().plc_device_id.silo_ids._check_location()
