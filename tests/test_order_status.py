from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user

from .common import MillCase

PLC_COLUMNS = ("plc_has_batch", "plc_stuck", "plc_device_id", "plc_status", "plc_progress")


class TestOrderStatus(MillCase):
    """What an order's form and list tell of its batch."""

    def test_slot_state_and_progress(self):
        order = self.make_order()
        self.assertFalse(order.plc_has_batch)
        self.assertEqual(order.plc_status, "To be sent")
        batch = self.make_batch(order, {103: 300.0}, batch_no=4)
        self.assertEqual(order.plc_status, "Slot 4: Running")
        self.assertAlmostEqual(order.plc_progress, batch.progress)
        self.assertTrue(0 < order.plc_progress < 100)
        batch.write({"error_code": "mo_locked"})
        self.assertEqual((order.plc_status, order.plc_stuck), ("Slot 4: Order in use", True))

    def test_a_finished_batch_is_at_100_whatever_was_dosed(self):
        order = self.make_order()
        self.make_batch(order, {}, finished=True)
        self.assertEqual(order.plc_progress, 100)

    def test_a_slot_that_was_given_back_is_not_shown(self):
        order = self.make_order()
        batch = self.make_batch(order, {}, batch_no=3, holds_slot=False, state="staged")
        self.assertEqual((order.plc_slot, order.plc_status), (0, "Waits for a slot"))
        batch.state = "done"
        self.assertEqual((order.plc_slot, order.plc_status), (0, "Dosed"))
        batch.write({"state": "failed", "error_code": "plc_failure"})
        self.assertEqual(order.plc_status, "PLC reports a failure")

    def test_an_order_waits_for_the_queue_of_its_plc(self):
        order, other = self.make_order(count=2)
        batch = self.make_batch(other, {}, batch_no=2)
        self.assertEqual(order.plc_status, "Waits for the queue")
        self.device.fill_policy = "rolling"
        self.assertEqual(order.plc_status, "To be sent")
        self.device.fill_policy = "drain"
        self.assertEqual(order.plc_status, "Waits for the queue")
        order.state = "progress"
        self.assertFalse(order.plc_status)
        order.state = "confirmed"
        batch.state = "parked"
        self.env.invalidate_all()
        self.assertEqual(order.plc_status, "To be sent")

    def test_what_is_in_the_queue_of_another_plc_keeps_no_order_waiting(self):
        order, other = self.make_order(count=2)
        device = self.device.copy({"picking_type_ids": False})
        self.make_batch(other, {}, device_id=device.id)
        self.assertEqual(order.plc_status, "To be sent")

    def test_why_an_order_is_not_with_the_plc(self):
        order = self.make_order()
        order.plc_skip_reason = "Its components are not all there yet."
        self.assertEqual(order.plc_status, "Its components are not all there yet.")
        order.write({"plc_skip_reason": False, "plc_dispatch": "never"})
        self.assertEqual(order.plc_status, "Not to be sent")
        order.action_cancel()
        self.assertFalse(order.plc_status)

    def test_its_plc_does_nothing(self):
        order = self.make_order()
        order.plc_skip_reason = "Its components are not all there yet."
        self.device.paused = True
        self.assertEqual(order.plc_status, "Feed Mill PLC is paused")
        self.device.active = False
        self.assertEqual(order.plc_status, "Feed Mill PLC is archived")
        order.plc_dispatch = "never"
        self.assertEqual(order.plc_status, "Not to be sent")

    def test_what_a_waiting_order_says_stays_true_while_the_queue_is_busy(self):
        batch = self.make_batch(self.make_order(), {103: 300.0})
        ready, skipped, never = self.make_order(count=3)
        self.device.require_components = True
        (ready | skipped | never).do_unreserve()
        ready.action_assign()
        skipped.plc_skip_reason = never.plc_skip_reason = ready.plc_skip_reason = "It was so."
        never.plc_dispatch = "never"
        self.device._task_fetch()
        self.assertFalse(ready.plc_skip_reason)
        self.assertEqual(skipped.plc_skip_reason, "Its components are not all there yet.")
        self.assertEqual(never.plc_skip_reason, "It was so.")
        batch._set_error(batch._odoo_error("No."))
        self.device._task_fetch()
        for part in (self.device.name, batch.mo_id, batch.error_message, "park it"):
            self.assertIn(part, ready.plc_status)
        self.assertEqual(skipped.plc_skip_reason, "Its components are not all there yet.")
        batch._set_error(batch._locked_error())  # for a moment only
        self.device._task_fetch()
        self.assertFalse(ready.plc_skip_reason)

    def test_an_operator_sends_an_order_again(self):
        order = self.make_order()
        order.plc_dispatch = "never"
        order.with_user(self.plc_user).action_plc_send_again()
        self.assertEqual((order.plc_dispatch, order.plc_status), ("again", "To be sent again"))
        event = self.env["plc.event"].search([("mo_id", "=", order.name)])
        self.assertEqual((event.kind, event.user_id), ("button", self.plc_user))

    def test_what_cannot_be_sent_again(self):
        order = self.make_order()
        self.make_batch(order, {})
        with self.assertRaisesRegex(UserError, "in the queue"):
            order.action_plc_send_again()
        with self.assertRaisesRegex(UserError, "not confirmed"):
            self.make_order(confirm=False).action_plc_send_again()
        clerk = new_test_user(self.env, "clerk", groups="mrp.group_mrp_user")
        with self.assertRaises(AccessError):
            order.with_user(clerk).action_plc_send_again()

    def test_an_order_list_costs_at_most_two_statements_more(self):
        def statements(names):
            self.env.flush_all()
            self.env.invalidate_all()
            spec = {name: {} for name in names}
            if "plc_device_id" in spec:
                spec["plc_device_id"] = {"fields": {"display_name": {}}}
            before = self.env.cr.sql_log_count
            model = self.env["mrp.production"].with_user(self.plc_user)
            model.web_search_read([("id", "in", orders.ids)], spec)
            return self.env.cr.sql_log_count - before

        orders = self.make_orders_with_batches(2)
        statements(["name"])  # warms the caches of rules and groups
        statements(["name", *PLC_COLUMNS])
        few = statements(["name", *PLC_COLUMNS])
        self.assertLessEqual(few - statements(["name"]), 2)
        orders |= self.make_orders_with_batches(8, first=3)
        self.assertEqual(statements(["name", *PLC_COLUMNS]), few)

    def make_orders_with_batches(self, count, first=1):
        orders = self.env["mrp.production"]
        for number in range(first, first + count):
            order = self.make_order()
            self.make_batch(order, {103: 100.0}, batch_no=number)
            orders |= order
        return orders
