from odoo import fields, models
from odoo.exceptions import ValidationError
from odoo.fields import NO_ACCESS


class StockMove(models.Model):
    """A component that was weighed by hand: how much of which lot, by whom, when.

    Who and when are written by `_plc_write_by_hand` alone, and so cannot be forged over RPC.
    """

    _inherit = "stock.move"

    plc_weighed_by_id = fields.Many2one(
        "res.users", "Weighed by", copy=False, groups=NO_ACCESS, ondelete="set null"
    )
    plc_weighed_at = fields.Datetime("Weighed at", copy=False, groups=NO_ACCESS)
    plc_weighed_quantity = fields.Float("Weighed", copy=False, groups=NO_ACCESS)

    def _plc_write_by_hand(self, rows):
        """Make the move lines of one component exactly what was weighed; 0 is none of it.

        :param rows: list of (quantity, uom.uom, stock.lot or none)
        :raises ValidationError: a quantity, unit or lot that does not fit
        """
        self.ensure_one()
        for quantity, unit, lot in rows:
            self._plc_check_by_hand(quantity, unit, lot)
        self.move_line_ids.unlink()
        self.env["stock.move.line"].create(
            [
                self._prepare_plc_hand_vals(quantity, unit, lot)
                for quantity, unit, lot in rows
                if not unit.is_zero(quantity)
            ]
        )
        self.write({"picked": True, "manual_consumption": True})
        # sudo: nobody else writes these
        self.sudo().write(
            {
                "plc_weighed_by_id": self.env.uid,
                "plc_weighed_at": fields.Datetime.now(),
                "plc_weighed_quantity": self.quantity,
            }
        )

    def _plc_check_by_hand(self, quantity, unit, lot):
        product = self.product_id
        name = product.display_name
        if quantity < 0:
            problem = self.env._("The weight of %s cannot be below 0.", name)
        elif not unit._has_common_reference(product.uom_id):
            problem = self.env._(
                "%(product)s is not kept in %(unit)s.", product=name, unit=unit.name
            )
        elif product.tracking != "none" and not lot and not unit.is_zero(quantity):
            problem = self.env._("%s is tracked: say which lot it was.", name)
        elif lot and lot.product_id != product:
            problem = self.env._(
                "Lot %(lot)s is of %(other)s, not of %(product)s.",
                lot=lot.name,
                other=lot.product_id.display_name,
                product=name,
            )
        else:
            return
        raise ValidationError(problem)

    def _prepare_plc_hand_vals(self, quantity, unit, lot):
        quants = self.env["stock.quant"]._gather(self.product_id, self.location_id, lot_id=lot)
        there = quants.filtered(lambda quant: quant.quantity > 0 and quant.lot_id == lot)
        return {
            "move_id": self.id,
            "company_id": self.company_id.id,
            "product_id": self.product_id.id,
            "product_uom_id": unit.id,
            "quantity": quantity,
            "location_id": (there.location_id[:1] or self.location_id).id,
            "location_dest_id": self.location_dest_id.id,
            "lot_id": lot.id,
            "picked": True,
            **self._prepare_plc_order_vals(),
        }

    def _plc_is_weighed(self):
        """Weighed by hand, and not changed on the order since."""
        self.ensure_one()
        move = self.sudo()  # see the fields
        return bool(move.plc_weighed_at) and not self.product_uom.compare(
            move.plc_weighed_quantity, self.quantity
        )

    def _plc_hand_source(self):
        """Where the quantity of a component that no silo doses comes from."""
        self.ensure_one()
        if self._plc_is_weighed():
            return "hand"
        return "order" if self.picked and self.manual_consumption else "recipe"

    def _prepare_plc_history_vals(self, kg_unit):
        """Of `mo.histories.line`: one for each lot; in kg, or else in the unit it is kept in."""
        self.ensure_one()
        product = self.product_id
        unit = kg_unit if product.uom_id._has_common_reference(kg_unit) else product.uom_id
        source = self._plc_hand_source()
        weighed = self.sudo() if source == "hand" else self.browse().sudo()
        planned = self.product_uom._compute_quantity(self.product_uom_qty, unit, round=False)
        doses = [
            (
                line.product_uom_id._compute_quantity(line.quantity, unit, round=False),
                line.lot_id,
                line.location_id,
            )
            for line in self.move_line_ids
        ] or [(0.0, self.env["stock.lot"], self.location_id)]
        vals_list = []
        total, left = sum(quantity for quantity, *_ in doses), planned
        for number, (quantity, lot, location) in enumerate(doses, 1):
            # one plan, however many lots; the last has what rounding leaves
            is_last = number == len(doses) or not total
            part = left if is_last else min(unit.round(planned * quantity / total), left)
            left -= part
            vals_list.append(
                {
                    "source": source,
                    "product_id": product.id,
                    "product_name": product.display_name,
                    "lot_id": lot.id,
                    "lot_name": lot.name,
                    "location_id": location.id,
                    "consumption": part,
                    "actual_consumption": quantity,
                    "deviation": quantity - part,
                    "uom_id": unit.id,
                    "uom_name": unit.name,
                    "weighed_by_id": weighed.plc_weighed_by_id.id,
                    "weighed_by_name": weighed.plc_weighed_by_id.name,
                    "weighed_at": weighed.plc_weighed_at,
                }
            )
        return vals_list
