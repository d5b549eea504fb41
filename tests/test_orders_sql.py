import math
from datetime import timedelta
from unittest.mock import patch

from odoo.fields import Command, Datetime
from odoo.tests import freeze_time, tagged

from .common import MillCase

ORDERS = 20
SILOS = 15


@tagged("post_install", "-at_install")  # with valuation, which is loaded after this addon
class TestOrdersSql(MillCase):
    """What an order costs when many change in one cycle: statements an order, never times."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        feed = cls.env["product.product"].create({"name": "FIFTEEN", "is_storable": True})
        cls.env["mrp.bom"].create(
            {
                "product_tmpl_id": feed.product_tmpl_id.id,
                "product_qty": 1000,
                "picking_type_id": cls.mill.picking_type.id,
                "bom_line_ids": [
                    Command.create({"product_id": silo.product_id.id, "product_qty": 10 + n})
                    for n, silo in enumerate(cls.device.silo_ids)
                ],
            }
        )
        cls.orders = cls.make_order("FIFTEEN", count=ORDERS)

    def statements(self, step):
        """How many a step takes, with what waits for the commit; as if begun afresh."""
        self.env.cr.flush()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        result = step()
        self.env.cr.flush()
        return self.cr.sql_log_count - before, result

    def count(self, step):
        """The same, an order."""
        cost, result = self.statements(step)
        return cost / ORDERS, result

    def batches(self, kg, finished=False):
        """A batch of each order that has dosed, from each of its silos, so many kg and more."""
        batches = [
            self.make_batch(
                order,
                {silo.number: kg + n for n, silo in enumerate(self.device.silo_ids)},
                finished=finished,
                batch_no=slot,
            )
            for slot, order in enumerate(self.orders, 1)
        ]
        return self.env["mo.batch"].union(*batches)

    def change(self, batches):
        for line in batches.line_ids:
            line.actual_consumption += 0.25
        batches.update_odoo = False

    def sync(self, batches, limit):
        cost, done = self.count(batches._process_batch_consumption)
        self.assertEqual(done, batches)
        self.assertLessEqual(cost, limit)

    def check_sync(self, first):
        batches = self.batches(10.0)
        self.assertEqual(len(batches.line_ids), ORDERS * SILOS)
        self.sync(batches, first)
        self.change(batches)
        self.sync(batches, 3)
        self.sync(batches, 1)  # the same values again
        kg = {line.product_id: line.actual_consumption for line in batches[:1].line_ids}
        moves = batches[:1].production_id.move_raw_ids
        self.assertEqual({move.product_id: move.quantity for move in moves}, kg)

    def test_reserved(self):
        self.orders.action_assign()
        self.check_sync(28)

    def test_unreserved(self):
        self.orders.do_unreserve()
        self.check_sync(13)

    def test_lots(self):
        location = self.mill.picking_type.default_location_src_id
        silos = self.device.silo_ids
        self.orders.do_unreserve()
        self.env["stock.quant"].search([("product_id", "in", silos.product_id.ids)]).unlink()
        silos.product_id.tracking = "lot"
        for silo in silos:
            lot = self.env["stock.lot"].create({"name": "L", "product_id": silo.product_id.id})
            self.env["stock.quant"]._update_available_quantity(
                lot.product_id, location, 10_000, lot_id=lot
            )
            silo.lot_id = lot
        self.orders.action_assign()
        self.check_sync(28)

    def test_archiving_costs_little_more_than_closing(self):
        batches = self.batches(10.0, finished=True)
        batches._process_batch_consumption()
        # Odoo asks for one thing more of an order that closes in another second than it began
        with freeze_time(Datetime.now() + timedelta(hours=1)):
            with self.env.cr.savepoint() as savepoint:
                closing, _done = self.count(self.close)
                savepoint.rollback()
            cost, done = self.count(batches._archive_completed)
        self.assertEqual(done, batches)
        self.assertLessEqual(cost, closing + 1.5)

    def test_the_history_costs_a_batch_nothing(self):
        """But its lines, which Odoo writes a hundred at a time."""
        batches = self.batches(10.0, finished=True)
        for batch in batches:
            for text in ("one", "two"):
                self.device._log_event("sync", text, batch=batch)
        lines, events = len(batches.line_ids), len(batches.event_ids)
        costs = []
        for some in (batches[:1], batches[:5]):  # the first fills caches
            with self.env.cr.savepoint() as savepoint:
                costs.append(self.history(some))
                savepoint.rollback()
        few, many = costs[1], self.history(batches)
        self.assertLessEqual(many, 20)
        self.assertEqual(many - few, math.ceil(ORDERS * SILOS / 100) - math.ceil(5 * SILOS / 100))
        histories = self.orders.plc_history_ids
        self.assertFalse(batches.exists())
        self.assertEqual(len(histories.line_ids), lines)
        self.assertEqual(len(histories.event_ids), events + ORDERS)  # each tells of its archiving

    def history(self, batches):
        """Statements that copying and deleting takes, when these are archived."""
        costs = []
        move = type(batches)._move_to_history

        def counted(moved, *args):
            self.env.cr.flush()
            before = self.cr.sql_log_count
            result = move(moved, *args)
            self.env.flush_all()
            costs.append(self.cr.sql_log_count - before)
            return result

        with patch.object(type(batches), "_move_to_history", counted):
            self.assertEqual(batches._archive_completed(), batches)
        return sum(costs)

    def close(self):
        self.orders.with_context(
            plc_force=True, skip_backorder=True, skip_consumption=True
        ).button_mark_done()
        self.assertEqual(set(self.orders.mapped("state")), {"done"})

    def test_fetching(self):
        layout = self.device.layout_id.copy({"slot_count": ORDERS})
        self.device.layout_id = layout

        def fetch():
            plans = self.device._plan_orders()
            return self.device._stage_plans(plans, list(range(1, ORDERS + 1)))

        cost, staged = self.count(fetch)
        self.assertEqual(len(staged), ORDERS)
        self.assertLessEqual(cost, 3)
