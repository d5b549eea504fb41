"""Rows of the table of orders: how much was produced, and orders that do not simply close."""

import ledgers
from order_case import OPEN, Row


def quantity(expected):
    """:param expected: function of the history: the quantity that the order was closed with"""

    def check(case, order):
        history = case.history(order)
        assert abs(order.qty_produced - expected(history)) < 0.006
        assert history.produced_quantity == order.qty_produced
        assert history.uom_name == order.product_uom_id.name
        reported = history.actual_weight_quantity_finished_goods
        assert bool(reported) != ("Weight not reported" in (history.notes or ""))

    return check


def weight(history):
    return history.actual_weight_quantity_finished_goods


def sum_of_silos(history):
    return sum(history.line_ids.mapped("actual_consumption"))


def in_units(mill):
    """Bags without a weight in Odoo."""
    unit = mill.env.ref("uom.product_uom_unit")
    mill.bom.product_tmpl_id.uom_id = unit
    mill.bom.write({"product_qty": 40.0, "product_uom_id": unit.id})


def in_bags_of_25_kg(mill):
    kg = mill.env.ref("uom.product_uom_kgm")
    bag = mill.env["uom.uom"].create(
        {"name": "Bag of 25 kg", "relative_factor": 25.0, "relative_uom_id": kg.id}
    )
    mill.bom.write({"product_qty": 40.0, "product_uom_id": bag.id})


def order_in_bags(order):
    assert order.product_uom_id.name == "Bag of 25 kg" and order.product_qty == 40


def stays_open(case, order):
    """`close_order` off: history, and an order that a person closes with what was dosed."""
    history = case.history(order)
    assert (history.status, history.acknowledged) == ("completed", True)
    assert order.state == "progress" and not order.plc_batch_ids
    names = set(history.line_ids.product_id.mapped("name"))
    ledgers.assert_agree(
        plant=ledgers.of_plant(case, order),
        history=ledgers.of_history(order, history),
        moves=ledgers.of_moves(order, names, OPEN),
    )
    assert not ledgers.taken(case.before, ledgers.of_stock(order), names)
    case.world.cron("_cron_fetch_orders")
    assert not case.world.batches()
    order.qty_producing = 1000.0
    order._set_qty_producing()
    order.with_context(skip_backorder=True, skip_consumption=True).button_mark_done()
    ledgers.assert_agree(
        plant=ledgers.of_plant(case, order), moves=ledgers.of_moves(order, names, ["done"])
    )


def is_accepted(case, order):
    assert order.state == "progress"
    (batch_id,) = order.plc_batch_ids.ids
    order.env.cr.commit()
    case.world.button("action_accept", [batch_id], reason="good enough")
    order.env.cr.rollback()
    order.invalidate_recordset()
    case.check_closed()
    history = case.history(order)
    assert history.status_operation
    assert any("good enough" in message for message in history.event_ids.mapped("message"))


def is_cancelled(case, order):
    """As the old service did: into the history, the order kept back, what was dosed in it."""
    history = case.history(order)
    assert (history.status, history.acknowledged) == ("cancelled", True)
    assert order.state == "progress" and order.plc_dispatch == "never"
    names = set(history.line_ids.product_id.mapped("name"))
    ledgers.assert_agree(
        plant=ledgers.of_plant(case, order),
        history=ledgers.of_history(order, history),
        moves=ledgers.of_moves(order, names, OPEN),
    )


def all_to_zero(plant):
    for number in plant.read_record(1).quantities:
        plant.dose(1, number, 0.0)


def waits_for_a_person(case, order):
    batch = order.plc_batch_ids
    assert (batch.state, batch.error_code) == ("failed", "nothing_dosed")
    assert order.state != "done" and not sum(
        line.quantity for line in order.move_raw_ids.move_line_ids if line.plc_silo_id
    )


ENDING_ROWS = [
    Row("produced: weight", check=quantity(weight)),
    Row(
        "produced: planned",
        device={"finished_quantity": "planned"},
        check=quantity(lambda history: 1000.0),
    ),
    Row(
        "produced: consumed",
        device={"finished_quantity": "consumed"},
        check=quantity(sum_of_silos),
    ),
    Row("weight 0", finish={"weight": 0.0}, check=quantity(lambda history: 1000.0)),
    Row(
        "weight 0, produced: consumed",
        finish={"weight": 0.0},
        device={"finished_quantity": "consumed"},
        check=quantity(sum_of_silos),
    ),
    Row(
        "product in a unit without weight",
        setup=in_units,
        order={"kg": 40.0},
        check=quantity(lambda history: 40.0),
    ),
    Row(
        "order in bags of 25 kg",
        setup=in_bags_of_25_kg,
        confirmed=order_in_bags,
        order={"kg": 40.0},
        check=quantity(lambda history: weight(history) / 25.0),
    ),
    Row("close_order off", device={"close_order": False}, closes=False, check=stays_open),
    Row(
        "PLC failure, hold, accepted",
        finish={"failed": True, "rest": False},
        refused="plc_failure",
        closes=False,
        check=is_accepted,
    ),
    Row(
        "PLC failure, cancel",
        device={"on_plc_failure": "cancel"},
        finish={"failed": True, "rest": False},
        closes=False,
        check=is_cancelled,
    ),
    Row(
        "nothing dosed",
        finish={"rest": False, "weight": 0.0},
        finished=all_to_zero,
        refused="nothing_dosed",
        closes=False,
        check=waits_for_a_person,
    ),
]
