"""What breaks into a run of Odoo, at some of its steps: the PLC goes on, a person presses a button,
another process has its turn, an answer is lost."""

import contextlib
import os
import signal
import time

from mill_world import ARCHIVE, FETCH, READ
from mills import refusable
from people import BUTTONS, CHANGES, PLC, touch_write
from processes import fork
from strangers import STRANGERS
from torn import look, tear
from verdicts import HUNG, Disagreement

from odoo.modules.registry import Registry
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.sql_db import Cursor

from odoo.addons.mrp_plc_batch.plc import Session

SOON = 8  # steps of a button
ENDINGS = ("reset", "cancel", "start over")  # what may take an order out of the PLC
# how often the PLC goes on before a step, and for how many seconds: mostly it stands still
PACES = ((0, 0), (0, 0), (0, 0), (0.2, 0.0), (1, 0.0), (0.5, 10.0), (0.3, 0.006))
PATIENCE = 0.2  # seconds that a run waits for another process, which may wait for it
MOST_PATIENCE = 60
QUICK = ("a moment", "some kg", "an order", "everything")
KINDS = (*("quick", "PLC", "record", "order") * 2, "button", "task", "fault")
FIRST_KINDS = (*KINDS, *("order",) * 3)  # while the first orders are sent
FIRST_STEPS = 30
# what the PLC or somebody else does to a record that Odoo has just read for the last time is lost
# by agreement: it happens right before Odoo reads
BEFORE_A_READ = ("corrects down", "zeroes", "garbles", "is read while it writes", "a hand in it")
STOPPED = ("reset, stopped at the PLC", "cleared at the PLC")  # a person stops the PLC first
LEFT_OUT = (
    *STOPPED,
    *("split", "rescale"),  # all recipes are the same
    *STRANGERS,  # another system asks first, too
    *QUICK,
    *("renames back", "garbles no more", "another system's order is gone", "is in order"),
)
OF_THE_PLC = {**PLC, "is read while it writes": tear, "a hand in it": touch_write}
TAKES_NOW_AND_THEN = (0.3, 0.0)
FAULTS = ("late_request", "silence_after", "reset_before", "reset_after")


def press(act):
    """A button: refused in words, or met another transaction; the web begins it again then."""
    with contextlib.suppress(PG_CONCURRENCY_EXCEPTIONS_TO_RETRY):
        refusable(act)


class Steps:
    """At the n-th step from the beginning of a trial something happens, and the run goes on.

    Steps are requests, commits and new transactions.
    """

    def __init__(self, mill, chance, happenings, told):
        self.count = 0
        self._mill, self._chance, self._told = mill, chance, told
        self._due = [(at, *self._choose(at)) for at in happenings]
        self._pace, self._is_stopped = PACES[0], False
        self._is_off, self._pids = True, []

    def change_pace(self, what):
        """How the PLC goes on during what is done next; a race with its taking is likely where an
        order is to come out of it."""
        self._is_stopped = what in STOPPED
        paces = [TAKES_NOW_AND_THEN] if what in ENDINGS and self._chance.random() < 0.5 else PACES
        self._pace = PACES[0] if self._is_stopped else self._chance.choice(paces)

    def soon(self, *kinds):
        """Something more happens, soon."""
        at = self.count + self._chance.randrange(SOON)
        self._due.append((at, *self._choose(at, kinds)))

    def _choose(self, at, kinds=()):
        """(name, act, whether it is another process)"""
        chance, here = self._chance, self._mill
        kinds = kinds or (FIRST_KINDS if at < FIRST_STEPS else KINDS)
        choice, kind = chance.randrange(8), chance.choice(kinds)
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
            return name, lambda: press(lambda: acts[name](here, choice)), True
        hostile = [name for name in OF_THE_PLC if name not in LEFT_OUT]
        name = chance.choice({"quick": QUICK, "record": BEFORE_A_READ}.get(kind, hostile))
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
        if is_read:
            look(self._mill)
        often, seconds = self._pace
        if self._chance.random() < often:
            self._mill.plant.step(seconds)
        for due in [due for due in self._due if due[0] < self.count]:
            _at, name, act, is_other = due
            if (name in BEFORE_A_READ and not is_read) or (self._is_stopped and not is_other):
                continue
            self._is_off = True
            try:
                done = self.other(act) if is_other else act()
            finally:
                self._is_off = False
            if done is not False:  # else there was nothing to do it to, yet
                self._due.remove(due)
                self._told.append(f"{self.count:3}   {name}, meanwhile")

    def other(self, act):
        """Somebody else's process does something."""

        def other():
            self._is_off = True
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
    done = OF_THE_PLC[name](mill, choice)
    if name.startswith(("restarts", "is wiped")):
        mill.proxy.hang_up()
    return done
