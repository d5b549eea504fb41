"""Nothing twice and nothing lost: runs at the same moment, and runs that are killed."""

import signal
from collections import Counter

import pytest
from mill_world import ARCHIVE, FETCH, READ
from processes import Crash, fork, wait

from odoo.addons.mrp_plc_batch.plc import Session

ROUNDS = 50
MOST_STEPS = 400


def assert_all_dosed_once(world, plant, order_ids):
    """Let the plant run to the end; each order was dosed once, closed once, archived once."""
    for _ in range(4 * len(order_ids) + 4):
        plant.step(10)
        plant.step(10)
        world.cron(READ, ARCHIVE, FETCH)
        if not world.batches():
            break
    assert not world.batches()
    with world.device() as device:
        orders = device.env["mrp.production"].browse(order_ids)
        names = orders.mapped("name")
        assert orders.mapped("state") == ["done"] * len(orders)
    taken = Counter(entry["mo_id"] for entry in plant.ledger if entry["event"] == "taken")
    assert taken == Counter(names)
    histories = world.histories("mo_id", "status", "acknowledged")
    assert Counter(history["mo_id"] for history in histories) == Counter(names)
    assert all(h["acknowledged"] and h["status"] == "completed" for h in histories)
    assert all(plant.write_record(slot).is_blank for slot in range(1, 11))
    assert not plant.violations


@pytest.mark.parametrize("layout", ["native"])
def test_two_processes_fetch_at_once(world, plant):
    """Fifty times at the same moment: no order is sent twice."""
    everything = []
    for _ in range(ROUNDS):
        order_ids = world.orders(2)
        everything += order_ids
        assert wait(fork(world.cron, FETCH), fork(world.cron, FETCH)) == [0, 0]
        batches = world.batches("production_id", "batch_no", "state")
        assert sorted(batch["production_id"][0] for batch in batches) == sorted(order_ids)
        assert sorted(batch["batch_no"] for batch in batches) == [1, 2]
        for _ in order_ids:
            plant.step()
            plant.finish_now()
        world.cron(READ, ARCHIVE)
    assert_all_dosed_once(world, plant, everything)
    assert len(plant.requests) > ROUNDS


def _crash(world, task, point):
    with Crash(point, Session).armed():
        world.cron(task)


@pytest.mark.parametrize("task", [FETCH, READ, ARCHIVE])
def test_killed_at_every_step(world, plant, task):
    """Killed before and after every request and every commit: the next run goes on."""
    for point in range(MOST_STEPS):
        order_ids = world.orders(2)
        if task != FETCH:
            world.cron(FETCH)
            plant.step()
            plant.finish_now()
            plant.step()
            plant.step(0.2)
        if task == ARCHIVE:
            world.cron(READ)
        plant.ledger[:] = [entry for entry in plant.ledger if entry["event"] == "taken"]
        (status,) = wait(fork(_crash, world, task, point))
        assert status in (0, -signal.SIGKILL)
        world.cron(task)
        assert_all_dosed_once_more(world, plant, order_ids)
        if status == 0:
            break
    assert 5 < point < MOST_STEPS - 1


def assert_all_dosed_once_more(world, plant, order_ids):
    """As above, of the orders of this round alone; then the mill is as new."""
    with world.device() as device:
        device.env["mo.histories"].search([("production_id", "not in", order_ids)]).unlink()
        names = set(device.env["mrp.production"].browse(order_ids).mapped("name"))
    plant.ledger[:] = [entry for entry in plant.ledger if entry["mo_id"] in names]
    assert_all_dosed_once(world, plant, order_ids)
