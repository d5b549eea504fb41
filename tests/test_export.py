import io
import json

import openpyxl

from odoo import Command
from odoo.http import Request
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .common import MillCase
from .doses import make_histories

LINE_FIELDS = ("silo_number", "silo_name", "product_name", "consumption", "actual_consumption")
SENTENCE = "You don't have the rights to export data"


@tagged("post_install", "-at_install")
class TestExport(MillCase, HttpCase):
    """Odoo's own export to a spreadsheet, as the web client asks for it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.histories = make_histories(cls.mill)
        group = cls.env.ref("base.group_allow_export")
        cls.exporter = new_test_user(
            cls.env,
            "exporter",
            groups="mrp_plc_batch.group_plc_user,base.group_allow_export",
            tz="Asia/Jakarta",
        )
        cls.stranger = cls.new_stranger()
        cls.stranger.group_ids = [Command.link(group.id)]

    def ask(self, model, names, login="exporter", **asked):
        self.authenticate(login, login)
        data = {
            "model": model,
            "fields": [
                {"name": name, "label": name, "type": self.type_of(model, name)} for name in names
            ],
            "ids": False,
            "domain": [],
            "import_compat": False,
            **asked,
        }
        token = Request.csrf_token(self)
        return self.url_open(
            "/web/export/xlsx", data={"data": json.dumps(data), "csrf_token": token}
        )

    def type_of(self, model, name):
        """The type of a field, or of one that "line_ids/name" leads to; the client sends it."""
        *path, last = name.removeprefix(".").split("/")
        record = self.env[model]
        for step in path:
            record = record[step]
        return record._fields[last].type

    def rows(self, model, names, **asked):
        """The sheet as a list of {column: value}, its empty cells as False."""
        answer = self.ask(model, names, **asked)
        self.assertEqual(answer.status_code, 200, answer.text[:300])
        sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
        header, *rows = sheet.iter_rows(values_only=True)
        self.assertEqual(header, tuple(names))
        return [dict(zip(names, (cell or False for cell in row), strict=True)) for row in rows]

    def test_lines_carry_the_same_figures_as_the_records(self):
        lines = self.histories.dose_ids
        names = [*LINE_FIELDS, "deviation", "unit_cost", "shift", "grade", "history_id/mo_id"]
        found = self.rows("mo.histories.line", names, ids=lines.ids)
        self.assertEqual(len(found), len(lines))
        grades = dict(lines._fields["grade"].selection)
        for row, line in zip(found, lines, strict=True):
            for name in (*LINE_FIELDS, "unit_cost", "shift"):
                self.assertEqual(row[name], line[name] or False, name)
            self.assertAlmostEqual(row["deviation"], line.deviation)
            self.assertEqual(row["grade"], grades[line.grade])
            self.assertEqual(row["history_id/mo_id"], line.history_id.mo_id)

    def test_histories_with_their_silos(self):
        names = ["mo_id", "archived_at", "status", "input_kg", "yield_percent", "cycle_minutes"]
        below = ["line_ids/silo_name", "line_ids/actual_consumption"]
        domain = [("id", "in", self.histories.ids)]
        found = self.rows("mo.histories", names + below, domain=domain)
        histories = self.histories.with_user(self.exporter).search(domain)
        self.assertEqual([row["mo_id"] for row in found], histories.mapped("mo_id"))
        for row, history in zip(found, histories, strict=True):
            for name in ("input_kg", "yield_percent", "cycle_minutes"):
                self.assertAlmostEqual(row[name], history[name], msg=name)
            self.assertEqual(row["line_ids/silo_name"], history.line_ids.silo_name)
            dosed = row["line_ids/actual_consumption"] or 0.0
            self.assertEqual(dosed, history.line_ids.actual_consumption)
        # in the person's own time, as on the screen: 10:00 in UTC is 17:00 in Jakarta
        (failed,) = (row for row in found if row["status"] == "Failed")
        self.assertEqual(str(failed["archived_at"]), "2026-06-10 17:00:00")

    def test_a_grouped_list_has_the_sums(self):
        """As from the list of doses by silo: a heading a silo, with what is summed above it."""
        domain = [("history_id", "in", self.histories.ids), ("source", "=", "silo")]
        names = ["silo_name", "dosed", "deviation_cost"]
        found = self.rows("plc.dose.report", names, domain=domain, groupby=["silo_name"])
        silo = self.mill.silos[103]
        lines = self.histories.line_ids.filtered(lambda line: line.silo_id == silo)
        (heading,) = (
            row for row in found if str(row["silo_name"]).startswith(f"{silo.name} ({len(lines)})")
        )
        self.assertAlmostEqual(heading["dosed"], 230.25 + 172.0)
        self.assertAlmostEqual(heading["deviation_cost"], 1.25 * (30.25 - 28.0))

    def test_each_field_that_is_offered_can_be_exported(self):
        self.authenticate("exporter", "exporter")
        for model in ("mo.histories", "mo.histories.line", "mo.batch", "plc.dose.report"):
            with self.subTest(model=model):
                offered = self.make_jsonrpc_request(
                    "/web/export/get_fields",
                    {"model": model, "domain": [], "import_compat": False},
                )
                names = [field["id"] for field in offered]
                self.assertIn("actual_consumption" if "line" in model else "mo_id", names)
                self.assertFalse({"host", "device_id/host"} & set(names))
                self.make_batch_once()
                self.assertTrue(self.rows(model, names))

    def make_batch_once(self):
        if not self.env["mo.batch"].search([("device_id", "=", self.device.id)]):
            self.make_batch(self.make_order(), {103: 10.0})

    def refused(self, *args, **asked):
        with mute_logger("odoo.addons.web.controllers.export", "odoo.http"):
            answer = self.ask(*args, **asked)
        self.assertGreaterEqual(answer.status_code, 400)
        self.assertNotIn("spreadsheet", answer.headers["Content-Type"])
        return answer.text

    def test_who_may_not_export_is_refused_as_odoo_does(self):
        for model in ("mo.histories", "mo.histories.line", "plc.dose.report"):
            text = self.refused(model, ["display_name"], login="operator")
            self.assertIn(SENTENCE, text.replace("&#39;", "'").replace("&#x27;", "'"))

    def test_another_companys_rows_are_not_in_it(self):
        names = ["mo_id"]
        self.assertFalse(self.rows("mo.histories", names, login="stranger"))
        asked = {"login": "stranger", "ids": self.histories.ids}
        self.assertIn("AccessError", self.refused("mo.histories", names, **asked))

    def test_an_address_is_not_exported(self):
        self.device.host = "10.11.12.13"
        names = ["mo_id", "device_id/host"]
        asked = {"ids": self.histories[:1].ids}
        self.assertIn("AccessError", self.refused("mo.histories", names, **asked))
