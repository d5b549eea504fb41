from odoo import fields, models


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
