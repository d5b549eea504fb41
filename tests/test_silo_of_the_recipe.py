"""The silo that a recipe names for a component, whoever makes or changes the order."""

from odoo import Command
from odoo.tests import Form, new_test_user

from .common import MillCase
from .mill import recipe


class TestSiloOfTheRecipe(MillCase):
    def setUp(self):
        super().setUp()
        used = recipe("CATTLE FEED 1B")
        self.silo, self.other = [
            silo for number, silo in self.mill.silos.items() if number not in used
        ][:2]
        self.bom = self.mill.boms["CATTLE FEED 1B"]
        self.kopra = self.mill.products["KOPRA"]
        self.line_of(self.bom.bom_line_ids).plc_silo_id = self.silo

    def line_of(self, lines):
        return lines.filtered(lambda line: line.product_id == self.kopra)

    def add(self, order, product, kg, **vals):
        """A component more, with what the order's form gives it."""
        vals |= {"product_id": product.id, "product_uom_qty": kg, "product_uom": product.uom_id.id}
        deadline = order.move_raw_ids[0].date_deadline
        order.move_raw_ids = [Command.create({"date_deadline": deadline, **vals})]

    def test_an_order_of_who_is_not_of_the_plant(self):
        """Its form shows no silos, and makes the components of what it shows."""
        planner = new_test_user(self.env, "planner", groups="mrp.group_mrp_user")
        form = Form(self.env["mrp.production"].with_user(planner))
        form.picking_type_id = self.mill.picking_type
        form.product_id = self.bom.product_tmpl_id.product_variant_id
        form.bom_id = self.bom
        order = form.save()
        order.action_confirm()
        self.assertEqual(self.line_of(order.sudo().move_raw_ids).plc_silo_id, self.silo)

    def test_what_is_taken_instead_of_the_recipe_s_ingredient(self):
        order = self.make_order(confirm=False)
        vals = self.line_of(order.move_raw_ids).copy_data()[0]
        vals.pop("plc_silo_id")
        vals.update(raw_material_production_id=order.id)
        other = self.mill.products["POLLARD ANGSA"].id
        moves = self.env["stock.move"].create([{**vals, "product_id": other}, vals])
        self.assertEqual([move.plc_silo_id.id for move in moves], [False, self.silo.id])

    def test_who_says_none_is_heard(self):
        order = self.make_order(confirm=False)
        vals = self.line_of(order.move_raw_ids).copy_data()[0]
        vals.update(raw_material_production_id=order.id, plc_silo_id=False)
        move = self.env["stock.move"].create(vals)
        self.assertTrue(move.bom_line_id)
        self.assertFalse(move.plc_silo_id)

    def test_a_line_of_another_silo_stays_a_line(self):
        order = self.make_order()
        planned = self.line_of(order.move_raw_ids)
        kg, other = planned.product_uom_qty, self.other
        self.add(order, self.kopra, 50.0, plc_silo_id=other.id)
        order.action_confirm()
        lines = self.line_of(order.move_raw_ids)
        self.assertEqual(
            {move.plc_silo_id: move.product_uom_qty for move in lines}, {self.silo: kg, other: 50.0}
        )
        doses = {silo: dose for silo, _product, dose in order._plc_assign_silos(self.device)[1]}
        self.assertEqual((doses[self.silo], doses[other]), (kg, 50.0))

    def test_what_is_planned_more_is_not_the_plc_s(self):
        """A component that the PLC has added goes with a reset; what a person has added stays."""
        order = self.make_order()
        product = self.env["product.product"].create(
            {"name": "NEW", "is_storable": True, "uom_id": self.kopra.uom_id.id}
        )
        added = order._plc_add_components([(order, product)])
        self.add(order, product, 7.0)
        order.action_confirm()
        more = order.move_raw_ids.filtered(lambda move: move.product_id == product) - added
        self.assertEqual((more.product_uom_qty, more.plc_added), (7.0, False))
