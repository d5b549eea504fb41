from odoo import fields, models


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
