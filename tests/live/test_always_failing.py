"""A plant that cuts every connection, for many cycles of Odoo's scheduler: its scheduled actions
stay on, no failure of theirs is counted, and nothing grows. PLC_FAILING_CYCLES says how many."""

import contextlib
import os
import socket
import threading

import pytest
from mill_world import World

from odoo.addons.base.models.ir_cron import IrCron

CYCLES = int(os.environ.get("PLC_FAILING_CYCLES", "60"))
WARM = 10  # cycles until the caches are filled
MOST_GROWTH = 16 * 2**20  # bytes; the allocator's own comings and goings
ACTIONS = """
SELECT c.active, c.failure_count, c.nextcall > now() AT TIME ZONE 'utc'
  FROM ir_cron c JOIN ir_model_data d ON d.res_id = c.id
 WHERE d.model = 'ir.cron' AND d.module = 'mrp_plc_batch' ORDER BY c.id"""
ALL_DUE = """
UPDATE ir_cron SET nextcall = now() AT TIME ZONE 'utc' - interval '1 minute' WHERE id IN
 (SELECT res_id FROM ir_model_data WHERE model = 'ir.cron' AND module = 'mrp_plc_batch')"""
OTHERS_OFF = """
UPDATE ir_cron SET active = false WHERE id NOT IN
 (SELECT res_id FROM ir_model_data WHERE model = 'ir.cron' AND module = 'mrp_plc_batch')"""


class Cutter:
    """A port that accepts and cuts at once, and counts how often."""

    def __init__(self):
        self.cuts = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._cut, daemon=True).start()

    def _cut(self):
        with contextlib.suppress(OSError):  # the listener's end
            while True:
                self._listener.accept()[0].close()
                self.cuts += 1

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture
def cutter():
    here = Cutter()
    yield here
    here.close()


def rows(world, query):
    with world.db.env() as env:
        env.cr.execute(query)
        return env.cr.fetchall()


def resident():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def usage(world):
    """(open descriptors, resident bytes, events)"""
    return len(os.listdir("/proc/self/fd")), resident(), len(world.events())


@pytest.mark.parametrize("layout", ["native"])
def test_a_plant_that_always_fails(own_db, plant, cutter, layout):
    world = World(own_db, plant, layout)
    world.orders()
    world.set_device(port=cutter.port)
    world.sql(OTHERS_OFF)
    for cycle in range(CYCLES):
        world.clear_back_off()
        world.sql(ALL_DUE)
        cuts = cutter.cuts
        IrCron._process_jobs(own_db.name)
        actions = rows(world, ACTIONS)
        assert actions == [(True, 0, True)] * 3, "on, no failure counted, and run"
        assert cutter.cuts > cuts
        if cycle == WARM:
            descriptors, memory, events = usage(world)
    now = usage(world)
    print(
        f"{CYCLES} cycles: {now[0] - descriptors} descriptors, {(now[1] - memory) / 2**20:.1f} MiB"
        f" and {now[2] - events} events more than after {WARM}"
    )
    assert now[0] <= descriptors
    assert now[1] <= memory + MOST_GROWTH
    assert now[2] == events == 1
    assert world.device_fields("state")["state"] == "offline"
