from odoo import api, fields, models
from odoo.tools import SQL, drop_view_if_exists

from ..models.mo_batch_by_hand import SOURCES
from ..models.mo_batch_grade import GRADES


class PlcDoseReport(models.Model):
    """Every dose of the history as one row of figures: planned, dosed, deviation, and its cost.

    Kg are empty for what is not kept in kg, such as sacks: it has a cost, and no weight.
    """

    _name = "plc.dose.report"
    _description = "Doses"
    _auto = False
    _depends = {
        "mo.histories": [
            *("mo_id", "device_id", "recipe", "product_name"),
        ],
        "mo.histories.line": [
            *("history_id", "company_id", "status", "status_operation", "date", "source"),
            *("shift", "shift_day", "equipment_id_batch"),
            *("silo_id", "silo_name", "product_id", "product_name", "lot_name", "grade"),
            *("consumption", "actual_consumption", "deviation", "unit_cost", "uom_id"),
        ],
        "res.company": ["currency_id"],
    }
    _rec_name = "mo_id"
    _order = "date desc, id desc"

    history_id = fields.Many2one("mo.histories", "Batch", readonly=True)
    mo_id = fields.Char("Order", readonly=True)
    status = fields.Selection(
        [("completed", "Completed"), ("cancelled", "Cancelled"), ("failed", "Failed")],
        readonly=True,
    )
    date = fields.Datetime(
        "Dosed", readonly=True, help="When a read first saw it; by hand: when it was weighed."
    )
    status_operation = fields.Boolean(
        "Failure reported", readonly=True, help="The PLC broke off: what is missing says little."
    )
    shift = fields.Char(readonly=True)
    shift_day = fields.Date("Day of the shift", readonly=True, help="On which the shift began.")
    device_id = fields.Many2one("plc.device", "Device", readonly=True)
    equipment_id_batch = fields.Char("Equipment", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    recipe = fields.Char(readonly=True)
    finished_product = fields.Char("Product", readonly=True)
    source = fields.Selection(SOURCES, readonly=True)
    silo_id = fields.Many2one("plc.silo", "Silo record", readonly=True)
    silo = fields.Char(readonly=True, help="With its equipment: others have silos of that name.")
    silo_name = fields.Char("Silo name", readonly=True)
    product_id = fields.Many2one("product.product", "Ingredient record", readonly=True)
    product_name = fields.Char("Ingredient", readonly=True)
    lot_name = fields.Char("Lot", readonly=True)
    grade = fields.Selection(GRADES, readonly=True)
    planned = fields.Float("Planned (kg)", readonly=True, digits="Product Unit")
    dosed = fields.Float("Dosed (kg)", readonly=True, digits="Product Unit")
    deviation = fields.Float("Deviation (kg)", readonly=True, digits="Product Unit")
    off_plan = fields.Float(
        "Off plan (kg)",
        readonly=True,
        digits="Product Unit",
        help="Too much and too little both count: they do not make up for each other.",
    )
    deviation_percent = fields.Float(
        "Deviation (%)",
        readonly=True,
        digits=(16, 2),
        aggregator="avg",
        help="Of the plan. Together: of the sums.",
    )
    cost = fields.Monetary(readonly=True)
    deviation_cost = fields.Monetary("Cost of deviation", readonly=True)
    out_count = fields.Integer("Out of tolerance", readonly=True)

    @api.private
    def init(self):
        drop_view_if_exists(self.env.cr, self._table)
        self.env.cr.execute(
            SQL(
                "CREATE VIEW %s AS %s",
                SQL.identifier(self._table),
                self._query(self.env.ref("uom.product_uom_kgm").id),
            )
        )

    def _query(self, kg_id):
        """Joined from the left, so that PostgreSQL leaves out the table that nobody asks for.

        :param kg_id: id of the unit kg
        """
        in_kg = SQL("COALESCE(line.uom_id, %(kg)s) = %(kg)s", kg=kg_id)
        return SQL(
            """
            SELECT line.id, line.history_id, history.mo_id, line.status, line.status_operation,
                   line.date, line.shift, line.shift_day,
                   history.device_id, line.equipment_id_batch, line.company_id, company.currency_id,
                   history.recipe, history.product_name AS finished_product, line.source,
                   line.silo_id, line.silo_name,
                   COALESCE(line.equipment_id_batch || ' ', '') || line.silo_name AS silo,
                   line.product_id, line.product_name,
                   line.lot_name, line.grade,
                   CASE WHEN %(in_kg)s THEN line.consumption END AS planned,
                   CASE WHEN %(in_kg)s THEN line.actual_consumption END AS dosed,
                   CASE WHEN %(in_kg)s THEN line.deviation END AS deviation,
                   CASE WHEN %(in_kg)s THEN ABS(line.deviation) END AS off_plan,
                   100.0 * line.deviation / NULLIF(line.consumption, 0) AS deviation_percent,
                   line.actual_consumption * line.unit_cost AS cost,
                   line.deviation * line.unit_cost AS deviation_cost,
                   (COALESCE(line.grade, '') = 'out')::int AS out_count
              FROM mo_histories_line line
              LEFT JOIN mo_histories history ON history.id = line.history_id
              LEFT JOIN res_company company ON company.id = line.company_id
            """,
            in_kg=in_kg,
        )

    def _read_group_select(self, aggregate_spec, query):
        if aggregate_spec != "deviation_percent:avg":
            return super()._read_group_select(aggregate_spec, query)
        return SQL(
            "100.0 * SUM(%s) / NULLIF(SUM(%s), 0)",
            self._field_to_sql(self._table, "deviation", query),
            self._field_to_sql(self._table, "planned", query),
        )

    def action_open_history(self):
        self.ensure_one()
        return self.history_id._get_records_action(context={})
