"""Odoo killed at every request and every commit of a whole cycle; and its database taken away."""

import mmap
import signal
import struct
import time

from ledger import HUNG, Disagreement
from mill_world import ARCHIVE, FETCH, READ
from mills import VARIANTS, mill
from processes import Crash, fork, wait
from wire import CYCLES, in_turn

from odoo.addons.mrp_plc_batch.plc import Session

LOCKS_HELD = """
SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
 WHERE l.locktype = 'advisory' AND d.datname = current_database()"""


def run(db, tally, chance):
    seeds = [chance.randrange(1000) for _ in range(3)]
    for seed in seeds:
        for _point in in_turn(_trials(db, tally, variant, seed) for variant in VARIANTS):
            if tally.is_over():
                return


def _trials(db, tally, variant, seed):
    """A whole cycle a point, killed at that step; until a cycle gets to its end."""
    point, is_through = 0, False
    while not is_through:
        with mill(db, variant, seed=seed) as here:
            good = True
            while good and not is_through:
                with tally.trial(f"{'-'.join(variant)}: killed at step {point}") as good:
                    is_through = not whole_cycle(here, Steps(point))
                    here.settle(CYCLES)
                if not is_through:
                    tally.count()
                point += 1
                yield point


class Steps:
    """Steps counted over several processes, and the one at which something happens to one.

    :param armed: a class like `Crash`: made with (point, class of sessions), counts its steps
    """

    def __init__(self, point, armed=Crash):
        self._left, self._armed, self.met = point, armed, False

    def run(self, mill, task):
        if self.met:
            mill.cron(task)
            return
        told = mmap.mmap(-1, 8)  # shared with the process
        (status,) = wait(fork(self._run, mill, task, told))
        self._left -= struct.unpack("q", told)[0]
        self.met = self._left < 0 or status == -signal.SIGKILL
        if status not in (0, -signal.SIGKILL):
            raise Disagreement(HUNG, f"{task} ended with {status}")
        if self.met:
            _wait_for_locks(mill)

    def _run(self, mill, task, told):
        steps = self._armed(self._left, Session)
        try:
            with steps.armed():
                mill.cron(task)
        finally:
            told[:] = struct.pack("q", steps.count)


def whole_cycle(mill, steps):
    """:return: whether it happened"""
    mill.ledger.begin()
    mill.small_orders()
    for step in (
        lambda: steps.run(mill, FETCH),
        mill.plant.step,
        lambda: mill.plant.step(0.005),
        lambda: steps.run(mill, READ),
        mill.dose_all,
        lambda: steps.run(mill, READ),
        lambda: steps.run(mill, ARCHIVE),
    ):
        step()
        mill.ledger.check()
    return steps.met


def _wait_for_locks(mill):
    """Until the database has noticed that a process is dead."""
    while True:
        with mill.db.env() as env:
            env.cr.execute(LOCKS_HELD)
            if not env.cr.fetchone()[0]:
                return
        time.sleep(0.01)
