from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import MillCase
from .mill import consumed


class TestConsumption(MillCase):
    def moves(self, order, name):
        return order.move_raw_ids.filtered(lambda move: move.product_id.name == name)

    def test_actuals_are_move_lines_of_their_silo(self):
        order = self.make_order()
        location = self.env["stock.location"].create(
            {"name": "Silo C", "location_id": order.location_src_id.id}
        )
        self.mill.silos[103].location_id = location
        batch = self.make_batch(order, {103: 301.25})
        self.assertEqual(batch._process_batch_consumption(), batch)
        line = self.moves(order, "POLLARD ANGSA").move_line_ids
        self.assertEqual(line.production_id, order)
        self.assertEqual(line.quantity, 301.25)
        self.assertEqual(line.location_id, location)
        self.assertEqual(line.plc_silo_id, self.mill.silos[103])
        self.assertTrue(line.picked and line.move_id.manual_consumption)
        self.assertEqual(order.state, "progress")
        self.assertTrue(batch.update_odoo)

    def test_untouched_silo_keeps_its_reservation_while_running(self):
        order = self.make_order()
        order.action_assign()
        kopra = self.moves(order, "KOPRA")
        self.assertEqual(kopra.quantity, 150)
        self.make_batch(order, {103: 10.0, 102: 0.0})._process_batch_consumption()
        self.assertEqual((kopra.quantity, kopra.picked), (150, False))

    def test_zero_is_written_at_the_finish(self):
        order = self.make_order()
        order.action_assign()
        batch = self.make_batch(order, {103: 300.0}, finished=True)
        batch._process_batch_consumption()
        kopra = self.moves(order, "KOPRA")
        self.assertEqual((kopra.quantity, kopra.picked), (0, True))

    def test_correction_down_to_zero_arrives(self):
        order = self.make_order()
        batch = self.make_batch(order, {103: 300.0, 102: 150.0})
        batch._process_batch_consumption()
        line = batch.line_ids.filtered(lambda line: line.silo_number == 102)
        line.actual_consumption = 0.0
        batch.update_odoo = False
        batch._process_batch_consumption()
        self.assertEqual(consumed(order)["KOPRA"], 0)

    def test_replaces_and_never_adds(self):
        order = self.make_order()
        batch = self.make_batch(order, {103: 100.0})
        for kg in (100.0, 180.5, 240.0):
            batch.line_ids.filtered(lambda line: line.silo_number == 103).actual_consumption = kg
            batch._process_batch_consumption()
            self.assertEqual(consumed(order)["POLLARD ANGSA"], kg)
        self.assertEqual(len(self.moves(order, "POLLARD ANGSA").move_line_ids), 1)

    def test_same_values_again_write_nothing(self):
        order = self.make_order()
        batch = self.make_batch(order, {103: 100.0, 102: 20.0})
        batch._process_batch_consumption()
        self.env.flush_all()
        before = order.move_raw_ids.move_line_ids.mapped("write_date")
        self.env.cr.execute("SELECT clock_timestamp()")
        batch._process_batch_consumption()
        self.assertFalse(self.env.transaction.field_dirty)
        self.assertEqual(order.move_raw_ids.move_line_ids.mapped("write_date"), before)

    def test_ingredient_not_on_the_order_gets_a_marked_component(self):
        order = self.make_order()
        batch = self.make_batch(order, {103: 300.0, 113: 12.5})
        batch._process_batch_consumption()
        move = self.moves(order, "BSJ")
        self.assertTrue(move.plc_added)
        self.assertEqual(move.quantity, 12.5)

    def test_two_lines_of_one_ingredient_share_pro_rata(self):
        bom = self.mill.boms["CATTLE FEED 1B"]
        kopra = self.mill.products["KOPRA"]
        self.env["mrp.bom.line"].create(
            {"bom_id": bom.id, "product_id": kopra.id, "product_qty": 50}
        )
        order = self.make_order()
        batch = self.make_batch(order, {102: 201.01})
        planned = batch.line_ids.filtered(lambda line: line.silo_number == 102).consumption
        self.assertEqual(planned, 200)
        batch._process_batch_consumption()
        shares = sorted(self.moves(order, "KOPRA").mapped("quantity"))
        self.assertEqual(shares, [50.25, 150.76])

    def test_take_back_leaves_the_order_as_before(self):
        order = self.make_order()
        order.action_assign()
        before = {move.product_id.name: move.quantity for move in order.move_raw_ids}
        batch = self.make_batch(order, {103: 310.0, 113: 5.0}, finished=True)
        batch._process_batch_consumption()
        batch.unlink()
        order._plc_take_back()
        self.assertEqual(order.state, "confirmed")
        after = {move.product_id.name: move.quantity for move in order.move_raw_ids}
        self.assertEqual(after, before)
        self.assertFalse(any(order.move_raw_ids.mapped("picked")))
        self.assertFalse(any(order.move_raw_ids.mapped("manual_consumption")))

    def test_order_of_another_company_is_not_found(self):
        order = self.make_order()
        batch = self.make_batch(order, {103: 10.0})
        other = self.env["res.company"].create({"name": "Other"})
        self.env.cr.execute("UPDATE mo_batch SET company_id = %s", [other.id])
        batch.invalidate_recordset()
        with self.assertLogs("odoo.addons.mrp_plc_batch", "WARNING"):
            self.assertFalse(batch._process_batch_consumption())
        self.assertEqual(batch.error_code, "mo_not_found")

    def test_one_refused_batch_costs_the_others_nothing(self):
        first, second = self.make_order(count=2)
        refused = self.make_batch(first, {103: 10.0})
        taken = self.make_batch(second, {103: 20.0}, batch_no=2)
        first.with_context(plc_force=True).action_cancel()
        with self.assertLogs("odoo.addons.mrp_plc_batch", "WARNING") as log:
            done = (refused | taken)._process_batch_consumption()
        self.assertEqual(done, taken)
        self.assertIn("Odoo sync FAILED", log.output[0])
        self.assertEqual(refused.error_code, "mo_cancelled")
        self.assertTrue(refused.error_message and refused.error_reason and refused.error_action)

    def test_reservations_are_summed_up_each_time_by_themselves(self):
        """An earlier sum that is still empty, and in use, is not taken for the next one."""
        quants = self.env["stock.quant"]
        product = self.mill.products["KOPRA"]
        location = self.mill.picking_type.default_location_src_id
        before = sum(quants._gather(product, location).mapped("reserved_quantity"))
        with quants._plc_sum_reservations() as first, quants._plc_sum_reservations() as second:
            self.assertIsNot(first.env, second.env)
            second._update_reserved_quantity(product, location, 5.0)
        after = sum(quants._gather(product, location).mapped("reserved_quantity"))
        self.assertEqual(after - before, 5.0)

    def test_a_check_that_fails_in_its_own_way_costs_the_others_nothing(self):
        """As an override of another module may."""
        first, second = self.make_order(count=2)
        refused = self.make_batch(first, {103: 10.0})
        taken = self.make_batch(second, {103: 20.0}, batch_no=2)
        check_product = type(refused.line_ids)._check_product

        def and_fails(line):
            if line.batch_id == refused:
                raise KeyError("another module")
            return check_product(line)

        self.patch(type(refused.line_ids), "_check_product", and_fails)
        with self.assertLogs("odoo.addons.mrp_plc_batch", "WARNING"):
            done = (refused | taken)._process_batch_consumption()
        self.assertEqual(done, taken)
        self.assertEqual((refused.error_code, refused.update_odoo), ("odoo_error", False))
        self.assertIn("another module", refused.error_reason)


@tagged("post_install", "-at_install")
class TestConsumptionValued(MillCase):
    """With what Odoo loads after this addon: valuation has fields of its own on moves."""

    def test_an_operator_retries_without_rights_to_analytic_lines(self):
        """With valuation, Odoo looks at them behind each move; they are none of an operator's."""
        if "analytic_account_line_ids" not in self.env["stock.move"]._fields:
            self.skipTest("without stock_account there are none")
        with self.assertRaises(AccessError):
            self.env["account.analytic.line"].with_user(self.plc_user).check_access("read")
        order = self.make_order()
        order.do_unreserve()  # else Odoo, which takes what was reserved away, looks at them first
        batch = self.make_batch(
            order,
            {103: 300.0},
            finished=True,
            actual_weight_quantity_finished_goods=990.0,
        )
        self.env.flush_all()
        self.env.invalidate_all()
        batch.with_user(self.plc_user).action_retry()
        self.assertFalse(batch.exists())
