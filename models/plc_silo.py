from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain


class PlcSilo(models.Model):
    _name = "plc.silo"
    _description = "Dosing source"
    _inherit = ["plc.live.mixin", "plc.tolerance.mixin"]
    _order = "device_id, sequence, number, id"
    _check_company_auto = True

    device_id = fields.Many2one(
        "plc.device",
        required=True,
        index=True,
        ondelete="cascade",
        check_company=True,
        default=lambda self: self._default_device(),
    )
    company_id = fields.Many2one(related="device_id.company_id", store=True, index=True)
    number = fields.Integer(
        required=True, aggregator=None, help="The silo's number in the PLC, such as 101."
    )
    code = fields.Char(required=True)
    name = fields.Char(required=True)
    sequence = fields.Integer(
        default=10, help="Which silo of an ingredient is emptied first, when several hold it."
    )
    product_id = fields.Many2one(
        "product.product",
        "Current ingredient",
        index=True,
        check_company=True,
        domain="[('type', '=', 'consu')]",
    )
    product_tracking = fields.Selection(related="product_id.tracking")
    alternative_product_ids = fields.Many2many(
        "product.product",
        string="Alternatives",
        check_company=True,
        help="Ingredients that this silo may be set to for an order.",
    )
    location_id = fields.Many2one(
        "stock.location",
        "Stock location",
        check_company=True,
        domain="[('usage', '=', 'internal')]",
        help="Where the ingredient lies, under the source location of the device's operation type."
        " Left empty, it is taken from the order's own source location.",
    )
    lot_id = fields.Many2one(
        "stock.lot", "Current lot", check_company=True, domain="[('product_id', '=', product_id)]"
    )
    active = fields.Boolean(default=True)

    _number_uniq = models.Constraint(
        "unique (device_id, number)", "A device has each silo number only once."
    )
    _code_uniq = models.Constraint(
        "unique (device_id, code)", "A device has each silo code only once."
    )

    @api.constrains("lot_id", "product_id")
    def _check_lot(self):
        for silo in self:
            if silo.lot_id and silo.lot_id.product_id != silo.product_id:
                raise ValidationError(
                    self.env._(
                        "%(silo)s holds %(product)s, but lot %(lot)s is of %(other)s.",
                        silo=silo.name,
                        product=silo.product_id.display_name or "-",
                        lot=silo.lot_id.name,
                        other=silo.lot_id.product_id.display_name,
                    )
                )

    @api.constrains("location_id", "device_id")
    def _check_location(self):
        for silo in self.filtered("location_id"):
            sources = silo.device_id.picking_type_ids.default_location_src_id
            if sources and not any(silo.location_id._child_of(source) for source in sources):
                raise ValidationError(
                    self.env._(
                        "The stock location of %(silo)s must lie under %(sources)s, where the"
                        " orders of %(device)s take their components from.",
                        silo=silo.name,
                        sources=", ".join(sources.mapped("display_name")),
                        device=silo.device_id.name,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_needed(self):
        """Stock says by its silos what the PLC has dosed, long after (*Material Use*)."""
        for silo in self:
            needed_by = silo._needed_by()
            if needed_by:
                raise UserError(
                    self.env._(
                        "You cannot delete %(silo)s: %(what)s needs it. Archive it instead.",
                        silo=silo.name,
                        what=needed_by,
                    )
                )

    def _needed_by(self):
        """The name of a recipe, batch or order that goes by it; or False."""
        by_silo = Domain("plc_silo_id", "in", self.ids)
        # sudo: whatever the person may look at, it would miss its silo
        env = self.sudo().with_context(active_test=False).env
        return (
            env["mrp.bom.line"].search(by_silo, limit=1).bom_id.display_name
            or env["mo.batch.line"].search([("silo_id", "in", self.ids)], limit=1).batch_id.mo_id
            or env["stock.move"].search(by_silo, limit=1).reference
            or env["stock.move.line"].search(by_silo, limit=1).reference
        )

    def _plc_tolerance_source(self):
        return self.name or self.env._("silo")

    def _default_device(self):
        """The only one."""
        devices = self.env["plc.device"].search([], limit=2)
        return devices if len(devices) == 1 else devices.browse()

    @api.onchange("device_id")
    def _onchange_device_id(self):
        if self.device_id and not self.number:
            self.number = self.device_id._free_silo_number()
            self._onchange_number()

    @api.onchange("number")
    def _onchange_number(self):
        """Propose code and name of a new silo, until a person has chosen another."""
        if self._origin or not self.number:
            return
        for name, proposed in (("code", "silo%s"), ("name", self.env._("SILO %s"))):
            kept = (self[name] or "").rstrip("0123456789")
            if kept in ("", proposed % ""):
                self[name] = proposed % self.number

    @api.onchange("product_id")
    def _onchange_product_id(self):
        if self.lot_id.product_id != self.product_id:
            self.lot_id = False
