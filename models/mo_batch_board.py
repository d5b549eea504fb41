from odoo import fields, models


class MoBatch(models.Model):
    """A batch as a card of the plant board."""

    _inherit = "mo.batch"

    def _board_vals(self, number=0, is_large=False):
        self.ensure_one()
        labels = dict(self._fields["state"]._description_selection(self.env))
        return {
            "slot": number,
            "kind": "batch",
            "id": self.id,
            "order": self.mo_id,
            "product": self.finished_goods or "",
            "state": self.state,
            "state_label": labels[self.state],
            "large": is_large,
            "progress": self.progress,
            "error": self.error_message or "",
            "action": self.error_action or "",
            "retry": self.can_retry,
            "since": fields.Datetime.to_string(self.taken_at),
            "silos": [
                {
                    "number": line.silo_number,
                    "name": line.silo_id.name or str(line.silo_number),
                    "planned": line.consumption,
                    "dosed": line.actual_consumption,
                    "grade": line.grade or "",
                }
                for line in self.line_ids
            ],
        }
