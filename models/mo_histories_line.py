from odoo import fields, models


class MoHistoriesLine(models.Model):
    _name = "mo.histories.line"
    _description = "PLC batch history silo"
    _order = "history_id, silo_number, id"

    history_id = fields.Many2one("mo.histories", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="history_id.company_id", store=True, index=True)
    silo_id = fields.Many2one("plc.silo", "Silo record", ondelete="set null")
    silo_number = fields.Integer("Number", aggregator=None)
    silo_name = fields.Char("Silo")
    product_id = fields.Many2one(
        "product.product", "Ingredient record", index="btree_not_null", ondelete="set null"
    )
    product_name = fields.Char("Ingredient")
    lot_id = fields.Many2one("stock.lot", "Lot record", index="btree_not_null", ondelete="set null")
    lot_name = fields.Char("Lot")
    location_id = fields.Many2one(
        "stock.location", "From", index="btree_not_null", ondelete="set null"
    )
    dosed_at = fields.Datetime("First dose")
    substitute_for = fields.Char(help="What the order asked for, where something else was dosed.")
    consumption = fields.Float("Planned (kg)", digits="Product Unit")
    actual_consumption = fields.Float("Dosed (kg)", digits="Product Unit")
    deviation = fields.Float("Deviation (kg)", digits="Product Unit")
    uom_name = fields.Char("Unit")

    # the latest doses of a silo, for its board
    _silo_idx = models.Index("(silo_id, id) WHERE silo_id IS NOT NULL")
