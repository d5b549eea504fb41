from odoo.exceptions import ValidationError

from .common import MillCase


class TestTolerance(MillCase):
    """Each dose is graded in, warning or out; 2 % and 5 % of the plan where nobody says more."""

    def setUp(self):
        super().setUp()
        self.order = self.make_order()

    def line(self, batch, number=103):  # 300 kg of POLLARD ANGSA
        return batch.line_ids.filtered(lambda line: line.silo_number == number)

    def finished(self, **actuals):
        plan = {103: 300.0, 102: 150.0, 109: 220.0, 105: 10.0, 110: 107.0, 112: 0.0, 111: 120.0}
        plan |= {114: 40.0, 115: 30.0}
        plan |= {int(name[4:]): kg for name, kg in actuals.items()}
        return self.make_batch(self.order, plan, finished=True)

    def test_defaults(self):
        for kg, grade in (
            (300.0, "in"),
            (306.0, "in"),
            (294.0, "in"),
            (306.01, "warning"),
            (293.99, "warning"),
            (315.0, "warning"),
            (315.01, "out"),
            (284.99, "out"),
            (0.0, "out"),
        ):
            batch = self.finished(silo103=kg)
            self.assertEqual(self.line(batch).grade, grade, kg)
            batch.unlink()

    def test_while_it_runs_only_too_much_is_graded(self):
        batch = self.make_batch(self.order, {103: 10.0})
        line = self.line(batch)
        self.assertFalse(line.grade)
        for kg, grade in ((306.0, False), (310.0, "warning"), (316.0, "out")):
            line.actual_consumption = kg
            self.assertEqual(line.grade, grade)
        line.actual_consumption = 299.0
        self.assertFalse(line.grade)
        batch.status_manufacturing = True
        self.assertEqual(line.grade, "in")

    def test_the_recipes_line_before_the_product_before_the_silo_before_the_settings(self):
        product = self.mill.products["POLLARD ANGSA"]
        bom_line = self.order.bom_id.bom_line_ids.filtered(lambda line: line.product_id == product)
        levels = (
            (self.env["res.config.settings"].create({"plc_tolerance_out": 6.0}), 18.0),
            (self.mill.silos[103], 21.0),
            (product.product_tmpl_id, 24.0),
            (bom_line, 27.0),
        )
        for record, kg in levels:
            if record._name == "res.config.settings":
                record.execute()
            else:
                record.plc_tolerance_out = kg / 3
            batch = self.finished()
            self.assertEqual((self.line(batch).warning_kg, self.line(batch).out_kg), (6.0, kg))
            batch.unlink()

    def test_it_is_said_what_is_in_effect_and_where_it_is_set(self):
        silo = self.mill.silos[103]
        product = self.mill.products["POLLARD ANGSA"]
        (bom_line,) = self.order.bom_id.bom_line_ids.filtered(lambda b: b.product_id == product)
        told = [silo, product.product_tmpl_id, bom_line]

        def expect(*texts):
            self.env.invalidate_all()
            in_effect = [r.with_user(self.plc_user).plc_tolerance_effective for r in told]
            self.assertEqual(in_effect, list(texts))

        settings = "warning above 2.00 % (settings), out above 5.00 % (settings)"
        expect(settings, settings, settings)
        silo.write({"plc_tolerance_out": 7.0, "plc_tolerance_kg": 0.5})
        kg = f"0.50 kg always allowed ({silo.name})"
        of_silo = f"warning above 2.00 % (settings), out above 7.00 % ({silo.name}), {kg}"
        expect(of_silo, of_silo, of_silo)
        product.plc_tolerance_out = 8.0
        of_product = of_silo.replace(f"7.00 % ({silo.name})", "8.00 % (product)")
        expect(of_silo, of_product, of_product)
        bom_line.plc_tolerance_warning = 9.0  # a warning comes before a dose is out
        of_line = f"warning above 9.00 % (this line), out above 9.00 % (this line), {kg}"
        expect(of_silo, of_product, of_line)

    def test_what_is_in_effect_differs_by_silo(self):
        silo, other = self.mill.silos[103], self.mill.silos[101]
        other.product_id = silo.product_id
        other.plc_tolerance_out = 6.0
        lines = silo.product_id.product_tmpl_id.plc_tolerance_effective.splitlines()
        self.assertEqual(len(lines), 2)
        self.assertIn(f"{other.name}: warning above 2.00 % (settings), out above 6.00 %", lines[0])
        self.assertTrue(lines[1].startswith(f"{silo.name}: "))

    def test_kg_that_are_always_allowed(self):
        self.mill.silos[105].plc_tolerance_kg = 0.6  # 10 kg: 2 % are 0.2 kg, 5 % are 0.5 kg
        batch = self.finished(silo105=10.6)
        self.assertEqual(self.line(batch, 105).grade, "in")
        self.line(batch, 105).actual_consumption = 10.61
        self.assertEqual(self.line(batch, 105).grade, "out")

    def test_what_nobody_asked_for_is_out(self):
        batch = self.finished(silo113=1.0)
        self.assertEqual(self.line(batch, 113).grade, "out")

    def test_a_batch_keeps_the_tolerances_it_was_planned_with(self):
        batch = self.finished(silo103=310.0)
        self.env.flush_all()
        self.mill.silos[103].plc_tolerance_warning = 4.0
        self.line(batch).actual_consumption = 311.0
        self.assertEqual(self.line(batch).grade, "warning")

    def test_counted_searched_and_kept(self):
        batch = self.finished(silo103=330.0, silo102=100.0, silo105=10.3)
        self.assertEqual(batch.out_count, 2)
        self.assertIn(batch, batch.search([("out_count", ">", 0)]))
        batch.actual_weight_quantity_finished_goods = 1000.0
        batch._archive_completed()
        history = self.order.plc_history_ids
        self.assertEqual(history.out_count, 2)
        grades = {line.silo_number: line.grade for line in history.line_ids}
        self.assertEqual((grades[103], grades[105], grades[109]), ("out", "warning", "in"))

    def test_the_responsible_user_is_told_once_and_after_archiving_still(self):
        self.device.responsible_id = self.plc_manager
        batch = self.finished(silo103=330.0)
        batch.actual_weight_quantity_finished_goods = 1000.0
        self.device._task_archive()
        self.assertFalse(batch.exists())
        activity = self.order.activity_ids
        self.assertEqual(activity.user_id, self.plc_manager)
        self.assertIn("330.00", activity.note)
        event = self.order.plc_history_ids.event_ids.filtered(lambda e: e.kind == "tolerance")
        self.assertEqual(len(event), 1)

    def test_what_is_told_is_no_markup(self):
        self.device.responsible_id = self.plc_manager
        self.mill.silos[103].name = "SILO <C> & D"
        self.make_batch(self.order, {103: 330.0})._tell_out_of_tolerance()
        self.assertIn("SILO &lt;C&gt; &amp; D", self.order.activity_ids.note)

    def test_told_once_a_batch(self):
        self.device.responsible_id = self.plc_manager
        batch = self.make_batch(self.order, {103: 330.0})
        batch._tell_out_of_tolerance()
        self.line(batch).actual_consumption = 340.0
        batch._tell_out_of_tolerance()
        self.assertEqual(len(self.order.activity_ids), 1)

    def test_of_what_the_plc_broke_off_only_too_much_is_told(self):
        """That the other silos are not done is the failure's fault, which is told by itself."""
        self.device.responsible_id = self.plc_manager
        batch = self.finished(silo102=0.0, silo103=330.0, silo109=100.0)
        batch.status_operation = True
        self.assertEqual({line.silo_number for line in batch.line_ids if line.grade}, {103})
        self.assertEqual(batch._tell_out_of_tolerance(), batch)
        self.assertIn("330.00", self.order.activity_ids.note)
        self.assertNotIn(self.mill.silos[102].name, self.order.activity_ids.note)
        batch.accepted = True
        self.assertTrue(batch._archive_completed())
        self.assertEqual(self.order.plc_history_ids.out_count, 1)

    def test_a_batch_that_the_plc_broke_off_is_no_second_alarm(self):
        self.device.responsible_id = self.plc_manager
        batch = self.finished(silo103=0.0)
        batch.status_operation = True
        self.assertFalse(batch._tell_out_of_tolerance())
        self.assertFalse(self.order.activity_ids)

    def test_nonsense_is_refused(self):
        with self.assertRaises(ValidationError):
            self.mill.silos[103].plc_tolerance_kg = -1.0
        with self.assertRaises(ValidationError):
            self.mill.silos[103].write({"plc_tolerance_warning": 5.0, "plc_tolerance_out": 4.0})

    def test_limits_of_many_batches_in_the_same_number_of_statements(self):
        def count(number):
            orders = self.make_order(count=number)
            orders.move_raw_ids.mapped("product_id.name")
            self.env.flush_all()
            self.env.invalidate_all()
            batches = [self.make_batch(order, {}, holds_slot=False) for order in orders]
            lines = self.env["mo.batch.line"].union(*(batch.line_ids for batch in batches))
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            lines._compute_limits()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        count(1)
        self.assertEqual(count(2), count(8))
