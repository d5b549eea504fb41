"""Something happens while Odoo is at it: between two requests, or before a commit, of any of its
runs and buttons, the PLC, a person or another process of Odoo does something by chance.

A run is not killed here, and no answer is lost but by a fault: all are alive, and too quick.
"""

import contextlib
import itertools
import os
import signal
import time

from ending import to_its_end
from ledger import DOUBLED, HALF, HUNG, Disagreement
from mill_world import ARCHIVE, FETCH, READ
from mills import DOSES, mill, refusable, variants
from people import BUTTONS, CHANGES, PLC, touch_write
from processes import fork
from strangers import STRANGER
from wire import in_turn

from odoo.modules.registry import Registry
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.sql_db import Cursor

from odoo.addons.mrp_plc_batch.plc import Session

MOST_STEPS = 90  # of a trial; what is to happen later does not
SOON = 8  # steps of a button
# how often the PLC goes on before a step, and for how many seconds: mostly it stands still
PACES = ((0, 0), (0, 0), (1, 0.0), (0.7, 10.0), (0.5, 0.006))
PATIENCE = 0.5  # seconds that a run waits for another process, which may wait for it
MOST_PATIENCE = 60
QUICK = ("a moment", "some kg", "an order", "everything")
# what the PLC or somebody else does to a record that Odoo has just read for the last time is lost
# by agreement: it happens right before Odoo reads
BEFORE_A_READ = ("corrects down", "zeroes", "garbles", "a hand in the WRITE record")
LEFT_OUT = (
    *("reset, stopped at the PLC", "cleared at the PLC"),  # a person stops the PLC first
    *("split", "rescale"),  # all recipes are the same
    *("another system's order", "another system's order, stored"),  # it would ask first, too
)
OF_THE_PLC = {**PLC, "a hand in the WRITE record": touch_write}
FAULTS = ("late_request", "silence_after", "reset_before", "reset_after")


def run(db, tally, chance):
    """The variants in turn, until the time is up."""
    for turn in itertools.count(1):
        trials = (_trials(db, tally, v, turn) for v in variants(tally.lane))
        for _done in in_turn(trials):
            if tally.is_over():
                return


def _trials(db, tally, variant, turn, most=40):
    """Trials on one mill, each by its own name alone."""
    with mill(db, variant) as here:
        for number in range(most):
            what = f"{'-'.join(variant)} {turn}.{number}"
            if not tally.wants(what):
                continue
            told = []
            with tally.trial(what) as good:
                try:
                    _try(here, tally.chance(what), told)
                except Exception as error:  # any: what happened is told with it
                    error.add_note("\n".join(["what happened:", *told]))
                    raise
            tally.count()
            yield
            if not good:
                return


def _try(mill, chance, told):
    mill.begin()
    mill.hurry()
    mill.order_ids += mill.small_orders(chance.choice([1, 2, 2]))
    for name in ("another system's order", "another system's order, stored"):
        if chance.random() < 0.2:
            told.append(name)
            PLC[name](mill, chance.randrange(8))
    at = sorted(chance.randrange(MOST_STEPS) for _ in range(chance.choice([1, 2, 2])))
    steps = Steps(mill, chance, at, told)
    for what, act in _sequence(mill, chance, steps):
        told.append(f"{steps.count:3} {what}")
        with steps.armed():
            act()
        steps.wait()
        if chance.random() < 0.5:
            mill.clear_back_off()
        _check(mill)
    told.append("to its end")
    to_its_end(mill)
    _check(mill)


def _sequence(mill, chance, steps):
    """(name, act) of two rounds from the fetch to the archive, with buttons in between."""
    yield "fetch", lambda: mill.cron(FETCH)
    for _ in range(2):
        for name in ("a moment", "some kg"):
            if chance.random() < 0.7:
                yield name, lambda name=name: PLC[name](mill, 0)
        yield _button(mill, chance, steps)
        yield "read", lambda: mill.cron(READ)
        yield _button(mill, chance, steps)
        yield "everything", mill.dose_all
        yield "read", lambda: mill.cron(READ)
        yield _button(mill, chance, steps)
        if chance.random() < 0.5:
            yield "archive", lambda: mill.cron(ARCHIVE)
        if chance.random() < 0.5:
            yield "an order more", lambda: mill.order_ids.extend(mill.small_orders(1))
        yield "fetch", lambda: mill.cron(FETCH)


def _button(mill, chance, steps):
    """Mostly none; or one that is pressed, and interrupted like a task."""
    names = [name for name in BUTTONS if name not in LEFT_OUT]
    name = chance.choice([*names, "cancel an order slowly", "send now", "send now"])
    choice = chance.randrange(8)
    if chance.random() < 0.5:
        return "nobody presses a button", lambda: None
    if chance.random() < 0.6:
        steps.soon()
    if name == "cancel an order slowly":
        return name, lambda: _cancel_slowly(mill, choice, steps)
    if name == "send now":
        return name, lambda: _press(lambda: mill.device_button("action_send_now"))
    return name, lambda: _press(lambda: BUTTONS[name](mill, choice))


def _press(act):
    with contextlib.suppress(PG_CONCURRENCY_EXCEPTIONS_TO_RETRY):  # the web begins it again
        refusable(act)


def _cancel_slowly(mill, choice, steps):
    """A person who looked at an order before something else happened to it."""
    order_id = mill.order_ids[choice % len(mill.order_ids)]

    def cancel():
        with mill.order(order_id) as order:
            if order.exists() and order.state == "confirmed":
                steps.step(is_read=True)
                order.action_cancel()

    _press(cancel)


class Steps:
    """At the n-th step from the beginning of a trial something happens, and the run goes on.

    Steps are requests, commits and new transactions.
    """

    def __init__(self, mill, chance, happenings, told):
        self.count = 0
        self._mill, self._chance, self._told = mill, chance, told
        self._due = [(at, *self._choose()) for at in happenings]
        self._pace = chance.choice(PACES)
        self._is_off, self._pids = True, []

    def soon(self):
        """Something more happens, soon."""
        self._due.append((self.count + self._chance.randrange(SOON), *self._choose()))

    def _choose(self):
        """(name, act, whether it is another process)"""
        chance, here = self._chance, self._mill
        choice = chance.randrange(8)
        kind = chance.choice(["quick", "quick", "PLC", "button", "order", "task", "fault"])
        if kind == "fault":
            name = chance.choice(FAULTS)
            return name, lambda: here.proxy.arm(name), False
        if kind == "task":
            name = chance.choice([FETCH, READ, ARCHIVE])
            return name, lambda: here.cron(name), True
        if kind in ("button", "order"):
            acts = BUTTONS if kind == "button" else CHANGES
            name = chance.choice([name for name in acts if name not in LEFT_OUT])
            choice -= choice % 2 if kind == "order" else 0  # not by force
            return name, lambda: _press(lambda: acts[name](here, choice)), True
        names = QUICK if kind == "quick" else [n for n in OF_THE_PLC if n not in LEFT_OUT]
        name = chance.choice(names)
        return name, lambda: _of_the_plc(here, name, choice), False

    @contextlib.contextmanager
    def armed(self):
        exchange, commit, cursor = Session._exchange, Cursor.commit, Registry.cursor

        def stepping_exchange(session, *args, writing=False, **kwargs):
            self.step(is_read=not writing)
            return exchange(session, *args, writing=writing, **kwargs)

        def stepping_commit(cr):
            self.step()
            return commit(cr)

        def stepping_cursor(registry, /, *args, **kwargs):
            self.step()
            return cursor(registry, *args, **kwargs)

        Session._exchange, Cursor.commit = stepping_exchange, stepping_commit
        Registry.cursor, self._is_off = stepping_cursor, False
        try:
            yield self
        finally:
            Session._exchange, Cursor.commit, Registry.cursor = exchange, commit, cursor
            self._is_off = True

    def step(self, is_read=False):
        if self._is_off:
            return
        self.count += 1
        often, seconds = self._pace
        if self._chance.random() < often:
            self._mill.plant.step(seconds)
        for due in [due for due in self._due if due[0] < self.count]:
            _at, name, act, is_other = due
            if name in BEFORE_A_READ and not is_read:
                continue
            self._due.remove(due)
            self._told.append(f"{self.count:3}   {name}, meanwhile")
            self._is_off = True
            try:
                self._start(act) if is_other else act()
            finally:
                self._is_off = False

    def _start(self, act):
        def other():
            signal.alarm(MOST_PATIENCE)
            act()

        pid = fork(other)
        ends_at = time.monotonic() + PATIENCE
        while time.monotonic() < ends_at:
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                _expect_good(status)
                return
            time.sleep(0.002)
        self._pids.append(pid)  # it may wait for what this run has locked

    def wait(self):
        """Until the other processes have ended."""
        while self._pids:
            _expect_good(os.waitpid(self._pids.pop(), 0)[1])


def _expect_good(status):
    if status:
        raise Disagreement(HUNG, f"another process ended with {os.waitstatus_to_exitcode(status)}")


def _of_the_plc(mill, name, choice):
    OF_THE_PLC[name](mill, choice)
    if name.startswith(("restarts", "is wiped")):
        mill.proxy.hang_up()


def _check(mill):
    """The ledgers, and that only what was ordered is dosed: whole, and while it is ordered."""
    mill.ledger.check()
    for entry in mill.plant.ledger:
        if entry["event"] == "taken" and entry["mo_id"] != STRANGER:
            planned = {int(silo): kg for silo, kg in entry["planned"].items()}
            if planned != DOSES:
                raise Disagreement(HALF, f"{entry['mo_id']} is dosed as {planned}")
    for event in mill.ledger.trouble[:-1]:
        if "internal error" in event["message"]:
            raise Disagreement(HUNG, f"two who met are called a fault of the program: {event}")
    for batch in mill.ledger.batches:
        is_at_plc = batch["state"] in ("sent", "running") and batch["holds_slot"]
        if is_at_plc and batch["order_state"] in ("cancel", "done"):
            raise Disagreement(DOUBLED, f"it is dosed, and its order is closed: {batch}")
