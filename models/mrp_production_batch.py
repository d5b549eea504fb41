from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .mrp_production import USER

SENDABLE = ("confirmed", "progress", "to_close")


class MrpProduction(models.Model):
    """What an order's form and list tell of its batch, and the ways to it."""

    _inherit = "mrp.production"

    plc_slot = fields.Integer("Slot", compute="_compute_plc_status", groups=USER)
    plc_progress = fields.Float("Dosed", compute="_compute_plc_status", groups=USER)
    plc_status = fields.Char("At the PLC", compute="_compute_plc_status", groups=USER)
    plc_stuck = fields.Boolean(compute="_compute_plc_status", groups=USER)
    plc_has_batch = fields.Boolean(compute="_compute_plc_status", groups=USER)
    plc_history_count = fields.Integer(compute="_compute_plc_history_count", groups=USER)

    @api.depends(
        "state",
        "plc_dispatch",
        "plc_skip_reason",
        "plc_device_id.active",
        "plc_device_id.paused",
        "plc_device_id.fill_policy",
        "plc_batch_ids.batch_no",
        "plc_batch_ids.holds_slot",
        "plc_batch_ids.state",
        "plc_batch_ids.error_code",
        "plc_batch_ids.status_manufacturing",
        "plc_batch_ids.status_operation",
        "plc_batch_ids.line_ids.actual_consumption",
    )
    def _compute_plc_status(self):
        batches, busy = self._plc_batch_facts()
        field = self.env["mo.batch"]._fields
        states = dict(field["state"]._description_selection(self.env))
        errors = dict(field["error_code"]._description_selection(self.env))
        for order in self:
            slot, state, error, progress = batches.get(order._origin.id, (0, False, False, 0.0))
            order.plc_slot = slot
            order.plc_progress = progress
            order.plc_stuck = bool(error)
            order.plc_has_batch = bool(state)
            words = errors.get(error) or states.get(state)
            if not state:
                order.plc_status = order._plc_waiting_for(order.plc_device_id.id in busy)
            elif slot:
                order.plc_status = self.env._("Slot %(slot)s: %(state)s", slot=slot, state=words)
            elif state == "staged" and not error:
                order.plc_status = self.env._("Waits for a slot")
            else:
                order.plc_status = words

    def _compute_plc_history_count(self):
        counts = dict(
            self.env["mo.histories"]._read_group(
                [("production_id", "in", self._origin.ids)], ["production_id"], ["__count"]
            )
        )
        for order in self:
            order.plc_history_count = counts.get(order._origin, 0)

    def _plc_batch_facts(self):
        """Batches, their silos and the queues of the orders' PLCs in one statement, since lists
        of orders are looked at all day.

        :return: {order id: (slot it holds or 0, state, error code, progress in %)}, and the ids of
            devices whose queue is not empty
        """
        Batch, Line = self.env["mo.batch"], self.env["mo.batch.line"]
        Batch.flush_model(
            [
                *("production_id", "device_id", "batch_no", "holds_slot", "state", "error_code"),
                *("status_manufacturing", "status_operation"),
            ]
        )
        Line.flush_model(["batch_id", "consumption", "actual_consumption"])
        query = Batch._search([("production_id", "in", self._origin.ids)])
        line = query.left_join(query.table, "id", Line._table, "batch_id", "line")
        query.groupby = SQL.identifier(query.table, "id")
        columns = ("device_id", "production_id", "batch_no", "holds_slot", "state", "error_code")
        finished = SQL(
            "%s AND NOT %s",
            SQL.identifier(query.table, "status_manufacturing"),
            SQL.identifier(query.table, "status_operation"),
        )
        batches = query.select(
            *(SQL.identifier(query.table, column) for column in columns),
            finished,
            SQL("COALESCE(SUM(%s), 0)", SQL.identifier(line, "consumption")),
            SQL("COALESCE(SUM(%s), 0)", SQL.identifier(line, "actual_consumption")),
        )
        queues = Batch._search(
            [("device_id", "in", self.plc_device_id.ids), ("state", "!=", "parked")]
        )
        queues.groupby = SQL.identifier(queues.table, "device_id")
        nothing = [SQL("NULL")] * (len(columns) + 2)
        rows = self.env.execute_query(
            SQL("%s UNION ALL %s", batches, queues.select(queues.groupby, *nothing))
        )
        facts, busy = {}, set()
        for device_id, order_id, slot, holds_slot, state, error, finished, planned, dosed in rows:
            if not order_id:
                busy.add(device_id)
                continue
            progress = min(100.0 * float(dosed) / float(planned), 100.0) if planned else 0.0
            progress = 100.0 if finished else progress
            facts[order_id] = (slot if holds_slot else 0, state, error, progress)
        return facts, busy

    def _plc_waiting_for(self, is_busy):
        """Why an open order that has no batch is not with its PLC yet, or False.

        :param is_busy: whether there is something in the queue of its PLC
        """
        self.ensure_one()
        device = self.plc_device_id.sudo()  # it may be another company's by now
        if not device or self.state not in SENDABLE:
            return False
        if self.plc_dispatch == "never":
            return self.env._("Not to be sent")  # why it was passed over before is old
        if not device.active:
            return self.env._("%s is archived", device.name)
        if device.paused:
            return self.env._("%s is paused", device.name)
        if self.plc_skip_reason:
            return self.plc_skip_reason
        if self.plc_dispatch == "again":
            return self.env._("To be sent again")
        if self.state != "confirmed":
            return False  # a person has started it
        if is_busy and device.fill_policy == "drain":
            return self.env._("Waits for the queue")
        return self.env._("To be sent")

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------

    def action_plc_send_again(self):
        """User: have an order fetched again that was kept back, as after a cancelled batch.

        For whoever may plan orders at the plant: cancelling is the administrator's decision,
        dosing an order that still stands is daily work.
        """
        self.env["plc.device"]._check_group(USER)
        self.check_access("write")
        for order in self:
            if order.plc_batch_ids:
                raise UserError(self.env._("%s is in the queue already.", order.name))
            if not order.plc_device_id or order.state not in SENDABLE:
                raise UserError(
                    self.env._("%s cannot be sent: it has no PLC, or is not confirmed.", order.name)
                )
        self.write({"plc_dispatch": "again", "plc_skip_reason": False})
        for order in self:
            order.plc_device_id._log_event("button", self.env._("Send again"), mo_id=order.name)
        return True

    def action_open_plc_batch(self):
        self.ensure_one()
        return self.plc_batch_ids._get_records_action(name=self.env._("PLC Batch"), context={})

    def action_open_plc_histories(self):
        self.ensure_one()
        return self.plc_history_ids._get_records_action(name=self.env._("PLC History"), context={})
