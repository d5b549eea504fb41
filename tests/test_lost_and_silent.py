"""What a batch says that its PLC has lost, or that makes no progress there."""

from datetime import timedelta

from odoo import fields

from .common import GuardCase


class TestLost(GuardCase):
    """Only a person's reset or cancel moves it (R7), whatever else comes right."""

    def setUp(self):
        super().setUp()
        product = self.mill.products["POLLARD ANGSA"]
        self.order.do_unreserve()
        self.env["stock.quant"].search([("product_id", "=", product.id)]).unlink()
        product.tracking = "lot"
        self.lot = self.env["stock.lot"].create({"name": "L", "product_id": product.id})
        self.assertEqual(self.refused(self.batch._process_batch_consumption), "lot_required")
        self.batch._forget()

    def test_an_update_that_is_refused_does_not_hide_it(self):
        self.assertEqual(self.refused(self.batch._process_batch_consumption), "plc_data")
        self.assertIn("has lost", self.batch.error_message)

    def test_an_update_that_succeeds_does_not_hide_it(self):
        self.mill.silos[103].lot_id = self.lot
        self.assertTrue(self.batch._process_batch_consumption())
        self.assertTrue(self.batch.update_odoo)
        self.assertEqual((self.batch.state, self.batch.error_code), ("failed", "plc_data"))
        self.batch.action_park()
        self.batch.update_odoo = False
        self.assertTrue(self.batch._process_batch_consumption())
        self.assertEqual((self.batch.state, self.batch.error_code), ("parked", "plc_data"))
        self.batch.action_unpark()
        self.assertEqual(self.batch.state, "failed")
        self.batch.with_context(reason="lost").action_reset()
        self.assertEqual((self.batch.state, self.batch.error_code), ("staged", False))

    def test_no_clock_tries_it_so_a_person_is_asked_at_once(self):
        self.batch._start_afresh()
        self.batch.state = "running"
        self.assertFalse(self.batch._is_asked())
        self.batch._forget()
        self.assertFalse(self.batch._is_asked())  # there is nobody to ask
        self.device.responsible_id = self.plc_manager
        self.assertEqual(self.batch.activity_ids.user_id, self.plc_manager)
        second, third = (
            self.make_batch(self.make_order(), {103: 1.0}, batch_no=number) for number in (8, 9)
        )
        second._forget()
        self.assertFalse(second.activity_ids)  # a wiped PLC is one question
        self.batch._clear_error()
        third._forget()
        self.assertEqual(third.activity_ids.user_id, self.plc_manager)


class TestCleared(GuardCase):
    def test_cleared_at_the_plc_after_all(self):
        """What was finished, or has closed its order and is dosed again, stays what it was: only of
        the rest it is unknown what was dosed."""
        for was, finished, status in (
            ("completed", True, "completed"),
            ("completed", False, "completed"),
            ("cancelled", True, "cancelled"),
            ("cancelled", False, "failed"),
        ):
            with self.subTest(was=was, finished=finished):
                history = self.batch._copy_to_history(
                    was, status_manufacturing=finished, acknowledged=False
                )
                history.action_cleared_at_plc()
                self.assertTrue(history.acknowledged)
                self.assertEqual(history.status, status)


class TestSilent(GuardCase):
    def test_so_many_minutes_that_no_calendar_goes_back_so_far(self):
        self.batch.taken_at = self.batch.last_read_from_plc
        self.device.write({"silent_after": 2**31 - 1, "responsible_id": self.plc_manager.id})
        self.assertFalse(self.batch._watch_silence())
        self.device.silent_after = 1
        self.assertTrue(self.batch._watch_silence())
        self.assertEqual(self.batch.error_code, "plc_silent")
        self.assertEqual(self.batch.activity_ids.user_id, self.plc_manager)

    def test_what_waits_behind_an_archived_order(self):
        """The PLC may have been at that one until then."""
        self.batch.taken_at = fields.Datetime.now() - timedelta(hours=1)
        self.batch.last_read_from_plc = False
        self.batch.line_ids.actual_consumption = 0.0
        self.device.silent_after = 10
        history = self.env["mo.histories"].create(
            {
                "mo_id": "WH/MO/00001",
                "device_id": self.device.id,
                "company_id": self.device.company_id.id,
                "status": "completed",
                "archived_at": fields.Datetime.now() - timedelta(minutes=5),
                "taken_at": fields.Datetime.now() - timedelta(hours=2),
            }
        )
        self.assertFalse(self.batch._watch_silence())
        history.archived_at = fields.Datetime.now() - timedelta(minutes=15)
        self.assertTrue(self.batch._watch_silence())

    def test_what_the_plc_has_dropped_while_it_goes_on_with_others(self):
        """It works one order at a time: what was taken after it is no excuse."""
        now = fields.Datetime.now()
        self.wait_an_hour()
        later = self.make_batch(self.make_order(), {103: 300.0}, batch_no=4)
        later.write({"taken_at": now, "last_read_from_plc": now})
        self.assertTrue(self.batch._watch_silence())
        self.batch._clear_error()
        later.taken_at = self.batch.taken_at
        self.assertFalse(self.batch._watch_silence())
        later.write({"status_manufacturing": True, "state": "done"})
        self.assertTrue(later._archive_completed())
        self.assertFalse(self.batch._watch_silence())
        self.order.search([]).plc_history_ids.taken_at = now
        self.assertTrue(self.batch._watch_silence())

    def test_what_waits_in_an_area_behind_one_that_stands_still(self):
        self.env.flush_all()
        self.env.cr.execute("UPDATE plc_layout SET write_handshake = 'area'")
        self.env.invalidate_all()
        self.wait_an_hour()
        first = self.make_batch(self.make_order(), {103: 300.0}, batch_no=4)
        first.write({"taken_at": self.batch.taken_at, "last_read_from_plc": self.batch.taken_at})
        self.assertTrue(first._watch_silence())
        self.assertFalse(self.batch._watch_silence())
        first.line_ids.actual_consumption = 0.0
        self.assertTrue(self.batch._watch_silence())

    def wait_an_hour(self):
        self.batch.taken_at = fields.Datetime.now() - timedelta(hours=1)
        self.batch.last_read_from_plc = False
        self.batch.line_ids.actual_consumption = 0.0
