from odoo import fields, models

MAX_LOSS_KG = 0.01


class ProductProduct(models.Model):
    _inherit = "product.product"

    plc_silo_ids = fields.One2many(
        "plc.silo", "product_id", "Silos", groups="mrp_plc_batch.group_plc_user"
    )

    def _plc_serial_problem(self):
        """Why it is neither made from doses nor dosed, in words, or False: no order could be closed
        with it."""
        self.ensure_one()
        return self.tracking == "serial" and self.env._(
            "%s is tracked by serial number; a PLC doses whole batches.", self.display_name
        )

    def _plc_unit_problem(self):
        """Why this product's own unit cannot carry doses in kg, in words, or False.

        Odoo 19 converts between unrelated units without an error, and rounds to the database's
        "Product Unit" precision: at two digits, 10.4 kg become 0.01 t.
        """
        self.ensure_one()
        kg = self.env["uom.uom"]._plc_kg()
        unit = self.uom_id
        if not unit._has_common_reference(kg):
            return self.env._(
                "%(product)s is kept in %(unit)s, which has nothing in common with kg.",
                product=self.display_name,
                unit=unit.name,
            )
        step = unit._compute_quantity(unit.rounding, kg, round=False)
        if step / 2 > MAX_LOSS_KG:
            return self.env._(
                "%(product)s is kept in %(unit)s with %(digits)s decimals: steps of %(step)g kg.",
                product=self.display_name,
                unit=unit.name,
                digits=self.env["decimal.precision"].precision_get("Product Unit"),
                step=step,
            )
        return False
