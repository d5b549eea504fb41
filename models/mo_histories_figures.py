from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import SQL


class MoBatch(models.Model):
    """When a batch was sent and when the PLC was done with it."""

    _inherit = "mo.batch"

    sent_at = fields.Datetime(help="When its recipe stood in the PLC, whole.")
    finished_at = fields.Datetime(help="When a read first saw that the PLC was done.")

    def _transition(self, event):
        super()._transition(event)
        if event == "send":
            self.sent_at = fields.Datetime.now()
        elif event == "finish":
            self.filtered(lambda batch: not batch.finished_at).finished_at = fields.Datetime.now()

    def _start_afresh(self):
        super()._start_afresh()
        self.write({"sent_at": False, "finished_at": False})

    def _prepare_history_vals(self, status, notes=None):
        return {
            **super()._prepare_history_vals(status, notes),
            "sent_at": self.sent_at,
            "taken_at": self.taken_at,
            "finished_at": self.finished_at,
        }


class MoHistories(models.Model):
    """Yield and cycle time of a batch."""

    _inherit = "mo.histories"

    sent_at = fields.Datetime("Sent")
    taken_at = fields.Datetime("Taken by the PLC")
    finished_at = fields.Datetime("Finished by the PLC")
    input_kg = fields.Float(
        "Went in (kg)",
        compute="_compute_yield",
        store=True,
        digits="Product Unit",
        help="What the silos dosed and what was added by hand, as far as it is kept in kg.",
    )
    yield_percent = fields.Float(
        "Yield (%)",
        compute="_compute_yield",
        store=True,
        digits=(16, 2),
        aggregator="avg",
        help="The weight that the PLC reports, of what went in. Together: the sums' ratio. None"
        " where the order was left open and not all of it was weighed: what went in is not known.",
    )
    cycle_minutes = fields.Float(
        "Sent to Finished (min)",
        compute="_compute_cycle_minutes",
        store=True,
        digits=(16, 1),
        aggregator="avg",
        help="From sent to finished by the PLC, as the reads saw it.",
    )

    @api.depends(
        "dose_ids.actual_consumption", "actual_weight_quantity_finished_goods", "hand_missing"
    )
    def _compute_yield(self):
        kg_units = self.env["uom.uom"], self.env["uom.uom"]._plc_kg()  # old lines have none
        for history in self:
            history.input_kg = sum(
                line.actual_consumption for line in history.dose_ids if line.uom_id in kg_units
            )
            known = history.input_kg and not history.hand_missing
            history.yield_percent = known and (
                100.0 * history.actual_weight_quantity_finished_goods / history.input_kg
            )

    @api.depends("sent_at", "finished_at")
    def _compute_cycle_minutes(self):
        for history in self:
            known = history.sent_at and history.finished_at
            history.cycle_minutes = (
                (history.finished_at - history.sent_at).total_seconds() / 60 if known else 0.0
            )

    def _read_group_select(self, aggregate_spec, query):
        """What is not known counts for no average; the yield of many is the ratio of the sums."""
        if aggregate_spec == "yield_percent:avg":
            weight = self._field_to_sql(self._table, "actual_weight_quantity_finished_goods", query)
            went_in = self._field_to_sql(self._table, "input_kg", query)
            return SQL(
                "100.0 * SUM(%(weight)s) FILTER (WHERE %(known)s)"
                " / SUM(%(went_in)s) FILTER (WHERE %(known)s)",
                weight=weight,
                went_in=went_in,
                known=SQL("%s > 0", self._field_to_sql(self._table, "yield_percent", query)),
            )
        if aggregate_spec == "cycle_minutes:avg":
            cycle = self._field_to_sql(self._table, "cycle_minutes", query)
            return SQL("AVG(NULLIF(%s, 0))", cycle)
        return super()._read_group_select(aggregate_spec, query)


class MoHistoriesLine(models.Model):
    """What a dose cost, and on which shift it was dosed: kept as it was when archived. What figures
    are filtered by stands on the line itself, so that 100,000 of them need no other table."""

    _inherit = "mo.histories.line"

    status = fields.Selection(related="history_id.status", store=True)
    status_operation = fields.Boolean(related="history_id.status_operation", store=True)
    equipment_id_batch = fields.Char(related="history_id.equipment_id_batch", store=True)
    date = fields.Datetime(
        "Dosed",
        compute="_compute_date",
        store=True,
        help="When a read first saw it; by hand: when it was weighed.",
    )
    unit_cost = fields.Float(
        "Cost a unit",
        aggregator=None,
        digits=0,
        help="The ingredient's cost when archived, in the company's currency, a unit of this line.",
    )
    shift = fields.Char()
    shift_day = fields.Date("Day of the shift", help="On which the shift began.")

    @api.depends("dosed_at", "weighed_at", "history_id.archived_at")
    def _compute_date(self):
        for line in self:
            line.date = line.dosed_at or line.weighed_at or line.history_id.archived_at

    @api.model_create_multi
    def create(self, vals_list):
        vals_list = [dict(vals) for vals in vals_list]
        untold = [vals for vals in vals_list if not {"unit_cost", "shift"} & vals.keys()]
        # a line of no history is refused by Odoo, in its own words
        self._freeze([vals for vals in untold if vals.get("history_id")])
        return super().create(vals_list)

    def _freeze(self, vals_list):
        """Add cost, shift and what Odoo would otherwise compute on a record made for it before each
        is created, to the values of lines."""
        history, unit_model = self.env["mo.histories"], self.env["uom.uom"]
        by_company = defaultdict(list)
        for vals in vals_list:
            by_company[history.browse(vals["history_id"]).company_id].append(vals)
        for company, rows in by_company.items():
            moments = [
                fields.Datetime.to_datetime(vals.get("dosed_at") or vals.get("weighed_at"))
                or history.browse(vals["history_id"]).archived_at
                for vals in rows
            ]
            shifts = self.env["plc.shift"].sudo()._shifts_at(company, moments)
            product_model = self.env["product.product"].with_company(company)
            product_ids = {vals["product_id"] for vals in rows if vals.get("product_id")}
            products = {product.id: product for product in product_model.browse(product_ids)}
            for vals, moment, (shift, day) in zip(rows, moments, shifts, strict=True):
                of = history.browse(vals["history_id"])
                vals.update(
                    status=of.status,
                    status_operation=of.status_operation,
                    equipment_id_batch=of.equipment_id_batch,
                    date=moment,
                    shift=shift,
                    shift_day=day,
                )
                product = products.get(vals.get("product_id"))
                if product:  # a silo without an ingredient may have dosed
                    unit = unit_model.browse(vals.get("uom_id")) or unit_model._plc_kg()
                    price = product.standard_price
                    vals["unit_cost"] = product.uom_id._compute_price(price, unit)
