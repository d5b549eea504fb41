"""What planning and counting cost does not grow with the number of orders, silos or batches."""

from .common import MillCase


class TestPlanningSql(MillCase):
    def statements(self, step):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        result = step()
        self.env.flush_all()
        return self.cr.sql_log_count - before, result

    def place(self, silo, kg):
        silo.location_id = self.env["stock.location"].create(
            {
                "name": silo.name,
                "location_id": self.mill.picking_type.default_location_src_id.id,
            }
        )
        self.env["stock.quant"]._update_available_quantity(silo.product_id, silo.location_id, kg)

    def plan(self, count):
        self.device.layout_id.slot_count = count
        cost, plans = self.statements(self.device._plan_orders)
        self.assertEqual(len(plans), count)
        return cost, plans

    def test_silos_that_share_an_ingredient(self):
        """Which of them has how much is asked once, for all orders and all silos."""
        self.device.layout_id = self.device.layout_id.copy()
        silos = self.mill.silos
        for first, second in ((101, 102), (104, 103)):
            silos[first].write({"product_id": silos[second].product_id.id, "sequence": 1})
            self.place(silos[first], 1000.0)
            self.place(silos[second], 1000.0)
        self.make_order(count=20)
        self.plan(2)  # what is kept for good is read once
        few, _plans = self.plan(2)
        many, plans = self.plan(20)
        self.assertEqual(few, many)
        first, second = (
            sum(kg for *_, doses in plans for silo, _product, kg in doses if silo == silos[number])
            for number in (101, 102)
        )
        self.assertEqual((first, second), (1000.0, 2000.0))  # 150 kg each, 1000 kg in the first

    def test_earlier_histories(self):
        orders = self.make_order(count=20)
        batches = self.env["mo.batch"].union(
            *(
                self.make_batch(order, {103: 10.0}, batch_no=slot)
                for slot, order in enumerate(orders, 1)
            )
        )
        for batch in batches[:3]:
            batch._copy_to_history("failed", acknowledged=True)
        batches[:1]._copy_to_history("failed", acknowledged=True)
        self.env.flush_all()

        def count(some):
            return self.statements(lambda: some.mapped("history_count"))

        count(batches)
        few, _counts = count(batches[:2])
        many, counts = count(batches)
        self.assertEqual(few, many)
        self.assertEqual(batches[0].history_count, 2)
        self.assertEqual([batch.history_count for batch in batches[:5]], [2, 1, 1, 0, 0])
        self.assertEqual(set(counts), {0, 1, 2})
