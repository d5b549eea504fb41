"""How a run grows with devices, slots and history: each size in turn, ÷ the smallest."""

import contextlib
import statistics

from big_history import fill
from conftest import Database
from figures import counted, seconds
from fleet import Fleet
from growth import ORDERS, life_of_ten, small_mill
from reading import cycle, mill

DEVICES = (1, 10, 50, 100)
SLOTS = (10, 20, 50, 100)
HISTORIES = (0, 1_000, 10_000, 100_000)


def bench_scaling(database, options):
    """A row an axis: {"points": [[size, time ÷ that of the first, SQL], …]}."""
    yield _row("Devices: an unchanged cycle of all", _devices(options))
    yield _row("Slots: an unchanged cycle", _slots(database, options))
    yield _row(f"Histories: {ORDERS} orders in all three tasks", _histories(options))


def _row(what, points):
    first = points[0][1]
    points = [[size, round(spent / first, 2), sql] for size, spent, sql in points]
    return {"kind": "scaling", "what": what, "points": points}


def _devices(options):
    own = Database()
    try:
        with Fleet(own, DEVICES[-1]) as fleet:
            runs = [lambda count=count: fleet.read(0, count) for count in DEVICES]
            return _measured(DEVICES, runs, options.rounds)
    finally:
        own.drop()


def _slots(database, options):
    with contextlib.ExitStack() as stack:
        worlds = [stack.enter_context(mill(database, slots, slots))[0] for slots in SLOTS]
        runs = [lambda world=world: cycle(world) for world in worlds]
        return _measured(SLOTS, runs, options.rounds)


def _histories(options):
    with contextlib.ExitStack() as stack:
        worlds = []
        for count in HISTORIES:
            own = Database()
            stack.callback(own.drop)
            worlds.append(stack.enter_context(small_mill(own)))
            fill(worlds[-1], count)
        lives = [lambda world=world: life_of_ten(world) for world in worlds]
        return _measured(HISTORIES, lives, options.rounds, timed=lambda life: life())


def _measured(sizes, runs, rounds, timed=seconds):
    """[(size, median seconds, SQL)]; a first round warms up."""
    times, sql = [[] for _ in sizes], [0] * len(sizes)
    for number in range(rounds + 1):
        for index, run in enumerate(runs):
            with counted() as statements:
                spent = timed(run)
            if number:
                times[index].append(spent)
                sql[index] = len(statements)
    return list(zip(sizes, map(statistics.median, times), sql, strict=True))
