"""Many batches in one go: what refuses some of them costs the others nothing."""

from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import MillCase
from .mill import consumed

LOGGER = "odoo.addons.mrp_plc_batch"
COUNT = 9
POISONED = (2, 3, 7)


@tagged("post_install", "-at_install")  # with valuation, which is loaded after this addon
class TestTogether(MillCase):
    def setUp(self):
        super().setUp()
        self.orders = self.make_order(count=COUNT)
        self.orders.action_assign()
        batches = [
            self.make_batch(order, {102: 50.0 + n, 103: 100.0 + n}, finished=True, batch_no=n + 1)
            for n, order in enumerate(self.orders)
        ]
        self.batches = self.env["mo.batch"].union(*batches)
        self.poisoned = self.batches.browse(self.batches[n].id for n in POISONED)
        self.healthy = self.batches - self.poisoned

    def poison(self, table, when):
        """Let PostgreSQL refuse rows of the poisoned orders, each in words of its own."""
        self.env.flush_all()
        self.env.cr.execute(
            f"""CREATE FUNCTION plc_poison() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN RAISE EXCEPTION 'poison in %', NEW.id; END $$;
                CREATE TRIGGER plc_poison BEFORE INSERT OR UPDATE ON {table}
                FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION plc_poison()"""
        )

    def run_step(self, step):
        with mute_logger("odoo.sql_db"), self.assertLogs(LOGGER, "WARNING") as log:
            done = step()
        self.assertEqual(len(log.output), len(POISONED))
        return done

    def reserved(self):
        """{product: kg reserved on quants less kg on open move lines}: 0 where they agree."""
        self.env.flush_all()
        self.env.cr.execute(
            """SELECT p.id, COALESCE((SELECT SUM(q.reserved_quantity) FROM stock_quant q
                                       WHERE q.product_id = p.id), 0)
                          - COALESCE((SELECT SUM(l.quantity_product_uom) FROM stock_move_line l
                                       JOIN stock_location s ON s.id = l.location_id
                                       WHERE l.product_id = p.id AND s.usage = 'internal'
                                         AND l.state NOT IN ('done', 'cancel')), 0)
                 FROM product_product p WHERE p.id = ANY(%s)""",
            [self.orders.move_raw_ids.product_id.ids],
        )
        return {float(difference) for _product, difference in self.env.cr.fetchall()}

    def test_poisoned_updates_cost_the_others_nothing(self):
        moves = tuple(self.poisoned.production_id.move_raw_ids.ids)
        self.poison("stock_move_line", f"NEW.move_id IN {moves}")
        done = self.run_step(self.batches._process_batch_consumption)
        self.assertEqual(done, self.healthy)
        self.assertEqual(set(self.healthy.mapped("update_odoo")), {True})
        self.assertEqual(set(self.poisoned.mapped("update_odoo")), {False})
        self.assertEqual(self.poisoned.mapped("error_code"), ["odoo_error"] * len(POISONED))
        reasons = set(self.poisoned.mapped("error_reason"))
        self.assertEqual(len(reasons), len(POISONED))  # each its own
        self.assertTrue(all("poison in" in reason for reason in reasons))
        for n, order in enumerate(self.orders):
            kg = {"KOPRA": 50.0 + n, "POLLARD ANGSA": 100.0 + n} if n not in POISONED else {}
            self.assertEqual(
                {name: kg for name, kg in consumed(order).items() if kg},
                kg,
            )
        self.assertEqual(self.reserved(), {0.0})

    def test_poisoned_closings_cost_the_others_nothing(self):
        orders = tuple(self.poisoned.production_id.ids)
        self.poison("mrp_production", f"NEW.state = 'done' AND NEW.id IN {orders}")
        names = self.healthy.mapped("mo_id")
        done = self.run_step(self.batches._archive_completed)
        self.assertEqual(done, self.healthy)
        self.assertEqual(self.batches.exists(), self.poisoned)
        self.assertEqual(
            self.orders.mapped("state"),
            ["confirmed" if n in POISONED else "done" for n in range(COUNT)],
        )
        histories = self.env["mo.histories"].search([("device_id", "=", self.device.id)])
        self.assertEqual(sorted(histories.mapped("mo_id")), sorted(names))
        self.assertEqual(len(histories.line_ids.filtered("actual_consumption")), 2 * len(names))
        events = histories.event_ids.filtered(lambda event: event.kind == "archive")
        self.assertEqual(sorted(events.mapped("mo_id")), sorted(names))
        self.assertEqual(self.reserved(), {0.0})

    def test_an_order_that_stays_open_is_looked_at_by_itself(self):
        """What the button answers proves nothing: one wizard must not stop eight others."""
        asks = self.poisoned.production_id
        model = type(asks)
        mark_done = model.button_mark_done

        def asking(orders):
            return {"type": "ir.actions.act_window"} if orders & asks else mark_done(orders)

        with patch.object(model, "button_mark_done", asking):
            done = self.run_step(self.batches._archive_completed)
        self.assertEqual(done, self.healthy)
        self.assertEqual(set((self.orders - asks).mapped("state")), {"done"})
        self.assertIn("asked a question", self.poisoned[0].error_reason)

    def test_nothing_is_logged_as_done_that_is_not(self):
        def refuse(batches, *_args):
            raise UserError("no history today")

        with (
            patch.object(type(self.batches), "_copy_to_history", refuse),
            self.assertLogs(LOGGER, "INFO") as log,
        ):
            self.assertFalse(self.batches._archive_completed())
        self.assertFalse([line for line in log.output if "SUCCESS" in line or "COMPLETE" in line])
        self.assertEqual(self.batches.exists(), self.batches)
        self.assertEqual(set(self.orders.mapped("state")), {"confirmed"})
