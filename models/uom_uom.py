from odoo import api, models


class UomUom(models.Model):
    _inherit = "uom.uom"

    @api.model
    def _plc_kg(self):
        """The kilogram, the unit of every silo; `env.ref` would ask the database each time."""
        return self.browse(
            self.env["ir.model.data"]._xmlid_to_res_id(
                "uom.product_uom_kgm", raise_if_not_found=True
            )
        )
