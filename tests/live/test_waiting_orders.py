"""An order that finds no slot says which one is in its way, why, and what to do."""

import pytest
from mill_world import FETCH, READ
from steps import dose, run_to_the_end

pytestmark = pytest.mark.parametrize("layout", ["native"])


@pytest.fixture
def one_slot(world):
    """A PLC with one slot, which is filled again as soon as it is free."""
    with world.device() as device:
        device.layout_id = device.layout_id.copy({"slot_count": 1})
        device.fill_policy = "rolling"
    (order_id,) = world.orders()
    world.cron(FETCH)
    return world.names([order_id])[0]


def reason_of(world, order_id):
    world.cron(FETCH)
    with world.order(order_id) as order:
        return order.plc_skip_reason or ""


def test_a_batch_that_is_not_believed(world, plant, one_slot):
    dose(plant, world)
    (order_id,) = world.orders()
    assert not reason_of(world, order_id)  # it is dosed, and the slot comes free by itself
    right = plant.read_record(1).silo_ids[102]
    plant.change_read(1, silo_ids={102: 109})
    world.cron(READ)
    reason = reason_of(world, order_id)
    for words in ("Slot 1", one_slot, "silo 102 is 109.", "what to do"):
        assert words in reason
    plant.change_read(1, silo_ids={102: right})
    world.cron(READ)
    assert not reason_of(world, order_id)


def test_a_batch_that_is_silent(world, plant, one_slot):
    dose(plant, world)
    world.sql("UPDATE mo_batch SET taken_at = now() - interval '1 day', last_read_from_plc = NULL")
    (order_id,) = world.orders()
    world.cron(READ)
    reason = reason_of(world, order_id)
    assert "Slot 1" in reason and one_slot in reason and "minutes" in reason


@pytest.mark.parametrize("believed", [True, False])
def test_an_order_that_was_cancelled_while_it_was_dosed(world, plant, one_slot, believed):
    dose(plant, world)
    world.press("action_cancel")
    if not believed:
        plant.change_read(1, silo_ids={102: 109})
    (order_id,) = world.orders()
    reason = reason_of(world, order_id)
    for words in ("Slot 1", one_slot, "archived", "on its history"):
        assert words in reason
    assert believed is not ("not believed" in reason and "silo 102 is 109" in reason)
    world.cleared_at_plc()
    plant.restart()
    plant.change_write(1, batch_no=0, mo_id="")
    assert not reason_of(world, order_id)
    run_to_the_end(plant, world, 1)
    with world.order(order_id) as order:
        assert order.state == "done"


def test_a_batch_that_waits_for_a_slot(world, plant, one_slot):
    """It was reset, and another system is in its slot by now: all orders wait for it."""
    world.set_device(fill_policy="drain")
    world.press("action_reset")
    strange = {"batch_no": 1, "mo_id": "SOMETHING ELSE", "status_read_data": True}
    plant.change_write(1, **strange)
    for _ in range(2):
        world.cron(FETCH)
    batch = world.one_batch("state", "error_code", "error_reason", "retry_count")
    assert (batch["state"], batch["error_code"]) == ("staged", "mo_locked")
    assert "Slot 1" in batch["error_reason"] and "SOMETHING ELSE" in batch["error_reason"]
    assert not batch["retry_count"]
    assert sum("finds no slot" in event["message"] for event in world.events()) == 1
    (order_id,) = world.orders()
    assert one_slot in reason_of(world, order_id)
    plant.change_write(1, batch_no=0, mo_id="", status_read_data=False)
    world.cron(FETCH)
    batch = world.one_batch("state", "error_code")
    assert (batch["state"], batch["error_code"]) == ("sent", False)
