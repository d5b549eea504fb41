from odoo import api, fields, models


class StockMove(models.Model):
    _inherit = "stock.move"

    plc_silo_id = fields.Many2one(
        "plc.silo",
        "Silo",
        index="btree_not_null",
        ondelete="restrict",
        help="The silo to dose this component from; it wins over the search by ingredient.",
    )
    plc_added = fields.Boolean(
        "Added by the PLC",
        readonly=True,
        copy=False,
        help="Not on the recipe: added because a silo dosed this ingredient.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        """The order's form makes components of what it shows, which is no silo to who is not of
        the plant: theirs is that of the recipe all the same."""
        unseen = [
            vals
            for vals in vals_list
            if "plc_silo_id" not in vals
            and vals.get("raw_material_production_id")
            and vals.get("bom_line_id")
        ]
        # sudo: who makes an order need not know silos
        bom_lines = self.env["mrp.bom.line"].sudo().browse(vals["bom_line_id"] for vals in unseen)
        lines = {line.id: line for line in bom_lines}
        for vals in unseen:
            line = lines[vals["bom_line_id"]]
            if line.product_id.id == vals.get("product_id"):  # else another was chosen for it
                vals["plc_silo_id"] = line.plc_silo_id.id
        return super().create(vals_list)

    def _prepare_merge_moves_distinct_fields(self):
        """A line of another silo, or one that the PLC has added, is a line of its own."""
        return [*super()._prepare_merge_moves_distinct_fields(), "plc_silo_id", "plc_added"]

    def _prepare_merge_negative_moves_excluded_distinct_fields(self):
        """But what is taken away may be taken from any."""
        fields_left_out = super()._prepare_merge_negative_moves_excluded_distinct_fields()
        return [*fields_left_out, "plc_silo_id", "plc_added"]

    def _plc_write_doses(self, shares):
        """Make the move lines of these components exactly their doses.

        One line per silo that dosed. Ours are changed in place (half the cost of delete and
        create), reserved and foreign ones of the move give way: what the PLC reports is the
        running total, so it replaces and never adds. Writes nothing where nothing differs.

        :param shares: {stock.move: list of (mo.batch.line, kg)}
        """
        kg_unit = self.env["uom.uom"]._plc_kg()
        Line = self.env["stock.move.line"]
        leaving, vals_list, changes = Line.browse(), [], {}
        for move in self:
            ours = {line.plc_silo_id.id: line for line in move.move_line_ids if line.plc_silo_id}
            kept = Line.browse()
            for dose, kg in shares[move]:
                if kg_unit.is_zero(kg):
                    continue
                line = ours.get(dose.silo_id.id)
                vals = move._prepare_plc_move_line_vals(dose, kg, kg_unit)
                if not line:
                    vals_list.append(vals)
                    continue
                kept |= line
                changed = line._plc_changed_vals(vals, kg_unit)
                if changed:
                    changes[line] = changed
            leaving |= move.move_line_ids - kept
        if leaving or vals_list or changes:
            Line._plc_replace(leaving, changes, vals_list)
        unpicked = self.filtered(lambda move: not move.picked or not move.manual_consumption)
        if unpicked:
            unpicked.write({"picked": True, "manual_consumption": True})

    def _prepare_plc_move_line_vals(self, dose, kg, kg_unit):
        return {
            "move_id": self.id,
            "company_id": self.company_id.id,
            "product_id": self.product_id.id,
            "product_uom_id": kg_unit.id,
            "quantity": kg,
            "location_id": (dose.location_id or self.location_id).id,
            "location_dest_id": self.location_dest_id.id,
            "lot_id": dose.lot_id.id,
            "plc_silo_id": dose.silo_id.id,
            "picked": True,
            **self._prepare_plc_order_vals(),
        }

    def _prepare_plc_order_vals(self):
        """What Odoo gives each line of a component: it finds a line's operation type by it."""
        return {
            "production_id": self.raw_material_production_id.id,
            "workorder_id": self.workorder_id.id,
        }

    def _plc_read_ahead(self):
        """Read for all what Odoo looks at a line at a time: what it keeps of a move, and with
        valuation the analytic lines of each."""
        # sudo: analytic lines are Odoo's own to look at here, whoever pressed the button
        moves = self.sudo()
        for name in ("company_id", "analytic_account_line_ids"):
            if name in moves._fields:
                moves.mapped(name)
