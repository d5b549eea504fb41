"""An order that the PLC has is not pulled away under it; and where it is all the same, nothing
is lost."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user

from .common import GuardCase


class TestGuards(GuardCase):
    def assert_refused(self, what, act):
        with self.assertRaises(UserError) as raised:
            act()
        text = raised.exception.args[0]
        for word in (what, self.order.name, "slot 3", "Feed Mill PLC", "button Cancel"):
            self.assertIn(word, text)

    def set_quantity(self, kg, order=None):
        wizard = self.env["change.production.qty"].create(
            {"mo_id": (order or self.order).id, "product_qty": kg}
        )
        wizard.change_prod_qty()

    def test_split_is_refused(self):
        self.assert_refused("split", self.order.action_split)

    def test_split_asked_before_it_was_sent_is_refused(self):
        self.batch.state = "staged"
        action = self.order.action_split()
        wizard = (
            self.env["mrp.production.split"]
            .with_context(**action["context"])
            .create({"max_batch_size": 500.0})
        )
        self.batch.state = "sent"
        self.assert_refused("", wizard.action_split)

    def test_merge_is_refused(self):
        self.assert_refused("merge", (self.order | self.make_order()).action_merge)

    def test_cancel_is_refused(self):
        self.assert_refused("cancel", self.order.action_cancel)

    def test_cancel_with_all_of_its_components_is_refused(self):
        """As by who cancels the transfer that brings them."""
        self.assert_refused("cancel", self.order.move_raw_ids._action_cancel)

    def test_more_of_it_is_asked_for(self):
        """By a sale or another order: that makes an order of its own."""
        self.order.user_id = False
        rule = self.env["stock.rule"].search(
            [
                ("action", "=", "manufacture"),
                ("picking_type_id", "=", self.order.picking_type_id.id),
            ],
            limit=1,
        ) or self.env["stock.rule"].create(
            {
                "name": "Manufacture",
                "action": "manufacture",
                "picking_type_id": self.order.picking_type_id.id,
                "location_dest_id": self.order.location_dest_id.id,
                "route_id": self.env["stock.route"].create({"name": "Make"}).id,
            }
        )
        procurement = self.env["stock.rule"].Procurement(
            self.order.product_id,
            500.0,
            self.order.product_uom_id,
            self.order.location_dest_id,
            "More",
            "SO",
            self.order.company_id,
            {
                "date_planned": self.order.date_start,
                "bom_id": self.order.bom_id,
                "reference_ids": self.order.reference_ids,
            },
        )

        def ask():
            before = self.env["mrp.production"].search([])
            rule._run_manufacture([(procurement, rule)])
            return self.env["mrp.production"].search([]) - before

        added = ask()
        self.assertEqual((self.order.product_qty, added.product_qty), (1000.0, 500.0))
        # taken out of the queue, it is not sent again by itself: what grew it would never be made
        added.action_cancel()
        self.batch.holds_slot = False
        self.batch.line_ids.actual_consumption = 0.0
        self.batch.with_context(reason="wrong feed").action_cancel()
        self.assertEqual((self.order.state, self.order.plc_dispatch), ("confirmed", "never"))
        added = ask()
        self.assertEqual((self.order.product_qty, added.product_qty), (1000.0, 500.0))
        # one that is made by hand is, whoever asks for more of it
        added.plc_dispatch = "never"
        self.assertFalse(ask())
        self.assertEqual(added.product_qty, 1000.0)

    def test_delete_is_refused(self):
        self.assert_refused("delete", self.order.unlink)

    def test_delete_once_cancelled_is_refused(self):
        self.order.with_context(plc_force=True).action_cancel()
        self.assert_refused("delete", self.order.unlink)

    def test_close_is_refused(self):
        self.order.qty_producing = 1000.0
        self.assert_refused("close", self.order.button_mark_done)
        self.assert_refused("close", (self.make_order() | self.order).button_mark_done)

    def test_change_of_quantity_is_refused(self):
        def write():
            self.order.product_qty = 900.0

        self.assert_refused("change the quantity of", write)
        self.assert_refused("change the quantity of", lambda: self.set_quantity(900.0))

    def test_same_quantity_again_is_no_change(self):
        self.order.product_qty = 1000.0

    def test_who_sees_no_batches_is_stopped_too(self):
        planner = new_test_user(self.env, "planner", groups="mrp.group_mrp_manager")
        with self.assertRaises(AccessError):
            self.batch.with_user(planner).read(["state"])
        self.assert_refused("cancel", self.order.with_user(planner).action_cancel)

    def test_each_state_that_the_plc_may_dose_in(self):
        for state in ("sent", "running", "parked"):
            with self.subTest(state):
                self.batch.state = state
                self.assert_refused("cancel", self.order.action_cancel)

    def test_the_plc_does_not_have_it_yet_or_any_more(self):
        for state, values in {
            "staged": {},
            "failed": {"holds_slot": False},
            "done": {"status_manufacturing": True, "holds_slot": False},
        }.items():
            with self.subTest(state):
                self.batch.write({"state": state, **values})
                self.order._plc_guard("You cannot cancel %s.")

    def test_other_orders_are_free(self):
        other = self.make_order()
        self.set_quantity(500.0, other)
        other.action_cancel()
        other.unlink()


class TestDoneAllTheSame(GuardCase):
    """With `plc_force` or by SQL: the batch says so, keeps the values, and the history has them."""

    def assert_kept(self, code, status="failed"):
        """What was dosed stands in an event and in the history."""
        self.read_again(silo103=310.0)
        self.assertEqual(self.refused(self.batch._process_batch_consumption), code)
        self.assertEqual(self.refused(self.batch._archive_completed), code)
        self.assertEqual(self.batch.state, "failed")
        self.assertTrue(self.batch.error_reason and self.batch.error_action)
        name = self.batch.mo_id
        self.batch.holds_slot = False
        self.batch.with_context(reason="order gone").action_cancel()
        history = self.env["mo.histories"].search([("mo_id", "=", name)])
        self.assertEqual(history.status, status)
        dosed = {line.silo_number: line.actual_consumption for line in history.line_ids}
        self.assertEqual((dosed[103], dosed[102]), (310.0, 100.0))
        self.assertIn("order gone", history.notes)
        self.assertEqual(history.production_name, name)
        self.assertIn("310.00 kg", "".join(history.event_ids.mapped("message")))

    @property
    def forced(self):
        return self.order.with_context(plc_force=True)

    def test_cancelled(self):
        self.forced.action_cancel()
        self.assert_kept("mo_cancelled")

    def test_cancelled_after_it_was_synced(self):
        self.batch._process_batch_consumption()
        self.assertTrue(self.batch.update_odoo)
        self.read_again(silo103=310.0)
        self.batch._process_batch_consumption()
        self.forced.action_cancel()
        self.assertEqual(self.refused(self.batch._archive_completed), "mo_cancelled")
        self.batch.holds_slot = False
        name = self.batch.mo_id
        self.batch.with_context(reason="gone").action_cancel()
        history = self.env["mo.histories"].search([("mo_id", "=", name)])
        self.assertEqual(history.status, "failed")  # dosed, and nowhere in stock

    def test_merged(self):
        other = self.make_order()
        (self.forced | other).with_context(plc_force=True).action_merge()
        self.assertEqual(self.order.state, "cancel")
        self.assert_kept("mo_cancelled")

    def test_deleted(self):
        self.forced.action_cancel()
        self.forced.unlink()
        self.assertFalse(self.batch.production_id)
        self.assert_kept("mo_not_found")

    def test_deleted_and_then_lost_by_the_plc(self):
        """Half of it was dosed, and is nowhere in stock."""
        self.forced.action_cancel()
        self.forced.unlink()
        name = self.batch.mo_id
        self.batch._forget()
        self.batch.with_context(reason="gone").action_cancel()
        history = self.env["mo.histories"].search([("mo_id", "=", name)])
        self.assertEqual(history.status, "failed")

    def test_deleted_by_sql(self):
        self.env.flush_all()
        self.env.cr.execute(
            "DELETE FROM stock_move WHERE raw_material_production_id = %(id)s OR"
            " production_id = %(id)s; DELETE FROM mrp_production WHERE id = %(id)s",
            {"id": self.order.id},
        )
        self.env.invalidate_all(flush=False)
        self.assert_kept("mo_not_found")

    def test_closed(self):
        self.order.qty_producing = 1000.0
        self.order._set_qty_producing()
        self.forced.with_context(skip_backorder=True, skip_consumption=True).button_mark_done()
        posted = self.order.move_raw_ids.mapped("quantity")
        self.assert_kept("mo_done")
        self.assertEqual(self.order.move_raw_ids.mapped("quantity"), posted)

    def test_state_set_by_sql(self):
        for state, code in (("done", "mo_done"), ("cancel", "mo_cancelled")):
            with self.subTest(state):
                self.env.flush_all()
                self.env.cr.execute(
                    "UPDATE mrp_production SET state = %s WHERE id = %s", [state, self.order.id]
                )
                self.env.invalidate_all(flush=False)
                self.read_again(silo103=305.0)
                self.assertEqual(self.refused(self.batch._process_batch_consumption), code)
                self.assertFalse(self.batch.update_odoo)

    def test_split_keeps_the_batch_with_its_order(self):
        name = self.order.name
        self.forced._split_productions({self.order: [600.0, 400.0]})
        self.assertNotEqual(self.order.name, name)
        self.read_again(silo103=310.0)
        self.assertEqual(self.batch._archive_completed(), self.batch)
        self.assertEqual(self.order.state, "done")
        moves = self.order.move_raw_ids
        dosed = {m.product_id.name: m.quantity for m in moves if m.move_line_ids.plc_silo_id}
        self.assertEqual(dosed, {"POLLARD ANGSA": 310.0, "KOPRA": 100.0})
        history = self.env["mo.histories"].search([("production_id", "=", self.order.id)])
        self.assertEqual((history.mo_id, history.production_name), (name, self.order.name))

    def test_quantity_changed(self):
        self.batch._process_batch_consumption()
        wizard = (
            self.env["change.production.qty"]
            .with_context(plc_force=True)
            .create({"mo_id": self.order.id, "product_qty": 500.0})
        )
        wizard.change_prod_qty()
        self.read_again(silo103=310.0)
        self.assertEqual(self.batch._archive_completed(), self.batch)
        moves = self.order.move_raw_ids.filtered("move_line_ids.plc_silo_id")
        dosed = {move.product_id.name: move.quantity for move in moves}
        self.assertEqual(dosed, {"POLLARD ANGSA": 310.0, "KOPRA": 100.0})
