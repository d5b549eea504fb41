import math

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import formatLang

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
        help="A deviation of so many kg is never a warning, as a scale shows no less; 0: as"
        " set elsewhere.",
    )
    plc_tolerance_effective = fields.Text(
        "In effect",
        compute="_compute_plc_tolerance_effective",
        groups="mrp_plc_batch.group_plc_user",
        help="What counts for a dose from now on, and where it is set: the recipe's line comes"
        " before the product, the product before the silo, the silo before the settings.",
    )

    @api.depends("plc_tolerance_warning", "plc_tolerance_out", "plc_tolerance_kg")
    def _compute_plc_tolerance_effective(self):
        defaults = self._plc_tolerance_defaults()
        for record in self:
            silos = record._plc_tolerance_silos()
            texts = {
                silo: record._plc_tolerance_in_words(record._plc_tolerance_levels(silo), defaults)
                for silo in silos or [silos]
            }
            if len(set(texts.values())) > 1:
                texts = {silo: f"{silo.name}: {text}" for silo, text in texts.items()}
            record.plc_tolerance_effective = "\n".join(dict.fromkeys(texts.values()))

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
        found = {name: value for name, (value, _by) in self._plc_found(records, defaults).items()}
        warning = max(planned * found["warning"] / 100.0, found["kg"])
        return warning, max(planned * found["out"] / 100.0, found["kg"], warning)

    @api.model
    def _plc_found(self, records, defaults):
        """{name: (value, the record that says so, or None: the settings)}; as `_plc_limits`."""
        found = {}
        for name, default in defaults.items():
            field = f"plc_tolerance_{name}"
            by = next((record for record in records if record[field]), None)
            found[name] = (by[field] if by else default, by)
        return found

    # ------------------------------------------------------------------
    # What is in effect, in words
    # ------------------------------------------------------------------

    def _plc_tolerance_silos(self):
        """The silos that a dose which this record is about may come from."""
        return self.env["plc.silo"]

    def _plc_tolerance_levels(self, silo):
        """Who may say so of a dose from this silo, the most particular one first."""
        return [self, *silo]

    def _plc_tolerance_source(self):
        """What a record is called as the source of a limit."""
        raise NotImplementedError

    def _plc_tolerance_in_words(self, records, defaults):
        found = self._plc_found(records, defaults)
        if found["out"][0] < found["warning"][0]:  # set at two levels: what warns is not yet out
            found["out"] = found["warning"]
        shown = {
            name: {
                "value": formatLang(self.env, value),
                "by": by._plc_tolerance_source() if by else self.env._("settings"),
            }
            for name, (value, by) in found.items()
        }
        texts = [
            self.env._("warning above %(value)s %% (%(by)s)", **shown["warning"]),
            self.env._("out above %(value)s %% (%(by)s)", **shown["out"]),
        ]
        if found["kg"][0]:
            texts.append(self.env._("%(value)s kg always allowed (%(by)s)", **shown["kg"]))
        return ", ".join(texts)
