"""What orders cost: consumption, closing, sending; each beside the plain way to do the same."""

import itertools
import statistics

from figures import counted, in_turn, ratio, seconds
from mill_world import FETCH, READ
from reading import mill

RECIPE = "CATTLE FEED 1B"
ORDERS = 20


def bench_sync(database, options):
    """20 changed orders of 8 dosed lines: our door ÷ `move.write` line by line."""
    with mill(database, 20, 0) as (world, plant):
        order_ids = world.orders(ORDERS, recipe=RECIPE)
        world.cron(FETCH)
        batches = world.batches("id")
        step = itertools.count(1)

        def ours():
            with world.device() as device:
                found = device.env["mo.batch"].browse(batch["id"] for batch in batches)
                extra = next(step)
                for line in found.line_ids:
                    line.actual_consumption = 5 + extra / 100 + line.silo_number % 7
                    line.was_dosed = True
                found.write({"update_odoo": False, "state": "running"})
                device.env.flush_all()
                with counted() as statements:
                    found._process_batch_consumption()
                    device.env.flush_all()
                counts.append(len(statements))

        def naive():
            with world.device() as device:
                extra = next(step)
                orders = device.env["mrp.production"].browse(order_ids)
                dosed = set(device.silo_ids.product_id.ids)
                for move in orders.move_raw_ids.filtered(lambda m: m.product_id.id in dosed):
                    move.write(
                        {
                            "quantity": 5 + extra / 100 + move.id % 7,
                            "picked": True,
                            "manual_consumption": True,
                        }
                    )
                device.env.flush_all()

        counts = []
        ours_time, naive_time = in_turn(ours, naive, min(options.rounds, 10))
    per_order = round(statistics.median(counts) / ORDERS, 1)
    return [ratio("sync", "20 changed orders ÷ move by move", ours_time, naive_time, sql=per_order)]


def bench_archive(database, options):
    """Closing and archiving 20 finished orders ÷ one bulk mark-done of as many."""
    rows = []
    with mill(database, 20, 0) as (world, plant):

        def dosed():
            world.orders(ORDERS, recipe="SMALL")
            world.cron(FETCH)
            for _ in range(ORDERS):
                plant.step()
                plant.finish_now()
            world.cron(READ)

        def twins():
            order_ids = world.orders(ORDERS, recipe="SMALL", plc_dispatch="never")
            with world.device() as device:
                orders = device.env["mrp.production"].browse(order_ids)
                for order in orders:
                    order.qty_producing = order.product_qty
                    order._set_qty_producing()
            return order_ids

        def archive():
            with counted() as statements:
                world.cron("_cron_archive_completed")
            counts.append(len(statements))

        def close(order_ids):
            with world.device() as device:
                orders = device.env["mrp.production"].browse(order_ids)
                orders.with_context(skip_backorder=True, skip_consumption=True).button_mark_done()

        counts, ours, bare = [], [], []
        for _ in range(min(options.rounds, 5)):
            dosed()
            order_ids = twins()
            ours.append(seconds(archive))
            bare.append(seconds(lambda ids=order_ids: close(ids)))
        rows.append(
            ratio(
                "archive",
                "close and archive 20 orders ÷ bulk mark-done",
                statistics.median(ours),
                statistics.median(bare),
                sql=round(statistics.median(counts) / ORDERS, 1),
            )
        )
    return rows


def bench_fetch(database, options):
    """Fetching and sending 10 orders: SQL and wire requests an order."""
    with mill(database, 10, 0) as (world, plant):
        world.orders(10, recipe=RECIPE)
        before = len(plant.requests)
        with counted() as statements:
            world.cron(FETCH)
        sent = len(world.batches("id"))
    return [
        {
            "bench": "fetch",
            "what": f"{sent} orders fetched and sent",
            "sql": round(len(statements) / sent, 1),
            "requests": round((len(plant.requests) - before) / sent, 1),
        }
    ]
