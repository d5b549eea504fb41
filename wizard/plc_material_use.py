from collections import defaultdict
from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import SQL


class PlcMaterialUse(models.TransientModel):
    """What came into the silos' stock locations, what went out, and what is left."""

    _name = "plc.material.use"
    _description = "Material use of the silos"

    device_id = fields.Many2one("plc.device", "Device")
    date_from = fields.Datetime(
        "From",
        required=True,
        default=lambda self: fields.Datetime.now() - timedelta(days=7),
    )
    date_to = fields.Datetime("To", required=True, default=lambda self: fields.Datetime.now())
    line_ids = fields.One2many("plc.material.use.line", "use_id", "Lines")

    def action_open_lines(self):
        """The table for this device, or for all, and this period."""
        self.ensure_one()
        if self.date_from >= self.date_to:
            raise UserError(self.env._("A period ends after it begins."))
        self.line_ids = [Command.clear(), *map(Command.create, self._prepare_lines())]
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Material Use"),
            "res_model": "plc.material.use.line",
            "view_mode": "list,pivot,graph",
            "domain": [("use_id", "=", self.id)],
        }

    def _prepare_lines(self):
        """A row a stock location and ingredient; in kg where the ingredient is, else in its unit.

        As many statements for a hundred silos as for one. What is on hand is Odoo's own figure;
        the rest is counted back from it.
        """
        # what was archived since has dosed, too
        silos = (
            self.env["plc.silo"]
            .with_context(active_test=False)
            .search([("device_id", "=", self.device_id.id)] if self.device_id else [])
        )
        period = Domain("date", ">", self.date_from) & Domain("date", "<=", self.date_to)
        placed = silos.filtered("location_id")
        in_use = placed.filtered("active")
        silos_at = {
            **self._dosed_from(silos, period),
            **placed.grouped("location_id"),
            **in_use.grouped("location_id"),
        }
        locations = self.env["stock.location"].union(*silos_at)
        on_hand = self._on_hand(locations)
        since = self._moved(locations, Domain("date", ">", self.date_to))
        during = self._moved(locations, period)
        still = {key for key in (*on_hand, *since) if key[0] in in_use.location_id}
        filled = {(silo.location_id, silo.product_id) for silo in in_use if silo.product_id}
        keys = still | filled | {*during}
        kg_unit = self.env.ref("uom.product_uom_kgm")
        vals_list = []
        for location, product in sorted(keys, key=lambda key: (key[0].complete_name, key[1].id)):
            own = product.uom_id
            unit = kg_unit if own._has_common_reference(kg_unit) else own
            moved = during[location, product]
            figures = {"closing": 0.0, "opening": 0.0, **moved}
            if product.is_storable:  # else Odoo keeps no stock of it
                closing = on_hand[location, product] - sum(since[location, product].values())
                figures.update(closing=closing, opening=closing - sum(moved.values()))
            figures = {
                name: own._compute_quantity(quantity, unit, round=False)
                for name, quantity in figures.items()
            }
            vals_list.append(
                {
                    "silo_names": ", ".join(silos_at[location].mapped("name")),
                    "device_id": silos_at[location].device_id[:1].id,
                    "location_id": location.id,
                    "product_id": product.id,
                    "uom_id": unit.id,
                    "opening": figures["opening"],
                    "received": figures.get("received", 0.0),
                    "dosed": -figures.get("dosed", 0.0),
                    "other": figures.get("other", 0.0),
                    "closing": figures["closing"],
                }
            )
        return vals_list

    def _dosed_from(self, silos, period):
        """{location: the silos that dosed from it}, also where they lie elsewhere by now; without
        what came from an order's own source, as it does of a silo that has no location."""
        found = defaultdict(self.env["plc.silo"].browse)
        for silo, location, source in self.env["stock.move.line"]._read_group(
            Domain("state", "=", "done") & Domain("plc_silo_id", "in", silos.ids) & period,
            ["plc_silo_id", "location_id", "move_id.location_id"],
        ):
            if location != source:
                found[location] |= silo
        return found

    def _on_hand(self, locations):
        """{(location, product): quantity now}, in the product's unit."""
        groups = self.env["stock.quant"]._read_group(
            [("location_id", "in", locations.ids)], ["location_id", "product_id"], ["quantity:sum"]
        )
        return defaultdict(float, {(place, product): total for place, product, total in groups})

    def _moved(self, locations, period):
        """{(location, product): {"received": …, "dosed": …, "other": …}}: what came in and, below
        0, what went out; in the product's unit. "other" went out by no PLC, or was counted."""
        result = defaultdict(lambda: defaultdict(float))
        done = Domain("state", "=", "done") & period
        came = done & Domain("location_dest_id", "in", locations.ids)
        went = done & Domain("location_id", "in", locations.ids)
        counted, by_plc = (
            Domain("move_id.is_inventory", "=", True),
            Domain("plc_silo_id", "!=", False),
        )
        for field, domain, name, sign in (
            ("location_dest_id", came & ~counted, "received", 1),
            ("location_dest_id", came & counted, "other", 1),
            ("location_id", went & by_plc, "dosed", -1),
            ("location_id", went & ~by_plc, "other", -1),
        ):
            for place, product, quantity in self.env["stock.move.line"]._read_group(
                domain, [field, "product_id"], ["quantity_product_uom:sum"]
            ):
                result[place, product][name] += sign * quantity
        return result


class PlcMaterialUseLine(models.TransientModel):
    _name = "plc.material.use.line"
    _description = "Material use of a silo"
    _order = "id"

    use_id = fields.Many2one("plc.material.use", required=True, ondelete="cascade")
    device_id = fields.Many2one("plc.device", "Device")
    silo_names = fields.Char("Silo")
    location_id = fields.Many2one("stock.location", "Location")
    product_id = fields.Many2one("product.product", "Ingredient")
    uom_id = fields.Many2one("uom.uom", "Unit")
    opening = fields.Float(digits="Product Unit")
    received = fields.Float(digits="Product Unit")
    dosed = fields.Float(digits="Product Unit", help="By the PLC, as posted in stock.")
    other = fields.Float(
        "Other",
        digits="Product Unit",
        help="Counted, moved elsewhere or used without the PLC: above 0 it came, below 0 it went.",
    )
    closing = fields.Float(digits="Product Unit")

    def _read_group_select(self, aggregate_spec, query):
        """No sum of kilograms and litres: where units differ, pivot and chart leave it empty."""
        expression = super()._read_group_select(aggregate_spec, query)
        if not aggregate_spec.endswith(":sum"):
            return expression
        unit = self._field_to_sql(self._table, "uom_id", query)
        return SQL("CASE WHEN COUNT(DISTINCT %s) = 1 THEN %s END", unit, expression)
