"""Orders that people merge: what was said of the parts holds for the whole."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user

from .common import GuardCase, MillCase


class TestMerge(MillCase):
    def merged(self, *parts):
        orders = self.env["mrp.production"].union(*(self.make_order(**part) for part in parts))
        return self.merge(orders)

    def merge(self, orders):
        whole = orders.browse(orders.action_merge()["res_id"])
        self.assertEqual((whole.state, whole.product_qty), ("confirmed", 2000.0))
        return whole

    def test_where_it_goes_and_whether_it_is_sent(self):
        other = self.device.copy({"name": "Other PLC", "code": "OTHER"})
        whole = self.merged({}, {})
        self.assertEqual((whole.plc_device_id, whole.plc_dispatch), (self.device, "auto"))
        self.assertFalse(whole.plc_device_chosen)
        whole = self.merged({"plc_dispatch": "never"}, {})
        self.assertEqual((whole.plc_device_id, whole.plc_dispatch), (self.device, "never"))
        there = {"plc_device_id": other.id}
        whole = self.merged(there, there)
        self.assertEqual((whole.plc_device_id, whole.plc_dispatch), (other, "auto"))
        self.assertTrue(whole.plc_device_chosen)
        self.assertEqual(self.merged(there, {}).plc_device_id, self.device)
        none = {"plc_device_id": False}
        self.assertFalse(self.merged(none, none).plc_device_id)

    def test_from_which_silo_a_component_is_dosed(self):
        kopra = self.mill.products["KOPRA"]
        twin = self.device.silo_ids[-1].copy(
            {"number": 116, "code": "silo116", "product_id": kopra.id}
        )

        def silos(order):
            moves = order.move_raw_ids.filtered(lambda move: move.product_id == kopra)
            return moves.plc_silo_id

        def order(silo):
            order = self.make_order()
            moves = order.move_raw_ids.filtered(lambda move: move.product_id == kopra)
            moves.plc_silo_id = silo
            return order

        self.assertEqual(silos(self.merge(order(twin) + order(twin))), twin)
        self.assertFalse(silos(self.merge(order(twin) + order(False))))


class TestMergeDosed(GuardCase):
    def test_what_was_dosed_is_in_no_other_order(self):
        self.order.state = "confirmed"
        self.read_again(silo103=300.0)
        self.assertEqual(self.batch.state, "done")
        other = self.make_order()
        for act, word in (
            ((self.order + other).action_merge, "merge"),
            (self.order.action_split, "split"),
        ):
            with self.assertRaisesRegex(UserError, f"cannot {word}.*was dosed already"):
                act()

    def test_who_may_not_change_the_order_is_not_told_of_it(self):
        self.read_again(silo103=300.0)
        stranger = new_test_user(self.env, "stranger", groups="base.group_user")
        for hook in ({"merge": True}, {"split": True}):
            with self.assertRaises(AccessError):
                self.order.with_user(stranger)._pre_action_split_merge_hook(**hook)

    def test_a_split_asked_before_it_was_dosed(self):
        self.order.state = "confirmed"
        self.batch.state = "staged"
        context = self.order.action_split()["context"]
        wizard = self.env["mrp.production.split"].with_context(**context)
        wizard = wizard.create({"max_batch_size": 500.0})
        self.batch.state = "running"
        self.read_again(silo103=300.0)
        with self.assertRaisesRegex(UserError, "cannot split.*was dosed already"):
            wizard.action_split()
