"""Nothing twice and nothing lost: runs at the same moment, and runs that are killed."""

import signal
import time
from collections import Counter

import pytest
from many_mills import locks
from mill_world import ARCHIVE, FETCH, READ, World
from plant.layouts import layout_named
from plant.plant import Plant
from processes import Crash, fork, wait

from odoo.addons.mrp_plc_batch.plc import Session
from odoo.addons.mrp_plc_batch.tests.mill import make_small_recipe

ROUNDS = 50
MOST_STEPS = 200
SLOTS = 2  # a short area: each request more is a place more to be killed at


@pytest.fixture
def plant(layout):
    with Plant(layout_named(layout, SLOTS), manual=True, speed=1000.0) as running:
        yield running
    assert not running.violations


@pytest.fixture
def world(db, plant, layout):
    world = World(db, plant, layout)
    with world.device() as device:
        device.layout_id = device.layout_id.copy({"slot_count": SLOTS})
        make_small_recipe(device)
    return world


@pytest.mark.parametrize("layout", ["native"])
def test_two_processes_fetch_at_once(world, plant):
    """Fifty times at the same moment: no order is sent twice."""
    order_ids = world.orders(2 * ROUNDS, recipe="SMALL", plc_dispatch="never")
    for start in range(0, 2 * ROUNDS, 2):
        pair = order_ids[start : start + 2]
        with world.device() as device:
            device.env["mrp.production"].browse(pair).plc_dispatch = "auto"
        assert wait(fork(world.cron, FETCH), fork(world.cron, FETCH)) == [0, 0]
        batches = world.batches("production_id", "batch_no", "state")
        assert sorted(batch["production_id"][0] for batch in batches) == sorted(pair)
        assert sorted(batch["batch_no"] for batch in batches) == [1, 2]
        assert {batch["state"] for batch in batches} == {"sent"}
        assert plant.write_record(1).mo_id != plant.write_record(2).mo_id
        with world.device() as device:
            device.batch_ids.unlink()
            device.env["mrp.production"].browse(pair).plc_dispatch = "never"
        plant.wipe()


def _crash(world, task, point):
    with Crash(point, Session).armed():
        world.cron(task)


def _killed_at_every_step(world, plant, task):
    for point in range(MOST_STEPS):
        order_ids = world.orders(SLOTS if task == FETCH else 1, recipe="SMALL")
        if task != FETCH:
            world.cron(FETCH)
            plant.step()
            plant.finish_now()
        if task == ARCHIVE:
            world.cron(READ)
        (status,) = wait(fork(_crash, world, task, point))
        assert status in (0, -signal.SIGKILL)
        _wait_for_locks(world)
        world.cron(task)
        _assert_dosed_and_archived_once(world, plant, order_ids)
        if status == 0:
            return point
    raise AssertionError("the run never came to its end")


def _wait_for_locks(world):
    """Until PostgreSQL has noticed that who held the device is dead; the next run would pass by."""
    until = time.monotonic() + 5
    with world.db.env() as env:
        while locks(env) and time.monotonic() < until:
            time.sleep(0.01)


def test_fetch_killed_at_every_step(world, plant):
    """Before and after every request and every commit, the two of sending among them."""
    assert _killed_at_every_step(world, plant, FETCH) > 20


@pytest.mark.parametrize("layout", ["native"])
@pytest.mark.parametrize("task, least", [(READ, 10), (ARCHIVE, 2)])
def test_read_and_archive_killed_at_every_step(world, plant, task, least):
    assert _killed_at_every_step(world, plant, task) > least


@pytest.mark.parametrize("layout", ["native"])
def test_late_values_of_a_cancelled_order_killed_at_every_step(world, plant):
    """What was dosed into it is noted once, wherever the run that notes it is killed."""
    for point in range(MOST_STEPS):
        (name,) = world.names(world.orders(recipe="SMALL"))
        world.cron(FETCH)
        plant.step()
        world.press("action_cancel")
        plant.finish_now(weight=14.0)
        (status,) = wait(fork(_crash, world, READ, point))
        _wait_for_locks(world)
        world.cron(READ)
        history = next(h for h in world.histories() if h["mo_id"] == name)
        assert history["acknowledged"] and history["notes"].count("Not in stock") == 1
        events = [event["message"] for event in world.events() if event["mo_id"] == name]
        assert sum("Not in stock" in message for message in events) == 1
        assert not world.batches() and plant.write_record(1).is_blank
        if status == 0:
            break
    assert point > 5


def _assert_dosed_and_archived_once(world, plant, order_ids):
    """The plant runs to its end: each order was dosed, closed and archived once."""
    for _ in range(6):
        plant.step()
        plant.step(10)
        world.cron(READ, ARCHIVE)
        if not world.batches():
            break
    with world.device() as device:
        env = device.env
        assert not device.batch_ids
        orders = env["mrp.production"].browse(order_ids)
        names = Counter(orders.mapped("name"))
        assert set(orders.mapped("state")) == {"done"}
        histories = env["mo.histories"].search([("mo_id", "in", list(names))])
        assert Counter(histories.mapped("mo_id")) == names
        assert set(histories.mapped("status")) == {"completed"}
        assert all(histories.mapped("acknowledged"))
    taken = [entry["mo_id"] for entry in plant.ledger if entry["event"] == "taken"]
    assert Counter(name for name in taken if name in names) == names
    assert all(plant.write_record(slot).is_blank for slot in range(1, SLOTS + 1))
    assert not plant.violations
