"""Mills of one database, each with a PLC behind a network that answers late and counts
connections, and an order that is being dosed."""

import contextlib
import time

from mill_world import FETCH, World
from plant.layouts import layout_named
from plant.plant import Plant
from proxy import Proxy

from odoo.addons.mrp_plc_batch.tests.mill import make_small_recipe

DEVICES = 8
SLOTS = 2
READS = 4  # requests to connect, twice, and to read both areas of so few slots


class Mills:
    """Small mills with an order each, not sent yet."""

    def __init__(self, db, stack):
        self.db = db
        self.plants = [
            stack.enter_context(Plant(layout_named("native", SLOTS), manual=True, speed=10.0))
            for _ in range(DEVICES)
        ]
        self.links = [stack.enter_context(Proxy(plant.port)) for plant in self.plants]
        self.worlds = [World(db, link, "native", connection_timeout=5) for link in self.links]
        with self.devices() as devices:
            layout = devices.layout_id[:1].copy({"slot_count": SLOTS})
            devices.layout_id = layout
            for device in devices:
                make_small_recipe(device)
        for world in self.worlds:
            world.orders(1, recipe="SMALL")

    def send(self):
        """The orders go out, each PLC takes its own, and from now on answers late."""
        self.cron(FETCH)
        for plant in self.plants:
            plant.step()
        for link in self.links:
            link.arm("latency")

    @contextlib.contextmanager
    def devices(self):
        with self.db.env() as env:
            yield env["plc.device"].browse([world.device_id for world in self.worlds])

    def cron(self, task):
        with self.devices() as devices:
            getattr(devices.env["mo.batch"], task)(devices=devices)

    def finish(self):
        for plant in self.plants:
            plant.finish_now()

    def states(self):
        """Of each mill's one batch; None where it has none."""
        batches = [world.batches("state") for world in self.worlds]
        return [found[0]["state"] if found else None for found in batches]

    def fields(self, name):
        return [world.device_fields(name)[name] for world in self.worlds]

    def connections(self):
        """How often each PLC was connected to."""
        return [link.connections for link in self.links]

    def assert_nothing_open(self):
        assert_nothing_open(self.db, self.links)


def locks(env):
    """How many advisory locks this database has."""
    env.cr.execute(
        """SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database
            WHERE locktype = 'advisory' AND datname = current_database()"""
    )
    (count,) = env.cr.fetchone()
    return count


def assert_nothing_open(db, links):
    """No connection, and no lock; nor was there ever a second connection to one PLC."""
    until = time.monotonic() + 2
    while any(link.open_now for link in links) and time.monotonic() < until:
        time.sleep(0.01)
    assert [link.open_now for link in links] == [0] * len(links)
    assert {link.most_at_once for link in links} <= {0, 1}
    with db.env() as env:
        assert locks(env) == 0
