from collections import Counter

from odoo import api, fields, models
from odoo.tools import float_compare

from .mo_batch_error import BatchError


class MoBatchLine(models.Model):
    _name = "mo.batch.line"
    _description = "PLC batch silo"
    _order = "batch_id, silo_number, id"

    batch_id = fields.Many2one("mo.batch", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="batch_id.company_id", store=True, index=True)
    silo_id = fields.Many2one("plc.silo", "Silo", index="btree_not_null", ondelete="restrict")
    silo_number = fields.Integer("Number", aggregator=None)
    product_id = fields.Many2one("product.product", "Ingredient", ondelete="restrict")
    lot_id = fields.Many2one("stock.lot", "Lot", ondelete="restrict")
    location_id = fields.Many2one("stock.location", "From", ondelete="restrict")
    consumption = fields.Float("Planned (kg)", digits="Product Unit")
    actual_consumption = fields.Float("Dosed (kg)", digits="Product Unit")
    deviation = fields.Float(
        "Deviation (kg)", compute="_compute_deviation", store=True, digits="Product Unit"
    )
    was_dosed = fields.Boolean(help="Was above zero at least once: a zero is a correction.")

    _silo_uniq = models.Constraint(
        "unique (batch_id, silo_number)", "A batch has each silo only once."
    )

    @api.depends("consumption", "actual_consumption")
    def _compute_deviation(self):
        for line in self:
            line.deviation = line.actual_consumption - line.consumption

    @api.model_create_multi
    def create(self, vals_list):
        """What a script leaves out is what the silo holds at this moment."""
        silos = self.env["plc.silo"].browse(vals.get("silo_id") for vals in vals_list)
        by_id = {silo.id: silo for silo in silos if silo.id}
        vals_list = [dict(vals) for vals in vals_list]
        for vals in vals_list:
            silo = by_id.get(vals.get("silo_id"))
            if silo:
                vals.setdefault("silo_number", silo.number)
                vals.setdefault("product_id", silo.product_id.id)
                vals.setdefault("location_id", silo.location_id.id)
                if silo.product_id.id == vals["product_id"]:
                    vals.setdefault("lot_id", silo.lot_id.id)
            vals.setdefault("was_dosed", vals.get("actual_consumption", 0.0) > 0)
            if vals["was_dosed"]:
                vals.setdefault("dosed_at", fields.Datetime.now())
            if vals.get("consumption"):
                vals.setdefault("planned_product_id", vals.get("product_id"))
        return super().create(vals_list)

    def _check_product(self):
        """:raises BatchError: nobody knows what was dosed"""
        if self._contents_by_now()[0]:
            return
        known = self._silo_by_now()
        silo = known.name or str(self.silo_number)
        if known:
            action = self.env._(
                "Set the ingredient of %s; the order is then updated by itself.", silo
            )
        else:
            action = self.env._(
                "Add a silo with the number %(silo)s and its ingredient to %(device)s; the order is"
                " then updated by itself.",
                silo=silo,
                device=self.batch_id.device_id.name,
            )
        raise BatchError(
            "no_silo",
            self.env._("%(silo)s dosed into %(order)s.", silo=silo, order=self.batch_id.mo_id),
            self.env._(
                "%(kg).2f kg came from it, but no ingredient is set for it.",
                kg=self.actual_consumption,
            ),
            action,
        )

    def _check_unit(self):
        """:raises BatchError: the ingredient's unit cannot carry kilograms"""
        product, _lot = self._contents_by_now()
        problem = product._plc_unit_problem()
        if problem:
            raise BatchError(
                "unit_mismatch",
                self.env._(
                    "The dose of %(silo)s does not fit the order %(order)s.",
                    silo=self._silo_by_now().name,
                    order=self.batch_id.mo_id,
                ),
                problem,
                self.env._("Correct the ingredient's unit or the decimal accuracy of units."),
            )

    def _check_lot(self):
        """:raises BatchError: a tracked ingredient without a lot"""
        product, lot = self._contents_by_now()
        if product.tracking == "none" or lot or not self.actual_consumption:
            return
        silo = self._silo_by_now()
        if silo.product_id == product:
            action = self.env._(
                "Set the current lot of %s; the order is then updated by itself.", silo.name
            )
        else:
            action = self.env._(
                "Change %(silo)s over to %(product)s and its lot, and back to what it holds once"
                " the order was updated.",
                silo=silo.name,
                product=product.display_name,
            )
        raise BatchError(
            "lot_required",
            self.env._(
                "The order %(order)s needs the lot of %(product)s.",
                order=self.batch_id.mo_id,
                product=product.display_name,
            ),
            self.env._("It is tracked, and no lot of it is set on %s.", silo.name),
            action,
        )

    def _dose_at_least(self, kg_of):
        """Whether these lines of one ingredient plan what is asked of each silo by name.

        :param kg_of: {silo: kg}
        """
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        planned = Counter()
        for line in self:
            planned[line.silo_id] += line.consumption
        return all(
            float_compare(planned[silo], kg, precision_digits=digits) >= 0
            for silo, kg in kg_of.items()
        )

    def _prepare_history_vals(self):
        return {
            "company_id": self.company_id.id,
            "silo_id": self.silo_id.id,
            "silo_number": self.silo_number,
            "silo_name": self.silo_id.name or str(self.silo_number),
            "product_id": self.product_id.id,
            "product_name": self.product_id.display_name,
            "lot_id": self.lot_id.id,
            "lot_name": self.lot_id.name,
            "location_id": self.location_id.id,
            "dosed_at": self.dosed_at,
            "substitute_for": self._is_substitute() and self.planned_product_id.display_name,
            "consumption": self.consumption,
            "actual_consumption": self.actual_consumption,
            "deviation": self.deviation,
            "warning_kg": self.warning_kg,
            "out_kg": self.out_kg,
            "grade": self.grade,
            "uom_name": self.env["uom.uom"]._plc_kg().name,
        }
