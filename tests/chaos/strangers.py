"""Another system that uses the same PLC, as before a change-over; and which slots are in use."""

from verdicts import LOST, STRANGER, Disagreement

from odoo.addons.mrp_plc_batch.plc.rules import is_blank_read


def one(items, choice):
    return items[choice % len(items)] if items else None


def reported(mill):
    """Slots whose READ record is not acknowledged: the PLC may still correct it. But not while what
    acknowledges an order that nobody waits for may be on its way, as nobody looks at that again."""
    slots = range(1, mill.plant.layout.slot_count + 1)
    held = {batch["batch_no"] for batch in mill.ledger.batches if batch["holds_slot"]}
    held |= {history["batch_no"] for history in mill.ledger.open_histories()}
    if any(mill.plant.read_record(s).status_manufacturing for s in slots if s not in held):
        mill.proxy.wait_for_late()
    records = {slot: mill.plant.read_record(slot) for slot in slots}
    return [s for s, r in records.items() if not is_blank_read(r) and not r.status_read_data]


def _blank_slot(mill, choice):
    """A slot that nobody has, here or there; in an area, of one that nobody has filled."""
    if mill.plant.layout.write_handshake == "area" and not mill.plant.write_record(1).is_blank:
        return None
    numbers = range(1, mill.plant.layout.slot_count + 1)
    held = {b["batch_no"] for b in mill.batches("batch_no", "holds_slot") if b["holds_slot"]}
    held |= {h["batch_no"] for h in mill.ledger.open_histories()}
    free = [n for n in numbers if n not in held and n not in reported(mill)]
    return one([n for n in free if mill.plant.write_record(n).is_blank], choice)


def strange_order(mill, choice):
    """Taken, and not finished; in an area nobody else can have a slot."""
    slot = _blank_slot(mill, choice)
    if slot and mill.plant.layout.write_handshake == "slot":
        mill.strangers += 1
        mill.plant.change_write(slot, **_strange(mill, slot), status_read_data=True)
        mill.strange[slot] = mill.plant.write_record(slot)


def _strange_order_finished(is_stored):
    def act(mill, choice):
        slot = _blank_slot(mill, choice)
        if slot:
            mill.strangers += 1
            done = {"status_manufacturing": True, "status_read_data": is_stored}
            mill.plant.change_write(slot, **_strange(mill, slot), status_read_data=True)
            mill.plant.change_read(slot, **_strange(mill, slot), **done)

    return act


def _strange(mill, slot):
    """Of a new order: its PLC begins the READ record of each that it takes, by another name."""
    silos = mill.plant.write_record(slot).silo_ids
    return {
        "batch_no": slot,
        "mo_id": f"{STRANGER} {mill.strangers}",
        "consumption": 500.0,
        "quantities": {**dict.fromkeys(silos, 0.0), 101: 500.0},
        "silo_ids": {silo: silo for silo in silos},
    }


def strange_order_gone(mill, _choice):
    """The other system takes its orders away; one that was not stored is as it was.

    :raises Disagreement: somebody has written there
    """
    for slot in range(1, mill.plant.layout.slot_count + 1):
        now = mill.plant.write_record(slot)
        before = mill.strange.get(slot, now)
        if now != before:
            raise Disagreement(LOST, f"slot {slot} was {before}, not ours, and is {now}")
        if now.mo_id.startswith(STRANGER):
            mill.plant.change_write(slot, batch_no=0, mo_id="", status_read_data=False)
    mill.strange.clear()


STRANGERS = {
    "another system's order": strange_order,
    "another system's order, finished": _strange_order_finished(False),
    "another system's order, stored": _strange_order_finished(True),
}
