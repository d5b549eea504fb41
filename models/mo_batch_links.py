from odoo import fields, models


class MoBatch(models.Model):
    """From a batch to what became of its order before, and to its events."""

    _inherit = "mo.batch"

    history_count = fields.Integer(compute="_compute_history_count")

    def _compute_history_count(self):
        for batch in self:
            batch.history_count = len(batch._earlier_histories())

    def _earlier_histories(self):
        """Of the order's earlier batches, and of this one before a reset."""
        self.ensure_one()
        return self.env["mo.histories"].search(
            [("mo_id", "=", self.mo_id), ("company_id", "=", self.company_id.id)]
        )

    def action_open_histories(self):
        self.ensure_one()
        return self._earlier_histories()._get_records_action(
            name=self.env._("PLC History"), context={}
        )
