"""Little, nothing, endless, and what is set up only afterwards."""

from contextlib import suppress
from datetime import datetime
from unittest.mock import patch

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import freeze_time

from ..models.mo_batch_error import BatchError
from ..plc import PlcUnreachable
from .common import GuardCase, MillCase


class TestStagedEdges(MillCase):
    def stage(self):
        return self.device._stage_plans(self.device._plan_orders(), [1, 2, 3])

    def test_a_dose_that_rounds_to_nothing_keeps_no_order_from_being_sent(self):
        order = self.make_order()
        order.move_raw_ids = [
            Command.create(
                {
                    "product_id": self.mill.silos[112].product_id.id,
                    "product_uom_qty": 3.0,
                    "product_uom": self.env.ref("uom.product_uom_gram").id,
                }
            )
        ]
        batch = self.stage()
        self.assertEqual(batch.production_id, order)
        self.assertNotIn(112, batch.line_ids.mapped("silo_number"))
        self.assertTrue(batch._is_as_ordered())

    def test_who_begins_a_waiting_order_by_hand_is_not_overruled(self):
        order = self.make_order()
        batch = self.stage()
        move = order.move_raw_ids.filtered(lambda move: move.product_id.name == "KOPRA")
        move.write({"quantity": 10.0, "picked": True})
        self.assertFalse(batch._plan_again())
        self.assertEqual((batch.state, batch.error_code), ("staged", "mo_locked"))
        self.assertIn("by hand", batch.error_reason)
        move.picked = False
        self.assertTrue(batch._plan_again())
        order.plc_dispatch = "never"
        self.assertFalse(batch._plan_again())
        self.assertIn("not to be sent", batch.error_reason)

    def fetch_unreachable(self):
        gone = patch.object(type(self.device), "_plc_session", side_effect=PlcUnreachable())
        with gone, suppress(PlcUnreachable):  # assertRaises would take back what was written
            self.device._task_fetch()

    def test_a_waiting_order_is_sent_under_its_name_of_then(self):
        order = self.make_order()
        batch = self.stage()
        order._split_productions({order: [600.0, 400.0]})
        self.assertNotEqual(batch.mo_id, order.name)
        self.fetch_unreachable()
        self.assertEqual((batch.mo_id, batch.production_id), (order.name, order))

    def test_no_two_waiting_orders_have_one_name_at_the_plc(self):
        self.make_order(count=2)
        first, second = self.stage()
        long = "A NAME OF 20 LETTERS" + " "
        kept = second.mo_id
        first.production_id.name, second.production_id.name = long + "1", long + "2"
        self.fetch_unreachable()
        self.assertEqual((first.mo_id, second.mo_id), (long + "1", kept))

    def test_an_order_that_odoo_does_not_give_back_costs_the_others_nothing(self):
        again, other = self.make_order(count=2)
        again.plc_dispatch = "again"
        refusal = patch.object(type(again), "_plc_take_back", side_effect=UserError("Not now."))
        plans = self.device._plan_orders()
        with refusal:
            batch = self.device._stage_plans(plans, [1, 2, 3])
        self.assertEqual(batch.production_id, other)
        self.assertEqual([order for order, *_ in plans], [other])
        self.assertIn("Not now.", again.plc_skip_reason)
        self.assertEqual(again.plc_dispatch, "again")

    def test_what_is_weighed_by_hand_keeps_nothing_waiting(self):
        order = self.make_order()
        batch = self.stage()
        by_hand = order.move_raw_ids.filtered(
            lambda move: move.product_id not in batch.line_ids.product_id
        )
        by_hand.write({"quantity": 1.0, "picked": True})
        self.assertTrue(by_hand)
        self.assertTrue(batch._plan_again())

    def test_what_is_to_come_out_of_an_order_is_no_dose(self):
        order = self.make_order()
        move = order.move_raw_ids.filtered(lambda move: move.product_id.name == "KOPRA")
        move.product_uom_qty = -3.0
        self.assertNotIn(move.product_id, order._plc_wanted(self.device))
        self.assertNotIn(102, self.stage().line_ids.mapped("silo_number"))

    def test_a_silo_gets_another_number_while_its_dose_waits(self):
        self.make_order()
        batch = self.stage()
        self.mill.silos[112].unlink()
        self.mill.silos[103].number = 112
        self.assertTrue(batch._plan_again())
        numbers = batch.line_ids.mapped("silo_number")
        self.assertIn(112, numbers)
        self.assertNotIn(103, numbers)
        batch.state = "sent"
        with self.assertRaisesRegex(UserError, "which doses from SILO C by its number 112"):
            self.mill.silos[103].number = 103
        self.mill.silos[103].number = 112  # as it is
        self.mill.silos[113].number = 103  # of no order


class TestDoneEdges(GuardCase):
    def test_a_silo_that_is_set_up_after_it_has_dosed(self):
        silo = self.mill.silos[112]
        vals = silo.copy_data()[0]
        silo.unlink()
        self.batch.line_ids = [Command.create({"silo_number": 112, "actual_consumption": 5.0})]
        self.assertEqual(self.refused(self.batch._process_batch_consumption), "no_silo")
        self.assertIn("Add a silo with the number 112", self.batch.error_action)
        silo = silo.create({**vals, "number": 112, "code": "again"})
        self.assertTrue(self.batch._process_batch_consumption())
        line = self.batch.line_ids.filtered(lambda line: line.silo_number == 112)
        self.assertEqual((line.silo_id, line.product_id), (silo, silo.product_id))
        move = self.order.move_raw_ids.filtered(lambda move: move.product_id == silo.product_id)
        self.assertEqual(move.quantity, 5.0)

    def test_a_silo_that_is_set_up_after_it_has_dosed_and_lacks_something(self):
        """It is called by its name, not by what the dose knew of it."""
        silo = self.mill.silos[112]
        vals = silo.copy_data()[0]
        silo.unlink()
        self.batch.line_ids = [Command.create({"silo_number": 112, "actual_consumption": 5.0})]
        silo = silo.create({**vals, "number": 112, "code": "again", "name": "NEW BIN"})
        silo.product_id.tracking = "lot"
        self.assertEqual(self.refused(self.batch._process_batch_consumption), "lot_required")
        self.assertIn("NEW BIN", self.batch.error_reason)
        self.assertIn("NEW BIN", self.batch.error_action)
        sacks = self.env.ref("uom.product_uom_unit").id
        silo.product_id = self.env["product.product"].create({"name": "SACKS", "uom_id": sacks})
        self.assertEqual(self.refused(self.batch._process_batch_consumption), "unit_mismatch")
        self.assertIn("NEW BIN", self.batch.error_message)

    def test_a_weight_that_is_nothing_in_the_unit_of_the_order(self):
        ton = self.env.ref("uom.product_uom_ton")
        order = self.make_order(product_uom_id=ton.id, product_qty=1.0)
        batch = self.make_batch(order, {103: 4.0}, finished=True, batch_no=5)
        batch.actual_weight_quantity_finished_goods = 4.0
        with self.assertRaises(BatchError) as refused:
            batch._quantity_to_produce(order)
        self.assertEqual(refused.exception.code, "unit_mismatch")
        batch.actual_weight_quantity_finished_goods = 5.0
        self.assertEqual(batch._quantity_to_produce(order), 0.01)
        batch.actual_weight_quantity_finished_goods = 0.0
        self.assertEqual(batch._quantity_to_produce(order), 1.0)

    def test_an_order_left_open_is_not_dosed_again(self):
        self.batch.unlink()
        self.device.close_order = False
        self.env["mo.batch"].create(
            {
                "mo_id": self.order.name,
                "device_id": self.device.id,
                "batch_no": 4,
                "status_manufacturing": True,
                "actual_weight_quantity_finished_goods": 990.0,
            }
        )
        self.assertEqual(self.device._task_archive()["archived"], 1)
        self.assertEqual((self.order.state, self.order.plc_dispatch), ("confirmed", "never"))
        self.assertFalse(self.device._plan_orders())


class TestSettingsEdges(GuardCase):
    @freeze_time("2026-03-02 06:00:00")
    def test_silences_that_are_none(self):
        for text in ("inf", "nan", "-5", "1e15", "soon"):
            self.env["ir.config_parameter"].set_param("mrp_plc_batch.quiet_seconds", text)
            with self.subTest(text):
                self.device._keep_quiet()
                self.assertEqual(self.device.quiet_until, datetime(2026, 3, 2, 6, 1))

    def test_limits_that_are_none(self):
        self.device.write({"retry_limit": 0, "silent_after": 0})
        self.batch.taken_at = "2026-01-01"
        self.assertFalse(self.batch._watch_silence())
        self.batch._set_error(self.batch._odoo_error("No."))
        self.assertTrue(self.batch._is_retry_due())  # by the very next run

    def test_a_limit_that_is_no_number(self):
        for kg in (float("nan"), float("inf"), 0.0, -1.0):
            with self.subTest(kg), self.assertRaisesRegex(ValidationError, "must be above 0"):
                self.device.max_quantity = kg

    def test_limits_below_none(self):
        for name in ("retry_limit", "silent_after"):
            with self.subTest(name), self.assertRaisesRegex(ValidationError, "below 0"):
                self.device[name] = -5

    def test_what_is_refused_is_told_in_a_sentence(self):
        for name, value, sentence in (
            ("port", 0, "The port of Feed Mill PLC must lie between 1 and 65535."),
            ("rack", 8, "The rack of Feed Mill PLC must lie between 0 and 7, its slot"),
            ("connection_timeout", 31, "The time-out of Feed Mill PLC must lie between 0.1 and"),
            ("max_quantity", 0, "The limit of Feed Mill PLC for a silo and batch must be above"),
        ):
            with (
                self.subTest(name),
                self.assertRaisesRegex(ValidationError, sentence),
                self.env.cr.savepoint(),
            ):
                self.device[name] = value

    def test_an_order_too_large_for_the_memory_map_is_passed_over_in_sentences(self):
        order = self.make_order(kg=1e8)
        self.device.max_quantity = 1e9
        word_map = self.env.ref("mrp_plc_batch.layout_word_map")._to_plc()
        reason, _plan = self.device._plan_order(order, word_map, {})
        self.assertIn("the data does not fit. consumption: ", reason)

    def test_no_other_word_for_archiving(self):
        for no in (0, None, ""):
            with self.subTest(no), self.assertRaises(UserError):
                self.device.write({"active": no})

    def test_a_device_stays_in_its_company_with_its_batches(self):
        with self.assertRaisesRegex(UserError, "change the company of"):
            self.device.company_id = self.env["res.company"].create({"name": "Another"})

    def test_a_unit_is_a_quantity(self):
        with self.assertRaisesRegex(UserError, "change the unit of"):
            self.order.product_uom_id = self.env.ref("uom.product_uom_ton")

    def test_a_map_of_an_area_is_only_drained(self):
        layout = self.device.layout_id.copy()
        device = self.device.copy({"layout_id": layout.id, "fill_policy": "rolling"})
        with self.assertRaisesRegex(ValidationError, "cannot be refilled slot by slot"):
            layout.write_handshake = "area"
        device.fill_policy = "drain"
        layout.write_handshake = "area"

    def test_a_field_does_not_move_into_a_map_in_use(self):
        other = self.device.layout_id.copy()
        with self.assertRaisesRegex(UserError, "change the memory map of"):
            other.field_ids[0].layout_id = self.device.layout_id

    def test_nobody_skips_the_look_at_a_map(self):
        layout = self.device.layout_id.copy().with_context(plc_layout_saving=True)
        with self.assertRaises(ValidationError):
            layout.field_ids[0].address = "9999"


class TestSettings(MillCase):
    """What is typed into the settings works, or is refused in words; never is it another value."""

    def save(self, **vals):
        self.env["res.config.settings"].create(vals).execute()

    def refused(self, words, **vals):
        with self.subTest(**vals), self.assertRaisesRegex(ValidationError, words):
            self.save(**vals)

    def test_none_at_all(self):
        self.refused("at least 1 second", plc_quiet_seconds=0)
        self.refused("at least 1 second", plc_quiet_seconds=100_000)
        self.refused("at least 1 day", plc_event_days=0)
        self.refused("at least 1 day", plc_event_days=-5)
        self.refused("above 0 %", plc_tolerance_warning=0.0)
        self.refused("above 0 %", plc_tolerance_out=0.0)
        self.refused("above 0 %", plc_tolerance_kg=-1.0)
        self.refused("not above the other", plc_tolerance_warning=9.0)
        self.refused("below 0", default_silent_after=-1)
        self.refused("below 0", default_retry_limit=-1)

    def test_what_nobody_typed_now_is_in_nobodys_way(self):
        """Odoo's own code saves settings, for a warehouse of several steps as an example."""
        self.env["ir.config_parameter"].set_param("mrp_plc_batch.quiet_seconds", "0")
        self.save(group_stock_multi_locations=True)
        self.assertTrue(self.env.user.has_group("stock.group_stock_multi_locations"))

    def test_what_0_means_something_for(self):
        self.save(default_silent_after=0, default_retry_limit=0, plc_tolerance_kg=0.0)
        new = self.env["plc.device"].new({})
        self.assertEqual((new.silent_after, new.retry_limit), (0, 0))

    def test_what_is_small(self):
        self.save(plc_quiet_seconds=1, plc_event_days=1, plc_tolerance_warning=0.1)
        shown = self.env["res.config.settings"].create({})
        self.assertEqual((shown.plc_quiet_seconds, shown.plc_event_days), (1, 1))
        self.assertEqual(self.device.silo_ids._plc_tolerance_defaults()["warning"], 0.1)

    def test_parameters_typed_by_a_person(self):
        """Past the settings, where nothing is checked: what makes no sense is the default."""
        event = self.device._log_event("connection", "yesterday")
        self.env.cr.execute(
            "UPDATE plc_event SET create_date = now() - interval '1 hour' WHERE id = %s", [event.id]
        )
        set_param = self.env["ir.config_parameter"].set_param
        for text in ("0", "-5", "999999999999", "soon"):
            with self.subTest(text):
                set_param("mrp_plc_batch.event_days", text)
                self.env["plc.event"]._gc_events()
                self.assertTrue(event.exists())
        for text in ("nan", "inf", "-1", "soon"):
            with self.subTest(text):
                set_param("mrp_plc_batch.tolerance_warning", text)
                self.assertEqual(self.device.silo_ids._plc_tolerance_defaults()["warning"], 2.0)
