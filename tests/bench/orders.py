"""What orders cost: consumption, closing, sending; each beside the plain way to do it."""

import itertools
import statistics
from unittest.mock import patch

from figures import counted, ratio, seconds
from mill_world import FETCH
from order_mill import CASES, ORDERS, Cycle, dose, order_mill, report, same_values_again
from plant.plant import Plant
from reading import as_a_cpu, connected, mill
from shares import shares

from odoo.addons.mrp_plc_batch.models.mo_batch_archive import MoBatch

RECIPE = "CATTLE FEED 1B"
SENT = 10
CLOSING = {
    "mark-done": "button_mark_done",
    "doses compared": "_apply_consumption",
    "history stored": "_copy_to_history",
    "batches deleted": "unlink",
}
FETCHING = {
    "planned": "_plan_orders",
    "planned again, locked": "_stage_plans",
    "requests": "_exchange",
    "stored": "_commit",
    "marked as sent": "_mark_sent",
}
DONE = {"skip_backorder": True, "skip_consumption": True, "plc_force": True}


def bench_sync(database, options):
    """20 changed orders of 15 lines: our door ÷ `move.write` line by line, in three cases; the
    first time, when what is reserved gives way, and each time after it."""
    rows = []
    for case in CASES:
        with order_mill(database, case) as (world, plant):
            for moment in ("first", "changed"):
                rows.append(sync_row(world, f"{case}, {moment}", options.rounds))
                Cycle(world).kept(lambda b: report(b, 5.0), ours)
            rows.append(same_row(world, plant, case))
    return rows


def sync_row(world, what, rounds):
    steps = itertools.count(10.0, 0.25)
    cycle, plain = Cycle(world), Cycle(world)
    times = []
    for _ in range(rounds + 1):
        kg = next(steps)
        times.append(
            (
                cycle.undone(lambda b, kg=kg: report(b, kg), ours),
                plain.undone(lambda b, kg=kg: report(b, kg), naive),
            )
        )
    medians = (statistics.median(column) for column in zip(*times[1:], strict=True))
    return ratio(
        "sync",
        f"20 orders × 15 lines, {what} ÷ move by move",
        *medians,
        sql=round(statistics.median(cycle.statements) / ORDERS, 1),
        naive_sql=round(statistics.median(plain.statements) / ORDERS, 1),
    )


def ours(batches):
    assert batches._process_batch_consumption() == batches


def naive(batches):
    """What a script would do: the quantity of each component, one after the other."""
    for batch in batches:
        kg = {line.product_id: line.actual_consumption for line in batch.line_ids}
        for move in batch.production_id.move_raw_ids:
            move.write(
                {"quantity": kg[move.product_id], "picked": True, "manual_consumption": True}
            )


def same_row(world, plant, case):
    """The same kg again in all 20 slots: what a read of the PLC asks of stock and orders."""
    dose(world, plant, 20.0)
    return {
        "kind": "same",
        "what": f"the same values again, {case}: SQL on stock and mrp tables",
        "sql": len(same_values_again(world)),
    }


def bench_archive(database, options):
    """Closing and archiving 20 finished orders ÷ one bare bulk mark-done of the same orders; and
    what the history costs without it."""
    rows = []
    for case in CASES:
        with order_mill(database, case) as (world, _plant):
            Cycle(world).kept(lambda b: report(b, 50.0, finished=True), ours)
            rows.append(archive_row(world, case, options.rounds))
            rows.append(history_row(world, case))
    return rows


def archive_row(world, case, rounds):
    cycle, bare = Cycle(world), Cycle(world)
    times = [
        (cycle.undone(as_it_is, archive), bare.undone(as_it_is, mark_done))
        for _ in range(rounds + 1)
    ]
    whose = []
    cycle.undone(as_it_is, lambda batches: whose.append(shares(lambda: archive(batches), CLOSING)))
    medians = (statistics.median(column) for column in zip(*times[1:], strict=True))
    return ratio(
        "archive",
        f"close and archive 20 orders, {case} ÷ bulk mark-done",
        *medians,
        sql=round(statistics.median(cycle.statements) / ORDERS, 1),
        bare_sql=round(statistics.median(bare.statements) / ORDERS, 1),
        **whose[0],
    )


def history_row(world, case):
    """Statements of `_move_to_history`, as it is called when the orders are closed."""
    counts = []
    move = MoBatch._move_to_history

    def counting(batches, *args):
        batches.env.flush_all()
        with counted() as statements:
            result = move(batches, *args)
            batches.env.flush_all()
        counts.append(len(statements))
        return result

    with patch.object(MoBatch, "_move_to_history", counting):
        Cycle(world).undone(as_it_is, archive)
    return {
        "kind": "history",
        "what": f"history copy and delete of {ORDERS}, {case}",
        "sql": sum(counts),
    }


def as_it_is(batches):
    pass


def archive(batches):
    assert batches._archive_completed() == batches


def mark_done(batches):
    orders = batches.production_id
    orders.with_context(**DONE).button_mark_done()
    assert set(orders.mapped("state")) == {"done"}


def bench_fetch(database, options):
    """Fetching and sending 10 orders ÷ the same requests by snap7's own client to a PLC like it,
    and the same searches by a bare cursor: nothing assigned, nothing saved, nothing checked. With
    PLCs that take a CPU's time for an answer, and with some that take none."""
    with mill(database, SENT, 0) as (world, plant), Plant(plant.layout, manual=True) as twin:
        world.orders(SENT, recipe=RECIPE)
        with counted() as statements:
            world.cron(FETCH)
        requests = list(plant.requests)
        take_back(world)
        searches = [text for text in statements if text.startswith("SELECT")]
        counts = {
            "sql": round(len(statements) / SENT, 1),
            "requests": round(len(requests) / SENT, 1),
        }
        rows = []
        for pace, answer in (("6 ms a request", as_a_cpu), ("answered at once", None)):
            plant.intercept = twin.intercept = answer
            times = []
            for _ in range(options.rounds):
                world.orders(SENT, recipe=RECIPE)
                ours_time = seconds(lambda: world.cron(FETCH))
                take_back(world)
                times.append((ours_time, seconds(lambda: bare(database, twin, requests, searches))))
            world.orders(SENT, recipe=RECIPE)
            whose = shares(lambda: world.cron(FETCH), FETCHING)
            take_back(world)
            what = f"{SENT} orders fetched and sent ÷ same requests and searches, {pace}"
            medians = (statistics.median(column) for column in zip(*times, strict=True))
            rows.append(ratio("fetch", what, *medians, **counts, **whose))
    return rows


def take_back(world):
    """Empty the slots again."""
    assert [state for state, _slot in world.states().values()] == ["sent"] * SENT
    world.press("action_cancel")
    assert not world.batches()


def bare(database, plant, requests, searches):
    with database.env() as env:
        for text in searches:
            env.cr.execute(text)
            env.cr.fetchall()
    client = connected(plant)
    for request in requests:
        if request.kind == "read":
            client.db_read(request.db, request.start, request.size)
        else:
            client.db_write(request.db, request.start, bytearray(request.data))
    client.disconnect()
