"""Odoo killed at every request and every commit of a whole cycle; and its database taken away."""

import mmap
import signal
import struct
import time

from ledger import HUNG, Disagreement
from mills import CANCELLED, VARIANTS, mill
from processes import Crash, fork, wait
from wire import CYCLES, in_turn

from odoo.addons.mrp_plc_batch.plc import Session

LOCKS_HELD = """
SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
 WHERE l.locktype = 'advisory' AND d.datname = current_database()"""


NEVER = 10**9


def run(db, tally, chance):
    """The variants in turn, with all of their steps in an order by the seed; then again."""
    while not tally.is_over():
        trials = (_trials(db, tally, chance, variant) for variant in VARIANTS)
        for killed in in_turn(trials):
            tally.count(killed)
            if tally.is_over():
                return


def _trials(db, tally, chance, variant):
    """A whole cycle for each of its steps, killed there; yields whether it was."""
    points = None
    while points is None or points:
        with mill(db, variant, seed=chance.randrange(1000)) as here:
            steps = Steps(NEVER)
            with tally.trial(f"{'-'.join(variant)}: not killed") as good:
                here.whole_cycle(steps.runner(here))
                here.settle(CYCLES)
            yield False
            if points is None:
                points = chance.sample(range(steps.done), steps.done)
            while points and good:
                point = points.pop()
                steps = Steps(point)
                with tally.trial(f"{'-'.join(variant)}: killed at step {point}") as good:
                    here.whole_cycle(steps.runner(here), chance.random() < CANCELLED)
                    here.settle(CYCLES)
                yield steps.met


class Steps:
    """Steps counted over several processes, and the one at which something happens to one.

    :param armed: a class like `Crash`: made with (point, class of sessions), counts its steps
    """

    def __init__(self, point, armed=Crash):
        self._point, self._armed = point, armed
        self.done, self.met = 0, False

    def runner(self, mill):
        return lambda task: self.run(mill, task)

    def run(self, mill, task):
        if self.met:
            mill.cron(task)
            return
        told = mmap.mmap(-1, 8)  # shared with the process
        (status,) = wait(fork(self._run, mill, task, told))
        self.done += struct.unpack("q", told)[0]
        self.met = self.done > self._point or status == -signal.SIGKILL
        if status not in (0, -signal.SIGKILL):
            raise Disagreement(HUNG, f"{task} ended with {status}")
        if self.met:
            _wait_for_locks(mill)

    def _run(self, mill, task, told):
        steps = self._armed(self._point - self.done, Session)
        try:
            with steps.armed():
                mill.cron(task)
        finally:
            told[:] = struct.pack("q", steps.count)


def _wait_for_locks(mill):
    """Until the database has noticed that a process is dead."""
    while True:
        with mill.db.env() as env:
            env.cr.execute(LOCKS_HELD)
            if not env.cr.fetchone()[0]:
                return
        time.sleep(0.01)
