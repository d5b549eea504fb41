from collections import defaultdict

from odoo import models
from odoo.tools import float_round

from .mrp_production import CLOSED
from .plc_silo_supply import Supply


class Undosable(Exception):
    """Why an order cannot be dosed.

    :param code: one of `ERROR_CODES` in mo_batch_error.py
    :param reason: in words
    """

    def __init__(self, code, reason):
        super().__init__(reason)
        self.code, self.reason = code, reason


class MrpProduction(models.Model):
    """Going down: which silo doses which ingredient of an order."""

    _inherit = "mrp.production"

    def _plc_assign_silos(self, device, supply=None):
        """As `_plc_plan_doses`, for who only wants to know why not.

        :return: (why the order cannot be dosed, None), or (False, doses)
        """
        try:
            return False, self._plc_plan_doses(device, supply)
        except Undosable as problem:
            return problem.reason, None

    def _plc_plan_doses(self, device, supply=None):
        """Find a silo for each ingredient; what no silo holds is dosed by hand.

        Going down a list: the silo named on the line, else the silo whose current ingredient it
        is, else one that has it among its alternatives. Lines of one ingredient are one dose.

        :param supply: `Supply`, which knows of the orders that are planned together with this one
            and before it
        :return: list of (plc.silo, product.product, kg)
        :raises Undosable: it cannot be dosed
        """
        self.ensure_one()
        silos = device.silo_ids.sorted(lambda silo: (silo.sequence, silo.number))
        supply = supply or Supply(silos)
        may_dose, doses = self._plc_silos_of(silos), {}
        # what is asked of a silo by name comes first: the others share what that leaves
        groups = sorted(self._plc_ingredients(silos).items(), key=lambda group: not group[0][1])
        for (product, named), moves in groups:
            choice = named or may_dose.get(product)
            if not choice:
                continue
            problem = (
                product._plc_serial_problem()
                or product._plc_unit_problem()
                or self._plc_line_unit_problem(moves)
            )
            if problem:
                raise Undosable("unit_mismatch", problem)
            for silo, kg in self._plc_distribute(moves, choice, supply, doses):
                other, before = doses.get(silo, (product, 0.0))
                if other != product:
                    raise Undosable("no_silo", self._plc_two_on_one(silo, other, product))
                doses[silo] = (product, before + kg)
        self._plc_check_doses(device, doses)
        return [(silo, product, kg) for silo, (product, kg) in doses.items()]

    def _plc_ingredients(self, silos):
        """{(product, silo named on the line or none): stock.move} of what is to be consumed."""
        groups = defaultdict(lambda: self.env["stock.move"])
        for move in self.move_raw_ids:
            if move.state not in CLOSED and move.product_uom.compare(move.product_uom_qty, 0) > 0:
                groups[move.product_id, move.plc_silo_id & silos] |= move
        return groups

    def _plc_silos_of(self, silos):
        """{product: those of `silos` that may dose it}: whose current ingredient it is, else the
        first that has it among its alternatives."""
        alternatives = {}
        for silo in silos:
            for product in silo.alternative_product_ids:
                alternatives.setdefault(product, silo)
        return alternatives | silos.grouped("product_id")

    def _plc_line_unit_problem(self, moves):
        kg_unit = self.env["uom.uom"]._plc_kg()
        for move in moves:
            if not move.product_uom._has_common_reference(kg_unit):
                return self.env._(
                    "Its line of %(product)s is in %(unit)s, which has nothing in common with kg.",
                    product=move.product_id.display_name,
                    unit=move.product_uom.name,
                )
        return False

    def _plc_kg(self, moves, digits):
        """What the component lines of one ingredient ask for together, in kg."""
        kg_unit = self.env["uom.uom"]._plc_kg()
        return float_round(
            sum(
                move.product_uom._compute_quantity(move.product_uom_qty, kg_unit, round=False)
                for move in moves
            ),
            precision_digits=digits,
        )

    def _plc_wanted(self, device):
        """{product: (the silos it may come from, kg, {silo named on lines: kg of these})} of what
        the device is to dose."""
        self.ensure_one()
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        silos, wanted = device.silo_ids, {}
        may_dose = self._plc_silos_of(silos)
        for (product, named), moves in self._plc_ingredients(silos).items():
            choice = named or may_dose.get(product)
            if choice:
                before, total, by_name = wanted.get(product, (silos.browse(), 0.0, {}))
                kg = self._plc_kg(moves, digits)
                by_name = {**by_name, named: kg} if named else by_name
                wanted[product] = before | choice, total + kg, by_name
        # as `_plc_distribute`, which shares out nothing of what rounds to nothing
        return {product: share for product, share in wanted.items() if share[1]}

    def _plc_distribute(self, moves, silos, supply, doses):
        """Share one ingredient's kg over its silos: by sequence, each up to what its stock
        location still has for new batches; the rest to the last.

        :param doses: {plc.silo: (product.product, kg)} that this order asks for already
        :return: list of (plc.silo, kg)
        """
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        left = self._plc_kg(moves, digits)
        shares = []
        for silo in silos[:-1]:
            kg = left
            if silo._has_stock():
                _product, asked = doses.get(silo, (None, 0.0))
                kg = min(left, supply.left(silo) - asked)
            kg = float_round(max(kg, 0.0), precision_digits=digits)
            if kg:
                shares.append((silo, kg))
            left = float_round(left - kg, precision_digits=digits)
        if left:
            shares.append((silos[-1], left))
        return shares

    def _plc_two_on_one(self, silo, first, second):
        return self.env._(
            "%(first)s and %(second)s would both come from %(silo)s. Name another silo on one of"
            " the lines.",
            first=first.display_name,
            second=second.display_name,
            silo=silo.name,
        )

    def _plc_check_doses(self, device, doses):
        """:raises Undosable: there is nothing to dose, or more than the device believes"""
        if not doses:
            raise Undosable(
                "no_silo",
                self.env._(
                    "None of its ingredients is in a silo of %s. Set the silos' ingredients, or"
                    " name a silo on the recipe's lines.",
                    device.name,
                ),
            )
        for silo, (product, kg) in doses.items():
            if kg > device.max_quantity:
                raise Undosable(
                    "plc_data",
                    self.env._(
                        "%(kg).2f kg of %(product)s from %(silo)s are above the limit of"
                        " %(limit).2f kg a silo and batch.",
                        kg=kg,
                        product=product.display_name,
                        silo=silo.name,
                        limit=device.max_quantity,
                    ),
                )
