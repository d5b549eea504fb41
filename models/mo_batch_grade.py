from odoo import api, fields, models
from odoo.tools import float_compare

GRADES = [("in", "In"), ("warning", "Warning"), ("out", "Out")]


def grade_of(deviation, warning_kg, out_kg, finished, digits):
    """The grade of one dose; while it runs, only of what is too much already.

    :param deviation: actual less planned, kg; the limits are in kg, too
    :param digits: decimals that count
    """
    if finished:
        deviation = abs(deviation)
    if float_compare(deviation, out_kg, precision_digits=digits) > 0:
        return "out"
    if float_compare(deviation, warning_kg, precision_digits=digits) > 0:
        return "warning"
    return "in" if finished else False


class MoBatchLine(models.Model):
    """How good a dose is: see `plc.tolerance.mixin`."""

    _inherit = "mo.batch.line"

    warning_kg = fields.Float(
        "Warning above (kg)", compute="_compute_limits", store=True, digits="Product Unit"
    )
    out_kg = fields.Float(
        "Out above (kg)", compute="_compute_limits", store=True, digits="Product Unit"
    )
    grade = fields.Selection(
        GRADES,
        compute="_compute_grade",
        store=True,
        help="Given when the PLC is done; while it doses, and where it broke off, only to what is"
        " too much already.",
    )

    # The silo's, product's and recipe's tolerances are not among these: a batch keeps those it
    # was planned with.
    @api.depends("consumption", "planned_product_id", "product_id", "batch_id.production_id")
    def _compute_limits(self):
        mixin = self.env["plc.tolerance.mixin"]
        defaults = mixin._plc_tolerance_defaults()
        moves = self.batch_id.production_id.move_raw_ids
        moves.bom_line_id.mapped("plc_tolerance_warning")  # read together
        for line in self:
            records = (line._bom_line(), line.product_id.product_tmpl_id, line.silo_id)
            line.warning_kg, line.out_kg = mixin._plc_limits(records, line.consumption, defaults)

    def _bom_line(self):
        """The recipe's line that this dose is for; the one with a tolerance, of several."""
        product = self.planned_product_id or self.product_id
        moves = self.batch_id.production_id.move_raw_ids
        lines = moves.filtered(lambda move: move.product_id == product).bom_line_id
        told = lines.filtered(
            lambda line: (
                line.plc_tolerance_warning or line.plc_tolerance_out or line.plc_tolerance_kg
            )
        )
        return (told or lines)[:1]

    @api.depends(
        *("consumption", "actual_consumption", "warning_kg", "out_kg"),
        *("batch_id.status_manufacturing", "batch_id.status_operation"),
    )
    def _compute_grade(self):
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        for line in self:
            deviation = line.actual_consumption - line.consumption
            batch = line.batch_id
            # broken off, too little is the failure's fault, which is told by itself
            finished = batch.status_manufacturing and not batch.status_operation
            line.grade = grade_of(deviation, line.warning_kg, line.out_kg, finished, digits)


class MoBatch(models.Model):
    """Doses out of tolerance: counted, and told to whoever answers for the device."""

    _inherit = "mo.batch"

    out_count = fields.Integer(
        "Out of tolerance", compute="_compute_out_count", store=True, aggregator="sum"
    )
    out_told = fields.Boolean(help="The responsible user was told of a dose out of tolerance.")

    @api.depends("line_ids.grade")
    def _compute_out_count(self):
        for batch in self:
            batch.out_count = len(batch.line_ids.filtered(lambda line: line.grade == "out"))

    def _tell_out_of_tolerance(self):
        """Once a batch: an event, and an activity for the device's responsible user. It is put
        on the order, since the batch is soon archived. Called where nothing is rolled back.

        :return: the batches that were told of
        """
        untold = self.filtered(lambda batch: batch.out_count and not batch.out_told)
        for batch in untold:
            batch.out_told = True
            text = ", ".join(
                self.env._(
                    "%(silo)s %(dosed).2f kg instead of %(planned).2f kg",
                    silo=line.silo_id.name or line.silo_number,
                    dosed=line.actual_consumption,
                    planned=line.consumption,
                )
                for line in batch.line_ids
                if line.grade == "out"
            )
            device = batch.device_id
            device._log_event(
                "tolerance",
                self.env._("Out of tolerance: %s", text),
                severity="warning",
                batch=batch,
            )
            summary = self.env._("%s is out of tolerance", batch.mo_id)
            batch._give_to_do(batch.production_id or device, summary, text)
        return untold


class MoHistories(models.Model):
    _inherit = "mo.histories"

    out_count = fields.Integer(
        "Out of tolerance", compute="_compute_out_count", store=True, aggregator="sum"
    )

    @api.depends("dose_ids.grade")
    def _compute_out_count(self):
        for history in self:
            history.out_count = len(history.dose_ids.filtered(lambda line: line.grade == "out"))


class MoHistoriesLine(models.Model):
    _inherit = "mo.histories.line"

    warning_kg = fields.Float("Warning above (kg)", digits="Product Unit", aggregator=None)
    out_kg = fields.Float("Out above (kg)", digits="Product Unit", aggregator=None)
    grade = fields.Selection(GRADES)
