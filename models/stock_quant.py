from collections import defaultdict
from contextlib import contextmanager

from odoo import api, models


class Reservations(defaultdict):
    """{(product, location, lot, package, owner): quantity}, compared by identity.

    Odoo hands out an environment again whose context is equal: by value, an empty sum would be
    taken for another empty one, and what is added to it would be lost.
    """

    __hash__ = object.__hash__

    def __eq__(self, other):
        return self is other

    def __ne__(self, other):
        return self is not other


class StockQuant(models.Model):
    _inherit = "stock.quant"

    @api.model
    @contextmanager
    def _plc_sum_reservations(self):
        """Sum up what is reserved and released meanwhile, and write it once a quant at the end.

        Yields this model with a context that move lines are to be written with.
        """
        sums = Reservations(float)
        yield self.with_context(plc_reservations=sums)
        sums = {key: kg for key, kg in sums.items() if not key[0].uom_id.is_zero(kg)}
        if not sums:
            return
        products, locations, lots, *_rest = (
            records[0].union(*records) for records in zip(*sums, strict=True)
        )
        # sudo: as Odoo looks for them itself where it is not handed them
        found = self.sudo()._get_quants_by_products_locations(
            products,
            locations,
            extra_domain=["|", ("lot_id", "in", lots.ids), ("lot_id", "=", False)],
        )
        self.union(*found.values()).mapped("quantity")  # read together
        quants = self.with_context(quants_cache=found)
        for (product, location, lot, package, owner), quantity in sums.items():
            quants._update_reserved_quantity(
                product, location, quantity, lot_id=lot, package_id=package, owner_id=owner
            )

    @api.model
    def _update_reserved_quantity(
        self,
        product_id,
        location_id,
        quantity,
        lot_id=None,
        package_id=None,
        owner_id=None,
        strict=True,
    ):
        sums = self.env.context.get("plc_reservations")
        if sums is None:
            return super()._update_reserved_quantity(
                product_id,
                location_id,
                quantity,
                lot_id=lot_id,
                package_id=package_id,
                owner_id=owner_id,
                strict=strict,
            )
        key = (
            product_id,
            location_id,
            lot_id or self.env["stock.lot"],
            package_id or self.env["stock.package"],
            owner_id or self.env["res.partner"],
        )
        sums[key] += quantity
        return None
