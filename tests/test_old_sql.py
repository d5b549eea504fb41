from .common import MillCase


class TestOldSql(MillCase):
    """The statements that people of the old service know, and those that the README gives."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order = cls.make_order()
        cls.batch = cls.make_batch(cls.order, {103: 300.0}, finished=True)

    def rows(self, query):
        self.env.flush_all()
        self.env.cr.execute(query)
        return self.env.cr.fetchall()

    def test_what_did_not_reach_odoo(self):
        query = "SELECT mo_id FROM mo_batch WHERE status_manufacturing AND NOT update_odoo"
        self.assertIn((self.order.name,), self.rows(query))

    def test_a_flag_that_is_off_is_false(self):
        """And not NULL, of which NOT is no row."""
        flags = ("status_manufacturing", "status_operation", "update_odoo", "acknowledged")
        batch = self.make_batch(self.make_order(), {}, batch_no=2)
        for flag in flags:
            with self.subTest(flag=flag):
                rows = self.rows(f"SELECT mo_id FROM mo_batch WHERE NOT {flag}")
                self.assertIn((batch.mo_id,), rows)

    def test_what_was_dosed_silo_by_silo(self):
        rows = self.rows(
            """
            SELECT b.mo_id, l.silo_number, l.consumption, l.actual_consumption
              FROM mo_batch b JOIN mo_batch_line l ON l.batch_id = b.id
             ORDER BY b.batch_no, l.silo_number
            """
        )
        self.assertIn((self.order.name, 103, 300.0, 300.0), rows)

    def test_what_became_of_an_order(self):
        self.batch._copy_to_history("completed")
        rows = self.rows(
            """
            SELECT h.mo_id, h.status, l.silo_name, l.consumption, l.actual_consumption
              FROM mo_histories h JOIN mo_histories_line l ON l.history_id = h.id
             WHERE l.source = 'silo'
             ORDER BY h.archived_at, l.silo_number
            """
        )
        self.assertIn((self.order.name, "completed", "SILO C", 300.0, 300.0), rows)
