"""A read cycle in which nothing changed: what it costs, beside the bytes' own cost."""

import contextlib
import math
import time
from multiprocessing import Pipe, get_context
from types import SimpleNamespace

from figures import counted, in_turn, ratio
from mill_world import FETCH, World
from plant.layouts import layout_named
from plant.plant import Plant
from shares import shares
from snap7 import Client

from odoo.addons.mrp_plc_batch.plc import Session, Slots
from odoo.addons.mrp_plc_batch.tests.mill import make_small_recipe

CPU_SECONDS = 0.006  # a request takes a real CPU


def as_a_cpu(_request):
    """Before a plant answers: let as much time pass as a CPU takes."""
    time.sleep(CPU_SECONDS)


@contextlib.contextmanager
def mill(database, slots, orders):
    """A mill with so many slots, and so many orders in them, one of them being dosed."""
    with Plant(layout_named("native", slots), manual=True, speed=10.0) as plant:
        world = World(database, plant, "native")
        with world.device() as device:
            device.layout_id = device.layout_id.copy({"slot_count": slots})
            make_small_recipe(device)
        if orders:
            world.orders(orders, recipe="SMALL")
            world.cron(FETCH)
            plant.step()
            plant.step()
            world.cron("_cron_read_plc")
        yield world, plant


def cycle(world):
    with world.device() as device:
        device.env["mo.batch"]._cron_read_plc(devices=device)


def raw_read(client, plant):
    """Both areas, in as few requests as the PDU allows, by snap7's own client."""
    for db in (plant.layout.write_db, plant.layout.read_db):
        client.db_read(db, 0, plant.layout.slot_size * plant.layout.slot_count)


def connected(plant):
    client = Client()
    client.connect("127.0.0.1", 0, 1, plant.port)
    return client


def bench_read(database, options):
    """SQL and wire requests of an unchanged cycle: 10 and 100 slots."""
    rows = []
    for slots in (10, 100):
        with mill(database, slots, slots) as (world, plant):
            cycle(world)
            before = len(plant.requests)
            with counted() as statements:
                cycle(world)
            rows.append(
                {
                    "kind": "read",
                    "what": f"unchanged cycle, {slots} slots",
                    "sql": len(statements),
                    "requests": len(plant.requests) - before,
                }
            )
    return rows


@contextlib.contextmanager
def plant_apart(layout):
    """A plant in a process of its own, that takes as long as a CPU: in this one, who asks and who
    answers would wait for each other's turn at the interpreter, now long, now short."""
    here, there = Pipe()

    def serve():
        with Plant(layout, manual=True) as plant:
            plant.intercept = as_a_cpu
            there.send(plant.port)
            there.recv()

    process = get_context("fork").Process(target=serve, daemon=True)
    process.start()
    try:
        yield SimpleNamespace(layout=layout, port=here.recv())
    finally:
        here.send("end")
        process.join()


def bench_wire(database, options):
    """Our session reading both areas, slot by slot ÷ snap7's client reading the same bytes in as
    few requests as the PDU allows, both connected; each request takes what it takes a CPU."""
    return [wire_row(slots, options.rounds) for slots in (10, 100)]


def wire_row(slots, rounds):
    with plant_apart(layout_named("native", slots)) as plant:
        client = connected(plant)
        with Session("127.0.0.1", plant.port) as session:
            reader = Slots(session, plant.layout)
            reader.read_all()
            requests = session.requests
            ours, floor = in_turn(reader.read_all, lambda: raw_read(client, plant), rounds)
            most = session.max_read
        client.disconnect()
    fewest = 2 * math.ceil(slots * plant.layout.slot_size / most)
    what = f"read all of {slots} slots ÷ db_read, 6 ms a request"
    return ratio("wire", what, ours, floor, requests=requests, other_requests=fewest)


def bench_cycle(database, options):
    """The whole unchanged cycle, SQL and all ÷ connect, read the same bytes, close."""

    def floor(plant):
        client = connected(plant)
        raw_read(client, plant)
        client.disconnect()

    with mill(database, 100, 100) as (world, plant):
        ours, bare = in_turn(lambda: cycle(world), lambda: floor(plant), options.rounds)
        whose = shares(lambda: cycle(world))
    what = "unchanged cycle, 100 slots ÷ connect, db_read, close"
    return [ratio("cycle", what, ours, bare, **whose)]
