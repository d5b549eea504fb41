from lxml import etree

from .common import MillCase

ROWS = 100_000


class TestScreensSql(MillCase):
    """What a page of a list costs does not depend on how many rows it shows, or there are."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.cr.execute(
            """
            INSERT INTO mo_batch
                (mo_id, device_id, company_id, batch_no, state, error_code, error_message,
                 consumption, holds_slot)
            SELECT 'B/' || n, %(device)s, %(company)s, n, 'failed', 'odoo_error', 'x', 1000, false
              FROM generate_series(1, 200) n;
            INSERT INTO mo_histories
                (mo_id, device_id, company_id, batch_no, status, archived_at, acknowledged)
            SELECT 'H/' || n, %(device)s, %(company)s, 1, 'completed',
                   timestamp '2026-01-01' + n * interval '1 minute', true
              FROM generate_series(1, %(rows)s) n;
            ANALYZE mo_batch;
            ANALYZE mo_histories;
            """,
            {"device": cls.device.id, "company": cls.env.company.id, "rows": ROWS},
        )

    def statements(self, model, action, limit):
        """SQL statements of one page of the list that an action opens, as an operator."""
        action = self.env["ir.actions.act_window"]._for_xml_id(f"mrp_plc_batch.{action}")
        views = [(view_id, mode) for view_id, mode in action["views"] if mode == "list"]
        model = self.env[model].with_user(self.plc_user)
        arch = etree.fromstring(model.get_views(views)["views"]["list"]["arch"])
        names = {node.get("name") for node in arch.iter("field")}
        specification = {
            name: {"fields": {"display_name": {}}} if model._fields[name].type == "many2one" else {}
            for name in names
        }
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        found = model.web_search_read([], specification, limit=limit)
        self.assertEqual(len(found["records"]), limit)
        return self.cr.sql_log_count - before

    def test_a_page_costs_the_same_for_every_number_of_rows(self):
        for model, action in (
            ("mo.batch", "action_mo_batch"),
            ("mo.batch", "action_mo_batch_failed"),
            ("mo.histories", "action_mo_histories"),
        ):
            with self.subTest(action=action):
                self.statements(model, action, 5)  # what is kept for good is read once
                few, many = (self.statements(model, action, limit) for limit in (5, 80))
                self.assertEqual(few, many)
                self.assertLessEqual(many, 12)

    def test_a_page_of_orders_costs_at_most_two_statements_more(self):
        orders = self.make_order(count=20)
        for order in orders[:10]:
            self.make_batch(order, {103: 10.0}, batch_no=order.id, holds_slot=False)
        model = self.env["mrp.production"].with_user(self.plc_user)
        for view in ("list", "kanban"):
            arch = etree.fromstring(model.get_views([(False, view)])["views"][view]["arch"])
            fields = [node for node in arch.iter("field") if node.get("optional") != "hide"]
            shown = {node.get("name") for node in fields}
            ours = {name for name in shown if name.startswith("plc_")}
            with self.subTest(view=view):
                self.assertTrue(ours)
                without = self._page_of(orders, shown - ours)
                self.assertLessEqual(self._page_of(orders, shown) - without, 2)

    def _page_of(self, orders, names):
        """SQL statements of a page with these fields, the second time it is opened."""
        model = self.env["mrp.production"].with_user(self.plc_user)
        for _ in range(2):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            model.web_search_read([("id", "in", orders.ids)], {name: {} for name in names})
        return self.cr.sql_log_count - before
