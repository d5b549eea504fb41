from collections import Counter

from odoo import models
from odoo.fields import Domain

from .mrp_production import CLOSED
from .mrp_production_batch import SENDABLE


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
        for line in self._open_lines():
            is_finished = line.batch_id.status_manufacturing
            dosed = line.actual_consumption
            left[line.silo_id] -= dosed if is_finished else max(line.consumption, dosed)
        return left

    def _has_stock(self):
        """Whether Odoo keeps how much there is of its ingredient."""
        self.ensure_one()
        return bool(self.location_id) and self.product_id.is_storable

    def _open_lines(self):
        """`mo.batch.line` of their current ingredients that stock does not know of yet."""
        lines = self.env["mo.batch.line"].search([("silo_id", "in", self.ids)], order="batch_id")
        return lines.filtered(
            lambda line: (
                line.product_id == line.silo_id.product_id
                # closed by a person, with the values in it
                and not (line.batch_id.error_code == "mo_done" and line.batch_id.update_odoo)
            )
        )

    def _left_open(self):
        """[(silo, product, quantity in the product's unit)] that is archived, in orders that their
        devices leave to a person to close."""
        devices = self.device_id.filtered(lambda device: not device.close_order)
        if not devices:
            return []
        orders = self.env["mrp.production"]._search(
            Domain("plc_device_id", "in", devices.ids)
            & Domain("state", "in", SENDABLE)
            & Domain("plc_batch_ids", "=", False)
        )
        return self.env["stock.move.line"]._read_group(
            Domain("move_id.raw_material_production_id", "in", orders)
            & Domain("state", "not in", CLOSED)
            & Domain("plc_silo_id", "in", self.ids),
            ["plc_silo_id", "product_id"],
            ["quantity_product_uom:sum"],
        )
