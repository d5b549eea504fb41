"""How a batch ends where its order, its slot or its wizard is another one by then."""

from odoo.exceptions import UserError

from .common import GuardCase
from .mill import consumed


class TestEnds(GuardCase):
    def finish(self, **vals):
        self.read_again(**vals)
        self.assertTrue(self.batch._process_batch_consumption())

    def test_what_a_script_calls_finished_before_it_was_sent(self):
        """It counts as any finished one, and costs the others nothing."""
        self.batch.write({"state": "staged", "status_manufacturing": True})
        empty = self.make_batch(self.make_order(), {}, True, state="staged", batch_no=4)
        other = self.make_batch(self.make_order(), {103: 250.0}, True, batch_no=5)
        orders = self.order | other.production_id
        retried = self.make_order()
        self.make_batch(retried, {103: 250.0}, True, state="staged", batch_no=6).action_retry()
        self.assertEqual(retried.state, "done")
        with self.assertLogs("odoo.addons.mrp_plc_batch", "WARNING"):
            self.env["mo.batch"]._cron_archive_completed(devices=self.device)
        self.assertEqual(self.device.batch_ids, empty)
        self.assertEqual((empty.state, empty.error_code), ("failed", "nothing_dosed"))
        self.assertEqual(orders.mapped("state"), ["done", "done"])
        self.assertEqual(consumed(self.order)["KOPRA"], 100.0)

    def test_what_a_person_closes_where_that_is_the_policy(self):
        self.device.close_order = False
        self.finish()
        self.order.qty_producing = 1000.0
        self.order.with_context(skip_consumption=True, skip_backorder=True).button_mark_done()
        self.assertEqual(self.order.state, "done")
        self.env["mo.batch"]._cron_archive_completed(devices=self.device)
        history = self.order.plc_history_ids
        self.assertEqual((history.status, history.update_odoo), ("completed", True))
        self.assertEqual(consumed(self.order)["KOPRA"], 100.0)

    def test_what_a_person_closes_where_it_is_not(self):
        self.finish()
        self.order.qty_producing = 1000.0
        self.order.with_context(skip_consumption=True, skip_backorder=True).button_mark_done()
        self.assertEqual(self.refused(self.batch._archive_completed), "mo_done")

    def test_a_weight_without_doses_is_what_was_dosed_too(self):
        """As from a PLC that knows the weight alone: reset keeps it, and a gone order lost it."""
        self.finish()
        self.batch.line_ids.actual_consumption = 0.0
        self.batch.write({"holds_slot": False, "actual_weight_quantity_finished_goods": 950.0})
        self.batch.with_context(reason="once more").action_reset()
        history = self.order.plc_history_ids
        self.assertEqual(
            (history.status, history.actual_weight_quantity_finished_goods), ("failed", 950.0)
        )
        self.batch.write(
            {
                "state": "done",
                "status_manufacturing": True,
                "actual_weight_quantity_finished_goods": 950.0,
            }
        )
        self.order.with_context(plc_force=True).action_cancel()
        self.batch.with_context(reason="gone").action_cancel()
        last = self.order.plc_history_ids - history
        self.assertEqual((last.status, last.actual_weight_quantity_finished_goods), ("failed", 950))

    def test_the_doses_of_an_order_that_is_cancelled_with_its_batch(self):
        """They were in the order, and went with it."""
        self.finish()
        self.batch.holds_slot = False
        self.batch.with_context(reason="spoilt", cancel_order=True).action_cancel()
        history = self.order.plc_history_ids
        self.assertEqual((self.order.state, history.status), ("cancel", "failed"))
        self.assertFalse(history.update_odoo)
        self.assertIn("Not in stock", history.notes)
        self.assertIn("100.00 kg", history.notes)

    def test_two_of_one_slot_before_its_plc_was_asked(self):
        """As a script makes and archives them."""
        self.finish()
        self.assertTrue(self.batch._archive_completed())
        other = self.make_order()
        batch = self.make_batch(other, {103: 300.0}, finished=True, batch_no=3)
        self.assertTrue(batch._archive_completed())
        histories = (self.order | other).plc_history_ids
        self.assertEqual(histories.mapped("status"), ["completed"] * 2)
        self.assertEqual(histories.mapped("acknowledged"), [False] * 2)

    def test_what_was_consumed_is_nothing_and_the_weight_is_not(self):
        self.device.finished_quantity = "consumed"
        self.batch.actual_weight_quantity_finished_goods = 950.0
        self.finish(silo103=0.0, silo102=0.0)
        self.assertTrue(self.batch._archive_completed())
        self.assertEqual((self.order.state, self.order.qty_produced), ("done", 950.0))

    def test_a_reason_for_what_was_archived_meanwhile(self):
        self.finish()
        other = self.make_batch(self.make_order(), {103: 300.0}, batch_no=4)
        both = (self.batch | other).with_user(self.plc_manager)
        action = both.action_cancel()
        wizard = self.env[action["res_model"]].with_user(self.plc_manager).browse(action["res_id"])
        wizard.note = "too late"
        self.assertTrue(self.batch._archive_completed())
        with self.assertRaises(UserError) as raised:
            wizard.action_confirm()
        self.assertIn("1 of the 2", raised.exception.args[0])
        self.assertTrue(other.exists())

    def test_what_was_broken_off_is_not_what_was_planned(self):
        self.device.finished_quantity = "planned"
        self.batch.status_operation = True
        self.read_again()
        self.batch.with_context(reason="enough of it").action_accept()
        self.assertEqual((self.order.state, self.order.qty_produced), ("done", 400.0))

    def test_what_was_parked_before_it_was_sent_has_nothing_to_store(self):
        self.batch.write({"state": "parked", "previous_state": "staged", "holds_slot": False})
        self.batch.write({"error_code": "mo_locked", "error_message": "held back"})
        self.device._sync_due(self.device.batch_ids)
        self.assertEqual((self.batch.error_code, self.batch.update_odoo), ("mo_locked", False))

    def test_a_dose_of_another_ingredient_has_not_the_silo_s_lot(self):
        """As a script may make it."""
        silo, other = self.mill.silos[103], self.mill.products["KOPRA"]
        silo.product_id.tracking = "lot"
        silo.lot_id = self.env["stock.lot"].create({"name": "L", "product_id": silo.product_id.id})
        batch = self.env["mo.batch"].create({"mo_id": "X", "device_id": self.device.id})
        lines = self.env["mo.batch.line"].create(
            [
                {"batch_id": batch.id, "silo_id": silo.id, "silo_number": number, **vals}
                for number, vals in ((103, {}), (104, {"product_id": other.id}))
            ]
        )
        self.assertEqual([line.lot_id.name for line in lines], ["L", False])
