import re
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

DEFAULT_EVENT_DAYS = 90
MOST_EVENT_DAYS = 36_500
# What moves in a sentence while it says the same: numbers but those of silos and slots, and names.
VALUES = re.compile(r"(?<!silo )(?<!slot )(?<![\w.])-?\d+(\.\d+)?(e[+-]?\d+)?|'[^']*'", re.I)


class PlcEvent(models.Model):
    _name = "plc.event"
    _description = "PLC event"
    _order = "id desc"

    create_date = fields.Datetime("Time", readonly=True)
    device_id = fields.Many2one("plc.device", ondelete="set null", index="btree_not_null")
    device_name = fields.Char("Device name")
    company_id = fields.Many2one("res.company", index=True)
    batch_id = fields.Many2one("mo.batch", ondelete="set null", index="btree_not_null")
    history_id = fields.Many2one("mo.histories", ondelete="set null", index="btree_not_null")
    mo_id = fields.Char("Order")
    user_id = fields.Many2one(
        "res.users",
        default=lambda self: self.env.uid,
        index="btree_not_null",
        ondelete="set null",
    )
    kind = fields.Selection(
        [
            ("connection", "Connection"),
            ("send", "Recipe sent"),
            ("read", "Values read"),
            ("data", "Values not believed"),
            ("sync", "Order update"),
            ("acknowledge", "Acknowledged"),
            ("archive", "Archived"),
            ("button", "Button"),
            ("changeover", "Changed over"),
            ("hand", "By hand"),
            ("tolerance", "Out of tolerance"),
            ("orphan", "Nobody's record"),
            ("error", "Error"),
        ],
        required=True,
    )
    severity = fields.Selection(
        [("info", "Information"), ("warning", "Warning"), ("error", "Error")],
        required=True,
        default="info",
    )
    message = fields.Char(required=True)
    payload = fields.Text("Raw bytes (hex)")

    @api.depends("message")
    def _compute_display_name(self):
        for event in self:
            event.display_name = event.message

    def _have_told(self, text):
        """Whether one of these events says that already, whatever the values are by now."""
        told = {VALUES.sub("", message) for message in self.mapped("message")}
        return VALUES.sub("", text) in told

    @api.autovacuum
    def _gc_events(self):
        """Forget old events; what belongs to a batch or its history is kept with it."""
        get_param = self.env["ir.config_parameter"].sudo().get_param
        try:
            days = int(get_param("mrp_plc_batch.event_days", DEFAULT_EVENT_DAYS))
        except ValueError:  # typed by a person
            days = DEFAULT_EVENT_DAYS
        if not 1 <= days <= MOST_EVENT_DAYS:
            days = DEFAULT_EVENT_DAYS
        limit_date = fields.Datetime.now() - timedelta(days=days)
        old = self.search(
            Domain("create_date", "<", limit_date)
            & Domain("batch_id", "=", False)
            & Domain("history_id", "=", False),
            limit=10_000,
        )
        old.unlink()
        return len(old), len(old) == 10_000  # done, more to do
