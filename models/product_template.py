from odoo import models


class ProductTemplate(models.Model):
    _name = "product.template"
    _inherit = ["product.template", "plc.tolerance.mixin"]

    def _plc_tolerance_silos(self):
        return self.product_variant_ids.plc_silo_ids

    def _plc_tolerance_source(self):
        return self.env._("product")
