from odoo.tools import SQL

from .common import MillCase


class TestGrowth(MillCase):
    """What every cycle asks must not read a history of years."""

    def plan(self, sql):
        """How PostgreSQL runs a statement."""
        rows = self.env.execute_query(SQL("EXPLAIN %s", sql))
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
        searches = (
            self.env["mo.histories"]._search(self.device._open_histories_domain()).select(),
            self.device._beside_the_queue_sql(self.device.batch_ids),
        )
        for sql in searches:
            self.assertIn("mo_histories_open_slot_idx", self.plan(sql))

    def test_deleting_what_a_history_names_reads_no_history(self):
        """Each link that PostgreSQL empties itself has an index: a lot deleted must not read
        15 lines a history. `create_uid` and `write_uid` have none in Odoo either."""
        missing = self.env.execute_query(
            SQL(
                """SELECT conrelid::regclass::text, attname
                     FROM pg_constraint
                     JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
                    WHERE contype = 'f' AND conrelid::regclass::text IN %s
                          AND attname NOT IN ('create_uid', 'write_uid')
                          AND NOT EXISTS (SELECT FROM pg_index
                                           WHERE indrelid = conrelid AND indkey[0] = conkey[1])""",
                ("mo_histories", "mo_histories_line", "plc_event"),
            )
        )
        self.assertEqual(missing, [])
