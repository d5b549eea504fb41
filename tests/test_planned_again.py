"""What waits, staged, is planned again as its order, silos and units are by then."""

from odoo.fields import Command

from .common import GuardCase


class TestPlannedAgain(GuardCase):
    def setUp(self):
        super().setUp()
        self.batch.unlink()
        self.batch = self.make_batch(
            self.order, {}, batch_no=3, state="staged", last_read_from_plc=False
        )
        self.kopra = self.mill.products["KOPRA"]

    def no_silo(self):
        self.device.silo_ids.write(
            {"product_id": False, "alternative_product_ids": [Command.clear()]}
        )
        return "None of its ingredients"

    def two_on_one_silo(self):
        silo = self.mill.silos[102]
        self.order.move_raw_ids.filtered(
            lambda move: move.product_id.name == "POLLARD ANGSA"
        ).plc_silo_id = silo
        return f"both come from {silo.name}"

    def unit(self):
        """Nobody stops a planner who says that an ingredient comes in bags."""
        self.kopra.uom_id = self.env.ref("uom.product_uom_unit")
        return "nothing in common with kg"

    def unit_of_its_line(self):
        self.order.move_raw_ids.filtered(
            lambda move: move.product_id == self.kopra
        ).product_uom = self.env.ref("uom.product_uom_unit")
        return "nothing in common with kg"

    def limit(self):
        self.device.max_quantity = 100.0
        self.order.move_raw_ids.filtered(
            lambda move: move.product_id == self.kopra
        ).product_uom_qty = 151.0
        return "above the limit"

    def lowered_limit(self):
        """The order is as it was."""
        self.device.max_quantity = max(self.batch.line_ids.mapped("consumption")) - 1
        return "above the limit"

    def test_a_refusal_says_its_cause(self):
        for name, code in {
            "no_silo": "no_silo",
            "two_on_one_silo": "no_silo",
            "unit": "unit_mismatch",
            "unit_of_its_line": "unit_mismatch",
            "limit": "plc_data",
            "lowered_limit": "plc_data",
        }.items():
            with self.subTest(name), self.cr.savepoint() as savepoint:
                words = getattr(self, name)()
                planned = self.batch.line_ids
                self.assertFalse(self.batch._plan_again())
                self.assertEqual(self.batch.error_code, code)
                self.assertIn(words, self.batch.error_reason)
                self.assertIn("next run", self.batch.error_action)
                self.assertEqual(self.batch.line_ids, planned)  # what was planned before is kept
                savepoint.rollback()

    def test_doses_as_ordered_that_do_not_fit_any_more(self):
        precision = self.env["decimal.precision"].search([("name", "=", "Product Unit")])
        precision.digits = 0
        self.env.invalidate_all()  # another transaction
        self.assertFalse(self.batch._plan_again())
        self.assertEqual(self.batch.error_code, "unit_mismatch")
        self.assertIn("0 decimals", self.batch.error_reason)

    def test_it_says_so_no_more_once_the_cause_is_gone(self):
        """Also where no slot is free, and it is not sent yet."""
        kg = self.kopra.uom_id
        self.unit()
        self.assertFalse(self.batch._plan_again())
        self.kopra.uom_id = kg
        self.assertTrue(self.batch._plan_again())
        self.assertFalse(self.batch.error_code)
        self.assertFalse(self.batch.retry_count)

    def test_it_says_where_the_silo_was_changed_over_since(self):
        """The order keeps what it asks for, as an alternative of another silo."""
        own, other = self.mill.silos[102], self.mill.silos[101]
        other.alternative_product_ids = self.kopra
        own.product_id = self.mill.products["CGF"]
        self.assertTrue(self.batch._plan_again())
        self.assertEqual(
            self.batch.line_ids.filtered(lambda line: line.product_id == self.kopra).silo_id, other
        )
        warning = self.batch.event_ids.filtered(lambda event: event.severity == "warning")
        for word in (other.name, other.product_id.name, "this order doses KOPRA"):
            self.assertIn(word, warning.message)
