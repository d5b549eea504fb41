from dataclasses import replace

from odoo.tools import SQL

from .common import MillCase


class TestOpenWork(MillCase):
    """What a read looks at beside the queue is found by one search, as it is found one by one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.batches = cls.env["mo.batch"].union(
            *(
                cls.make_batch(cls.make_order(), {103: kg}, batch_no=number, state="sent")
                for number, kg in enumerate((0.0, 100.25, 0.0, 0.0, 7.0), start=1)
            )
        )

    def work(self):
        ((device, work),) = self.device._open_work().items()
        self.assertEqual(device, self.device)
        self.assertEqual(work.batches, self.batches.sorted())
        return work

    def test_orders_that_are_not_to_be_dosed_any_more(self):
        other = self.env["res.company"].create({"name": "Other mill"})
        well, cancelled, done, moved, gone = self.batches
        self.assertFalse(self.work().closed)
        for batch, name, value in (
            (cancelled, "state", "cancel"),
            (done, "state", "done"),
            (moved, "company_id", other.id),
        ):
            self.env.cr.execute(
                SQL(
                    "UPDATE mrp_production SET %s = %s WHERE id = %s",
                    SQL.identifier(name),
                    value,
                    batch.production_id.id,
                )
            )
        gone.production_id = False
        self.env.invalidate_all()
        closed = self.batches.filtered(lambda batch: batch._order_closed_error())
        self.assertEqual(closed, self.batches - well)
        self.assertEqual(self.work().closed, set(closed.ids))
        done.state = "running"  # it goes on, whatever becomes of its order
        self.assertEqual(self.work().closed, set((closed - done).ids))
        moved.write({"state": "parked", "previous_state": "sent"})
        self.assertEqual(self.work().closed, set((closed - done).ids))

    def test_orders_of_what_the_plc_has_taken_are_left_alone(self):
        sql = self.device._beside_the_queue_sql
        self.assertIn('"mrp_production"', sql(self.batches).code)
        self.batches.state = "running"
        self.batches[:2].write({"state": "parked", "previous_state": "running"})
        self.assertNotIn("mrp_", sql(self.batches).code)

    def test_doses_as_they_are_stored(self):
        _first, second, *_others, last = self.batches
        self.assertEqual(self.work().dosed, {second.id: {103: 100.25}, last.id: {103: 7.0}})

        def is_dosed_since(quantities):
            record = replace(second._to_record(), quantities=quantities)
            return second._is_dosed_since(record, {103: 100.25})

        self.assertFalse(is_dosed_since({101: 0.0, 103: 100.2499}))
        for silo, kg in ((101, 0.01), (103, 100.26), (103, 0.0)):
            self.assertTrue(is_dosed_since({103: 100.25, silo: kg}), (silo, kg))

    def test_open_histories_of_these_devices(self):
        self.assertFalse(self.work().histories)
        ended, told = self.batches[:2]
        histories = (ended + told)._copy_to_history("cancelled", "")
        histories[1].acknowledged = True
        self.assertEqual(self.work().histories, histories[0])
        ((_device, of_another),) = self.device.copy()._open_work().items()
        self.assertFalse(of_another.histories)
