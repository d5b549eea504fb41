import random
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Command

from .mo_batch_error import BatchError
from .mo_batch_grade import grade_of

DAYS = 30
DRIFTING = 103  # the silo whose scale drifts in the last week, for the eye to find


class PlcDevice(models.Model):
    """Demo data that files cannot hold: batches in every state, and a month of history.

    Called by `demo/demo.xml`, on a paused device, and by nobody else.
    """

    _inherit = "plc.device"

    @api.model
    def _load_demo(self, device_id):
        device = self.browse(device_id)
        orders = self.env["mrp.production"].search(device._orders_domain(), order="id")
        device._demo_changeovers()
        device._demo_batches(orders)
        device._demo_histories(orders[-1])  # still as it was ordered
        device.write({"state": "online", "last_seen": fields.Datetime.now()})

    def _demo_batches(self, orders):
        """One batch in each state, and four kinds of error, as the tasks would have left them."""
        done, failed, parked, running, sent, staged, *rest = (
            self._demo_batch(order, number) for number, order in enumerate(orders[:-1], start=1)
        )
        done._demo_dose(1.0, finished=True)
        failed._demo_dose(0.6, finished=True, status_operation=True)
        parked._demo_dose(1.0, finished=True)
        running._demo_dose(0.4)
        running.taken_at = fields.Datetime.now() - timedelta(hours=1)
        running.last_read_from_plc = running.taken_at
        (done | failed | running)._process_batch_consumption()
        (failed | parked)._demo_refuse()
        parked.write({"previous_state": "done", "state": "parked"})
        running._watch_silence()
        sent.state = "sent"
        staged.state = "staged"
        lost = rest[0]._demo_dose(1.0, finished=True)
        lost.production_id.with_context(plc_force=True).action_cancel()
        lost._demo_refuse()

    def _demo_batch(self, order, number):
        _reason, plan = self._plan_order(order, self.layout_id._to_plc(), {})
        order, record, doses = plan
        vals = self._prepare_batch_vals(order, record, number)
        vals["line_ids"] = [Command.create(self._prepare_line_vals(*dose)) for dose in doses]
        batch = self.env["mo.batch"].create(vals)
        text = self.env._("Sent to slot %s: %s", number, batch._doses_in_words("consumption"))
        self._log_event("send", text, batch=batch)
        return batch

    def _demo_changeovers(self):
        """The ingredients and lots of a month, on the silo of a tracked ingredient."""
        silo = self.silo_ids.filtered(lambda silo: silo.product_id.tracking == "lot")[:1]
        silo.changeover_ids.sudo().date = fields.Datetime.now() - timedelta(days=DAYS)
        for number in range(1, 4):
            lot = self.env["stock.lot"].create(
                {
                    "name": f"VM-{number:03}",
                    "product_id": silo.product_id.id,
                    "company_id": self.company_id.id,
                }
            )
            self._demo_delivery(silo, lot, number, DAYS - 8 * number)
        self._demo_delivery(silo, lot.browse(), number + 1, 1)  # its lot is for a person to enter

    def _demo_delivery(self, silo, lot, number, days):
        silo.with_context(
            plc_changeover_date=fields.Datetime.now() - timedelta(days=days),
            plc_changeover_note=self.env._("Delivery %s", number),
        ).lot_id = lot

    def _demo_histories(self, order):
        """What a plant of this size dosed in a month: the same every time, up to today."""
        dice = random.Random(19)  # noqa: S311
        _reason, plan = self._plan_order(order, self.layout_id._to_plc(), {})
        start = fields.Datetime.now().replace(hour=6, minute=0, second=0) - timedelta(days=DAYS)
        vals_list = []
        for day in range(DAYS):
            moment = start + timedelta(days=day)
            for _batch in range(0 if moment.weekday() == 6 else dice.randint(2, 5)):
                moment += timedelta(minutes=dice.randint(40, 110))
                drift = 1.03 if day > DAYS - 7 else 1.0
                number = len(vals_list) + 1
                vals_list.append(
                    self._demo_history_vals(order, plan[2], number, moment, dice, drift)
                )
        self.env["mo.histories"].create(vals_list)

    def _demo_history_vals(self, order, doses, number, moment, dice, drift):
        status = dice.choices(["completed", "cancelled", "failed"], [95, 4, 1])[0]
        lines = []
        completed = status == "completed"
        sent_at = moment - timedelta(minutes=dice.randint(18, 30))
        defaults = self.env["plc.tolerance.mixin"]._plc_tolerance_defaults()
        for silo, product, kg in doses:
            factor = dice.gauss(1.0, 0.008) * (drift if silo.number == DRIFTING else 1.0)
            factor *= dice.choices([1.0, 1.06], [99, 1])[0]  # a flap that stuck
            dosed = round(kg * factor, 2) if completed else 0.0
            warning, out = silo._plc_limits((silo,), kg, defaults)
            lines.append(
                {
                    "dosed_at": completed and sent_at + timedelta(minutes=1 + len(lines)),
                    "warning_kg": warning,
                    "out_kg": out,
                    "grade": grade_of(dosed - kg, warning, out, completed, 2),
                    "silo_id": silo.id,
                    "silo_number": silo.number,
                    "silo_name": silo.name,
                    "product_id": product.id,
                    "product_name": product.display_name,
                    "consumption": kg,
                    "actual_consumption": dosed,
                    "deviation": dosed - kg,
                    "uom_name": "kg",
                }
            )
        hand = self._demo_by_hand(order, moment, dice) if completed else []
        went_in = sum(line["actual_consumption"] for line in [*lines, *hand])
        weight = round(went_in * dice.gauss(0.994, 0.002), 2)
        return {
            "batch_no": (number - 1) % self.layout_id.slot_count + 1,
            "mo_id": f"MIX/{number:05}",
            "production_name": f"MIX/{number:05}",
            "product_id": order.product_id.id,
            "product_name": order.product_id.display_name,
            "finished_goods": order.product_id.name,
            "recipe": order.bom_id.code,
            "device_id": self.id,
            "equipment_id_batch": self.code,
            "company_id": self.company_id.id,
            "consumption": order.product_qty,
            "actual_weight_quantity_finished_goods": weight,
            "produced_quantity": weight,
            "uom_name": "kg",
            "status": status,
            "status_manufacturing": status == "completed",
            "update_odoo": status == "completed",
            "acknowledged": True,
            "last_read_from_plc": moment,
            "sent_at": sent_at,
            "taken_at": sent_at + timedelta(minutes=1),
            "finished_at": completed and moment,
            "archived_at": moment + timedelta(minutes=3),
            "user_id": self.env.uid,
            "notes": False if status == "completed" else self.env._("Demo data."),
            "line_ids": [Command.create(line) for line in lines],
            "hand_line_ids": [Command.create(line) for line in hand],
        }

    def _demo_by_hand(self, order, moment, dice):
        """Four of five times somebody weighs it."""
        kg_unit = self.env["uom.uom"]._plc_kg()
        weighed = dice.random() < 0.8
        lines = []
        for move in order._plc_hand_moves():
            kg = round(move.product_uom_qty * dice.gauss(1.0, 0.004), 2)
            (vals, *_more) = move._prepare_plc_history_vals(kg_unit)
            vals.update(
                lot_id=False, lot_name=False, actual_consumption=vals["consumption"], deviation=0.0
            )
            vals["source"] = "hand" if weighed else "recipe"
            if weighed:
                vals.update(
                    actual_consumption=kg,
                    deviation=kg - vals["consumption"],
                    weighed_by_id=self.env.uid,
                    weighed_by_name=self.env.user.name,
                    weighed_at=moment - timedelta(minutes=5),
                )
            lines.append(vals)
        return lines


class MoBatch(models.Model):
    _inherit = "mo.batch"

    def _demo_dose(self, ratio, finished=False, status_operation=False):
        """As the read task stores it: so much of the plan, silo after silo."""
        left = ratio * sum(self.line_ids.mapped("consumption"))
        for line in self.line_ids:
            line.actual_consumption = min(line.consumption, left)
            left -= line.actual_consumption
        self.write(
            {
                "state": "done" if finished else "running",
                "status_manufacturing": finished,
                "status_operation": status_operation,
                "holds_slot": not finished,
                "acknowledged": finished,
                "taken_at": fields.Datetime.now(),
                "last_read_from_plc": fields.Datetime.now(),
                "actual_weight_quantity_finished_goods": self.dosed if finished else 0.0,
            }
        )
        return self

    def _demo_refuse(self):
        """Try to archive them; why that is refused is their error, said in its own words."""
        for batch in self:
            try:
                batch._check_sync(batch._lock_orders())
                batch._apply_consumption()
                with self.env.cr.savepoint():
                    batch._check_archive()
                    batch._archive()
            except BatchError as error:
                batch._transition("refuse")
                batch._set_error(error)
