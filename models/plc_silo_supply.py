from collections import Counter

from odoo import models


class Supply:
    """What silos still have for orders that are planned together.

    It is looked up for all of them at once, and only where two silos share an ingredient.
    """

    def __init__(self, silos):
        self._silos, self._left, self._promised = silos, None, Counter()

    def left(self, silo):
        """Kg of its current ingredient, less what the orders before were promised."""
        if self._left is None:
            self._left = self._silos._left_kg()
        return self._left.get(silo, 0.0) - self._promised[silo]

    def promise(self, doses):
        """Take one plan's doses off what is left: no batch says so yet."""
        for silo, product, kg in doses:
            if product == silo.product_id:
                self._promised[silo] += kg


class PlcSilo(models.Model):
    """How much there is for new batches."""

    _inherit = "plc.silo"

    def _left_kg(self):
        """{silo: kg of its current ingredient in its stock location that no open batch is still
        to take}, in a few queries for all of them; those without a location have no limit."""
        left = Counter(self._stock_on_hand())
        lines = self.env["mo.batch.line"].search([("silo_id", "in", self.ids)])
        for line in lines.filtered(lambda line: line.product_id == line.silo_id.product_id):
            is_finished = line.batch_id.status_manufacturing
            dosed = line.actual_consumption
            left[line.silo_id] -= dosed if is_finished else max(line.consumption, dosed)
        return left
