from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..models.mrp_production import CLOSED

USER = "mrp_plc_batch.group_plc_user"


class PlcHandEntry(models.TransientModel):
    """What no silo doses: how much of which lot was weighed, before the order closes."""

    _name = "plc.hand.entry"
    _description = "Enter what is weighed by hand"

    production_id = fields.Many2one("mrp.production", "Order", required=True, readonly=True)
    company_id = fields.Many2one(related="production_id.company_id")
    product_ids = fields.Many2many("product.product", compute="_compute_product_ids")
    line_ids = fields.One2many("plc.hand.entry.line", "entry_id", "Components")

    @api.depends("production_id")
    def _compute_product_ids(self):
        for entry in self:
            entry.product_ids = entry.production_id._plc_open_hand_moves().product_id

    @api.model
    def _open(self, order):
        """The action that opens this wizard for an order."""
        moves = order._plc_open_hand_moves()
        if not moves:
            raise UserError(self.env._("%s has no component that is weighed by hand.", order.name))
        entry = self.create(
            {
                "production_id": order.id,
                "line_ids": [
                    Command.create(vals) for move in moves for vals in self._prepare_rows(move)
                ],
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("By Hand: %s", order.name),
            "res_model": self._name,
            "res_id": entry.id,
            "view_mode": "form",
            "target": "new",
        }

    @api.model
    def _prepare_rows(self, move):
        """A row for each lot that was weighed or is reserved; else one with the plan."""
        weighed = move._plc_is_weighed()
        common = {
            "move_id": move.id,
            "product_id": move.product_id.id,
            "is_entered": weighed,
            "weighed_by_id": weighed and move.sudo().plc_weighed_by_id.id,  # sudo: see the field
        }
        lines = move.move_line_ids if weighed or move.product_id.tracking != "none" else ()
        rows = [
            {
                **common,
                "quantity": line.quantity,
                "uom_id": line.product_uom_id.id,
                "lot_id": line.lot_id.id,
            }
            for line in lines
        ] or [
            {
                **common,
                "quantity": 0.0 if weighed else move.product_uom_qty,
                "uom_id": move.product_uom.id,
            }
        ]
        short = move.product_uom_qty - sum(
            line.product_uom_id._compute_quantity(line.quantity, move.product_uom, round=False)
            for line in lines
        )
        if lines and not weighed and move.product_uom.compare(short, 0) > 0:
            # not reserved, so of a lot that only who weighed it knows
            rows.append({**common, "quantity": short, "uom_id": move.product_uom.id})
        rows[0].update(planned=move.product_uom_qty, planned_uom_id=move.product_uom.id)
        return rows

    def action_all_as_planned(self):
        """Tick what is not ticked yet: it was weighed as the plan says."""
        self.line_ids.is_entered = True
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    def action_confirm(self):
        """User: put the ticked rows into the order's components."""
        self.ensure_one()
        self.env["plc.device"]._check_group(USER)
        order = self.production_id
        order.check_access("write")
        if order.state in CLOSED:
            raise UserError(self.env._("%s is closed already.", order.name))
        self._check_not_to_be_sent(order)
        entered = self.line_ids.filtered("is_entered")
        if not entered:
            raise UserError(self.env._("Tick what has been weighed."))
        moves = order._plc_open_hand_moves()
        for move, rows in entered.grouped(lambda row: row._find_move(moves)).items():
            move._plc_write_by_hand([(row.quantity, row.uom_id, row.lot_id) for row in rows])
        self._tell(order, entered)
        return {"type": "ir.actions.act_window_close"}

    def _check_not_to_be_sent(self, order):
        """:raises UserError: entered now, it would count as begun by hand, and never be sent; or
        be taken back when it is sent again"""
        device = order.plc_device_id.sudo()  # which orders it may get
        if device and order.sudo().filtered_domain(device._orders_domain()):
            raise UserError(
                self.env._(
                    "%(order)s is not in the queue of %(device)s yet. Enter what was weighed once"
                    " it is: an order begun by hand is not sent. Is it made without the PLC? Then"
                    " set its Dispatch to PLC to Never first.",
                    order=order.name,
                    device=device.name,
                )
            )

    def _tell(self, order, rows):
        """An event in the trail, and the batch that waits for this goes on."""
        text = ", ".join(
            f"{row.product_id.display_name} {row.quantity:.12g} {row.uom_id.name}"
            + (f" ({row.lot_id.name})" if row.lot_id else "")
            for row in rows
        )
        batch = order.plc_batch_ids.sudo()  # facts; the rights have been checked
        device = batch.device_id or order.plc_device_id
        device.sudo()._log_event(
            "hand", self.env._("By hand: %s", text), batch=batch, mo_id=order.name
        )
        if batch.error_code == "not_weighed":
            batch._clear_error()
            batch._transition("weigh")


class PlcHandEntryLine(models.TransientModel):
    _name = "plc.hand.entry.line"
    _description = "Component weighed by hand"

    entry_id = fields.Many2one("plc.hand.entry", required=True, ondelete="cascade")
    move_id = fields.Many2one("stock.move", ondelete="cascade")
    product_id = fields.Many2one("product.product", "Ingredient", required=True)
    product_tracking = fields.Selection(related="product_id.tracking")
    planned = fields.Float(readonly=True, digits="Product Unit")
    planned_uom_id = fields.Many2one("uom.uom", "Unit of the plan", readonly=True)
    quantity = fields.Float("Weighed", digits="Product Unit")
    uom_id = fields.Many2one(
        "uom.uom",
        "Unit",
        compute="_compute_uom_id",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
    )
    lot_id = fields.Many2one("stock.lot", "Lot", domain="[('product_id', '=', product_id)]")
    is_entered = fields.Boolean("Done", default=True)
    weighed_by_id = fields.Many2one("res.users", "Weighed by", readonly=True)

    @api.depends("product_id")
    def _compute_uom_id(self):
        for row in self:
            row.uom_id = row.uom_id or row.product_id.uom_id

    @api.onchange("quantity", "uom_id", "lot_id")
    def _onchange_quantity(self):
        """What somebody types has been weighed."""
        if self._origin and (
            self.quantity != self._origin.quantity
            or self.uom_id != self._origin.uom_id
            or self.lot_id != self._origin.lot_id
        ):
            self.is_entered = True

    def _find_move(self, moves):
        """:raises UserError: it is not a component of the order that is weighed by hand"""
        self.ensure_one()
        move = moves.filtered(lambda m: m == self.move_id) or moves.filtered(
            lambda m: m.product_id == self.product_id
        )
        if not move:
            raise UserError(
                self.env._(
                    "%s is not weighed by hand for this order.", self.product_id.display_name
                )
            )
        return move[:1]
