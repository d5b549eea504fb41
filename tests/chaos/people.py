"""What people do to a mill of the walk, and what its PLC does of itself.

Each function takes the mill and a number that chooses among what is there. A refusal in words is
an answer like any other; anything else that is raised is a failure.
"""

from collections import Counter

from dosing import IMPOSSIBLE, TOO_MUCH
from mills import refusable
from strangers import STRANGERS, one, reported, strange_order_gone

REASON = "as the walk wants it"


# ----------------------------------------------------------------------
# Buttons
# ----------------------------------------------------------------------


def press(name, **context):
    """A button on one batch, or with an odd choice on all of them."""

    def act(mill, choice):
        ids = [batch["id"] for batch in mill.batches("id")]
        if ids and not choice % 2:
            ids = [one(ids, choice // 2)]
        if context.get("stopped_at_plc"):
            mill.lose()  # in an area the others go with it
            mill.plant.restart()  # what the person vouches for
        return refusable(lambda: mill.button(name, ids, reason=REASON, **context))

    return act


def start_over(mill, _choice):
    return refusable(lambda: mill.device_button("action_start_over", reason=REASON))


def clear_at_plc(mill, _choice):
    """A person stops the PLC, clears the slots of cancelled orders there, and says so."""
    mill.lose()
    mill.plant.restart()
    for history in mill.histories("acknowledged", "batch_no", "mo_id"):
        if not history["acknowledged"]:
            slot, name = history["batch_no"], mill.plant.layout.cut("mo_id", history["mo_id"])
            if mill.plant.write_record(slot).mo_id == name:
                mill.plant.change_write(slot, batch_no=0, mo_id="", status_read_data=False)
    return refusable(mill.cleared_at_plc)


def send_again(mill, choice):
    order = one(_orders(mill, "confirmed", "progress", "to_close"), choice)
    return order and refusable(lambda: _on_order(mill, order, "action_plc_send_again"))


BUTTONS = {
    "retry": press("action_retry"),
    "park": press("action_park"),
    "unpark": press("action_unpark"),
    "accept": press("action_accept"),
    "reset": press("action_reset"),
    "reset, stopped at the PLC": press("action_reset", stopped_at_plc=True),
    "cancel": press("action_cancel"),
    "cancel with the order": press("action_cancel", cancel_order=True),
    "start over": start_over,
    "cleared at the PLC": clear_at_plc,
    "send again": send_again,
}

# ----------------------------------------------------------------------
# Orders
# ----------------------------------------------------------------------


def _orders(mill, *states):
    """Of those that the walk has made, in these states."""
    with mill.db.env() as env:
        orders = env["mrp.production"].browse(mill.order_ids).exists()
        return orders.filtered(lambda order: order.state in states).ids


def _on_order(mill, order_id, method, force=False):
    with mill.order(order_id) as order:
        getattr(order.with_context(plc_force=force), method)()


def on_order(change):
    """Something that a person, or with an odd choice a script, does to an open order."""

    def act(mill, choice):
        order_id = one(_orders(mill, "confirmed", "progress", "to_close"), choice // 2)
        if not order_id:
            return None

        force = bool(choice % 2)
        if force:
            mill.ledger.forced.add(order_id)

        def do():
            with mill.order(order_id) as order:
                change(order.with_context(plc_force=force))

        return refusable(do)

    return act


def _close(order):
    order.qty_producing = order.product_qty
    order._set_qty_producing()
    order.with_context(skip_backorder=True, skip_consumption=True).button_mark_done()


def _split(order):
    order._split_productions({order: [order.product_qty / 2] * 2})


def _rescale(order):
    order.env["change.production.qty"].create(
        {"mo_id": order.id, "product_qty": order.product_qty / 2}
    ).change_prod_qty()


CHANGES = {
    "cancel": on_order(lambda order: order.action_cancel()),
    "delete": on_order(lambda order: order.unlink()),
    "close": on_order(_close),
    "split": on_order(_split),
    "rescale": on_order(_rescale),
}

# ----------------------------------------------------------------------
# The PLC. What may do nothing tells whether it did
# ----------------------------------------------------------------------


def silos_with_kg(mill, slot):
    return [silo for silo, kg in mill.plant.read_record(slot).quantities.items() if kg]


def step(seconds):
    return lambda mill, _choice: mill.plant.step(seconds)


def fail(mill, choice):
    is_dosing = bool(mill.plant._program.order)
    if is_dosing:
        mill.plant.finish_now(rest=bool(choice % 2), failed=True)
    return is_dosing


def correct_down(mill, choice):
    # what cannot be true would be no less so by a quarter, and never be put right again
    slot = one([slot for slot in reported(mill) if slot not in mill.garbled], choice)
    silo = slot and one(silos_with_kg(mill, slot), choice)
    if silo:
        kg = mill.plant.read_record(slot).quantities[silo]
        mill.plant.dose(slot, silo, round(kg * 0.75, 2))
    return bool(silo)


def zero(mill, choice):
    slot = one(reported(mill), choice)
    silos = silos_with_kg(mill, slot) if slot else ()
    for silo in silos:
        mill.plant.dose(slot, silo, 0.0)
    if slot and mill.plant.read_record(slot).status_manufacturing:
        mill.plant.change_read(slot, actual_weight=0.0)
    return bool(silos)


def rename(mill, choice):
    """A READ record names another order for a while."""
    slot = one(reported(mill), choice)
    is_new = bool(slot) and slot not in {*mill.renamed, *mill.garbled}
    if is_new:
        mill.renamed[slot] = mill.plant.read_record(slot).mo_id
        mill.plant.change_read(slot, mo_id="SOMETHING ELSE")
    return is_new


def rename_back(mill, _choice):
    for slot, name in mill.renamed.items():
        if mill.plant.read_record(slot).mo_id == "SOMETHING ELSE":
            mill.plant.change_read(slot, mo_id=name)
    mill.renamed.clear()


def waited_for(mill):
    """Slots whose READ record is not acknowledged, of batches that are not known as finished."""
    slots = reported(mill)  # which needs no database
    names = ("batch_no", "holds_slot", "status_manufacturing")
    batches = mill.batches(*names) if slots else ()
    held = {b["batch_no"] for b in batches if b["holds_slot"] and not b["status_manufacturing"]}
    return [slot for slot in slots if slot in held]


def garble(mill, choice):
    """A READ record that cannot be true for a while: a quantity with another silo's id, or more
    than a silo can hold."""
    slot = one(waited_for(mill), choice)
    silo = slot and one(silos_with_kg(mill, slot), choice)
    if not silo or slot in {*mill.garbled, *mill.renamed} or mill.torn:
        return False
    read = mill.plant.read_record(slot)
    mill.garbled[slot] = (read.mo_id, silo, read.quantities[silo], read.silo_ids.get(silo))
    if choice % 2:
        wrong = {"quantities": {silo: TOO_MUCH}}
    else:
        wrong = {"quantities": {silo: IMPOSSIBLE}, "silo_ids": {silo: silo + 1}}
    mill.plant.change_read(slot, **wrong)
    return True


def garble_back(mill, _choice):
    for slot, (name, silo, kg, number) in mill.garbled.items():
        read = mill.plant.read_record(slot)
        if read.mo_id == name:
            right = {} if number is None else {"silo_ids": {silo: number}}
            if read.quantities[silo] in (IMPOSSIBLE, TOO_MUCH):  # else the PLC has reported since
                right["quantities"] = {silo: kg}
            mill.plant.change_read(slot, **right)
    mill.garbled.clear()


def touch_write(mill, choice):
    """Somebody's hand in a recipe that was just written: it has no name yet."""
    slot = choice % mill.plant.layout.slot_count + 1
    write, layout = mill.plant.write_record(slot), mill.plant.layout
    latest = next(reversed(mill.plant.requests), None)
    is_new = latest and latest.kind == "write" and latest.db == layout.write_db
    is_body = is_new and not (write.batch_no or write.mo_id) and any(write.quantities.values())
    if is_body:
        mill.plant.change_write(slot, quantities={101: 3.0})
    return bool(is_body)


def restart(lower):
    def act(mill, choice):
        strange_order_gone(mill, choice)
        if lower == "write":
            mill.lose()
        slots = range(1, mill.plant.layout.slot_count + 1)
        if lower == "read":
            mill.ledger.lowered.update(slots)
        elif lower == "write":
            written = [mill.plant.write_record(slot) for slot in slots]
            mill.ledger.excused += Counter(r.mo_id for r in written if not r.is_blank)
        mill.plant.restart(lower)

    return act


def wipe(mill, choice):
    strange_order_gone(mill, choice)
    mill.lose()
    mill.plant.wipe()
    mill.renamed.clear()
    mill.garbled.clear()


PLC = {
    "a moment": step(0.001),
    "some kg": step(0.006),
    "an order": step(10),
    "everything": lambda mill, _choice: mill.dose_all(),
    "fails": fail,
    "corrects down": correct_down,
    "zeroes": zero,
    "renames": rename,
    "renames back": rename_back,
    "garbles": garble,
    "garbles no more": garble_back,
    **STRANGERS,
    "another system's order is gone": strange_order_gone,
    "restarts": restart(None),
    "restarts, WRITE flags lowered": restart("write"),
    "restarts, READ flags lowered": restart("read"),
    "is wiped": wipe,
    "forgets the weight": lambda mill, _choice: mill.plant.fault("weight0"),
    "overruns": lambda mill, _choice: mill.plant.fault("overrun"),
    "is in order": lambda mill, _choice: [mill.plant.clear(f) for f in ("weight0", "overrun")],
}
