"""What must hold at every moment, told by four ledgers: the plant's own, the batches, the orders
with their stock moves, and the history.

Looked at in SQL, in a transaction of its own: what the product shows to itself proves nothing.
"""

import contextlib
from collections import Counter, defaultdict
from dataclasses import replace
from operator import attrgetter

from accounts import check_accounts, equal, runs
from dosing import check_is_known, check_is_true
from ledger_sql import (
    BATCH_KG,
    BATCHES,
    EVENTS,
    HISTORIES,
    HISTORY_KG,
    ORDER_KG,
    TROUBLE,
    WAITING,
)
from verdicts import DOUBLED, HALF, HUNG, LOST, Disagreement

LATEST = 12  # rows of each ledger that a failure tells


def note(error, text):
    """Keep beside an error what is told with it; `add_note` came with Python 3.11."""
    error.__notes__ = [*getattr(error, "__notes__", ()), text]


class Ledger:
    """Watches over one mill, from `begin` on."""

    def __init__(self, mill):
        self.mill, self.plant = mill, mill.plant
        self._since = {}
        self.begin()

    def begin(self):
        """What was before is settled, and no longer looked at."""
        self.plant.ledger.clear()
        self.excused = Counter()  # orders that a plant with a fault may take once more
        self.forced = set()  # orders that a script changes though the PLC has them
        self.lowered = set()  # slots whose READ flag the plant has lowered: nobody need look
        self._seen = {}  # batches that were there at the latest look
        with self.mill.db.env() as env:
            for name, table in (("history", "mo_histories"), ("event", "plc_event")):
                env.cr.execute(f"SELECT coalesce(max(id), 0) FROM {table}")
                self._since[name] = env.cr.fetchone()[0]
        self._look()

    # ------------------------------------------------------------------
    # At every moment
    # ------------------------------------------------------------------

    def check(self):
        """:raises Disagreement: two ledgers disagree; its notes tell the latest of each"""
        self._look()
        with self._telling():
            self._check_now()

    def _check_now(self):
        if self.plant.violations:
            raise Disagreement(HALF, f"the PLC's memory: {self.plant.violations}")
        self._check_gone()
        self._check_slots()
        self._check_sendings()
        self._check_orders()
        self._check_closed()
        for event in self.events:
            if "internal error" in event["message"]:
                raise Disagreement(HUNG, f"a task ended with a fault of the program: {event}")
        check_is_known(self)
        check_is_true(self)
        for batch in self.batches:
            texts = (batch["error_message"], batch["error_reason"], batch["error_action"])
            if (batch["error_code"] or batch["state"] == "failed") and not all(texts):
                raise Disagreement(HUNG, f"a batch does not say why: {batch}")

    @contextlib.contextmanager
    def _telling(self):
        try:
            yield
        except Disagreement as error:
            for name in ("plant.ledger", "batches", "histories", "events", "trouble"):
                rows = attrgetter(name)(self)[-LATEST:]
                note(error, "\n  ".join([f"{name}:", *map(str, rows)]))
            raise

    @property
    def trouble(self):
        """What the events warn of; and what the device says of itself."""
        params = {"device": self.mill.device_id, **self._since}
        with self.mill.db.env() as env:
            env.cr.execute(TROUBLE, params)
            rows = env.cr.dictfetchall()
        names = ("state", "last_error", "paused", "next_try_at", "quiet_until")
        return [*rows, self.mill.device_fields(*names)]

    def is_settled(self):
        """Whether nothing is in the queue, with the PLC, or on its way there."""
        self._look()
        return not (self.batches or self.waiting or self.open_histories())

    def open_histories(self):
        return [history for history in self.histories if not history["acknowledged"]]

    def _look(self):
        params = {"device": self.mill.device_id, **self._since}
        with self.mill.db.env() as env:
            env.cr.execute(BATCHES, params)
            self.batches = env.cr.dictfetchall()
            env.cr.execute(HISTORIES, params)
            self.histories = env.cr.dictfetchall()
            self.batch_kg = _by_silo(env.cr, BATCH_KG, params)
            self.history_kg = _by_silo(env.cr, HISTORY_KG, params)
            env.cr.execute(ORDER_KG, params)
            rows = env.cr.fetchall()
            env.cr.execute(EVENTS, params)
            self.events = env.cr.dictfetchall()
            env.cr.execute(WAITING, params)
            found = env.cr.fetchall()
            self.waiting = [name for name, reason in found if not reason]
            self.passed_over = [name for name, reason in found if reason]
        self.open_kg, self.posted_kg = defaultdict(Counter), defaultdict(Counter)
        for order, silo, kg, state in rows:
            ledger = self.posted_kg if state == "done" else self.open_kg
            ledger[order][silo] += float(kg)

    def _check_gone(self):
        now = {batch["id"]: batch["mo_id"] for batch in self.batches}
        archived = {history["batch_id_was"] for history in self.histories}
        for batch_id, name in self._seen.items():
            if batch_id not in now and batch_id not in archived:
                raise Disagreement(LOST, f"batch {batch_id} of {name} is gone without a history")
        self._seen = now

    def _check_slots(self):
        """An order is in at most one slot, and a slot has at most one order."""
        at_plc = [b for b in self.batches if b["holds_slot"]]
        at_plc += self.open_histories()
        for what, of_whom in (("batch_no", "slot"), ("mo_id", "order")):
            for value, times in Counter(row[what] for row in at_plc).items():
                if times > 1:
                    raise Disagreement(
                        DOUBLED, f"{of_whom} {value} is held {times} times: {at_plc}"
                    )
        written = self._written()
        names = Counter(record.mo_id for record in written if record.batch_no)
        for name, times in names.items():
            if times > 1:
                raise Disagreement(DOUBLED, f"{name} stands in {times} slots of the PLC")

    def _written(self):
        """The PLC's WRITE records. In an area nothing is valid while slot 1 is not."""
        slots = range(1, self.plant.layout.slot_count + 1)
        with self.plant.lock:
            written = [self.plant.write_record(slot) for slot in slots]
        if self.plant.layout.write_handshake == "area" and written[0].is_blank:
            return [replace(record, batch_no=0) for record in written]
        return written

    def _check_sendings(self):
        """The PLC took no order more often than Odoo, committed, had sent it."""
        sent = Counter(event["mo_id"] for event in self.events if event["kind"] == "send")
        for name, times in Counter(run.name for run in runs(self.plant)).items():
            if times > sent[name] + self.excused[name]:
                raise Disagreement(
                    DOUBLED, f"{name} was taken {times} times, and sent {sent[name]} times"
                )

    def _check_orders(self):
        """While `update_odoo`, an open order carries what is stored."""
        for batch in self.batches:
            order = batch["production_id"]
            is_open = order and batch["order_state"] not in ("done", "cancel")
            if not batch["update_odoo"] or not is_open or order in self.forced:
                continue
            stored, carried = self.batch_kg[batch["id"]], self.open_kg[order]
            if not equal(stored, carried):
                raise Disagreement(
                    LOST, f"{batch['mo_id']}: stored {dict(stored)}, its order {dict(carried)}"
                )

    def _check_closed(self):
        """Closed once, with what the history says."""
        completed = [h for h in self.histories if h["status"] == "completed"]
        for name, times in Counter(history["mo_id"] for history in completed).items():
            if times > 1:
                raise Disagreement(DOUBLED, f"{name} was closed {times} times")
        for history in completed:
            if history["production_id"] and history["order_state"] != "done":
                raise Disagreement(
                    LOST, f"{history['mo_id']} is completed, its order {history['order_state']}"
                )
            told, posted = self.history_kg[history["id"]], self.posted_kg[history["production_id"]]
            if history["production_id"] and not equal(told, posted):
                verdict = DOUBLED if posted.total() > told.total() else LOST
                raise Disagreement(
                    verdict,
                    f"{history['mo_id']}: history {dict(told)}, posted {dict(posted)}",
                )

    # ------------------------------------------------------------------
    # When all is quiet
    # ------------------------------------------------------------------

    def check_settled(self):
        """Nothing is left: not in the queue, not in a slot; and all that was dosed is told once."""
        self.check()
        with self._telling():
            self._check_nothing_left()
            check_accounts(self)

    def _check_nothing_left(self):
        for batch in self.batches:
            raise Disagreement(HUNG, f"still in the queue: {batch}")
        for name in self.waiting:
            raise Disagreement(HUNG, f"nobody sends {name}, and nobody says why")
        for history in self.open_histories():
            raise Disagreement(HUNG, f"the PLC was never told: {history}")
        for slot, write in enumerate(self._written(), 1):
            read = self.plant.read_record(slot)
            if not write.is_blank:
                raise Disagreement(HUNG, f"slot {slot} still holds {write.mo_id}")
            is_open = read.status_manufacturing and not read.status_read_data
            if is_open and slot not in self.lowered:
                raise Disagreement(HUNG, f"slot {slot}: {read.mo_id} is not acknowledged")


def _by_silo(cr, query, params):
    cr.execute(query, params)
    ledger = defaultdict(Counter)
    for key, silo, kg in cr.fetchall():
        ledger[key][silo] += float(kg or 0.0)
    return ledger
