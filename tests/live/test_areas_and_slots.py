"""Which slots are filled, one by one or as an area; and what is written there."""

import pytest
from mill_world import ARCHIVE, FETCH, READ
from steps import assert_closed_with, dose_all, fetch_with_a_cancel, once, run_to_the_end, taken

pytestmark = pytest.mark.parametrize("layout", ["native"])


def test_an_area_is_filled_only_when_every_slot_is_free(area_world, area_plant):
    """Parked orders do not keep the queue from draining, but their slots are the area's."""
    world, plant = area_world, area_plant
    first, second = world.names(world.orders(2))
    world.cron(FETCH)
    dose_all(plant)
    world.press("action_park")
    (order_id,) = world.orders()
    (third,) = world.names([order_id])
    world.cron(READ, FETCH)
    assert world.states() == {first: ("parked", None), second: ("parked", 2)}
    with world.order(order_id) as order:
        assert (
            f"Slot 2 of {order.plc_device_id.name} is still with {second}" in order.plc_skip_reason
        )
    dose_all(plant)
    world.cron(READ, FETCH)
    assert world.states()[third] == ("sent", 1)
    dose_all(plant)
    world.cron(READ, ARCHIVE)
    world.press("action_unpark")
    world.cron(ARCHIVE)
    assert not world.batches("state", "error_code", "error_reason", "mo_id")
    for name in (first, second, third):
        assert_closed_with(world, plant, name)


@pytest.mark.parametrize("withdrawn", [0, 1])
@pytest.mark.parametrize("parked", [False, True])
def test_withdrawing_one_order_of_an_area_withdraws_the_area(
    area_world, area_plant, withdrawn, parked
):
    world, plant = area_world, area_plant
    names = world.names(world.orders(2))
    world.cron(FETCH)
    ids = {batch["mo_id"]: batch["id"] for batch in world.batches("mo_id")}
    gone, other = names[withdrawn], names[1 - withdrawn]
    if parked:
        world.button("action_park", [ids[other]])
    world.button("action_cancel", [ids[gone]], reason="wrong feed")
    plant.step()
    assert not taken(plant)
    told = {e["mo_id"]: e["message"] for e in world.events() if "withdrawn" in e["message"]}
    assert told.keys() == {gone, other} and gone in told[other]
    assert world.states() == {other: ("parked" if parked else "staged", None)}
    if parked:
        world.button("action_unpark", [ids[other]])
    run_to_the_end(plant, world, 1)
    assert taken(plant) == [other]
    assert_closed_with(world, plant, other)


def test_an_area_is_not_sent_without_its_slot_1_whose_order_was_cancelled(area_world, area_plant):
    """Slot 1 speaks for the area: without it the others would wait for ever."""
    world, plant = area_world, area_plant
    order_id, other_id = world.orders(2)
    name, other = world.names([order_id, other_id])
    fetch_with_a_cancel(world, plant, order_id)
    states = world.states()
    assert states.pop(name) == ("failed", None)
    assert [state for state, _slot in states.values()] == ["staged"]
    plant.step()
    assert not taken(plant)
    world.press("action_cancel")
    world.orders()
    run_to_the_end(plant, world, 2)
    assert name not in taken(plant)


@pytest.mark.parametrize("slot", [1, 2])
def test_an_area_is_sent_up_to_the_slot_whose_body_is_refused(area_world, area_plant, slot):
    """A PLC looks no further than the first gap. What comes after it waits; the next run gives the
    slot to another order."""
    world, plant = area_world, area_plant
    names = world.names(world.orders(3))
    spoilt = []

    def spoil(request):
        start = plant.layout.offset(slot) + plant.layout.field("recipe").byte
        if request.kind == "write" and request.start == start and not spoilt:
            spoilt.append(request)
            plant.change_write(slot, quantities={103: 1.0})

    plant.intercept = spoil
    world.cron(FETCH)
    sent, refused, behind = names[: slot - 1], names[slot - 1], names[slot:]
    states = {name: state for name, (state, _slot) in world.states().items()}
    assert spoilt and states == {name: "sent" if name in sent else "staged" for name in names}
    plant.step()
    assert taken(plant) == sent
    if sent:
        plant.finish_now()
        world.cron(READ, ARCHIVE)
    world.cron(FETCH)
    slots = {name: ("sent", number) for number, name in enumerate([*behind, refused], start=1)}
    assert world.states() == slots
    run_to_the_end(plant, world, len(slots))
    assert sorted(taken(plant)) == sorted(names)
    for name in names:
        assert_closed_with(world, plant, name)


@pytest.mark.parametrize("parked", [False, True])
def test_an_area_whose_slot_1_was_cleared_at_the_plc(area_world, area_plant, parked):
    """What is in its other slots will never be taken again, and may have been: a person decides."""
    world, plant = area_world, area_plant
    names = world.names(world.orders(2))
    world.cron(FETCH)
    plant.step()
    ids = {batch["mo_id"]: batch["id"] for batch in world.batches("mo_id")}
    world.button("action_cancel", [ids[names[0]]], reason="wrong feed")
    plant.restart()
    plant.change_write(1, batch_no=0, mo_id="", status_read_data=False)
    world.cleared_at_plc()
    if parked:
        world.press("action_park")
    world.cron(READ)
    if parked:
        world.press("action_unpark")
    batch = world.one_batch("state", "holds_slot", "error_code", "error_reason")
    assert (batch["state"], batch["holds_slot"]) == ("failed", False)
    assert batch["error_code"] == "plc_data" and "Slot 1" in batch["error_reason"]
    world.press("action_reset")
    run_to_the_end(plant, world, 1)
    assert_closed_with(world, plant, names[1], times=2)


def test_slot_that_somebody_else_fills_is_not_free(world, plant):
    """Taken and unfinished, finished and not stored, or waiting to be taken: all not ours."""
    plant.change_write(1, batch_no=1, mo_id="MO/A", status_read_data=True)
    plant.change_read(1, batch_no=1, mo_id="MO/A")
    plant.change_write(2, batch_no=2, mo_id="MO/B", quantities={101: 1.0})
    (name,) = world.names(world.orders())
    world.cron(FETCH)
    assert world.states() == {name: ("sent", 3)}
    assert plant.write_record(1).mo_id == "MO/A" and plant.write_record(2).mo_id == "MO/B"


def test_orders_say_which_slot_is_in_their_way(world, plant):
    """Whatever nobody here waits for is named on the orders that find no slot, until it is gone."""
    slots = range(1, plant.layout.slot_count + 1)
    for number in slots:
        plant.change_write(number, batch_no=number, mo_id=f"MO/{number}", status_read_data=True)
    (order_id,) = world.orders()
    world.cron(FETCH)
    assert not world.states()
    with world.order(order_id) as order:
        assert "Slot 1" in order.plc_skip_reason and "MO/1" in order.plc_skip_reason
    for number in slots:
        plant.change_write(number, batch_no=0)
    world.cron(FETCH)
    with world.order(order_id) as order:
        assert world.states() == {order.name: ("sent", 1)}
        assert not order.plc_skip_reason


def test_body_that_reads_back_different_is_not_sent(world, plant):
    """Told with slot and field; written afresh by the next run."""
    (name,) = world.names(world.orders())
    start = plant.layout.field("recipe").byte
    once(
        plant,
        lambda request: request.kind == "write" and request.start == start,
        lambda: plant.change_write(1, quantities={103: 1.0}),
    )
    world.cron(FETCH)
    plant.step()
    assert not taken(plant) and world.states() == {name: ("staged", 1)}
    batch = world.one_batch("error_code", "error_reason")
    assert batch["error_code"] == "plc_data" and "silo_quantity 103" in batch["error_reason"]
    world.clear_back_off()
    run_to_the_end(plant, world, 1)
    assert_closed_with(world, plant, name)


def test_restart_of_an_area_whose_first_slot_was_given_back(area_world, area_plant):
    """Slot 1 has no number any more; the others are withdrawn with the cancelled one, once."""
    world, plant = area_world, area_plant
    first, second, third = world.names(world.orders(3))
    world.cron(FETCH)
    dose_all(plant)
    world.cron(READ, ARCHIVE)
    plant.step()
    plant.step(0.01)
    world.cron(READ)
    (second_id,) = [b["id"] for b in world.batches("mo_id") if b["mo_id"] == second]
    world.button("action_cancel", [second_id], reason="wrong feed")
    plant.restart(lower="write")
    world.cron(READ)
    assert world.states() == {third: ("failed", None)}
    assert not [event for event in world.events() if "internal error" in event["message"]]
