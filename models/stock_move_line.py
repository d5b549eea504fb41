from odoo import fields, models


class StockMoveLine(models.Model):
    _inherit = "stock.move.line"

    plc_silo_id = fields.Many2one(
        "plc.silo",
        "Dosed by",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The silo that dosed this quantity. Lines without one were not written by the PLC.",
    )

    def _plc_changed_vals(self, vals, kg_unit):
        """Those of the wanted values that differ from this line's."""
        self.ensure_one()
        changed = {
            name: vals[name]
            for name in ("product_uom_id", "location_id", "lot_id")
            if self[name].id != vals[name]
        }
        if changed.get("product_uom_id") or kg_unit.compare(self.quantity, vals["quantity"]):
            changed["quantity"] = vals["quantity"]
        if not self.picked:
            changed["picked"] = True
        return changed
