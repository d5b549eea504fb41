"""Errors of PostgreSQL's own kinds, raised by PostgreSQL; events and copies of the database."""

import logging
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.modules.neutralize import get_neutralization_queries
from odoo.tools import mute_logger

from .common import GuardCase

LOGGER = "odoo.addons.mrp_plc_batch"


class TestDatabaseErrors(GuardCase):
    def raise_in_stock(self, sqlstate):
        """Let PostgreSQL answer every new move line with this error."""
        self.env.flush_all()
        self.env.cr.execute(
            f"""CREATE OR REPLACE FUNCTION plc_test() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN RAISE EXCEPTION 'of the database' USING ERRCODE = '{sqlstate}'; END $$;
                DROP TRIGGER IF EXISTS plc_test ON stock_move_line;
                CREATE TRIGGER plc_test BEFORE INSERT ON stock_move_line
                FOR EACH ROW EXECUTE FUNCTION plc_test()"""
        )

    def stop_raising(self):
        self.env.cr.execute("DROP TRIGGER plc_test ON stock_move_line")

    def assert_nothing_written(self):
        self.assertFalse(self.batch.update_odoo)
        self.assertFalse(any(self.order.move_raw_ids.mapped("picked")))

    def test_a_lock_is_not_the_batchs_fault(self):
        for sqlstate in ("55P03", "40P01"):  # lock_not_available, deadlock_detected
            with self.subTest(sqlstate):
                self.raise_in_stock(sqlstate)
                with mute_logger("odoo.sql_db"):
                    code = self.refused(self.batch._process_batch_consumption)
                self.assertEqual((code, self.batch.retry_count), ("mo_locked", 0))
                self.assert_nothing_written()

    def test_a_serialization_failure_is_nobodys_error(self):
        self.raise_in_stock("40001")
        with self.assertLogs(LOGGER, logging.INFO) as log, mute_logger("odoo.sql_db"):
            counts = self.device._sync_due(self.device.batch_ids)
        self.assertEqual(counts["not synced"], 1)
        self.assertIn("left to the next run", log.output[-1])
        self.assertEqual((self.batch.error_code, self.batch.retry_count), (False, 0))
        self.assert_nothing_written()
        self.stop_raising()
        self.assertEqual(self.device._sync_due(self.device.batch_ids)["synced"], 1)
        self.assertTrue(self.batch.update_odoo)

    def test_a_conflict_costs_only_itself(self):
        other = self.make_order()
        batch = self.make_batch(other, {103: 50.0}, batch_no=4)
        self.env.flush_all()
        moves = self.order.move_raw_ids.ids
        self.raise_in_stock("40001")
        self.env.cr.execute(
            "DROP TRIGGER plc_test ON stock_move_line; CREATE TRIGGER plc_test BEFORE INSERT ON"
            " stock_move_line FOR EACH ROW WHEN (NEW.move_id BETWEEN %s AND %s) EXECUTE FUNCTION"
            " plc_test()",
            [min(moves), max(moves)],
        )
        with mute_logger("odoo.sql_db"):
            self.assertEqual(self.device._sync_due(self.device.batch_ids)["synced"], 1)
        self.assertTrue(batch.update_odoo)
        self.assert_nothing_written()

    def test_a_statement_that_took_too_long_is_an_error(self):
        self.raise_in_stock("57014")  # query_canceled
        with mute_logger("odoo.sql_db"):
            code = self.refused(self.batch._process_batch_consumption)
        self.assertEqual((code, self.batch.retry_count), ("odoo_error", 1))
        self.assertIn("of the database", self.batch.error_reason)
        self.assert_nothing_written()

    def test_whatever_refuses_is_this_batchs_error(self):
        other = self.make_batch(self.make_order(), {103: 50.0}, batch_no=4)
        self.env.flush_all()
        self.raise_in_stock("P0001")
        with mute_logger("odoo.sql_db"), self.assertLogs(LOGGER, "WARNING") as log:
            self.assertFalse((self.batch | other)._process_batch_consumption())
        self.assertEqual(len(log.output), 2)
        self.assertEqual((self.batch | other).mapped("error_code"), ["odoo_error"] * 2)


class TestEvents(GuardCase):
    def event(self, days, **vals):
        event = self.env["plc.event"].create(
            {"kind": "connection", "message": "old", "device_id": self.device.id, **vals}
        )
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE plc_event SET create_date = %s WHERE id = %s",
            [fields.Datetime.now() - timedelta(days=days), event.id],
        )
        event.invalidate_recordset()
        return event

    def test_old_ones_go_those_of_batches_and_histories_stay(self):
        history = self.batch._copy_to_history("cancelled")
        old = self.event(91)
        kept = [
            self.event(89),
            self.event(1000, batch_id=self.batch.id),
            self.event(1000, history_id=history.id),
        ]
        self.env["plc.event"]._gc_events()
        self.assertFalse(old.exists())
        self.assertTrue(all(event.exists() for event in kept))

    def test_days_to_keep_are_a_setting(self):
        self.env["ir.config_parameter"].set_param("mrp_plc_batch.event_days", "10")
        gone, kept = self.event(11), self.event(9)
        self.env["plc.event"]._gc_events()
        self.assertFalse(gone.exists())
        self.assertTrue(kept.exists())

    def test_a_setting_that_is_no_number_keeps_the_usual_days(self):
        self.env["ir.config_parameter"].set_param("mrp_plc_batch.event_days", "a while")
        gone, kept = self.event(91), self.event(89)
        self.env["plc.event"]._gc_events()
        self.assertFalse(gone.exists())
        self.assertTrue(kept.exists())

    def test_odoos_autovacuum_knows_it(self):
        self.assertTrue(getattr(type(self.env["plc.event"])._gc_events, "_autovacuum", False))

    def test_events_go_along_into_the_history(self):
        self.device._log_event("send", "sent", batch=self.batch)
        self.read_again()
        self.batch._archive_completed()
        history = self.env["mo.histories"].search([("production_id", "=", self.order.id)])
        self.assertIn("sent", history.event_ids.mapped("message"))


class TestNeutralized(GuardCase):
    def test_a_copy_forgets_where_the_plant_is(self):
        self.assertFalse(self.device._plc_refusal())
        queries = list(get_neutralization_queries(["mrp_plc_batch"]))
        self.assertTrue(queries)
        self.env.flush_all()
        for query in queries:
            self.env.cr.execute(query)
        self.env.invalidate_all(flush=False)
        self.assertFalse(self.device.host)
        self.assertTrue(self.device.paused)
        self.assertEqual(self.device.state, "unknown")
        self.assertFalse(self.device._is_due("fetch") or self.device._is_due("read"))

    def test_a_copy_refuses_even_with_an_address(self):
        self.env["ir.config_parameter"].set_param("database.is_neutralized", True)
        self.assertIn("neutralized", self.device._plc_refusal())
        self.assertFalse(self.device._is_due("fetch"))
        for button in ("action_test_connection", "action_read_now", "action_send_now"):
            with self.subTest(button), self.assertRaises(UserError) as raised:
                getattr(self.device, button)()
            self.assertIn("neutralized", raised.exception.args[0])

    def test_archiving_needs_no_plc(self):
        self.device.paused = True
        self.read_again()
        self.assertEqual(self.device._task_archive()["archived"], 1)

    def test_a_button_tells_what_became_of_it(self):
        result = self.device.action_archive_now()["params"]
        self.assertEqual((result["type"], result["message"]), ("success", "Nothing to do."))
        broken = patch.object(type(self.device), "_task_archive", side_effect=ValueError)
        with self.assertLogs(LOGGER, "ERROR"), broken:
            result = self.device.action_archive_now()["params"]
        self.assertEqual(result["type"], "danger")
        self.assertIn("internal error", result["message"])
        self.read_again()
        result = self.device.action_archive_now()["params"]
        self.assertEqual((result["type"], result["message"]), ("success", "1 archived"))
