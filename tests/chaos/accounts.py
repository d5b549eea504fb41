"""The PLC's runs against the histories and events: each is told once, with what it dosed."""

from typing import NamedTuple

from dosing import is_garbled, name_at_plc
from verdicts import DOUBLED, LOST, Disagreement

CENT = 0.0101  # kg; two roundings to 0.01 may differ by one
EXACT = 0.006  # kg; what was stored is what was read, rounded once


class Run(NamedTuple):
    """One time that the PLC took an order."""

    name: str
    slot: int
    finished: bool
    acknowledged: bool
    kg: dict  # {silo number: kg} as last told by the plant
    first_kg: dict  # the same as told when it finished
    reports: tuple = ()  # all that the plant has told since it finished


def check_accounts(ledger):
    """Each finished run of the PLC is one history, or one event that names its kg. One that
    the PLC itself has overwritten or wiped was never acknowledged, and need not be told."""
    histories = [h for h in ledger.histories if ledger.history_kg[h["id"]].total() > 0]
    notes = [event for event in ledger.events if event["kind"] in ("orphan", "read")]
    finished = [run for run in runs(ledger.plant) if run.finished]
    finished.sort(key=lambda run: not run.acknowledged)
    for run in [run for run in finished if not _take_told(ledger, run, histories)]:
        if not any(run.kg.values()):
            zeroed = [
                e
                for e in notes
                if e["kind"] == "read" or (e["mo_id"] == run.name and " kg" not in e["message"])
            ]
            histories = [
                h for h in histories if not any(_is_corrected(ledger, h, run, e) for e in zeroed)
            ]
            continue
        if not run.acknowledged:
            continue
        words = [f"{silo}: {kg:.2f} kg" for silo, kg in run.kg.items() if kg]
        noted = [e for e in notes if all(word in e["message"] for word in words)]
        noted = noted or [e for e in notes if is_garbled(e, run.name)]
        if not noted:
            found = {h["id"]: dict(ledger.history_kg[h["id"]]) for h in histories}
            raise Disagreement(LOST, f"nobody tells of {run}; histories {found}")
        notes.remove(noted[0])
        histories = [h for h in histories if not _is_corrected(ledger, h, run, noted[0])]
    for history in histories:
        if history["status"] == "completed":
            kg = dict(ledger.history_kg[history["id"]])
            raise Disagreement(DOUBLED, f"{history['mo_id']}: {kg} were never dosed")


def _take_told(ledger, run, histories):
    """Take the history that says just what a run has dosed out of a list.

    :return: whether there was one
    """
    # what the PLC wiped before it was told may be known as it was before its correction
    reports = [run.kg] if run.acknowledged else run.reports
    for history in histories:
        kg = ledger.history_kg[history["id"]]
        if history["mo_id"] == run.name and any(equal(kg, told, EXACT) for told in reports):
            histories.remove(history)
            return True
    return False


def _is_corrected(ledger, history, run, event):
    """Whether an order was closed with what the PLC first said, and an event tells the rest:
    beside what the history says, or, of a record that names another order, alone."""
    kg = ledger.history_kg[history["id"]]
    if event["kind"] == "orphan":
        return history["mo_id"] == run.name and equal(kg, run.first_kg, EXACT)
    words = [f"{silo}: {dose:.2f} kg" for silo, dose in kg.items() if dose]
    return event["history_id"] == history["id"] and all(w in event["message"] for w in words)


def check_is_stored(ledger):
    """R4, once a PLC that stands still was read: what it says of an order that it is at is what is
    stored of it, also where a person has cancelled that meanwhile."""
    if ledger.mill.device_fields("state")["state"] != "online":
        return
    held = [(b, ledger.batch_kg[b["id"]]) for b in ledger.batches if b["holds_slot"]]
    held += [(h, ledger.history_kg[h["id"]]) for h in ledger.open_histories()]
    for row, kg in held:
        read = ledger.plant.read_record(row["batch_no"])
        is_at_it = read.mo_id == name_at_plc(ledger, row) and not read.status_read_data
        if is_at_it and not equal(kg, read.quantities, EXACT):
            raise Disagreement(LOST, f"the PLC says {read.quantities}, stored {dict(kg)}: {row}")


def runs(plant):
    """Each time that the PLC took an order, as its own ledger tells."""
    at, done = {}, []
    for entry in list(plant.ledger):
        slot, kg = entry["slot"], {int(s): q for s, q in entry["quantities"].items()}
        if entry["event"] == "taken":
            done.extend(at.pop(slot, ()))
            at[slot] = [Run(entry["mo_id"], slot, False, False, kg, {})]
        elif slot in at:
            (run,) = at[slot]
            is_anothers = entry["event"] == "corrected" and entry["mo_id"] != run.name
            if is_anothers or entry["event"] == "acknowledged" and run.acknowledged:
                continue  # what another left in the slot
            finished = run.finished or entry["event"] == "finished"
            acknowledged = run.acknowledged or entry["event"] == "acknowledged"
            # revived by a restart that lowers READ flags: known as it was, unless it is told again
            acknowledged = acknowledged and entry["event"] != "corrected"
            first_kg = kg if entry["event"] == "finished" else run.first_kg
            reports = (*run.reports, kg) if finished else ()
            at[slot] = [Run(run.name, slot, finished, acknowledged, kg, first_kg, reports)]
    return [*done, *(run for runs in at.values() for run in runs)]


def equal(one, other, most=CENT):
    return all(abs(one.get(silo, 0.0) - other.get(silo, 0.0)) < most for silo in {*one, *other})
