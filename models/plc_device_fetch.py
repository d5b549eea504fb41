import logging
from collections import Counter
from itertools import islice

from odoo import models
from odoo.fields import Domain
from odoo.tools import float_round, split_every

from ..plc import PlcData, Record
from .mo_batch_error import UNCOUNTED, in_words
from .plc_silo_supply import Supply
from .touch import touch

_logger = logging.getLogger(__name__)

CANDIDATES = 50  # orders looked at together


class PlcDevice(models.Model):
    """Task 1: which orders are next, and in which silos their ingredients are."""

    _inherit = "plc.device"

    def _task_fetch(self):
        """Take eligible orders up to the free slots, stage them, send them (R1, R2, R10).

        :return: Counter for the log
        :raises PlcError: the wire failed; what was staged is sent afresh by the next run
        """
        self.ensure_one()
        self.batch_ids._find_orders()
        self._fail_closed_staged()
        self.batch_ids._end_unsent()
        waiting = self.batch_ids.filtered(lambda batch: batch.state == "staged")
        waiting._take_new_names()  # before plans are made, which names must differ from these
        plans = self._review_waiting() if self._is_queue_busy() else self._plan_orders()
        self._commit()  # the reasons for skipping
        if not waiting and not plans:
            return Counter()
        with self._plc_session() as (session, slots):
            images, latency = self._read_all(session, slots)
            if self._acknowledge_histories(slots, images, self._open_histories()):
                images, latency = self._read_all(session, slots)
            # whose slot was given back just now may have left a record that named another order:
            # R2 (b) would acknowledge it without a word
            if self._acknowledge_orphans(slots, images, self._slots_in_use()):
                images, latency = self._read_all(session, slots)
            self._check_may_speak()  # what is staged on an archived device would stay there
            free, strangers = self._free_slots(images), self._names_of_strangers(images)
            staged, slotless = self._stage_waiting(waiting, free, strangers)
            self._explain_slotless(staged, slotless, images)
            staged |= self._stage_plans(plans, free, strangers)
            self._explain_waiting(plans, staged, images)
            if staged:
                staged._bound_lock_waits()
                touch(self)  # guards that were passed before this commit did not know of them yet
            self._commit()
            # only now, as from now on the map of those that are staged is not changed any more
            if staged and self.layout_id._is_other_than(slots.layout):
                return Counter()  # they go out with the next run
            sent = self._send(slots, images, staged)
        self._note_contact(latency)
        return Counter({"orders sent": len(sent)})

    def _is_queue_busy(self):
        """R9, R10: under `drain`, new orders only when no batch but parked ones is left."""
        return self.fill_policy == "drain" and any(
            batch.state != "parked" for batch in self.batch_ids
        )

    # ------------------------------------------------------------------
    # Orders
    # ------------------------------------------------------------------

    def _orders_domain(self):
        """R10: what may be sent."""
        return (
            Domain("plc_device_id", "=", self.id)
            & Domain("company_id", "=", self.company_id.id)
            & Domain("plc_batch_ids", "=", False)
            & (
                (Domain("state", "=", "confirmed") & Domain("plc_dispatch", "!=", "never"))
                | (
                    Domain("state", "in", ("progress", "to_close"))
                    & Domain("plc_dispatch", "=", "again")
                )
            )
        )

    def _started_domain(self):
        """What a person has started by hand, and was not told yet that it will not be sent."""
        return (
            Domain("plc_device_id", "=", self.id)
            & Domain("company_id", "=", self.company_id.id)
            & Domain("state", "in", ("progress", "to_close"))
            & Domain("plc_dispatch", "=", "auto")
            & Domain("plc_skip_reason", "=", False)
            & Domain("plc_batch_ids", "=", False)
            & Domain("plc_history_ids", "=", False)
        )

    def _plan_orders(self):
        """The next orders that can be dosed, with their doses, up to the number of slots.

        The others get a reason on the order, and are passed over.

        :return: list of (mrp.production, Record, doses)
        """
        domain = self._orders_domain() | self._started_domain()
        orders = self.env["mrp.production"].sudo(False).search(domain)
        return list(islice(self._plan_each(orders), self.layout_id._to_plc().slot_count))

    def _plan_each(self, orders):
        """Yields the plan, as above, of each order that can be dosed; the others get a reason."""
        layout = self.layout_id._to_plc()
        names = self._names_in_use(layout)
        supply = Supply(self.silo_ids)
        for ids in split_every(CANDIDATES, orders.ids):
            for order in orders.browse(ids):
                reason, plan = self._plan_order(order, layout, names, supply)
                if reason:
                    order._plc_set_skip_reason(reason)
                    continue
                supply.promise(plan[-1])
                names[layout.cut("mo_id", order.name)] = order.name
                yield plan

    def _review_waiting(self):
        """While the queue is busy no order is planned; what orders say of why they wait is kept
        true all the same. One sent `again` says what taking back met, which is not tried here.

        :return: no plans
        """
        reason = self._batch_in_the_way()
        domain = self._orders_domain() & Domain("plc_dispatch", "!=", "again")
        if not reason:
            domain &= Domain("plc_skip_reason", "!=", False)
        orders = self.env["mrp.production"].sudo(False).search(domain, limit=CANDIDATES)
        ready = orders.browse(order.id for order, *_ in self._plan_each(orders))
        ready._plc_set_skip_reason(reason)
        return []

    def _batch_in_the_way(self):
        """Which batch keeps the queue from getting empty by itself, in words; or False."""
        stuck = self.batch_ids.filtered(
            lambda batch: (
                batch.state != "parked"
                and batch.error_code
                # in use at this moment only, unless it waits to be sent
                and (batch.state == "staged" or batch.error_code not in UNCOUNTED)
            )
        )[:1]
        return bool(stuck) and self.env._(
            "The queue of %(device)s waits for %(order)s: %(message)s See what to do on its batch,"
            " or park it.",
            device=self.name,
            order=stuck.mo_id,
            message=stuck.error_message,
        )

    def _plan_order(self, order, layout, names, supply=None):
        """(why it is skipped, None) or (False, (order, Record, doses))."""
        reason = self._skip_reason(order, layout.cut("mo_id", order.name), names)
        if reason:
            return reason, None
        reason, doses = order._plc_assign_silos(self, supply)
        if reason:
            return reason, None
        record = self._prepare_record(order, doses)
        try:
            layout.encode(record)
        except PlcData as error:
            error.params["device"] = self.name
            message, reason, _action = in_words(self.env, error)
            return f"{message} {reason}", None
        return False, (order, record, doses)

    def _names_in_use(self, layout):
        """{cut name: order} of open batches and open histories of this device (R10)."""
        taken = self.batch_ids.mapped("mo_id") + self._open_histories().mapped("mo_id")
        return {layout.cut("mo_id", name): name for name in taken}

    def _skip_reason(self, order, cut_name, names):
        """Why this order is not sent, for reasons of the order itself, or False."""
        again = order.plc_dispatch == "again"
        if names.get(cut_name) == order.name:
            return self.env._(
                "%s is still with the PLC; it is sent again once the PLC is done with it.",
                order.name,
            )
        if cut_name in names:
            return self.env._(
                "The PLC shortens its name to %(cut)s, just as that of %(other)s, which is"
                " still with the PLC. It is sent once that one is archived.",
                cut=cut_name,
                other=names[cut_name],
            )
        if not cut_name:
            return self.env._("Its name has nothing that the PLC can show.")
        serial_problem = order.product_id._plc_serial_problem()
        if serial_problem:
            return serial_problem
        if not again and (
            order.state != "confirmed"
            or order.qty_producing
            or any(order.move_raw_ids.mapped("picked"))
        ):
            return self.env._("Somebody has already started it by hand.")
        if self.require_components and order.reservation_state != "assigned":
            return self.env._("Its components are not all there yet.")
        return False

    # ------------------------------------------------------------------
    # What is written, down the wire and into our tables
    # ------------------------------------------------------------------

    def _planned_kg(self, order, doses):
        """The order's quantity in kg; the sum of its doses where it is not kept in a weight."""
        kg_unit = self.env["uom.uom"]._plc_kg()
        unit = order.product_uom_id
        if unit._has_common_reference(kg_unit):
            return unit._compute_quantity(order.product_qty, kg_unit, round=False)
        return sum(kg for _silo, _product, kg in doses)

    def _prepare_record(self, order, doses):
        """The WRITE record of an order; `doses` are (plc.silo, product.product, kg)."""
        # names that a program and figures go by: in one language, whoever sends it
        order = order.with_context(lang=self._plant_lang())
        product = order.product_id
        return Record(
            mo_id=order.name,
            recipe=order.bom_id.code or product.name,
            finished_goods=product.name,
            consumption=self._planned_kg(order, doses),
            quantities={silo.number: kg for silo, _product, kg in doses},
        )

    def _prepare_batch_vals(self, order, record, number):
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        return {
            "batch_no": number,
            "holds_slot": True,
            "mo_id": order.name,
            "production_id": order.id,
            "device_id": self.id,
            "finished_goods": record.finished_goods,
            "recipe": record.recipe,
            "consumption": float_round(record.consumption, precision_digits=digits),
            "state": "staged",
        }

    def _prepare_line_vals(self, silo, product, kg):
        return {
            "silo_id": silo.id,
            "product_id": product.id,
            "location_id": silo.location_id.id,
            "lot_id": silo.lot_id.id if silo.lot_id.product_id == product else False,
            "consumption": kg,
        }
