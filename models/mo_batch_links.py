from odoo import fields, models


class MoBatch(models.Model):
    """From a batch to what became of its order before, and to its events."""

    _inherit = "mo.batch"

    history_count = fields.Integer(compute="_compute_history_count")

    def _compute_history_count(self):
        """Of all of them in one query."""
        counts = {
            (name, company): count
            for name, company, count in self.env["mo.histories"]._read_group(
                [("mo_id", "in", self.mapped("mo_id"))], ["mo_id", "company_id"], ["__count"]
            )
        }
        for batch in self:
            batch.history_count = counts.get((batch.mo_id, batch.company_id), 0)

    def _earlier_histories(self):
        """Of the order's earlier batches, and of this one before a reset."""
        self.ensure_one()
        return self.env["mo.histories"].search(
            [("mo_id", "=", self.mo_id), ("company_id", "=", self.company_id.id)]
        )

    def _log_event(self, kind, message, **facts):
        """Write into the trail of the batch and its device."""
        self.ensure_one()
        return self.device_id._log_event(kind, message, batch=self, **facts)

    def _tell_withdrawn(self, other=None):
        """An event, for who asks what Odoo wrote.

        :param other: the order for whose sake its area was withdrawn
        """
        names = {"order": self.mo_id, "slot": self.batch_no}
        if other:
            text = self.env._(
                "Recipe of %(order)s withdrawn from slot %(slot)s with its area, for the sake of"
                " %(other)s.",
                other=other.mo_id,
                **names,
            )
        else:
            text = self.env._("Recipe of %(order)s withdrawn from slot %(slot)s.", **names)
        self._log_event("send", text)

    def _was_sent_before(self):
        """Whether its own events say so, as after a reset."""
        sent = self.event_ids.filtered(lambda event: event.kind == "send" and event.payload)
        return bool(sent)

    def action_open_histories(self):
        self.ensure_one()
        return self._earlier_histories()._get_records_action(
            name=self.env._("PLC History"), context={}
        )
