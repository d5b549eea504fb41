from odoo import api, fields, models


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

    @api.model
    def _plc_replace(self, leaving, changes, vals_list):
        """Delete, change and create move lines of many orders, through Odoo's own methods.

        One by one, Odoo would lock, write and read a quant twice a line, and look at the state of
        a move after each: the reservations are summed up and written once a quant, the moves are
        looked at once at the end.

        :param leaving: lines to delete
        :param changes: {line: vals}
        :param vals_list: lines to create
        """
        moves = (leaving | self.union(*changes)).move_id
        moves |= moves.browse(vals["move_id"] for vals in vals_list)
        with self.env["stock.quant"]._plc_sum_reservations() as quants:
            context = dict(quants.env.context, preserve_state=True)
            leaving.with_context(context).unlink()
            moves._plc_read_ahead()
            for line, vals in changes.items():
                line.with_context(context).write(vals)
            self.with_context(context).create(vals_list)
        moves._recompute_state()
