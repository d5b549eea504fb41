from collections import defaultdict
from itertools import combinations

from lxml import etree

from odoo import fields
from odoo.fields import Domain
from odoo.tests import freeze_time
from odoo.tools import date_utils

from .common import MillCase
from .doses import DOSES, NOW, make_histories

WEIGHT = "actual_weight_quantity_finished_goods"


def ratio(rows, part, whole):
    together = sum(rows.mapped(whole))
    return 100 * sum(rows.mapped(part)) / together if together else 0.0


def mean_minutes(rows):
    known = [minutes for minutes in rows.mapped("cycle_minutes") if minutes]
    return sum(known) / len(known) if known else 0.0


# What is no sum, said again by hand.
BY_HAND = {
    "deviation_percent": lambda rows: ratio(rows, "deviation", "planned"),
    "yield_percent": lambda rows: ratio(
        rows.filtered(lambda row: row[WEIGHT] > 0 and row.input_kg > 0), WEIGHT, "input_kg"
    ),
    "cycle_minutes": mean_minutes,
}


@freeze_time(NOW)
class TestFigureViews(MillCase):
    """Graph and pivot, asked as the web client asks, say what a sum made by hand says."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.histories = make_histories(cls.mill)
        bin_of = {}
        for number in (101, 102, 103):
            parent = cls.mill.picking_type.default_location_src_id
            vals = {"name": f"Bin {number}", "location_id": parent.id}
            bin_of[number] = cls.env["stock.location"].create(vals)
            cls.mill.silos[number].location_id = bin_of[number]
            product = cls.mill.silos[number].product_id
            cls.env["stock.quant"]._update_available_quantity(product, bin_of[number], 100 + number)
        cls.use = cls.env["plc.material.use"].with_user(cls.plc_user).create({})
        cls.env.flush_all()

    def views(self):
        """(model as the operator, its rows, arch) of every graph and pivot of ours."""
        data = self.env["ir.model.data"].search(
            [("module", "=", "mrp_plc_batch"), ("model", "=", "ir.ui.view")]
        )
        domains = {
            "mo.histories": Domain("id", "in", self.histories.ids),
            "plc.dose.report": Domain("history_id", "in", self.histories.ids),
            "plc.material.use.line": Domain(self.use.action_open_lines()["domain"]),
        }
        found = set()
        for view in self.env["ir.ui.view"].browse(data.mapped("res_id")):
            if view.type not in ("graph", "pivot"):
                continue
            found.add((view.model, view.type))
            model = self.env[view.model].with_user(self.plc_user)
            arch = model.get_views([(view.id, view.type)])["views"][view.type]["arch"]
            rows = model.search(domains[view.model])
            self.assertGreater(len(rows), 1, view.name)
            yield rows, etree.fromstring(arch)
        self.assertEqual(found, {(m, t) for m in domains for t in ("graph", "pivot")})

    def parts(self, arch):
        """(groupings, measures) that an arch names, as the client sends them."""
        groupings, measures = [], []
        for node in arch.iter("field"):
            name, interval = node.get("name"), node.get("interval")
            if node.get("type") == "measure":
                measures.append(name)
            else:
                groupings.append(f"{name}:{interval}" if interval else name)
        self.assertTrue(groupings)
        self.assertTrue(measures)
        return groupings, measures

    def key_of(self, row, grouping):
        """The group that a row belongs to."""
        name, _, interval = grouping.partition(":")
        value = row[name]
        if interval:
            return fields.Datetime.to_string(date_utils.start_of(value, interval))
        return value.id if row._fields[name].type == "many2one" else value

    def key_told(self, group, groupings):
        """The same of an answer: a many2one comes with its name, a day with its label."""
        values = (group[grouping] for grouping in groupings)
        return tuple(value[0] if isinstance(value, tuple) else value for value in values)

    def assertGroups(self, groups, rows, groupings, measures):
        wanted = defaultdict(rows.browse)
        for row in rows:
            wanted[tuple(self.key_of(row, grouping) for grouping in groupings)] |= row
        told = {self.key_told(group, groupings): group for group in groups}
        self.assertEqual(told.keys(), wanted.keys())
        for key, members in wanted.items():
            self.assertEqual(told[key]["__count"], len(members), key)
            for measure in measures:
                spec = f"{measure}:{rows._fields[measure].aggregator}"
                by_hand = BY_HAND.get(measure, lambda rows, name=measure: sum(rows.mapped(name)))
                # what is unknown has no figure
                self.assertAlmostEqual(told[key][spec] or 0.0, by_hand(members), 4, (key, spec))

    def specs(self, rows, measures):
        aggregators = {name: rows._fields[name].aggregator for name in measures}
        self.assertTrue(all(aggregators.values()), aggregators)
        return ["__count", *(f"{name}:{how}" for name, how in aggregators.items())]

    def test_each_dose_is_a_row(self):
        """What the sums are made of, from what was put in."""
        report = self.env["plc.dose.report"].with_user(self.plc_user)
        for history, dose in zip(self.histories, DOSES, strict=True):
            row = report.browse(history.dose_ids.id)
            wanted = {
                "planned": dose.planned,
                "dosed": dose.dosed,
                "deviation": dose.deviation,
                "off_plan": abs(dose.deviation),
                "deviation_percent": 100 * dose.deviation / dose.planned,
                "cost": dose.dosed * dose.unit_cost,
                "deviation_cost": dose.deviation_cost,
                "out_count": int(dose.grade == "out"),
            }
            for name, value in wanted.items():
                self.assertAlmostEqual(row[name], value, 4, (dose, name))
            self.assertAlmostEqual(history.input_kg, dose.dosed)
            percent = 98.0 if dose.silo and dose.dosed else 0.0  # of a weight in whole 10 g
            self.assertAlmostEqual(history.yield_percent, percent, delta=0.1)

    def test_what_each_view_opens_with(self):
        for rows, arch in self.views():
            groupings, measures = self.parts(arch)
            specs, domain = self.specs(rows, measures), [("id", "in", rows.ids)]
            with self.subTest(view=f"{rows._name} {arch.tag}"):
                if arch.tag == "graph":
                    groups = rows.formatted_read_group(domain, groupings, specs)
                    self.assertGroups(groups, rows, groupings, measures)
                    continue
                sets = [[], groupings]
                answers = rows.formatted_read_grouping_sets(domain, sets, specs)
                for groups, names in zip(answers, sets, strict=True):
                    self.assertGroups(groups, rows, names, measures)

    def test_every_measure_by_every_grouping_of_the_search(self):
        """What a person may put together with a click: also two groupings at once."""
        for rows, arch in self.views():
            if arch.tag != "pivot" or rows._name == "plc.material.use.line":
                continue
            measures = [
                name
                for name, field in rows._fields.items()
                if field.store and field.aggregator and field.type in ("float", "monetary")
            ]
            specs, domain = self.specs(rows, measures), [("id", "in", rows.ids)]
            date = "date" if "date" in rows._fields else "archived_at"
            groupings = ["device_id", "recipe", "status", f"{date}:day", f"{date}:month"]
            if date == "date":
                groupings += ["silo", "product_name", "shift", "source", "grade"]
            for pair in ([], *([name] for name in groupings), *combinations(groupings, 2)):
                if len({name.partition(":")[0] for name in pair}) < len(pair):
                    continue
                with self.subTest(model=rows._name, group_by=pair):
                    groups = rows.formatted_read_group(domain, list(pair), specs)
                    self.assertGroups(groups, rows, pair, measures)
