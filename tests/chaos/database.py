"""The database goes: connections ended, and statements timed out, in the middle of a cycle."""

import contextlib
import itertools

import psycopg2
from crash import NEVER, Steps
from mills import mill, variants
from processes import Crash
from verdicts import HUNG, Disagreement
from wire import CYCLES, in_turn

import odoo
from odoo.sql_db import Cursor

WHOM = {
    "every connection ends": "TRUE",
    "the connection with the locks ends": "pid IN (SELECT pid FROM pg_locks"
    " WHERE locktype = 'advisory')",
    "the connection that works ends": "pid NOT IN (SELECT pid FROM pg_locks"
    " WHERE locktype = 'advisory')",
}
TIME_OUT = "a statement times out"
SAMPLE = 12  # every so many statements


def run(db, tally, chance):
    """The variants in turn, with all ways and steps in an order by the seed; then again."""
    for turn in itertools.count(1):
        trials = (_trials(db, tally, chance, v, turn) for v in variants(tally.lane))
        for met in in_turn(trials):
            tally.count(int(met))
            if tally.is_over():
                return


def _trials(db, tally, chance, variant, turn):
    """A whole cycle for each way and step; yields whether it happened."""
    points, usual = None, {}
    while points is None or points:
        with mill(db, variant) as here:
            name = f"{'-'.join(variant)} {turn}"
            if points is None:
                usual = {way: _usual(here, way) for way in ("every connection ends", TIME_OUT)}
                usual = {**dict.fromkeys(WHOM, usual["every connection ends"]), **usual}
                points = [
                    (way, n)
                    for way, steps in usual.items()
                    for n in range(0, steps.done, SAMPLE if way == TIME_OUT else 1)
                ]
                chance.shuffle(points)
            good = True
            while points and good:
                way, point = points.pop()
                what = f"{name}: {way} at step {point}"
                if not tally.wants(what):
                    continue
                steps = Lost(here, way, point, usual[way])
                with tally.trial(what) as good:
                    here.whole_cycle(steps.runner(here))
                    check_not_counted(here)
                    here.settle(CYCLES)
                yield steps.met


def _usual(mill, way):
    """The steps of a cycle in which nothing happens."""
    steps = Lost(mill, way)
    mill.whole_cycle(steps.runner(mill))
    mill.settle(CYCLES)
    return steps


class Lost(Steps):
    """A run may end with the error of its lost connection; nothing else may be raised."""

    def __init__(self, mill, way, point=NEVER, usual=None):
        armed = Statements if way == TIME_OUT else Connections
        super().__init__(
            point, usual, lambda left, session: armed(left, session, mill, WHOM.get(way))
        )

    def _run(self, mill, task, told):
        with contextlib.suppress(psycopg2.Error):
            super()._run(mill, task, told)


class Connections(Crash):
    """Ends database connections at the n-th request or commit."""

    def __init__(self, point, session_class, mill, whom):
        super().__init__(point, session_class)
        self._database, self._whom = mill.db.name, whom

    def _step(self):
        if self.count == self.point:
            with contextlib.closing(odoo.sql_db.db_connect("postgres").cursor()) as cr:
                cr.execute(
                    "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity"
                    f" WHERE datname = %s AND {self._whom}",
                    [self._database],
                )
        self.count += 1


class Statements:
    """Lets the n-th SQL statement take longer than the server allows."""

    def __init__(self, point, *_others):
        self.point, self.count = point, 0

    @contextlib.contextmanager
    def armed(self):
        execute = Cursor.execute

        def slow_execute(cursor, query, *args, **kwargs):
            if "SAVEPOINT" not in str(query):  # that takes no time
                self.count += 1
                if self.count == self.point + 1:
                    execute(cursor, "SET LOCAL statement_timeout = 1")
                    execute(cursor, "SELECT pg_sleep(1)")
            return execute(cursor, query, *args, **kwargs)

        Cursor.execute = slow_execute
        try:
            yield self
        finally:
            Cursor.execute = execute


def check_not_counted(mill):
    """A database that was away is no fault of a batch. (A statement of one
    batch's own update that takes too long is that batch's error, in PostgreSQL's words.)"""
    for batch in mill.batches("mo_id", "retry_count", "error_message", "error_reason"):
        if batch["retry_count"] and "canceling statement" not in batch["error_reason"]:
            raise Disagreement(HUNG, f"the database's failure was counted: {batch}")
