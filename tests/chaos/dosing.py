"""What the PLC is at, held against what Odoo knows of it.

Each check takes the ledger of a mill, which has just looked.
"""

from verdicts import DOUBLED, HUNG, LOST, STRANGER, Disagreement

TORN = 8.375  # kg that a READ record says only while the PLC is writing it
IMPOSSIBLE, TOO_MUCH = 77.0, 7000.0  # kg of a READ record that cannot be true
UNTRUE = {8.38, IMPOSSIBLE, TOO_MUCH}  # as Odoo would keep them


def check_is_known(ledger):
    """What is being dosed has a batch that was sent, or an open history, in that very slot.

    What the PLC has lost, or lost the flag of, it may begin anew.
    """
    holders = [b for b in ledger.batches if b["holds_slot"] and b["state"] != "staged"]
    holders += ledger.open_histories()
    known = {(holder["batch_no"], name_at_plc(ledger, holder)) for holder in holders}
    for slot, name in ledger.plant.being_dosed():
        if name.startswith(STRANGER) or name in ledger.mill.lost:
            continue
        if (slot, name) not in known:
            raise Disagreement(DOUBLED, f"slot {slot} doses {name}, which nobody here knows of")


def check_is_true(ledger):
    """R4, R5: what was never dosed is not stored."""
    for kept in (ledger.batch_kg, ledger.history_kg):
        for key, kg in kept.items():
            if UNTRUE & {*kg.values()}:
                raise Disagreement(LOST, f"{key}: {dict(kg)} were never dosed")


def check_is_named(ledger):
    """R7, after a good read: a batch that its slot no longer names says that it is lost."""
    for batch in ledger.batches:
        is_at_plc = batch["state"] in ("sent", "running") and batch["holds_slot"]
        if not is_at_plc or batch["finished"]:
            continue
        written = ledger.plant.write_record(batch["batch_no"])
        if written.mo_id != name_at_plc(ledger, batch):
            raise Disagreement(HUNG, f"the PLC has lost it, and nobody says so: {batch}")


def is_garbled(event, name):
    """Whether an event tells of an order what its READ record said while that could not be true."""
    return event["mo_id"] == name and any(f"{kg:.2f} kg" in event["message"] for kg in UNTRUE)


def name_at_plc(ledger, row):
    return ledger.plant.layout.cut("mo_id", row["mo_id"])
