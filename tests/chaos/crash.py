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
                    is_through = not _cycle(here, point)
                    here.settle(CYCLES)
                if not is_through:
                    tally.count()
                point += 1
                yield point


def _cycle(mill, point):
    """:return: whether the process was killed"""
    mill.ledger.begin()
    mill.small_orders()
    steps = Steps(point)
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
    return steps.killed


class Steps:
    """Requests and commits over several processes, and the one at which the process is killed."""

    def __init__(self, point):
        self._left, self.killed = point, False

    def run(self, mill, task):
        if self.killed:
            mill.cron(task)
            return
        told = mmap.mmap(-1, 8)  # shared with the process
        (status,) = wait(fork(self._run, mill, task, told))
        if status == -signal.SIGKILL:
            self.killed = True
            _wait_for_locks(mill)
        elif status:
            raise Disagreement(HUNG, f"{task} ended with {status}")
        else:
            self._left -= struct.unpack("q", told)[0]

    def _run(self, mill, task, told):
        with Crash(self._left, Session).armed() as crash:
            mill.cron(task)
        told[:] = struct.pack("q", crash.count)


def _wait_for_locks(mill):
    """Until the database has noticed that a process is dead."""
    while True:
        with mill.db.env() as env:
            env.cr.execute(LOCKS_HELD)
            if not env.cr.fetchone()[0]:
                return
        time.sleep(0.01)
