from odoo import fields, models


class StockMove(models.Model):
    _inherit = "stock.move"

    plc_silo_id = fields.Many2one(
        "plc.silo",
        "Silo",
        ondelete="restrict",
        help="The silo to dose this component from; it wins over the search by ingredient.",
    )
    plc_added = fields.Boolean(
        "Added by the PLC",
        readonly=True,
        copy=False,
        help="Not on the recipe: added because a silo dosed this ingredient.",
    )

    def _plc_write_doses(self, doses):
        """Make the move lines of one component exactly these doses.

        One line per silo that dosed. Ours are changed in place (half the cost of delete and
        create), reserved and foreign ones of the move give way: what the PLC reports is the
        running total, so it replaces and never adds. Writes nothing where nothing differs.

        :param doses: list of (mo.batch.line, kg)
        """
        self.ensure_one()
        kg_unit = self.env.ref("uom.product_uom_kgm")
        ours = {line.plc_silo_id.id: line for line in self.move_line_ids if line.plc_silo_id}
        wanted = [
            self._prepare_plc_move_line_vals(dose, kg, kg_unit)
            for dose, kg in doses
            if not kg_unit.is_zero(kg)
        ]
        kept = {line: vals for vals in wanted if (line := ours.get(vals["plc_silo_id"]))}
        (self.move_line_ids - self.env["stock.move.line"].union(*kept)).unlink()
        for line, vals in kept.items():
            changed = line._plc_changed_vals(vals, kg_unit)
            if changed:
                line.write(changed)
        self.env["stock.move.line"].create(
            [vals for vals in wanted if vals["plc_silo_id"] not in ours]
        )
        if not self.picked or not self.manual_consumption:
            self.write({"picked": True, "manual_consumption": True})

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
        }
