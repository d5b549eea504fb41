"""The three tasks and the pages of an old plant ÷ those of a new one, and how each query is run."""

import contextlib
import statistics
from collections import defaultdict

from big_history import BIG_TABLES, LINES, PAGE, fill
from conftest import Database
from figures import counted, in_turn, ratio, seconds
from mill_world import ARCHIVE, FETCH, READ, World
from pages import COUNT_LIMIT, PAGES
from plant.layouts import layout_named
from plant.plant import Plant
from reading import cycle

from odoo.addons.mrp_plc_batch.tests.mill import make_small_recipe

ORDERS = 10
PLANNED = ("SELECT", "UPDATE", "DELETE", "WITH")  # statements that EXPLAIN knows
COUNTED = f"LIMIT {COUNT_LIMIT}) t"


def bench_growth(database, options):
    """A database with `--history` histories, 15 lines and an event each, ÷ one with none."""
    old, new = Database(), Database()
    try:
        with small_mill(old) as old_world, small_mill(new) as new_world:
            worlds = [old_world, new_world]
            fill(worlds[0], options.history)
            fill(worlds[1], 0)
            rows, scans = _tasks(worlds, options)
            rows.append(_quiet(worlds, options))
            fill(worlds[1], PAGE)
            rows += _pages(worlds, options, scans)
            return [*rows, _scans_row(scans, options)]
    finally:
        old.drop()
        new.drop()


@contextlib.contextmanager
def small_mill(database):
    """A mill whose PLC doses at once what it is told to."""
    with Plant(layout_named("native"), manual=True, speed=1000.0) as plant:
        world = World(database, plant, "native")
        with world.device() as device:
            make_small_recipe(device)
        yield world


def life_of_ten(world):
    """Ten orders from sent to archived. Seconds spent in the tasks."""
    return sum(seconds(lambda task=task: world.cron(task)) for task in _one_life(world))


def _tasks(worlds, options):
    """Each task over 10 orders, in turn; and the statements it runs."""
    times, statements = defaultdict(list), defaultdict(list)
    for number in range(options.rounds + 1):
        for index, world in enumerate(worlds):
            for task in _one_life(world):
                with counted() as found:
                    spent = seconds(lambda world=world, task=task: world.cron(task))
                statements[task, index].append(found)
                if number:  # the first warms up
                    times[task, index].append(spent)
            if world.batches():
                raise RuntimeError(f"orders were left behind: {world.batches()}")
    rows = []
    for task in (FETCH, READ, ARCHIVE):
        medians = [statistics.median(times[task, index]) for index in (0, 1)]
        sql = [statistics.median(map(len, statements[task, index])) for index in (0, 1)]
        what = f"{task.removeprefix('_cron_')}, {ORDERS} orders, {_size(options)} ÷ empty"
        rows.append(ratio("tasks", what, *medians, sql=sql[0], other_sql=sql[1]))
    scans = {task: _scans(worlds[0], statements[task, 0][-1]) for task in (FETCH, READ, ARCHIVE)}
    return rows, scans


def _one_life(world):
    """Ten orders from sent to archived; yields each task when its time has come."""
    world.orders(ORDERS, recipe="SMALL")
    yield FETCH
    for _ in range(ORDERS):
        world.plant.step()
        world.plant.finish_now()
    yield READ
    yield ARCHIVE


def _quiet(worlds, options):
    """A cycle in which nothing changed, with ten orders at the PLC: old ÷ new."""
    for world in worlds:
        world.orders(ORDERS, recipe="SMALL")
        world.cron(FETCH)
        world.plant.step()
        world.cron(READ)
    counts = []
    for world in worlds:
        with counted() as statements:
            cycle(world)
        counts.append(len(statements))
    medians = in_turn(lambda: cycle(worlds[0]), lambda: cycle(worlds[1]), options.rounds)
    for world in worlds:
        for _ in range(ORDERS):
            world.plant.finish_now()
            world.plant.step()
        world.cron(READ, ARCHIVE)
        if world.batches():
            raise RuntimeError(f"orders were left behind: {world.batches()}")
    what = f"unchanged cycle, {_size(options)} ÷ empty"
    return ratio("quiet", what, *medians, sql=counts[0], other_sql=counts[1])


def _pages(worlds, options, scans):
    """Each page as the web client asks for it: old ÷ with no more than fills a page."""
    rows = []
    for world in worlds:
        world.orders(ORDERS, recipe="SMALL", plc_dispatch="never")
    for name, page in PAGES.items():
        counts = [_run(world, page) for world in worlds]
        scans[name] = _scans(worlds[0], counts[0])
        medians = in_turn(
            lambda page=page: _run(worlds[0], page),
            lambda page=page: _run(worlds[1], page),
            options.rounds,
        )
        what = f"{name}, {_size(options)} ÷ {PAGE}"
        rows.append(ratio("pages", what, *medians, sql=len(counts[0]), other_sql=len(counts[1])))
    return rows


def _run(world, page):
    """A page for an ordinary user; the statements of it."""
    with world.device() as device, counted() as statements:
        page(device.with_user(device.env.ref("base.user_admin")))
    return statements


def _scans(world, statements):
    """{table: statement} of those big tables that PostgreSQL would read from end to end.

    Counting the rows of a list is left out: it stops at 10,001 of them.
    """
    found = {}
    for statement in statements:
        if not statement.lstrip(" (\n").upper().startswith(PLANNED) or COUNTED in statement:
            continue
        with world.db.env() as env:
            env.cr.execute("EXPLAIN " + statement.replace("%", "%%"), ())
            plan = "\n".join(line for (line,) in env.cr.fetchall())
            env.cr.rollback()
        for table in BIG_TABLES:
            if f"Seq Scan on {table} " in plan:
                found.setdefault(table, statement)
    return found


def _scans_row(scans, options):
    told = [f"{where}: {found}" for where, found in scans.items() if found]
    what = f"of {len(scans)} tasks and pages, those that read a big table from end to end"
    return {"kind": "scans", "what": what, "scans": len(told), "which": told}


def _size(options):
    return f"{options.history:,} histories × {LINES} lines"
