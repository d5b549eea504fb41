from odoo import api, fields, models
from odoo.exceptions import UserError


class MoBatchEnding(models.TransientModel):
    """Asks a manager for the reason of an accept, reset, cancel or start over."""

    _name = "mo.batch.ending"
    _description = "Reason for ending PLC batches"

    ending = fields.Selection(
        [
            ("accept", "Accept what was dosed"),
            ("reset", "Reset and dose again"),
            ("cancel", "Take out of the queue"),
            ("start_over", "Start over"),
        ],
        required=True,
        readonly=True,
    )
    batch_ids = fields.Many2many("mo.batch", string="Batches", readonly=True)
    batch_count = fields.Integer("Chosen", readonly=True)
    device_ids = fields.Many2many("plc.device", string="Devices", readonly=True)
    reason_id = fields.Many2one("plc.reason", "Reason")
    note = fields.Char("In your words")
    cancel_order = fields.Boolean(
        "Cancel the manufacturing order too",
        help="Otherwise the order is kept, and not sent again until a person says so.",
    )
    stopped_at_plc = fields.Boolean(
        "Stopped at the PLC",
        help="You have looked: the PLC does not go on with what it has taken.",
    )

    @api.model
    def _ask(self, ending, batches=None, devices=None):
        """The action that opens this wizard."""
        wizard = self.create(
            {
                "ending": ending,
                "batch_ids": batches and batches.ids,
                "batch_count": batches and len(batches),
                "device_ids": devices and devices.ids,
            }
        )
        titles = dict(self._fields["ending"]._description_selection(self.env))
        return {
            "type": "ir.actions.act_window",
            "name": titles[ending],
            "res_model": self._name,
            "res_id": wizard.id,
            "view_mode": "form",
            "target": "new",
        }

    def action_confirm(self):
        """Press the button again, this time with the reason."""
        self.ensure_one()
        reason = ": ".join(filter(None, [self.reason_id.name, self.note]))
        if not reason:
            raise UserError(self.env._("Choose a reason, or write one."))
        gone = self.batch_count - len(self.batch_ids)
        if gone > 0:
            raise UserError(
                self.env._(
                    "Meanwhile %(gone)s of the %(count)s batches that you chose were archived:"
                    " look in the history. Nothing was changed now; choose again what is left.",
                    gone=gone,
                    count=self.batch_count,
                )
            )
        records = self.device_ids if self.ending == "start_over" else self.batch_ids
        records = records.with_context(
            reason=reason, cancel_order=self.cancel_order, stopped_at_plc=self.stopped_at_plc
        )
        result = getattr(records, f"action_{self.ending}")()
        return result if isinstance(result, dict) else {"type": "ir.actions.act_window_close"}
