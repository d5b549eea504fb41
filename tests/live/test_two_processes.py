"""Two Odoo processes, and a scheduled action that was duplicated for them: each serves its half of
the PLCs, or, where nobody divided them, both serve all; by Odoo's own scheduler, at once."""

import contextlib
from collections import Counter

import pytest
from mill_world import ARCHIVE, FETCH, READ
from shared_plant import SharedPlant

from odoo.addons.mrp_plc_batch.tests.mill import consumed

DIVIDED, UNDIVIDED = 200, 24  # devices
CENT = 0.006  # kg
STOCK = 100_000.0  # kg of each ingredient, before
MOST_RUNS = 10  # until two processes that want the same stock are both through
HALF = 0.6  # of the statements, at most


@pytest.fixture
def plant_of(own_db, tmp_path):
    with contextlib.ExitStack() as stack:
        yield lambda count: SharedPlant(own_db, stack, count, tmp_path)


def assert_each_has_its_half(asked, statements):
    first, second = sorted(asked, key=lambda names: "PLC 0" not in names)
    half = DIVIDED // 2
    assert Counter(first) == Counter(f"PLC {index}" for index in range(half))
    assert Counter(second) == Counter(f"PLC {index}" for index in range(half, DIVIDED))
    assert max(statements) < HALF * sum(statements)


def run_to_the_end(plcs, task, *arguments, goal):
    """Both processes want the same stock: an order that met the other process twice is left to the
    next run, and is nobody's error.

    :param goal: whether the devices have got there
    """
    for _ in range(MOST_RUNS):
        plcs.run(task, *arguments)
        plcs.assert_well()
        with plcs.devices() as devices:
            if goal(devices.batch_ids):
                return
    raise AssertionError("some order never got there")


def in_sync(batches):
    return all(batches.mapped("update_odoo"))


def acknowledged(batches):
    return in_sync(batches) and all(batches.mapped("acknowledged"))


def gone(batches):
    return not batches


def assert_in_the_orders(plcs):
    """Each order carries what its PLC has dosed."""
    with plcs.devices() as devices:
        orders = devices.env["mrp.production"].browse(plcs.order_ids)
        assert set(devices.batch_ids.mapped("state")) == {"running"}
        for plant, order in zip(plcs.plants, orders, strict=True):
            dosed = {silo: kg for silo, kg in plant.read_record(1).quantities.items() if kg}
            assert len(dosed) == 2
            assert abs(sum(consumed(order).values()) - sum(dosed.values())) < CENT, order.name


def assert_closed_once(plcs, names):
    """Each order is done and in the history once, and the stock has what was not dosed."""
    with plcs.devices() as devices:
        env = devices.env
        orders = env["mrp.production"].browse(plcs.order_ids)
        assert set(orders.mapped("state")) == {"done"}
        histories = env["mo.histories"].search([("device_id", "in", devices.ids)])
        assert Counter(histories.mapped("mo_id")) == Counter(names)
        assert set(histories.mapped("status")) == {"completed"}
        dosed = Counter()
        for plant in plcs.plants:
            dosed.update(plant.read_record(1).quantities)
        for silo in devices[0].silo_ids.filtered(lambda silo: dosed[silo.number]):
            left = env["stock.quant"].search(
                [("product_id", "=", silo.product_id.id), ("location_id.usage", "=", "internal")]
            )
            assert abs(sum(left.mapped("quantity")) + dosed[silo.number] - STOCK) < CENT


def test_each_process_has_its_half(plant_of):
    plcs = plant_of(DIVIDED)
    names = plcs.new_orders()
    assert_each_has_its_half(*plcs.run(FETCH, *plcs.halves()))
    assert plcs.connections() == [1] * DIVIDED
    assert plcs.sent() == [[name] for name in names]
    plcs.assert_well()

    plcs.dose()
    assert_each_has_its_half(*plcs.run(READ, *plcs.halves()))
    assert plcs.connections() == [2] * DIVIDED
    plcs.assert_well()
    run_to_the_end(plcs, READ, *plcs.halves(), goal=in_sync)
    assert_in_the_orders(plcs)


def test_both_have_all(plant_of):
    """Somebody duplicated the action and did not divide the devices."""
    plcs = plant_of(UNDIVIDED)
    names = plcs.new_orders()
    asked, _statements = plcs.run(FETCH, "", "")
    assert all(asked)
    assert plcs.connections() == [1] * UNDIVIDED
    assert plcs.sent() == [[name] for name in names]
    plcs.assert_well()

    plcs.dose()
    asked, _statements = plcs.run(READ, "", "")
    assert all(asked) and min(plcs.connections()) == 2
    plcs.assert_well()
    run_to_the_end(plcs, READ, "", "", goal=in_sync)
    assert_in_the_orders(plcs)

    plcs.finish()
    run_to_the_end(plcs, READ, "", "", goal=acknowledged)
    run_to_the_end(plcs, ARCHIVE, "", "", goal=gone)
    assert_closed_once(plcs, names)
