"""What people change on orders and devices while the PLC has the orders."""

from odoo import Command
from odoo.exceptions import UserError

from .common import GuardCase, MillCase


class TestOrderChangesMeanwhile(GuardCase):
    def assert_archived_as_sent(self, name):
        self.read_again(silo103=310.0)
        self.assertEqual(self.batch._archive_completed(), self.batch)
        self.assertEqual(self.order.state, "done")
        history = self.env["mo.histories"].search([("production_id", "=", self.order.id)])
        self.assertEqual(history.mo_id, name)
        self.assertEqual(history.device_id, self.device)
        self.assertEqual(history.production_name, self.order.name)

    def test_rename(self):
        name, self.order.name = self.order.name, "RENAMED"
        self.assert_archived_as_sent(name)

    def test_other_operation_type(self):
        name = self.order.name
        self.order.picking_type_id = self.mill.picking_type.copy(
            {"sequence_code": "OTHER", "sequence_id": False}
        )
        self.assertNotEqual(self.order.name, name)
        self.assertFalse(self.order.plc_device_id)
        self.assert_archived_as_sent(name)

    def test_hand_edits_of_dosed_lines_are_put_right(self):
        self.batch._process_batch_consumption()
        moves = self.order.move_raw_ids
        edits = {
            "quantity": lambda line: line.write({"quantity": 1.0}),
            "deleted": lambda line: line.unlink(),
            "not picked": lambda line: line.write({"picked": False}),
            "elsewhere": lambda line: line.write(
                {
                    "location_id": self.env["stock.location"]
                    .create({"name": "Yard", "location_id": self.order.location_src_id.id})
                    .id
                }
            ),
            "in grams": lambda line: line.write(
                {"product_uom_id": self.env.ref("uom.product_uom_gram").id}
            ),
            "another one": lambda line: line.copy({"quantity": 7.0, "plc_silo_id": False}),
            "move": lambda line: line.move_id.write({"quantity": 5.0}),
            "consumption": lambda line: line.move_id.write({"manual_consumption": False}),
        }
        for name, edit in edits.items():
            with self.subTest(name):
                edit(moves.move_line_ids.filtered(lambda line: line.plc_silo_id.number == 103))
                self.assertTrue(self.batch._process_batch_consumption())
                line = moves.filtered(
                    lambda move: move.product_id.name == "POLLARD ANGSA"
                ).move_line_ids
                self.assertEqual(len(line), 1)
                self.assertEqual((line.quantity, line.product_uom_id.name), (300.0, "kg"))
                self.assertEqual(line.location_id, self.order.location_src_id)
                self.assertTrue(line.picked and line.move_id.picked)
                self.assertTrue(line.move_id.manual_consumption)

    def test_component_deleted_by_hand_comes_back(self):
        kopra = self.order.move_raw_ids.filtered(lambda move: move.product_id.name == "KOPRA")
        kopra._action_cancel()
        self.assertTrue(self.batch._process_batch_consumption())
        added = self.order.move_raw_ids.filtered("plc_added")
        self.assertEqual((added.product_id.name, added.quantity), ("KOPRA", 100.0))


class TestDeviceOfAnOrder(MillCase):
    def setUp(self):
        super().setUp()
        self.other = self.device.copy({"name": "Other PLC", "code": "OTHER"})

    def test_follows_its_operation_type_until_a_person_chooses(self):
        order = self.make_order()
        self.assertEqual(order.plc_device_id, self.device)
        self.mill.picking_type.plc_device_id = self.other
        self.assertEqual(order.plc_device_id, self.other)
        order.plc_device_id = self.device
        self.mill.picking_type.plc_device_id = False
        self.assertEqual(order.plc_device_id, self.device)

    def test_what_is_over_stays_with_the_plc_that_dosed_it(self):
        order, open_order = self.make_order(), self.make_order()
        order.action_cancel()
        self.mill.picking_type.plc_device_id = self.other
        self.assertEqual((order.plc_device_id, open_order.plc_device_id), (self.device, self.other))

    def test_chosen_when_the_order_is_made(self):
        order = self.make_order(plc_device_id=self.other.id)
        self.assertEqual(order.plc_device_id, self.other)
        self.mill.picking_type.plc_device_id = False
        self.assertEqual(order.plc_device_id, self.other)

    def test_none_may_be_chosen(self):
        order = self.make_order()
        order.plc_device_id = False
        self.mill.picking_type.plc_device_id = self.other
        self.assertFalse(order.plc_device_id)

    def test_another_device_may_serve_it(self):
        order = self.make_order(plc_device_id=self.other.id)
        orders = self.env["mrp.production"].search(self.other._orders_domain())
        self.assertEqual(orders, order)
        self.assertNotIn(order, order.search(self.device._orders_domain()))

    def test_nothing_of_the_plc_is_copied(self):
        order = self.make_order(plc_device_id=self.other.id, plc_dispatch="never")
        order.plc_skip_reason = "why"
        batch = self.make_batch(order, {103: 300.0, 113: 2.0})
        batch._process_batch_consumption()
        copy = order.copy()
        self.assertEqual(copy.plc_device_id, self.device)
        self.assertEqual((copy.plc_dispatch, copy.plc_skip_reason), ("auto", False))
        self.assertFalse(copy.plc_batch_ids or copy.plc_device_chosen)
        self.assertFalse(any(copy.move_raw_ids.mapped("plc_added")))
        self.assertFalse(any(copy.move_raw_ids.mapped("picked")))
        self.assertNotIn("BSJ", copy.move_raw_ids.product_id.mapped("name"))

    def test_a_part_of_an_order_goes_where_a_person_has_said_of_the_whole(self):
        order = self.make_order(plc_device_id=self.other.id)
        _first, second = order._split_productions({order: [600.0, 400.0]})
        self.assertEqual((second.plc_device_id, second.plc_dispatch), (self.other, "auto"))
        self.assertTrue(second.plc_device_chosen)
        order = self.make_order(plc_dispatch="never")
        _first, second = order._split_productions({order: [600.0, 400.0]})
        self.assertEqual((second.plc_device_id, second.plc_dispatch), (self.device, "never"))
        self.mill.picking_type.plc_device_id = self.other
        self.assertEqual(second.plc_device_id, self.other)

    def test_started_by_hand_is_skipped_with_a_reason(self):
        order = self.make_order()
        order.qty_producing = 10.0
        self.assertFalse(self.device._plan_orders())
        self.assertIn("by hand", order.plc_skip_reason)


class TestDeviceGuards(GuardCase):
    def refuses(self, act, *words):
        with self.assertRaises(UserError) as raised, self.cr.savepoint():
            act()
        for word in (self.order.name, "Feed Mill PLC", "Start Over", *words):
            self.assertIn(word, raised.exception.args[0])

    def test_archive_and_delete(self):
        self.refuses(self.device.action_archive, "archive")
        self.refuses(self.device.unlink, "delete")

    def test_another_memory_map(self):
        word_map = self.env.ref("mrp_plc_batch.layout_word_map")

        def change():
            self.device.layout_id = word_map

        self.refuses(change, "memory map")
        self.device.layout_id = self.device.layout_id  # no change

    def test_memory_map_and_its_fields(self):
        layout = self.device.layout_id
        field = layout.field_ids.filtered(lambda f: f.role == "silo_quantity")[:1]
        recipe = layout.field_ids.filtered(lambda f: f.role == "recipe")
        other = {"role": "silo_id", "silo_number": 116, "address": "90", "datatype": "INT"}
        for act in (
            lambda: layout.write({"slot_count": 5}),
            lambda: layout.write({"field_ids": [Command.unlink(recipe.id)]}),
            lambda: field.write({"scale": 10.0}),
            lambda: recipe.unlink(),
            lambda: self.env["plc.layout.field"].create({"layout_id": layout.id, **other}),
        ):
            self.refuses(act, "memory map")
        layout.name = "Renamed"

    def test_free_again_once_nothing_is_open(self):
        self.batch.unlink()
        self.device.layout_id = self.env.ref("mrp_plc_batch.layout_word_map")
        self.device.action_archive()
        self.assertFalse(self.device.active)

    def test_copy_is_a_device_of_its_own(self):
        copy = self.device.copy()
        self.assertNotEqual((copy.name, copy.code), (self.device.name, self.device.code))
        self.assertFalse(copy.host or copy.batch_ids or copy.picking_type_ids)
        self.assertEqual(copy.silo_ids.mapped("number"), self.device.silo_ids.mapped("number"))


class TestDosedAgain(GuardCase):
    """Reset and `again`: the order is as before it was dosed, whatever people did meanwhile."""

    def take_back(self, state="confirmed"):
        self.batch._process_batch_consumption()
        self.batch.unlink()
        self.order.with_context(plc_force=True)._plc_take_back()
        self.assertEqual(self.order.state, state)
        self.assertFalse(any(self.order.move_raw_ids.mapped("picked")))
        self.assertFalse(self.order.move_raw_ids.move_line_ids.plc_silo_id)

    def assert_dosed_afresh(self):
        """As if it had never been with the PLC: planned alike, closed with the second run."""
        self.order.plc_dispatch = "again"
        planned = [order for order, _record, _doses in self.device._plan_orders()]
        self.assertIn(self.order, planned)
        self.batch = self.make_batch(self.order, {103: 290.0, 102: 140.0}, batch_no=3)
        self.read_again()
        self.assertEqual(self.batch._archive_completed(), self.batch)
        self.assertEqual(self.order.state, "done")
        dosed = {
            move.product_id.name: move.quantity
            for move in self.order.move_raw_ids
            if move.move_line_ids.plc_silo_id
        }
        self.assertEqual(dosed, {"POLLARD ANGSA": 290.0, "KOPRA": 140.0})

    def test_plain(self):
        self.take_back()
        self.assert_dosed_afresh()

    def test_a_person_had_set_the_quantity(self):
        self.batch._process_batch_consumption()
        self.order.qty_producing = 500.0
        self.take_back()
        self.assertEqual(self.order.qty_producing, 0.0)
        self.assert_dosed_afresh()

    def test_work_orders_were_begun(self):
        workcenter = self.env["mrp.workcenter"].create({"name": "Mixer"})
        self.mill.boms["CATTLE FEED 1B"].operation_ids = [
            Command.create({"name": name, "workcenter_id": workcenter.id}) for name in ("A", "B")
        ]
        self.batch.unlink()
        self.order = self.make_order()
        self.batch = self.make_batch(self.order, {103: 300.0}, batch_no=3)
        self.batch._process_batch_consumption()
        self.order.workorder_ids[0].button_start()
        self.take_back(state="progress")
        self.assert_dosed_afresh()

    def test_work_orders_were_finished(self):
        """All work is done in Odoo's eyes (`to_close`), and a person sends it again."""
        workcenter = self.env["mrp.workcenter"].create({"name": "Mixer"})
        self.mill.boms["CATTLE FEED 1B"].operation_ids = [
            Command.create({"name": "A", "workcenter_id": workcenter.id})
        ]
        self.batch.unlink()
        self.order = self.make_order()
        self.batch = self.make_batch(self.order, {103: 300.0}, batch_no=3)
        self.batch._process_batch_consumption()
        self.order.workorder_ids.button_start()
        self.order.workorder_ids.button_finish()
        self.take_back(state="to_close")
        self.assert_dosed_afresh()

    def test_components_by_hand_were_taken(self):
        self.batch._process_batch_consumption()
        salt = self.order.move_raw_ids.filtered(lambda move: move.product_id.name == "GARAM")
        salt.write({"quantity": 2.4, "picked": True})
        self.take_back()
        self.assert_dosed_afresh()


class TestShares(GuardCase):
    def test_a_share_is_never_below_zero(self):
        kopra = self.mill.products["KOPRA"]
        bom = self.mill.boms["CATTLE FEED 1B"]
        bom.bom_line_ids.filtered(lambda line: line.product_id == kopra).product_qty = 0.1
        for _ in range(4):
            self.env["mrp.bom.line"].create(
                {"bom_id": bom.id, "product_id": kopra.id, "product_qty": 50.0}
            )
        self.batch.unlink()
        order = self.make_order()
        moves = order.move_raw_ids.filtered(lambda move: move.product_id == kopra)
        for kg in (0.01, 0.02, 0.03, 0.07, 100.01):
            with self.subTest(kg):
                batch = self.make_batch(order, {102: kg}, batch_no=3)
                for ordered in (moves, moves[::-1]):
                    line = batch.line_ids.filtered(lambda line: line.silo_number == 102)
                    shares = [
                        kg
                        for _move, doses in order._plc_share(ordered, line)
                        for _line, kg in doses
                    ]
                    self.assertGreaterEqual(min(shares), 0.0)
                    self.assertAlmostEqual(sum(shares), kg, 6)
                    self.assertFalse([kg for kg in shares if round(kg, 2) != kg])
                batch.unlink()
