from .common import MillCase
from .mill import recipe


class TestSiloAssignment(MillCase):
    def assign(self, order):
        reason, doses = order._plc_assign_silos(self.device)
        return reason, {silo.number: kg for silo, _product, kg in doses or []}

    def test_current_ingredient_decides(self):
        reason, doses = self.assign(self.make_order("CATTLE FEED 1B"))
        self.assertFalse(reason)
        self.assertEqual(doses, recipe("CATTLE FEED 1B"))

    def test_alternative_when_no_silo_is_set_to_it(self):
        # CGM is an alternative of silo 104, PKD of 106
        reason, doses = self.assign(self.make_order("FEED PLUS"))
        self.assertFalse(reason)
        self.assertEqual(doses, recipe("FEED PLUS"))

    def test_silo_named_on_the_line_wins(self):
        bom = self.mill.boms["CATTLE FEED 1B"]
        line = bom.bom_line_ids.filtered(lambda line: line.product_id.name == "KOPRA")
        line.plc_silo_id = self.mill.silos[101]
        _reason, doses = self.assign(self.make_order())
        self.assertEqual(doses[101], 150)
        self.assertNotIn(102, doses)

    def test_update_bom_brings_its_silos(self):
        order = self.make_order()
        line = order.bom_id.bom_line_ids.filtered(lambda line: line.product_id.name == "KOPRA")
        move = order.move_raw_ids.filtered(lambda move: move.product_id == line.product_id)
        line.plc_silo_id = self.mill.silos[101]
        order.action_update_bom()
        self.assertEqual(move.plc_silo_id, self.mill.silos[101])
        line.plc_silo_id = False
        order.action_update_bom()
        self.assertFalse(move.plc_silo_id)

    def test_two_lines_of_one_ingredient_do_not_count_on_the_same_stock(self):
        first, _second = self.share_kopra(120.0)
        order = self.make_order()
        move = order.move_raw_ids.filtered(lambda move: move.product_id == first.product_id)
        named = move.copy({"product_uom_qty": 50.0, "plc_silo_id": first.id})
        named._action_confirm(merge=False)
        for sequence in (-1, 1000):
            named.sequence = sequence
            _reason, doses = self.assign(order)
            self.assertEqual((doses[101], doses[102]), (120, 80))

    def share_kopra(self, kg):
        """Two silos hold it; the first one has so much in stock."""
        first, second = self.mill.silos[101], self.mill.silos[102]
        kopra = second.product_id
        location = self.env["stock.location"].create(
            {"name": "Silo A", "location_id": self.mill.picking_type.default_location_src_id.id}
        )
        first.write({"product_id": kopra.id, "location_id": location.id, "sequence": 1})
        self.env["stock.quant"]._update_available_quantity(kopra, location, kg)
        return first | second

    def test_several_silos_by_sequence_up_to_their_stock(self):
        self.share_kopra(60.0)
        _reason, doses = self.assign(self.make_order())
        self.assertEqual((doses[101], doses[102]), (60, 90))

    def test_an_ingredient_whose_stock_odoo_does_not_keep_has_no_limit(self):
        silos = self.share_kopra(1.0)
        silos.product_id.is_storable = False
        _reason, doses = self.assign(self.make_order())
        self.assertEqual(doses[101], 150)
        self.assertNotIn(102, doses)

    def test_a_silo_that_is_named_later_on_one_line_of_several(self):
        first, second = self.share_kopra(500.0)
        order = self.make_order()
        move = order.move_raw_ids.filtered(lambda move: move.product_id == first.product_id)
        move.copy({"product_uom_qty": 50.0})._action_confirm(merge=False)
        batch = self.make_batch(order, {}, state="staged")
        line = batch.line_ids.filtered(lambda line: line.product_id == first.product_id)
        self.assertEqual((line.silo_id, line.consumption), (first, 200))
        self.assertTrue(batch._is_as_ordered())
        move.plc_silo_id = first
        self.assertTrue(batch._is_as_ordered())
        move.plc_silo_id = second
        self.assertFalse(batch._is_as_ordered())
        self.assertTrue(batch._plan_again())
        lines = batch.line_ids.filtered(lambda line: line.product_id == first.product_id)
        planned = {line.silo_number: line.consumption for line in lines}
        self.assertEqual(planned, {101: 50, 102: 150})

    def test_orders_of_one_run_do_not_count_on_the_same_stock(self):
        silos = self.share_kopra(200.0)
        first, second, third = self.make_order(count=3)
        plans = self.device._plan_orders()
        second.with_context(plc_force=True).action_cancel()  # meanwhile, in somebody's hands
        batches = self.device._stage_plans(plans, [1, 2, 3])
        self.assertEqual(batches.production_id, first | third)
        doses = [
            {
                line.silo_number: line.consumption
                for line in batch.line_ids
                if line.silo_id in silos and line.consumption
            }
            for batch in batches
        ]
        self.assertEqual(doses, [{101: 150}, {102: 150}])  # 50 kg were left for the second

    def test_two_ingredients_on_one_silo(self):
        self.mill.silos[102].product_id = False
        self.mill.silos[103].alternative_product_ids += self.mill.products["KOPRA"]
        reason, _doses = self.assign(self.make_order())
        self.assertIn("SILO C", reason)
        self.assertIn("KOPRA", reason)

    def test_no_ingredient_in_any_silo(self):
        self.mill.silos[101].device_id.silo_ids.write(
            {"product_id": False, "alternative_product_ids": [(5, 0, 0)]}
        )
        reason, _doses = self.assign(self.make_order())
        self.assertIn(self.device.name, reason)

    def test_dose_above_the_limit(self):
        self.device.max_quantity = 250
        reason, _doses = self.assign(self.make_order())
        self.assertIn("SILO C", reason)
        self.assertIn("250.00 kg", reason)

    def test_unit_that_has_nothing_in_common_with_kg(self):
        kopra = self.mill.products["KOPRA"]
        bom = self.mill.boms["CATTLE FEED 1B"]
        line = bom.bom_line_ids.filtered(lambda line: line.product_id == kopra)
        litre = self.env.ref("uom.product_uom_litre")
        oil = self.env["product.product"].create({"name": "OIL", "uom_id": litre.id})
        line.write({"product_id": oil.id, "product_uom_id": litre.id})
        self.mill.silos[102].product_id = oil
        reason, _doses = self.assign(self.make_order())
        self.assertIn("OIL", reason)
        self.assertIn("kg", reason)

    def test_ingredient_that_is_tracked_by_serial_number(self):
        line = self.mill.boms["CATTLE FEED 1B"].bom_line_ids.filtered(
            lambda line: line.product_id.name == "KOPRA"
        )
        line.product_id = self.mill.silos[102].product_id = self.env["product.product"].create(
            {
                "name": "PIECES",
                "is_storable": True,
                "tracking": "serial",
                "uom_id": self.env.ref("uom.product_uom_kgm").id,
            }
        )
        reason, _doses = self.assign(self.make_order())
        self.assertIn("PIECES is tracked by serial number", reason)

    def test_unit_too_coarse_for_the_precision(self):
        kopra = self.mill.products["KOPRA"]
        tonne = self.env.ref("uom.product_uom_ton")
        copper = self.env["product.product"].create({"name": "COARSE", "uom_id": tonne.id})
        line = self.mill.boms["CATTLE FEED 1B"].bom_line_ids.filtered(
            lambda line: line.product_id == kopra
        )
        line.product_id = copper
        self.mill.silos[102].product_id = copper
        reason, _doses = self.assign(self.make_order())
        self.assertIn("COARSE", reason)
        self.assertIn("steps of 10 kg", reason)

    def test_lines_in_grams_and_tonnes_are_sent_in_kg(self):
        lines = {
            line.product_id.name: line for line in self.mill.boms["CATTLE FEED 1B"].bom_line_ids
        }
        lines["CGF"].write(
            {"product_qty": 10_000, "product_uom_id": self.env.ref("uom.product_uom_gram").id}
        )
        lines["SAWIT"].write(
            {"product_qty": 0.22, "product_uom_id": self.env.ref("uom.product_uom_ton").id}
        )
        _reason, doses = self.assign(self.make_order())
        self.assertEqual((doses[105], doses[109]), (10, 220))
