from odoo import api, fields, models
from odoo.fields import Command

from .mo_batch_error import BatchError

SOURCES = [
    ("silo", "Dosed by the PLC"),
    ("hand", "Weighed by hand"),
    ("order", "Entered on the order"),
    ("recipe", "From recipe, not weighed"),
]


class MoBatch(models.Model):
    """The components of a batch that no silo doses."""

    _inherit = "mo.batch"

    hand_count = fields.Integer("By hand", compute="_compute_hand_counts")
    hand_open_count = fields.Integer("Not entered yet", compute="_compute_hand_counts")

    @api.depends("production_id")
    def _compute_hand_counts(self):
        for batch in self:
            moves = batch.production_id._plc_open_hand_moves() if batch.production_id else ()
            batch.hand_count = len(moves)
            batch.hand_open_count = sum(move._plc_hand_source() == "recipe" for move in moves)

    def action_open_by_hand(self):
        """The screen where what no silo doses is entered."""
        self._check_has_order()
        return self.production_id.action_open_by_hand()

    def _check_dosed(self):
        super()._check_dosed()
        if self.device_id.require_by_hand and self.device_id.close_order:
            self._check_by_hand()

    def _check_by_hand(self):
        """:raises BatchError: something is still to be entered before the order closes"""
        order = self.production_id.sudo(False)
        missing = order._plc_open_hand_moves().filtered(
            lambda move: (
                move._plc_hand_source() == "recipe"  # which starting a work order picks, too
                and not move.product_uom.is_zero(move.product_uom_qty)
            )
        )
        if missing:
            raise BatchError(
                "not_weighed",
                self.env._("%s waits for what is weighed by hand.", self.mo_id),
                self.env._(
                    "Nobody has entered %s.",
                    ", ".join(missing.product_id.mapped("display_name")),
                ),
                self.env._("Press By Hand on the batch or its order; it is then closed by itself."),
            )

    def _prepare_history_vals(self, status, notes=None):
        """With what no silo dosed: all of it once the order is closed, else what was weighed."""
        vals = super()._prepare_history_vals(status, notes)
        order = self.production_id
        moves = order._plc_hand_moves(self) if order else self.env["stock.move"]
        kg_unit = self.env["uom.uom"]._plc_kg()
        if order.state != "done":
            weighed = moves.filtered(lambda move: move._plc_is_weighed())
            vals["hand_missing"] = any(
                move.product_uom_qty and move.product_uom._has_common_reference(kg_unit)
                for move in moves - weighed
            )
            moves = weighed
        vals["hand_line_ids"] = [
            Command.create(line)
            for move in moves
            if move.quantity or move.product_uom_qty
            for line in move._prepare_plc_history_vals(kg_unit)
        ]
        return vals


class MoHistories(models.Model):
    _inherit = "mo.histories"

    line_ids = fields.One2many(domain=[("source", "=", "silo")])
    hand_line_ids = fields.One2many(
        "mo.histories.line", "history_id", "By hand", domain=[("source", "!=", "silo")]
    )
    # Odoo forgets one2many fields with a domain whenever a line is made: this one costs no query.
    dose_ids = fields.One2many("mo.histories.line", "history_id", "What went in")
    hand_missing = fields.Boolean(
        "By hand not all weighed", help="Nobody had when the batch was archived, its order open."
    )


class MoHistoriesLine(models.Model):
    _inherit = "mo.histories.line"
    _order = "history_id, source desc, silo_number, id"

    source = fields.Selection(SOURCES, required=True, default="silo")
    uom_id = fields.Many2one("uom.uom", "Unit record", index="btree_not_null", ondelete="set null")
    weighed_by_id = fields.Many2one(
        "res.users", "Weighed by (user)", index="btree_not_null", ondelete="set null"
    )
    weighed_by_name = fields.Char("Weighed by")
    weighed_at = fields.Datetime("Weighed")


class PlcDevice(models.Model):
    _inherit = "plc.device"

    require_by_hand = fields.Boolean(
        "By-hand components must be entered",
        help="An order is closed only when somebody has entered what no silo doses; else that is"
        " taken from the recipe.",
    )
