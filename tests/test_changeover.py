from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError

from .common import MillCase
from .mill import consumed

NOW = fields.Datetime.now


class TestChangeOver(MillCase):
    """The ingredient and lot of a dose are those of its silo when it was dosed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.silo = cls.mill.silos[102]
        cls.kopra, cls.bsj = cls.mill.products["KOPRA"], cls.mill.products["BSJ"]
        cls.lots = cls.env["stock.lot"].create(
            [{"name": name, "product_id": cls.kopra.id} for name in ("K-1", "K-2", "K-3")]
        )

    def setUp(self):
        super().setUp()
        self.kopra.tracking = "lot"
        self.silo.lot_id = self.lots[0]
        # what is recorded of the set-up lies in the past, so that tests may date things after it
        self.silo.changeover_ids.sudo().date = NOW() - timedelta(days=1)
        self.first, self.second = self.make_order(count=2)
        self.dosing = self.make_batch(self.first, {103: 300.0})
        self.waiting = self.make_batch(self.second, {}, batch_no=2, state="sent")

    def dose(self, batch, number, kg, minutes_ago=0):
        """A read sees the first kg of a silo."""
        line = self.line(batch, number)
        line._store_dose(kg)
        line.dosed_at = NOW() - timedelta(minutes=minutes_ago)
        batch.update_odoo = False

    def line(self, batch, number=102):
        return batch.line_ids.filtered(lambda line: line.silo_number == number)

    def change_over(self, minutes_ago=0, product=None, lot=None, user=None):
        wizard = self.env["plc.silo.change.over"].with_user(user or self.plc_manager)
        wizard = wizard.create(
            {
                "silo_id": self.silo.id,
                "product_id": (product or self.kopra).id,
                "lot_id": lot.id if lot else False,
                "date": NOW() - timedelta(minutes=minutes_ago),
                "note": "truck",
            }
        )
        wizard.action_confirm()

    def latest(self):
        return self.env["plc.silo.changeover"].search([("silo_id", "=", self.silo.id)], limit=1)

    def stock_lots(self, order):
        lines = order.move_raw_ids.move_line_ids.filtered("plc_silo_id")
        return lines.filtered(lambda line: line.product_id == self.kopra).lot_id

    def test_a_lot_in_mid_queue(self):
        self.dose(self.dosing, 102, 150.0, minutes_ago=10)
        self.change_over(lot=self.lots[1])
        self.dose(self.waiting, 102, 150.0)
        (self.dosing | self.waiting)._process_batch_consumption()
        self.assertEqual(self.stock_lots(self.first), self.lots[0])
        self.assertEqual(self.stock_lots(self.second), self.lots[1])

    def test_while_it_is_dosed_the_dose_keeps_the_first_lot(self):
        self.dose(self.dosing, 102, 20.0, minutes_ago=1)
        self.change_over(lot=self.lots[1])
        self.line(self.dosing)._store_dose(150.0)
        self.dosing.update_odoo = False
        self.dosing._process_batch_consumption()
        self.assertEqual(self.line(self.dosing).lot_id, self.lots[0])
        self.assertEqual(self.stock_lots(self.first), self.lots[0])

    def test_an_ingredient_before_it_is_dosed_is_a_substitute(self):
        self.change_over(product=self.bsj)
        self.dose(self.waiting, 102, 149.0)
        self.waiting.write({"status_manufacturing": True, "state": "done"})
        self.waiting._process_batch_consumption()
        self.assertEqual(consumed(self.second)["BSJ"], 149.0)
        self.assertEqual(consumed(self.second)["KOPRA"], 0.0)
        moves = self.second.move_raw_ids
        self.assertTrue(moves.filtered(lambda move: move.product_id == self.bsj).plc_added)
        event = self.waiting.event_ids.filtered(lambda event: event.kind == "changeover")
        self.assertEqual(event.severity, "warning")
        self.assertIn("KOPRA", event.message)

    def test_a_substitute_closes_without_what_was_asked(self):
        self.change_over(product=self.bsj)
        self.dose(self.waiting, 102, 149.0)
        self.waiting.write({"status_manufacturing": True, "state": "done"})
        self.waiting.actual_weight_quantity_finished_goods = 149.0
        self.assertTrue(self.waiting._archive_completed())
        self.assertEqual(self.second.state, "done")
        self.assertEqual(consumed(self.second).get("KOPRA", 0.0), 0.0)
        line = self.second.plc_history_ids.line_ids.filtered(lambda line: line.silo_number == 102)
        self.assertEqual((line.product_name, line.substitute_for), ("BSJ", "KOPRA"))

    def test_an_ingredient_after_the_first_dose_changes_nothing(self):
        self.dose(self.dosing, 102, 150.0, minutes_ago=1)
        self.dosing._process_batch_consumption()
        self.change_over(product=self.bsj)
        self.assertTrue(self.dosing.update_odoo)
        self.dosing.update_odoo = False
        self.dosing._process_batch_consumption()
        self.assertEqual(consumed(self.first)["KOPRA"], 150.0)
        self.assertNotIn("BSJ", consumed(self.first))

    def test_back_to_what_was_asked(self):
        self.change_over(product=self.bsj)
        self.change_over(product=self.kopra, lot=self.lots[2])
        line = self.line(self.waiting)
        self.assertEqual((line.product_id, line.lot_id), (self.kopra, self.lots[2]))

    def test_a_backdated_one_corrects_what_was_dosed_since(self):
        self.dose(self.dosing, 102, 150.0, minutes_ago=30)
        self.dose(self.waiting, 102, 150.0, minutes_ago=10)
        (self.dosing | self.waiting)._process_batch_consumption()
        self.change_over(minutes_ago=20, product=self.bsj)
        self.assertTrue(self.dosing.update_odoo)
        self.assertFalse(self.waiting.update_odoo)
        self.waiting._process_batch_consumption()
        self.assertEqual(consumed(self.first)["KOPRA"], 150.0)
        self.assertEqual(consumed(self.second)["KOPRA"], 0.0)
        self.assertEqual(consumed(self.second)["BSJ"], 150.0)

    def test_a_backdated_one_taken_back(self):
        self.dose(self.waiting, 102, 150.0, minutes_ago=10)
        self.waiting._process_batch_consumption()
        self.change_over(minutes_ago=20, product=self.bsj)
        self.waiting._process_batch_consumption()
        self.change_over(minutes_ago=15, lot=self.lots[1])
        self.waiting._process_batch_consumption()
        self.assertEqual(consumed(self.second)["KOPRA"], 150.0)
        self.assertEqual(consumed(self.second)["BSJ"], 0.0)
        self.assertEqual(self.stock_lots(self.second), self.lots[1])

    def test_what_is_archived_stands_and_says_so(self):
        self.dose(self.dosing, 102, 150.0, minutes_ago=10)
        self.dosing.write({"status_manufacturing": True, "state": "done"})
        self.assertTrue(self.dosing._archive_completed())
        self.change_over(minutes_ago=20, lot=self.lots[1])
        history = self.first.plc_history_ids
        line = history.line_ids.filtered(lambda line: line.silo_number == 102)
        self.assertEqual(line.lot_id, self.lots[0])
        self.assertIn("K-2", "".join(history.event_ids.mapped("message")))

    def test_one_that_is_only_dosed_from_another_location(self):
        location = self.env["stock.location"].create(
            {"name": "Silo B", "location_id": self.first.location_src_id.id}
        )
        self.dose(self.dosing, 102, 150.0, minutes_ago=1)
        self.silo.location_id = location
        self.assertFalse(self.line(self.dosing).location_id)
        self.assertEqual(self.line(self.waiting).location_id, location)

    def test_an_alternative_stays_while_only_the_lot_of_the_own_ingredient_changes(self):
        silo = self.mill.silos[104]  # set to JAGUNG GILING; FEED PLUS doses CGM from it
        order = self.make_order("FEED PLUS")
        batch = self.make_batch(order, {}, batch_no=3, state="sent")
        line = self.line(batch, 104)
        asked = line.product_id
        self.assertNotEqual(asked, silo.product_id)
        silo.product_id.tracking = "lot"
        lot = self.env["stock.lot"].create({"name": "J-1", "product_id": silo.product_id.id})
        silo.lot_id = lot
        self.assertEqual((line.product_id, line.lot_id), (asked, lot.browse()))
        silo.write({"product_id": asked.id, "lot_id": False})
        self.assertEqual(line.product_id, asked)
        silo.product_id = self.bsj
        self.assertEqual(line.product_id, self.bsj)

    def test_the_first_lot_goes_to_the_dose_that_waits_for_it(self):
        self.silo.lot_id = False
        self.dose(self.dosing, 102, 150.0, minutes_ago=10)
        self.line(self.dosing).lot_id = False
        with self.assertRaises(UserError) as refusal:
            self.change_over(product=self.bsj)
        self.assertIn(self.first.name, str(refusal.exception))
        self.silo.lot_id = self.lots[0]
        self.silo.lot_id = self.lots[1]
        self.assertEqual(self.line(self.dosing).lot_id, self.lots[0])

    def test_what_is_not_sent_yet_is_planned_again(self):
        self.waiting.state = "staged"
        self.change_over(product=self.bsj)
        line = self.line(self.waiting)
        self.assertEqual((line.product_id, line.lot_id), (self.kopra, self.lots.browse()))
        self.assertFalse(self.waiting._is_as_ordered())
        self.mill.silos[113].product_id = self.kopra
        self.assertTrue(self.waiting._plan_again())
        self.assertFalse(self.line(self.waiting))
        self.assertEqual(self.line(self.waiting, 113).product_id, self.kopra)

    def test_a_finished_zero_asks_for_what_it_asked(self):
        self.waiting.write({"status_manufacturing": True, "state": "done"})
        self.change_over(product=self.bsj)
        self.assertEqual(self.line(self.waiting).product_id, self.kopra)

    def test_reset_asks_for_the_ordered_ingredient_again(self):
        self.change_over(product=self.bsj)
        self.waiting._start_afresh()
        line = self.line(self.waiting)
        self.assertEqual((line.product_id, line.lot_id), (self.kopra, self.lots.browse()))

    def test_direct_edits_are_recorded_too(self):
        self.silo.with_user(self.plc_manager).write({"lot_id": self.lots[1].id})
        change = self.latest()
        self.assertEqual(
            (change.previous_lot_id, change.lot_id, change.user_id),
            (self.lots[0], self.lots[1], self.plc_manager),
        )
        self.silo.write({"lot_id": self.lots[1].id, "name": "SILO B2"})
        self.assertEqual(self.latest(), change)

    def test_dates_in_the_future_and_before_the_latest_change_are_refused(self):
        self.change_over(minutes_ago=20, lot=self.lots[1])
        for minutes_ago in (-5, 30):
            with self.assertRaises(ValidationError):
                self.change_over(minutes_ago=minutes_ago, lot=self.lots[2])
        self.assertEqual(self.silo.lot_id, self.lots[1])

    def test_an_operator_may_look_but_not_change_over(self):
        with self.assertRaises(AccessError):
            self.change_over(lot=self.lots[1], user=self.plc_user)
        self.assertTrue(self.silo.with_user(self.plc_user).changeover_ids.mapped("date"))

    def test_the_wizard_says_who_gets_something_else(self):
        wizard = self.env["plc.silo.change.over"].new(
            {"silo_id": self.silo.id, "product_id": self.bsj.id}
        )
        self.assertIn(self.second.name, wizard.consequence)
        wizard.product_id = self.kopra
        self.assertFalse(wizard.consequence)

    def test_a_copied_device_begins_with_what_its_silos_hold(self):
        copy = self.device.with_context(tracking_disable=True).copy()
        silo = copy.silo_ids.filtered(lambda silo: silo.number == 102)
        self.assertEqual(silo.changeover_ids.product_id, self.kopra)

    def test_new_silos_cost_one_statement_more_however_many(self):
        def count(numbers):
            vals = [
                {
                    "device_id": self.device.id,
                    "number": n,
                    "code": f"x{n}",
                    "name": f"X{n}",
                    "product_id": self.bsj.id,
                }
                for n in numbers
            ]
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.env["plc.silo"].create(vals)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        count([200])
        self.assertEqual(count([201]), count([*range(202, 212)]))
