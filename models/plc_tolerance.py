import math

from odoo import api, fields, models
from odoo.exceptions import ValidationError

DEFAULTS = {"warning": 2.0, "out": 5.0, "kg": 0.0}


class PlcToleranceMixin(models.AbstractModel):
    """How far a dose may lie from its plan; on a recipe's line, a product, a silo.

    A dose is *in* when its deviation is at most the warning percentage of the plan or the kg,
    whichever is more; *out* when it is above the out percentage or the kg, whichever is more; a
    *warning* between the two. What is 0 is not set here, and taken from the next of: recipe's
    line, product, silo, the settings.
    """

    _name = "plc.tolerance.mixin"
    _description = "Tolerance of a dose"

    plc_tolerance_warning = fields.Float(
        "Warning above (%)", digits=(5, 2), help="Of the plan; 0: as set elsewhere."
    )
    plc_tolerance_out = fields.Float(
        "Out of tolerance above (%)", digits=(5, 2), help="Of the plan; 0: as set elsewhere."
    )
    plc_tolerance_kg = fields.Float(
        "Always allowed (kg)",
        digits="Product Unit",
        help="A deviation of so many kg is never out, as a scale shows no less; 0: as set"
        " elsewhere.",
    )

    @api.constrains("plc_tolerance_warning", "plc_tolerance_out", "plc_tolerance_kg")
    def _check_plc_tolerance(self):
        for record in self:
            warning, out = record.plc_tolerance_warning, record.plc_tolerance_out
            if min(warning, out, record.plc_tolerance_kg) < 0:
                raise ValidationError(self.env._("A tolerance cannot be below 0."))
            if warning and out and warning > out:
                raise ValidationError(
                    self.env._("A warning comes before a dose is out of tolerance, not after it.")
                )

    @api.model
    def _plc_tolerance_defaults(self):
        """{name: value} of the settings."""
        get_param = self.env["ir.config_parameter"].sudo().get_param
        result = {}
        for name, default in DEFAULTS.items():
            try:
                result[name] = float(get_param(f"mrp_plc_batch.tolerance_{name}", default))
            except ValueError:  # typed by a person
                result[name] = default
            if not 0 <= result[name] < math.inf:
                result[name] = default
        return result

    @api.model
    def _plc_limits(self, records, planned, defaults):
        """(kg above which a dose is a warning, kg above which it is out).

        :param records: what may say so, the most particular one first; each a record of this
        :param planned: kg
        :param defaults: as `_plc_tolerance_defaults` gives
        """
        found = {
            name: next(filter(None, (record[f"plc_tolerance_{name}"] for record in records)), value)
            for name, value in defaults.items()
        }
        warning = max(planned * found["warning"] / 100.0, found["kg"])
        return warning, max(planned * found["out"] / 100.0, found["kg"], warning)
