from odoo import api, fields, models


class PlcSiloChangeover(models.Model):
    """What a silo held from when on: the dated record of its ingredients and lots.

    Read-only for everyone by access right. A line is written whenever a silo's ingredient or lot
    changes, whoever changes it and however: see `plc.silo.write`.
    """

    _name = "plc.silo.changeover"
    _description = "Change-over of a silo"
    _order = "date desc, id desc"

    silo_id = fields.Many2one("plc.silo", "Silo", required=True, index=True, ondelete="cascade")
    device_id = fields.Many2one(related="silo_id.device_id", store=True, index=True)
    company_id = fields.Many2one(related="silo_id.company_id", store=True, index=True)
    date = fields.Datetime("From", required=True)
    product_id = fields.Many2one("product.product", "Ingredient", ondelete="restrict")
    lot_id = fields.Many2one("stock.lot", "Lot", ondelete="restrict")
    previous_product_id = fields.Many2one(
        "product.product", "Ingredient before", ondelete="restrict"
    )
    previous_lot_id = fields.Many2one("stock.lot", "Lot before", ondelete="restrict")
    user_id = fields.Many2one(
        "res.users", "By", default=lambda self: self.env.uid, ondelete="set null"
    )
    note = fields.Char()

    _silo_date_idx = models.Index("(silo_id, date DESC, id DESC)")

    @api.depends("silo_id.name", "product_id", "lot_id")
    def _compute_display_name(self):
        for change in self:
            parts = (change.silo_id.name, change.product_id.display_name, change.lot_id.name)
            change.display_name = " / ".join(filter(None, parts))
