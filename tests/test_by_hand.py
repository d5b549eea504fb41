from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError

from .common import MillCase
from .mill import consumed


class TestByHand(MillCase):
    """Components that no silo doses: GARAM 2.5 kg, CaCO3 20 kg and others of CATTLE FEED 1B."""

    def setUp(self):
        super().setUp()
        self.order = self.make_order()
        self.batch = self.make_batch(self.order, {103: 300.0}, finished=True)
        self.batch.actual_weight_quantity_finished_goods = 1000.0

    def entry(self, user=None, order=None):
        order = (order or self.order).with_user(user or self.plc_user)
        action = order.action_open_by_hand()
        return order.env["plc.hand.entry"].browse(action["res_id"])

    def enter(self, user=None, **quantities):
        """{product name: kg} weighed."""
        entry = self.entry(user)
        for row in entry.line_ids:
            name = row.product_id.name
            if name in quantities:
                row.write({"quantity": quantities[name], "is_entered": True})
        entry.action_confirm()

    def archive(self):
        self.assertTrue(self.batch._archive_completed())
        lines = self.order.plc_history_ids.hand_line_ids
        return {line.product_name: line for line in lines}

    def move(self, name):
        return self.order.move_raw_ids.filtered(lambda move: move.product_id.name == name)

    def test_the_screen_shows_what_no_silo_doses(self):
        names = set(self.entry().line_ids.product_id.mapped("name"))
        self.assertIn("GARAM", names)
        self.assertFalse(names & set(self.batch.line_ids.product_id.mapped("name")))
        self.assertEqual(self.batch.hand_count, len(names))
        self.assertEqual(self.batch.hand_open_count, len(names))

    def test_before_the_order_is_fetched_too(self):
        order = self.make_order()
        self.assertEqual(
            self.entry(order=order).line_ids.product_id, self.entry().line_ids.product_id
        )

    def test_nothing_is_entered_that_would_keep_an_order_from_the_plc(self):
        order = self.make_order()
        entry = self.entry(order=order)
        entry.action_all_as_planned()
        for dispatch in ("auto", "again"):
            order.plc_dispatch = dispatch
            with self.subTest(dispatch):
                with self.assertRaisesRegex(UserError, "not in the queue"):
                    entry.action_confirm()
                plans = self.device._plan_orders()
                self.assertIn(order, [planned for planned, *_ in plans])
        order.plc_dispatch = "never"
        entry.action_confirm()
        self.assertEqual(order.state, "progress")

    def test_what_is_entered_reaches_stock_and_history_with_who_and_when(self):
        self.enter(GARAM=2.7)
        self.assertEqual(self.batch.hand_open_count, self.batch.hand_count - 1)
        lines = self.archive()
        self.assertEqual(consumed(self.order)["GARAM"], 2.7)
        garam, caco3 = lines["GARAM"], lines["CaCO3"]
        self.assertEqual(
            (garam.source, garam.consumption, garam.actual_consumption), ("hand", 2.5, 2.7)
        )
        self.assertAlmostEqual(garam.deviation, 0.2)
        self.assertEqual(garam.weighed_by_name, self.plc_user.name)
        self.assertTrue(garam.weighed_at)
        self.assertEqual((caco3.source, caco3.actual_consumption), ("recipe", 20.0))
        self.assertFalse(caco3.weighed_by_name or caco3.weighed_at)
        self.assertEqual(consumed(self.order)["CaCO3"], 20.0)

    def test_entered_after_parking_and_unparking(self):
        self.device.require_by_hand = True
        with self.assertLogs("odoo.addons.mrp_plc_batch", "WARNING"):
            self.batch._archive_completed()
        self.batch.action_park()
        self.batch.action_unpark()
        self.assertEqual((self.batch.state, self.batch.error_code), ("done", "not_weighed"))
        entry = self.entry()
        entry.action_all_as_planned()
        entry.action_confirm()
        self.assertEqual((self.batch.state, self.batch.error_code), ("done", False))
        self.archive()

    def test_none_of_it_is_a_weight_too(self):
        self.enter(GARAM=0.0)
        lines = self.archive()
        self.assertEqual((lines["GARAM"].source, lines["GARAM"].actual_consumption), ("hand", 0.0))
        self.assertEqual(consumed(self.order).get("GARAM", 0.0), 0.0)

    def test_a_correction_replaces_and_never_adds(self):
        self.enter(GARAM=2.7)
        self.assertTrue(self.entry().line_ids.filtered("is_entered"))
        self.enter(GARAM=2.6)
        self.assertEqual(consumed(self.order)["GARAM"], 2.6)
        (line,) = self.move("GARAM").move_line_ids
        self.assertEqual(line.production_id, self.order)  # as Odoo's own lines: their moves' type
        self.assertEqual(line.picking_type_id, self.order.picking_type_id)

    def test_of_what_is_reserved_in_part_the_rest_is_asked_for(self):
        move = self.move("GARAM")
        move.product_id.tracking = "lot"
        lot = self.env["stock.lot"].create({"product_id": move.product_id.id, "name": "G1"})
        move._do_unreserve()
        quants, there = self.env["stock.quant"], (move.product_id, move.location_id)
        quants._update_available_quantity(*there, -quants._get_available_quantity(*there))
        quants._update_available_quantity(*there, 1.0, lot_id=lot)
        move._action_assign()
        entry = self.entry()
        rows = entry.line_ids.filtered(lambda row: row.product_id == move.product_id)
        self.assertEqual(
            [(row.quantity, row.lot_id, row.planned) for row in rows],
            [(1.0, lot, 2.5), (1.5, self.env["stock.lot"], 0.0)],
        )
        entry.action_all_as_planned()
        with self.assertRaisesRegex(ValidationError, "GARAM is tracked: say which lot"):
            entry.action_confirm()

    def test_in_another_unit_and_from_two_lots(self):
        garam = self.mill.products["GARAM"]
        garam.tracking = "lot"
        first, second = self.env["stock.lot"].create(
            [{"name": name, "product_id": garam.id} for name in ("G-1", "G-2")]
        )
        gram = self.env.ref("uom.product_uom_gram")
        entry = self.entry()
        row = entry.line_ids.filtered(lambda row: row.product_id == garam)[:1]
        row.write({"quantity": 1.5, "lot_id": first.id, "is_entered": True})
        entry.line_ids.create(
            {
                "entry_id": entry.id,
                "product_id": garam.id,
                "quantity": 1200.0,
                "uom_id": gram.id,
                "lot_id": second.id,
            }
        )
        entry.action_confirm()
        self.assertTrue(self.batch._archive_completed())
        lines = self.order.plc_history_ids.hand_line_ids.filtered(
            lambda line: line.product_id == garam
        )
        self.assertEqual(
            [
                (line.lot_name, line.actual_consumption, line.consumption)
                for line in lines.sorted("lot_name")
            ],
            [("G-1", 1.5, 1.39), ("G-2", 1.2, 1.11)],  # 2.5 kg were planned, of no lot
        )
        self.assertAlmostEqual(consumed(self.order)["GARAM"], 2.7)

    def test_what_does_not_fit_is_refused(self):
        garam = self.mill.products["GARAM"]
        litre, unit = (self.env.ref(f"uom.product_uom_{name}") for name in ("litre", "unit"))
        for vals in ({"quantity": -1.0}, {"uom_id": litre.id}, {"uom_id": unit.id}):
            entry = self.entry()
            row = entry.line_ids.filtered(lambda row: row.product_id == garam)
            row.write({"is_entered": True, **vals})
            with self.assertRaises(ValidationError):
                entry.action_confirm()
        garam.tracking = "lot"
        with self.assertRaises(ValidationError):
            self.enter(GARAM=2.5)
        self.assertFalse(self.move("GARAM").picked)

    def test_a_dosed_ingredient_cannot_be_entered(self):
        entry = self.entry()
        entry.line_ids.create(
            {
                "entry_id": entry.id,
                "product_id": self.mill.products["KOPRA"].id,
                "quantity": 1.0,
            }
        )
        with self.assertRaises(UserError):
            entry.action_confirm()

    def test_entered_on_the_order_itself_is_told_apart(self):
        self.move("GARAM").write({"quantity": 3.0, "picked": True, "manual_consumption": True})
        self.enter(CaCO3=19.0)
        self.move("CaCO3").quantity = 18.0  # changed on the order after it was weighed
        lines = self.archive()
        self.assertEqual((lines["GARAM"].source, lines["GARAM"].actual_consumption), ("order", 3.0))
        self.assertEqual((lines["CaCO3"].source, lines["CaCO3"].weighed_by_name), ("order", False))

    def test_what_an_operation_consumes_and_nobody_entered_is_not_entered(self):
        """Odoo picks such components when it closes an order, as if a person had."""
        bom = self.order.bom_id
        centre = self.env["mrp.workcenter"].create({"name": "Mixer"})
        bom.operation_ids = [Command.create({"name": "Mixing", "workcenter_id": centre.id})]
        salts = bom.bom_line_ids.filtered(lambda line: line.product_id.name in ("GARAM", "CaCO3"))
        salts.operation_id = bom.operation_ids
        self.order = self.make_order()
        self.assertTrue(self.move("GARAM").manual_consumption)
        self.batch = self.make_batch(self.order, {103: 300.0}, finished=True, batch_no=2)
        self.move("CaCO3").write({"quantity": 19.0, "picked": True})
        lines = self.archive()
        self.assertEqual((lines["GARAM"].source, lines["CaCO3"].source), ("recipe", "order"))
        self.assertEqual(self.move("GARAM").quantity, lines["GARAM"].actual_consumption)

    def test_who_weighed_cannot_be_forged(self):
        move = self.move("GARAM").with_user(self.plc_user)
        with self.assertRaises(AccessError):
            move.write({"plc_weighed_by_id": self.plc_manager.id})
        self.assertNotIn("plc_weighed_by_id", move.fields_get())

    def test_the_order_waits_for_it_where_the_device_says_so(self):
        self.device.require_by_hand = True
        with self.assertLogs("odoo.addons.mrp_plc_batch", "WARNING"):
            self.assertFalse(self.batch._archive_completed())
        self.assertEqual(self.batch.error_code, "not_weighed")
        self.assertIn("GARAM", self.batch.error_reason)
        self.assertNotEqual(self.order.state, "done")
        entry = self.entry()
        entry.action_all_as_planned()
        entry.action_confirm()
        self.assertEqual((self.batch.error_code, self.batch.state), (False, "done"))
        lines = self.archive()
        self.assertEqual({line.source for line in lines.values()}, {"hand"})

    def test_the_yield_is_not_known_while_what_goes_in_is_not(self):
        """An order left open: somebody enters the rest later, and the history stays as it is."""
        self.device.close_order = False
        self.enter(GARAM=2.5)
        self.assertEqual(self.archive().keys(), {"GARAM"})
        history = self.order.plc_history_ids
        self.assertEqual((history.input_kg, history.yield_percent), (302.5, 0.0))
        self.assertFalse(
            history._read_group([("id", "=", history.id)], [], ["yield_percent:avg"])[0][0]
        )

    def test_the_yield_of_an_order_left_open_is_known_once_all_is_weighed(self):
        self.device.close_order = False
        entry = self.entry()
        entry.action_all_as_planned()
        entry.action_confirm()
        by_hand = sum(line.actual_consumption for line in self.archive().values())
        history = self.order.plc_history_ids
        self.assertNotEqual(self.order.state, "done")
        self.assertAlmostEqual(history.yield_percent, 100 * 1000.0 / (300.0 + by_hand), 2)

    def test_a_reset_weighs_again(self):
        self.enter(GARAM=2.7)
        self.batch._copy_to_history("failed")
        weighed = self.order.plc_history_ids.hand_line_ids
        self.assertEqual(weighed.mapped("product_name"), ["GARAM"])
        self.order._plc_take_back()
        self.assertFalse(self.move("GARAM").picked)
        self.assertFalse(self.entry().line_ids.filtered("is_entered"))

    def test_sacks_keep_their_unit(self):
        sack = self.env["product.product"].create({"name": "SACK", "is_storable": True})
        self.order.move_raw_ids = [
            (
                0,
                0,
                {
                    "product_id": sack.id,
                    "product_uom_qty": 40.0,
                    "product_uom": sack.uom_id.id,
                    "raw_material_production_id": self.order.id,
                },
            )
        ]
        self.order.move_raw_ids.filtered(lambda m: m.product_id == sack)._action_confirm()
        self.enter(SACK=39.0)
        line = self.archive()["SACK"]
        self.assertEqual((line.actual_consumption, line.uom_name), (39.0, "Units"))

    def test_a_closed_order_takes_nothing(self):
        entry = self.entry()
        entry.line_ids.is_entered = True
        self.batch._archive_completed()
        with self.assertRaises(UserError):
            entry.action_confirm()

    def test_a_stranger_is_refused(self):
        stranger = self.new_stranger()
        entry = self.env["plc.hand.entry"].with_user(stranger)
        row = {"product_id": self.mill.products["GARAM"].id, "quantity": 1.0}
        with self.assertRaises(AccessError):
            entry.create(
                {"production_id": self.order.id, "line_ids": [Command.create(row)]}
            ).action_confirm()

    def test_the_event_says_who(self):
        self.enter(GARAM=12345.67)
        event = self.batch.event_ids.filtered(lambda event: event.kind == "hand")
        self.assertEqual(event.user_id, self.plc_user)
        self.assertIn("GARAM 12345.67", event.message)

    def test_what_odoo_picks_by_itself_is_not_entered(self):
        """As it does with all components where somebody says how much is being produced."""
        self.device.require_by_hand = True
        self.order.qty_producing = 1000.0
        self.order._set_qty_producing()
        self.assertTrue(self.move("GARAM").picked)
        self.assertEqual(self.batch.hand_open_count, self.batch.hand_count)
        with self.assertLogs("odoo.addons.mrp_plc_batch", "WARNING"):
            self.assertFalse(self.batch._archive_completed())
        self.assertEqual(self.batch.error_code, "not_weighed")

    def test_of_an_order_that_is_gone(self):
        self.batch.production_id = False
        with self.assertRaisesRegex(UserError, "no manufacturing order"):
            self.batch.action_open_by_hand()
