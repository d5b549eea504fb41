"""Odoo killed at every request and every commit of a whole cycle."""

import itertools
import mmap
import os
import signal
import struct
import time

from mills import CANCELLED, mill, variants
from processes import Crash, fork, wait
from verdicts import HUNG, Disagreement
from wire import CYCLES, in_turn

from odoo.addons.mrp_plc_batch.plc import Session

LOCKS_HELD = """
SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
 WHERE l.locktype = 'advisory' AND d.datname = current_database()"""

NEVER = 10**9


def run(db, tally, chance):
    """The variants in turn, with all of their steps in an order by the seed; then again."""
    for turn in itertools.count(1):
        trials = (_trials(db, tally, chance, v, turn) for v in variants(tally.lane))
        for killed in in_turn(trials):
            tally.count(int(killed))
            if turn == 1:
                tally.count_place(int(killed))
            if tally.is_over():
                return


def _trials(db, tally, chance, variant, turn):
    """A whole cycle for each of its steps, killed there; yields whether it was."""
    points = None
    while points is None or points:
        with mill(db, variant) as here:
            name = f"{'-'.join(variant)} {turn}"
            usual = Steps()
            with tally.trial(f"{name}: not killed") as good:
                here.whole_cycle(usual.runner(here))
                here.settle(CYCLES)
                here.check_untroubled()
            yield False
            with tally.trial(f"{name}: cancelled, not killed") as told:
                here.whole_cycle(here.cron, is_cancelled=True)
                here.check_told()
                here.settle(CYCLES)
            yield False
            if points is None:
                points = chance.sample(range(usual.done), usual.done)
                if turn == 1:
                    tally.add_places(len(points))
            while points and good and told:
                point = points.pop()
                what = f"{name}: killed at step {point}"
                if not tally.wants(what):
                    continue
                steps = Steps(point, usual)
                with tally.trial(what) as good:
                    is_cancelled = tally.chance(what).random() < CANCELLED
                    here.whole_cycle(steps.runner(here), is_cancelled)
                    here.settle(CYCLES)
                yield steps.met


class Steps:
    """Counts the steps of scheduled actions; at one of them something happens to the process.

    :param point: that step, from 0
    :param usual: the steps of the same cycle when nothing happens. Until its action is due, this
        process runs them itself
    :param armed: a class like `Crash`: made with (point, class of sessions), counts its steps
    """

    def __init__(self, point=NEVER, usual=None, armed=Crash):
        self._point, self._usual, self._armed = point, usual, armed
        self.after = []  # the number of steps after each action
        self.met = False

    @property
    def done(self):
        return self.after[-1] if self.after else 0

    def runner(self, mill):
        return lambda task: self.run(mill, task)

    def run(self, mill, task):
        if self.met:
            mill.cron(task)
        elif self._is_due():
            self._run_apart(mill, task)
        else:
            with self._armed(NEVER, Session).armed() as steps:
                mill.cron(task)
            self.after.append(self.done + steps.count)

    def _is_due(self):
        usual = self._usual.after if self._usual else ()
        return any(after > self._point for after in usual[: len(self.after) + 1])

    def _run_apart(self, mill, task):
        told = mmap.mmap(-1, 8)  # shared with the process
        status = _ended(fork(self._run, mill, task, told))
        self.after.append(self.done + struct.unpack("q", told)[0])
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


def _ended(pid):
    """The status with which a process ends; it does not outlive the patience for a trial."""
    try:
        return wait(pid)[0]
    except BaseException:  # the alarm of a hung trial, or Ctrl-C: the process must not stay
        os.kill(pid, signal.SIGKILL)
        wait(pid)
        raise


def _wait_for_locks(mill):
    """Until the database has noticed that a process is dead."""
    while True:
        with mill.db.env() as env:
            env.cr.execute(LOCKS_HELD)
            if not env.cr.fetchone()[0]:
                return
        time.sleep(0.01)
