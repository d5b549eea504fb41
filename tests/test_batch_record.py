import re
import shutil

from lxml import html

from odoo.exceptions import AccessError
from odoo.tests import new_test_user

from .common import MillCase

HISTORY = "mrp_plc_batch.action_report_batch_record"
QUEUE = "mrp_plc_batch.action_report_batch_record_of_queue"


class TestBatchRecord(MillCase):
    def finished(self, **actuals):
        order = self.make_order()
        plan = {102: 150.0, 103: 318.0, 105: 10.3, 109: 220.0, 110: 107.0, 111: 120.0}
        plan |= {114: 40.0, 115: 30.0}
        batch = self.make_batch(order, plan, finished=True, holds_slot=False)
        batch.actual_weight_quantity_finished_goods = 995.0
        self.device.with_user(self.plc_user)._log_event("button", "Retry", batch=batch)
        return batch

    def archived(self):
        batch = self.finished()
        order = batch.production_id
        entry = self.env["plc.hand.entry"].with_user(self.plc_user)
        entry = entry.browse(order.with_user(self.plc_user).action_open_by_hand()["res_id"])
        entry.line_ids.filtered(lambda row: row.product_id.name == "GARAM").write(
            {"quantity": 2.75, "is_entered": True}
        )
        entry.action_confirm()
        self.assertTrue(batch._archive_completed())
        return order.plc_history_ids

    def page(self, action, records, user=None):
        """The text of the report's pages, blanks made one."""
        report = self.env["ir.actions.report"].with_user(user or self.plc_user)
        content, kind = report._render_qweb_html(action, records.ids)
        self.assertEqual(kind, "html")
        pages = html.fromstring(content).xpath("//div[contains(@class, 'plc_record')]")
        for style in html.fromstring(content).iter("style"):
            style.text = ""
        return [
            re.sub(r"\s+", " ", " ".join(page.xpath(".//text()[not(parent::style)]")))
            for page in pages
        ]

    def test_a_history_says_all_of_it(self):
        history = self.archived()
        (text,) = self.page(HISTORY, history)
        for words in (
            history.mo_id,
            "Completed",
            "CATTLE FEED 1B",
            "SILO C POLLARD ANGSA 300.00 318.00 18.00 6.0 ± 15.00 OUT",
            "1 out of tolerance",
            "10.00 10.30 0.30 3.0 ± 0.50 warning",
            "GARAM 2.50 2.75 kg weighed operator",
            "CaCO3 20.00 19.90 kg from recipe, not weighed",
            "995.00 kg",
            "995.00 of 1,000.00 kg produced",
            "Retry",
            "operator",
        ):
            self.assertIn(words, text)
        together = sum(history.line_ids.mapped("actual_consumption"))
        self.assertIn(f"Together 977.00 {together:.2f}", text)

    def test_every_row_has_as_many_cells_as_its_head(self):
        content, _kind = self.env["ir.actions.report"]._render_qweb_html(
            HISTORY, self.archived().ids
        )
        tables = [t for t in html.fromstring(content).iter("table") if t.find("thead") is not None]
        self.assertEqual(len(tables), 2)
        for table in tables:
            columns = len(table.findall("thead/tr/th"))
            for row in table.findall("tbody/tr"):
                cells = sum(int(cell.get("colspan", 1)) for cell in row.findall("td"))
                self.assertEqual(cells, columns)

    def test_a_batch_in_the_queue_says_what_is_known(self):
        batch = self.finished()
        (text,) = self.page(QUEUE, batch)
        self.assertIn("SILO C POLLARD ANGSA 300.00 318.00", text)
        self.assertIn("GARAM 2.50 0.00 kg not entered yet", text)

    def test_what_changed_since_does_not_change_the_record(self):
        history = self.archived()
        history.recipe = "CATTLE FEED 1B"  # as sent
        history.production_id.bom_id.code = "CATTLE FEED 9"
        other = self.env["res.company"].create({"name": "Other mill"})
        self.env.cr.execute(
            "UPDATE plc_device SET company_id = %s WHERE id = %s", [other.id, self.device.id]
        )
        self.env.invalidate_all()
        (text,) = self.page(HISTORY, history)
        self.assertIn("CATTLE FEED 1B", text)
        self.assertNotIn("CATTLE FEED 9", text)
        self.assertIn(self.device.name, text)

    def test_an_earlier_run_does_not_print_the_next_one(self):
        batch = self.finished()
        # reset, or sent once more by a person where its device leaves orders open
        earlier = [batch._copy_to_history(status) for status in ("failed", "completed")]
        for history in earlier:
            self.assertNotIn("components consumed", *self.page(HISTORY, history))
        self.assertTrue(batch._archive_completed())
        for history in earlier:
            (page,) = self.page(HISTORY, history)
            self.assertIn("SILO C POLLARD ANGSA 300.00 318.00", page)
            self.assertNotIn("components consumed", page)
        latest = history.production_id.plc_history_ids.sorted("id")[-1]
        self.assertIn("components consumed", *self.page(HISTORY, latest))

    def test_of_an_order_that_is_gone(self):
        history = self.archived()
        history.write({"production_id": False})
        (text,) = self.page(HISTORY, history)
        self.assertIn("SILO C POLLARD ANGSA 300.00 318.00", text)

    def test_a_selection_is_a_page_each(self):
        histories = self.archived() | self.archived()
        self.assertEqual(len(self.page(HISTORY, histories)), 2)

    def test_what_an_attacker_wrote_is_text(self):
        history = self.archived()
        history.notes = "<script>alert(1)</script>"
        content, _kind = self.env["ir.actions.report"]._render_qweb_html(HISTORY, history.ids)
        self.assertNotIn(b"<script>alert", content)

    def test_a_stranger_gets_none(self):
        history = self.archived()
        stranger = self.new_stranger()
        clerk = new_test_user(self.env, "clerk", groups="mrp.group_mrp_manager")
        for user in (stranger, clerk):
            with self.assertRaises(AccessError):
                self.page(HISTORY, history, user)

    def test_twenty_cost_as_many_statements_as_two(self):
        histories = self.env["mo.histories"].union(*(self.archived() for _ in range(20)))
        batches = self.env["mo.batch"].union(*(self.finished() for _ in range(20)))
        for name, records in (("batch_record", histories), ("batch_record_of_queue", batches)):
            report = self.env[f"report.mrp_plc_batch.{name}"].with_user(self.plc_user)

            def count(ids, report=report):
                self.env.flush_all()
                self.env.invalidate_all()
                before = self.cr.sql_log_count
                report._get_report_values(ids)
                return self.cr.sql_log_count - before

            count(records.ids[:2])
            few, many = count(records.ids[:2]), count(records.ids)
            self.assertEqual(few, many)
            self.assertLessEqual(many, 40)

    def test_a_normal_batch_is_one_page(self):
        if not (shutil.which("wkhtmltopdf") and shutil.which("pdfinfo")):
            self.skipTest("no wkhtmltopdf on this machine")
        histories = self.archived() | self.archived()
        for history in histories:  # as much as a batch of this plant may have
            for number in (101, 104, 106, 107, 108, 112, 113):
                history.line_ids[0].copy({"history_id": history.id, "silo_number": number})
            for _ in range(4):
                history.hand_line_ids[0].copy({"history_id": history.id})
            for number in range(8):
                history._log_event("read", f"Read again, and for the {number}th time it went on.")
        report = self.env["ir.actions.report"].with_context(force_report_rendering=True)
        content, kind = report._render_qweb_pdf(HISTORY, histories.ids)
        self.assertEqual(kind, "pdf")
        self.assertTrue(content.startswith(b"%PDF"))
        self.assertEqual(len(re.findall(rb"/Type\s*/Page\b", content)), 2)
