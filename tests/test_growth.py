from odoo.tools import SQL

from .common import MillCase


class TestGrowth(MillCase):
    """What every cycle asks must not read a history of years."""

    def plan(self, model, domain):
        """How PostgreSQL runs a search."""
        query = self.env[model]._search(domain)
        rows = self.env.execute_query(SQL("EXPLAIN %s", query.select()))
        return "\n".join(line for (line,) in rows)

    def test_open_histories_of_a_device_are_found_by_their_own_index(self):
        self.env.cr.execute(
            """INSERT INTO mo_histories
                      (mo_id, device_id, company_id, status, archived_at, acknowledged)
               SELECT 'OLD/' || n, %s, %s, 'completed', now(), true
                 FROM generate_series(1, 5000) n""",
            [self.device.id, self.device.company_id.id],
        )
        self.env.cr.execute("ANALYZE mo_histories")
        domain = [("device_id", "=", self.device.id), ("acknowledged", "=", False)]
        self.assertIn("mo_histories_open_slot_uniq", self.plan("mo.histories", domain))
