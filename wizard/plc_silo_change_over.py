from odoo import api, fields, models
from odoo.exceptions import UserError


class PlcSiloChangeOver(models.TransientModel):
    """Says that a silo holds another ingredient or lot, since when, and what that changes."""

    _name = "plc.silo.change.over"
    _description = "Change over a silo"
    _check_company_auto = True

    silo_id = fields.Many2one("plc.silo", "Silo", required=True, readonly=True)
    company_id = fields.Many2one(related="silo_id.company_id")
    current_product_id = fields.Many2one(related="silo_id.product_id", string="Holds now")
    current_lot_id = fields.Many2one(related="silo_id.lot_id", string="Lot now")
    product_id = fields.Many2one(
        "product.product",
        "New ingredient",
        required=True,
        check_company=True,
        domain="[('type', '=', 'consu')]",
    )
    product_tracking = fields.Selection(related="product_id.tracking")
    lot_id = fields.Many2one(
        "stock.lot", "New lot", check_company=True, domain="[('product_id', '=', product_id)]"
    )
    date = fields.Datetime("From", required=True, default=lambda self: fields.Datetime.now())
    note = fields.Char()
    consequence = fields.Text(compute="_compute_consequence")

    @api.onchange("product_id")
    def _onchange_product_id(self):
        if self.lot_id.product_id != self.product_id:
            self.lot_id = False

    @api.depends("silo_id", "product_id", "date")
    def _compute_consequence(self):
        """Which orders in the queue get another ingredient than they ask for."""
        for wizard in self:
            lines = self.env["mo.batch.line"].search(
                [
                    ("silo_id", "=", wizard.silo_id.id),
                    ("batch_id.status_manufacturing", "=", False),
                    ("was_dosed", "=", False),
                    ("planned_product_id", "not in", (False, wizard.product_id.id)),
                ]
            )
            wizard.consequence = wizard.product_id != wizard.current_product_id and "\n".join(
                self.env._(
                    "%(order)s asks for %(asked)s and will get %(given)s.",
                    order=line.batch_id.mo_id,
                    asked=line.planned_product_id.display_name,
                    given=wizard.product_id.display_name,
                )
                for line in lines
                if wizard.product_id and not line.batch_id._is_unsent()
            )

    def action_confirm(self):
        """Manager, as whoever may write silos."""
        self.ensure_one()
        silo = self.silo_id
        if (self.product_id, self.lot_id) == (silo.product_id, silo.lot_id):
            raise UserError(self.env._("%(silo)s holds that already.", silo=silo.name))
        silo.with_context(plc_changeover_date=self.date, plc_changeover_note=self.note).write(
            {"product_id": self.product_id.id, "lot_id": self.lot_id.id}
        )
        return {"type": "ir.actions.act_window_close"}
