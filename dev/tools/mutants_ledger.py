"""Cuts into what keeps the ledgers in agreement: the campaign must notice them, by its ledgers."""

from .cut import READ, TURN, Cut

ARCHIVE = "models/mo_batch_archive.py"

LEDGER_CUTS = [
    Cut(
        "acknowledge before the commit",
        READ,
        "            batches._tell_out_of_tolerance()\n",
        "            self._acknowledge_batches(slots, images, settled)\n",
    ),
    Cut(
        "add instead of replace",
        "models/stock_move_line.py",
        """            changed["quantity"] = vals["quantity"]\n""",
        """            changed["quantity"] = self.quantity + vals["quantity"]\n""",
    ),
    Cut("no lock", TURN, "WHERE pg_try_advisory_xact_lock(%s, id)", "WHERE %s > 0"),
    Cut("no rollback after the lock", TURN, "            self._begin_afresh()\n", "\n"),
    Cut(
        "delete before the history",
        ARCHIVE,
        "        histories = self._copy_to_history(status, notes)\n",
        "        with self.env.registry.cursor() as cr:\n"
        """            cr.execute("SET LOCAL lock_timeout = '1s'")\n"""
        """            cr.execute("DELETE FROM mo_batch WHERE id = ANY(%s)", [self.ids])\n"""
        "        histories = self._copy_to_history(status, notes)\n",
    ),
    Cut(
        "close without looking",
        ARCHIVE,
        """            if batch.production_id.state != "done":\n""",
        "            if not batch:\n",
        kind="bulk",
    ),
]
