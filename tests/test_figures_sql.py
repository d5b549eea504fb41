from .common import MillCase


class TestFiguresSql(MillCase):
    """The list and the pivot cost the same however many rows there are."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.cr.execute(
            """
            INSERT INTO mo_histories
                (mo_id, device_id, company_id, batch_no, status, archived_at, acknowledged)
            SELECT 'H/' || n, %(device)s, %(company)s, 1, 'completed',
                   timestamp '2026-01-01' + n * interval '10 minute', true
              FROM generate_series(1, 100) n;
            INSERT INTO mo_histories_line
                (history_id, company_id, status, date, source, silo_number, silo_name, consumption,
                 actual_consumption, deviation, unit_cost)
            SELECT h.id, h.company_id, h.status, h.archived_at, 'silo', n, 'S' || n, 100, 101, 1, 2
              FROM mo_histories h, generate_series(1, 10) n WHERE h.device_id = %(device)s;
            """,
            {"device": cls.device.id, "company": cls.env.company.id},
        )

    def count(self, act):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        act()
        return self.cr.sql_log_count - before

    def test_a_page_of_the_list(self):
        report = self.env["plc.dose.report"].with_user(self.plc_user)
        names = [name for name, field in report._fields.items() if field.store]
        specification = {
            name: {"fields": {"display_name": {}}}
            if report._fields[name].type == "many2one"
            else {}
            for name in names
        }

        def page(limit):
            found = report.web_search_read([], specification, limit=limit)
            self.assertEqual(len(found["records"]), limit)

        page(5)
        few, many = (self.count(lambda limit=limit: page(limit)) for limit in (5, 80))
        self.assertEqual(few, many)
        self.assertLessEqual(many, 12)

    def test_a_pivot(self):
        report = self.env["plc.dose.report"].with_user(self.plc_user)

        def pivot(domain):
            rows = report.formatted_read_group(
                domain, ["silo_name", "date:week"], ["dosed:sum", "deviation_percent:avg"]
            )
            self.assertAlmostEqual(rows[0]["deviation_percent:avg"], 1.0)

        few, all_rows = [("silo_name", "=", "S1")], [("silo_name", "like", "S")]
        pivot(few)
        self.assertEqual(self.count(lambda: pivot(few)), self.count(lambda: pivot(all_rows)))

    def test_material_use_of_one_silo_and_of_ten(self):
        source = self.mill.picking_type.default_location_src_id
        silos = list(self.mill.silos.values())

        def lowest(number):
            """Of several times, since the first ones fill Odoo's caches."""
            for silo in silos[:number]:
                silo.location_id = silo.location_id or self.env["stock.location"].create(
                    {"name": silo.name, "location_id": source.id}
                )
            use = self.env["plc.material.use"].create({})
            self.assertGreaterEqual(len(use._prepare_lines()), number)
            return min(self.count(use._prepare_lines) for _ in range(4))

        self.assertEqual(lowest(1), lowest(10))

    def test_what_figures_are_filtered_by_needs_no_other_table(self):
        self.cr.execute(
            """EXPLAIN SELECT silo, date_trunc('week', date), SUM(dosed), SUM(deviation_cost)
                 FROM plc_dose_report
                WHERE status = 'completed' AND NOT status_operation AND source = 'silo'
                      AND date > '2026-01-01'
                GROUP BY 1, 2"""
        )
        plan = "\n".join(row for (row,) in self.cr.fetchall())
        self.assertIn("mo_histories_line", plan)
        self.assertNotRegex(plan, r"mo_histories\b|res_company")
