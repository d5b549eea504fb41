import json

from odoo import fields, models
from odoo.tools import SQL

DOSES = 50  # so many of the latest doses tell how well a silo's scale does


class PlcSilo(models.Model):
    """The silo board: what a silo still holds, for how long, and how well it doses."""

    _inherit = "plc.silo"

    has_stock = fields.Boolean(compute="_compute_stock")
    stock_kg = fields.Float(
        "In stock (kg)",
        compute="_compute_stock",
        digits="Product Unit",
        help="In its stock location, less what was dosed and is not posted yet.",
    )
    planned_batches = fields.Integer("Batches planned", compute="_compute_stock")
    covered_batches = fields.Integer(
        "Batches it is enough for",
        compute="_compute_stock",
        help="How many of the batches in the queue the stock is enough for, in their order.",
    )
    last_dose_kg = fields.Float("Last dose (kg)", compute="_compute_doses", digits="Product Unit")
    last_dose_at = fields.Datetime("Last dosed", compute="_compute_doses")
    dose_count = fields.Integer("Latest doses", compute="_compute_doses")
    dose_error = fields.Float(
        "Error (%)",
        compute="_compute_doses",
        digits=(16, 2),
        help="Dosed against planned, of its latest doses together: a scale that drifts.",
    )
    dose_graph = fields.Text("Error of the latest doses", compute="_compute_doses")

    def _compute_stock(self):
        """Stock and open doses of all silos, in a query each."""
        kg_unit = self.env["uom.uom"]._plc_kg()
        on_hand = self._stock_on_hand()
        lines = self._open_lines()
        for silo in self:
            same = lines.filtered(lambda line, silo=silo: line.silo_id == silo)
            left = on_hand.get(silo, 0.0) - sum(same.mapped("actual_consumption"))
            to_take = [
                max(line.consumption - line.actual_consumption, 0.0)
                for line in same
                if not line.batch_id.status_manufacturing
            ]
            silo.has_stock = silo._has_stock()
            silo.stock_kg = left if silo.has_stock else 0.0
            silo.planned_batches = len(to_take)
            silo.covered_batches = 0
            for kg in to_take:
                if kg_unit.compare(kg, left) > 0:
                    break
                left -= kg
                silo.covered_batches += 1

    def _stock_on_hand(self):
        """{silo: kg of its current ingredient in its stock location and below, less what is in
        orders that were left open}; without those whose stock Odoo does not keep."""
        kg_unit = self.env["uom.uom"]._plc_kg()
        quants = self.env["stock.quant"]._read_group(
            [
                ("product_id", "in", self.product_id.ids),
                ("location_id", "child_of", self.location_id.ids),
            ],
            ["product_id", "location_id"],
            ["quantity:sum"],
        )
        gone = {(silo, product): quantity for silo, product, quantity in self._left_open()}
        return {
            silo: sum(
                product.uom_id._compute_quantity(quantity, kg_unit, round=False)
                for product, location, quantity in quants
                if product == silo.product_id and location._child_of(silo.location_id)
            )
            - silo.product_id.uom_id._compute_quantity(
                gone.get((silo, silo.product_id), 0.0), kg_unit, round=False
            )
            for silo in self
            if silo._has_stock() and silo.product_id.uom_id._has_common_reference(kg_unit)
        }

    def _compute_doses(self):
        """The latest doses of all silos, from the history, in one query."""
        doses = self._latest_doses()
        for silo in self:
            own = doses.get(silo.id, [])
            planned = sum(dose["planned"] for dose in own)
            dosed = sum(dose["dosed"] for dose in own)
            silo.dose_count = len(own)
            silo.dose_error = 100 * (dosed - planned) / planned if planned else 0.0
            # not the one archived last: an earlier one may have waited for its lot
            last = max(own, key=lambda dose: (dose["at"], dose["id"]), default=None)
            silo.last_dose_kg = last["dosed"] if last else 0.0
            silo.last_dose_at = last["at"] if last else False
            silo.dose_graph = json.dumps(
                [
                    {
                        "key": self.env._("Error (%)"),
                        "values": [
                            {
                                "x": dose["order"],
                                "y": round(
                                    100 * (dose["dosed"] - dose["planned"]) / dose["planned"], 2
                                ),
                            }
                            for dose in own
                        ],
                    }
                ]
            )

    def _latest_doses(self):
        """{silo id: its latest doses that were planned, oldest first}. One that was broken off, be
        it by the PLC and then accepted, says nothing of the scale.

        As SQL: no search says "the latest of each". A silo's doses are of its own company.
        """
        lines = self.env["mo.histories.line"]
        lines.flush_model(
            ["silo_id", "history_id", "consumption", "actual_consumption", "dosed_at"]
        )
        self.env["mo.histories"].flush_model(["archived_at", "mo_id", "status", "status_operation"])
        rows = self.env.execute_query_dict(
            SQL(
                """SELECT silo.id AS silo_id, dose.*
                     FROM unnest(%s::int[]) AS silo(id)
                    CROSS JOIN LATERAL (
                        SELECT line.id, history.mo_id AS order,
                               COALESCE(line.dosed_at, history.archived_at) AS at,
                               line.consumption AS planned, line.actual_consumption AS dosed
                          FROM mo_histories_line line
                          JOIN mo_histories history ON history.id = line.history_id
                         WHERE line.silo_id = silo.id AND line.consumption > 0
                               AND history.status = 'completed'
                               AND history.status_operation IS NOT TRUE
                         ORDER BY line.id DESC
                         LIMIT %s) AS dose
                    ORDER BY silo.id, dose.id""",
                list(self.ids),
                DOSES,
            )
        )
        doses = {}
        for row in rows:
            doses.setdefault(row["silo_id"], []).append(row)
        return doses
