from odoo import api, fields, models


class MrpBomLine(models.Model):
    _name = "mrp.bom.line"
    _inherit = ["mrp.bom.line", "plc.tolerance.mixin"]

    plc_silo_id = fields.Many2one(
        "plc.silo",
        "Silo",
        ondelete="restrict",
        check_company=True,
        help="The silo to dose this component from; it wins over the search by ingredient.",
    )

    @api.depends("product_id", "plc_silo_id")
    def _compute_plc_tolerance_effective(self):
        super()._compute_plc_tolerance_effective()

    def _plc_tolerance_silos(self):
        return self.plc_silo_id or self.product_id.plc_silo_ids

    def _plc_tolerance_levels(self, silo):
        return [self, self.product_tmpl_id, *silo]

    def _plc_tolerance_source(self):
        return self.env._("this line")
