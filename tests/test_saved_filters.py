import ast
from datetime import datetime, timedelta

from lxml import etree

from odoo.tests import freeze_time

from .common import MillCase
from .doses import NOW, make_histories
from .mill import make_mill

WEEK = datetime(2026, 6, 7)
FOUR_WEEKS_AGO = datetime(2026, 6, 10) - timedelta(weeks=4)


def is_counted(row):
    broken_off = row.history_id.status_operation
    return row.source == "silo" and row.status == "completed" and not broken_off


SAVED = {
    "filter_worst_silos": lambda row: is_counted(row) and row.date >= FOUR_WEEKS_AGO,
    "filter_cost_of_deviation": lambda row: is_counted(row) and row.date >= FOUR_WEEKS_AGO,
    "filter_this_week": lambda row: is_counted(row) and row.shift_day >= WEEK.date(),
}


@freeze_time(NOW)
class TestSavedFilters(MillCase):
    """The favourites that a manager finds among the doses."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        make_histories(cls.mill)

    def saved(self, name, report):
        """What a saved filter finds: a person gets it in the menu of favourites."""
        record = self.env.ref(f"mrp_plc_batch.{name}")
        found = report.env["ir.filters"].get_filters("plc.dose.report", record.action_id.id)
        (shown,) = (row for row in found if row["id"] == record.id)
        return report.search(ast.literal_eval(shown["domain"]))

    def test_saved_filters_find_what_they_say(self):
        shipped = self.env["ir.model.data"].search(
            [("module", "=", "mrp_plc_batch"), ("model", "=", "ir.filters")]
        )
        self.assertEqual(set(shipped.mapped("name")), SAVED.keys())
        for user in (self.plc_user, self.plc_manager):
            report = self.env["plc.dose.report"].with_user(user)
            for name, promise in SAVED.items():
                with self.subTest(filter=name, user=user.login):
                    found = self.saved(name, report)
                    self.assertEqual(found, report.search([]).filtered(promise))
                    self.assertTrue(found)

    def figures(self, name, *measures, group_by=None, order=None):
        """{group: measures} as the screen shows them after a click on a saved filter."""
        report = self.env["plc.dose.report"].with_user(self.plc_user)
        record = self.env.ref(f"mrp_plc_batch.{name}")
        context = ast.literal_eval(record.context)
        self.assertLessEqual(
            {m.partition(":")[0] for m in measures}, set(context["pivot_measures"])
        )
        rows = report.formatted_read_group(
            ast.literal_eval(record.domain), group_by or context["group_by"], measures, order=order
        )
        keys = group_by or context["group_by"]
        return {tuple(row[key] for key in keys): [row[m] for m in measures] for row in rows}

    def assertFigures(self, found, wanted):
        self.assertEqual(found.keys(), wanted.keys())
        for key, values in wanted.items():
            for value, other in zip(values, found[key], strict=True):
                self.assertAlmostEqual(value, other, 4, key)

    def test_worst_silos(self):
        """Too much and too little do not make up for each other: silo 103 is off by 58.25 kg."""
        names = {
            number: f"{self.device.code} {silo.name}" for number, silo in self.mill.silos.items()
        }
        found = self.figures(
            "filter_worst_silos",
            "off_plan:sum",
            "deviation:sum",
            "deviation_percent:avg",
            "out_count:sum",
            order="off_plan:sum desc",
        )
        self.assertFigures(
            found,
            {
                (names[103],): [30.25 + 28.0, 2.25, 100 * 2.25 / 400, 2],
                (names[101],): [4.0, 4.0, 4.0, 0],
                (names[102],): [0.5 + 1.0 + 0.5, 1.0, 100 * 1.0 / 150, 0],
                (names[111],): [1.0, -1.0, -100 / 120, 0],
                (names[105],): [0.6, 0.6, 6.0, 0],
            },
        )
        self.assertEqual(list(found)[:3], [(names[number],) for number in (103, 101, 102)])

    def test_silos_of_the_same_name_at_two_plcs_are_not_added(self):
        make_histories(make_mill(self.env))
        views = {
            node.get("name"): ast.literal_eval(node.get("context"))["group_by"]
            for node in etree.fromstring(
                self.env.ref("mrp_plc_batch.plc_dose_report_view_search").arch
            ).iter("filter")
            if node.get("context")
        }
        opening = etree.fromstring(self.env.ref("mrp_plc_batch.plc_dose_report_view_pivot").arch)
        (row,) = (node.get("name") for node in opening.iter("field") if node.get("type") == "row")
        context = ast.literal_eval(self.env.ref("mrp_plc_batch.filter_worst_silos").context)
        ways = [[views["group_silo"]], [row], context["group_by"]]
        ways += [context["pivot_row_groupby"], context["graph_groupbys"]]
        for group_by in ways:
            with self.subTest(group_by=group_by):
                found = self.figures("filter_worst_silos", "off_plan:sum", group_by=group_by)
                self.assertEqual(sorted(kg for (kg,) in found.values())[-2:], [58.25, 58.25])

    def test_cost_of_deviation(self):
        self.assertFigures(
            self.figures("filter_cost_of_deviation", "deviation:sum", "deviation_cost:sum"),
            {
                ("KOPRA",): [5.0, 3.0 * 5.0],
                ("BSJ",): [2.25, 1.25 * 2.25],
                ("CGF",): [0.6, 7.5 * 0.6],
                ("SAWIT",): [-1.0, -4.0],
            },
        )

    def test_this_week_by_shift(self):
        self.assertFigures(
            self.figures("filter_this_week", "dosed:sum", "out_count:sum"),
            {("Morning",): [49.5 + 172.0, 1], ("Night",): [230.25, 1]},
        )
        by_day = self.figures("filter_this_week", "dosed:sum", group_by=["shift", "shift_day:day"])
        kg = sorted(values[0] for values in by_day.values())
        self.assertEqual(kg, [49.5, 172.0, 230.25])

    def test_saved_filters_name_what_there_is(self):
        """A click puts these into pivot and graph: each must be there to be measured or grouped."""
        report = self.env["plc.dose.report"].with_user(self.plc_user)
        for name in SAVED:
            context = ast.literal_eval(self.env.ref(f"mrp_plc_batch.{name}").context)
            rows, columns = (context[f"pivot_{side}_groupby"] for side in ("row", "column"))
            measures = [*context["pivot_measures"], context["graph_measure"]]
            specs = [f"{field}:{report._fields[field].aggregator}" for field in measures]
            sets = [[], rows, columns, rows + columns]
            answers = report.formatted_read_grouping_sets([], sets, specs)
            answers.append(report.formatted_read_group([], context["graph_groupbys"], specs))
            for groups in answers:
                for spec in specs:
                    self.assertTrue(any(group[spec] for group in groups), spec)

    def test_the_days_are_those_of_the_person(self):
        """For one in Jakarta, UTC+7, four weeks ago began on the day before at 17:00 UTC."""
        name, report = "filter_worst_silos", self.env["plc.dose.report"]
        here = report.with_user(self.plc_user)
        there = self.saved(name, here.with_context(tz="Asia/Jakarta"))
        (row,) = there.browse(set(there.ids) - set(self.saved(name, here).ids))
        self.assertEqual(str(row.date), "2026-05-12 23:59:59")
