from odoo.tools import SQL


def touch(records):
    """Let a transaction that began before this one's commit, and touches or changes these records,
    fail and start afresh: what it looked at before may be another by now."""
    if records:
        records.env.cr.execute(
            SQL(
                "UPDATE %s SET write_date = write_date WHERE id = ANY(%s)",
                SQL.identifier(records._table),
                records.ids,
            )
        )
