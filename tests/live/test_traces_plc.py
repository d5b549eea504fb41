"""Sequences of events that broke earlier wordings of the handshake: what the PLC does meanwhile."""

import pytest
from mill_world import ARCHIVE, FETCH, READ
from steps import (
    assert_closed_with,
    dose,
    dose_all,
    killed_at,
    number_write,
    once,
    run_to_the_end,
    taken,
)

from odoo.exceptions import UserError

from odoo.addons.mrp_plc_batch.plc import Slots
from odoo.addons.mrp_plc_batch.tests.mill import consumed


def test_trace_08_parked_batches_are_read(world, plant):
    """A parked batch is stored and acknowledged, so its slot is neither lost nor taken twice."""
    (first,) = world.names(world.orders())
    world.cron(FETCH)
    dose(plant, world)
    world.press("action_park")
    plant.finish_now()
    (second,) = world.names(world.orders())
    world.cron(FETCH)
    assert world.states() == {first: ("parked", 1), second: ("sent", 2)}
    world.cron(READ)
    assert world.states() == {first: ("parked", None), second: ("sent", 2)}
    dose_all(plant)
    world.cron(READ, ARCHIVE)
    (third,) = world.names(world.orders())
    world.cron(FETCH)
    assert world.states() == {first: ("parked", None), third: ("sent", 1)}
    dose_all(plant)
    world.cron(READ, ARCHIVE)
    assert world.states() == {first: ("parked", None)}
    world.press("action_unpark")
    assert world.states() == {first: ("done", None)}
    world.cron(ARCHIVE)
    for name in (first, second, third):
        assert_closed_with(world, plant, name)


def test_trace_09_plc_wiped_with_orders_sent(world, plant):
    """Finished ones are kept, the others fail: nobody guesses what was dosed."""
    order_ids = world.orders(4)
    finished, running, waiting, parked = world.names(order_ids)
    world.cron(FETCH)
    dose_all(plant)
    killed_at(world, READ, Slots, "blank")  # stored, and not acknowledged
    plant.step()
    dose(plant, world)
    (parked_id,) = [b["id"] for b in world.batches("mo_id") if b["mo_id"] == parked]
    world.button("action_park", [parked_id])
    plant.wipe()
    world.cron(READ, FETCH)
    assert world.states() == {
        finished: ("done", None),
        running: ("failed", None),
        waiting: ("failed", None),
        parked: ("parked", None),
    }
    world.button("action_unpark", [parked_id])
    assert world.states()[parked] == ("failed", None)
    for batch in world.batches("error_code", "error_message", "error_action", "state"):
        if batch["state"] == "failed":
            assert batch["error_code"] == "plc_data" and "has lost" in batch["error_message"]
            with pytest.raises(UserError, match="Reset the batch"):
                world.button("action_retry", [batch["id"]])
    plant.step()
    assert taken(plant) == [finished, running]
    world.cron(ARCHIVE)
    lost = [batch["id"] for batch in world.batches()]
    assert len(lost) == 3
    world.button("action_reset", lost, reason="nothing left in the mixer")
    run_to_the_end(plant, world, 3)
    for name, times in ((finished, 1), (running, 2), (waiting, 1), (parked, 1)):
        assert_closed_with(world, plant, name, times)


def test_trace_10_again_on_an_order_in_progress(world, plant):
    """After a cancel a person sends it again; what the first run wrote is taken back."""
    (order_id,) = world.orders()
    (name,) = world.names([order_id])
    world.cron(FETCH)
    dose(plant, world)
    world.press("action_cancel")
    plant.finish_now()
    world.cron(READ, FETCH)
    assert not world.batches()
    with world.order(order_id) as order:
        assert (order.state, order.plc_dispatch) == ("progress", "never")
        assert consumed(order)
        order.plc_dispatch = "again"
    world.cron(FETCH)
    assert world.states() == {name: ("sent", 1)}
    with world.order(order_id) as order:
        assert (order.state, order.plc_dispatch) == ("confirmed", "auto")
        assert not consumed(order)
    run_to_the_end(plant, world, 1)
    assert_closed_with(world, plant, name, times=2)


def test_trace_11_area_smaller_than_the_one_before(area_world, area_plant):
    """A fill of one after a fill of two: slot 2 is not offered with it once more."""
    world, plant = area_world, area_plant
    first, second = world.names(world.orders(2))
    plant.intercept = lambda _request: plant.step(0)  # the PLC looks after every request
    world.cron(FETCH)
    assert taken(plant) == [first, second]
    plant.intercept = None
    run_to_the_end(plant, world, 2)
    leftover = {"batch_no": 2, "mo_id": second, "status_read_data": True}
    plant.change_write(2, **leftover)  # as another system leaves it
    plant.change_read(2, status_manufacturing=True, **leftover)
    (third,) = world.names(world.orders())
    plant.intercept = lambda _request: plant.step(0)
    world.cron(FETCH)
    plant.intercept = None
    assert taken(plant) == [first, second, third]
    run_to_the_end(plant, world, 1)
    for name in (first, second, third):
        assert_closed_with(world, plant, name)


def test_trace_12_restart_that_lowers_write_flags(world, plant):
    """What is archived is not in the PLC any more, so that nothing there can be dosed again."""
    world.set_device(fill_policy="rolling")
    first, second = world.names(world.orders(2))
    world.cron(FETCH)
    dose_all(plant)
    world.cron(READ, ARCHIVE)
    plant.step()
    plant.finish_now()
    killed_at(world, READ, Slots, "blank")
    world.cron(ARCHIVE)  # both are history; the PLC was not told of the second
    assert not world.batches()
    plant.restart(lower="write")
    world.cron(READ)
    plant.step()
    assert taken(plant) == [first, second]
    for name in (first, second):
        assert_closed_with(world, plant, name)
    assert all(history["acknowledged"] for history in world.histories("acknowledged"))


def test_trace_12_restart_that_lowers_the_write_flag_of_a_cancelled_order(world, plant):
    """It was being dosed, so its slot is kept; offered again, it is withdrawn."""
    (name,) = world.names(world.orders())
    world.cron(FETCH)
    dose(plant, world)
    world.press("action_cancel")
    plant.restart(lower="write")
    world.cron(READ)
    plant.step()
    assert taken(plant) == [name]
    assert world.one_history("acknowledged")["acknowledged"]


def test_trace_12_restart_that_lowers_the_flag_of_an_area(area_world, area_plant):
    """As above: the whole area is withdrawn; what was dosed of the other is unknown."""
    world, plant = area_world, area_plant
    first, second = world.names(world.orders(2))
    world.cron(FETCH)
    dose(plant, world)
    (first_id,) = [b["id"] for b in world.batches("mo_id") if b["mo_id"] == first]
    world.button("action_cancel", [first_id], reason="wrong feed")
    plant.restart(lower="write")
    world.cron(READ)
    plant.step()
    assert taken(plant) == [first, second] and plant.write_record(1).is_blank
    assert world.states() == {second: ("failed", None)}
    assert world.one_batch("error_code")["error_code"] == "plc_data"
    world.press("action_reset")
    run_to_the_end(plant, world, 1)
    assert_closed_with(world, plant, second, times=2)
    assert world.states() == {}


def test_trace_12_restart_that_lowers_read_flags(world, plant):
    """A stale record revived is an event; it is nobody's dose."""
    (name,) = world.names(world.orders())
    world.cron(FETCH)
    dose_all(plant)
    world.cron(READ)
    world.press("action_reset")
    world.cron(FETCH)
    plant.restart(lower="read")
    world.cron(READ, ARCHIVE)
    assert world.states() == {name: ("sent", 1)}
    plant.change_read(1, status_read_data=True)  # a new order over it would be told by the watch
    dose_all(plant)
    world.cron(READ, ARCHIVE)
    assert_closed_with(world, plant, name, times=2)
    plant.restart(lower="read")
    world.orders()
    world.cron(FETCH)
    orphans = [event for event in world.events() if event["kind"] == "orphan"]
    assert [event["mo_id"] for event in orphans] == [name]
    assert plant.read_record(1).status_read_data
    assert len(world.histories("id")) == 2


def test_trace_13_torn_record_read_twice_alike_but_for_the_flag(world, plant):
    (name,) = world.names(world.orders())
    world.cron(FETCH)
    dose_all(plant)
    world.cron(READ)
    world.press("action_reset")
    world.cron(FETCH)
    plant.change_write(1, status_read_data=True)  # taken; the READ record is just being begun
    plant.change_read(1, status_read_data=False)

    def fall_back():
        plant.change_read(1, status_read_data=True)

    once(plant, lambda request: request.db == plant.layout.read_db, fall_back)
    world.cron(READ, ARCHIVE)
    assert world.states() == {name: ("sent", 1)}
    plant.change_write(1, status_read_data=False)
    dose_all(plant)
    world.cron(READ, ARCHIVE)
    assert_closed_with(world, plant, name, times=2)


@pytest.mark.parametrize("parked", [False, True])
def test_trace_14_name_there_and_no_number(world, plant, parked):
    """Killed between the commit and the number: the next read writes it, and nobody else's."""
    world.set_device(fill_policy="rolling")
    (first,) = world.names(world.orders())
    killed_at(world, FETCH, Slots, "write_number")
    assert world.states() == {first: ("sent", 1)}
    assert (plant.write_record(1).batch_no, plant.write_record(1).mo_id) == (0, first)
    if parked:
        world.press("action_park")
    (second,) = world.names(world.orders())
    world.cron(FETCH)
    assert world.states() == {first: ("parked" if parked else "sent", 1), second: ("sent", 2)}
    world.cron(READ)
    assert plant.write_record(1).batch_no == 1
    if parked:
        (batch_id,) = [b["id"] for b in world.batches("mo_id") if b["mo_id"] == first]
        world.button("action_unpark", [batch_id])
    run_to_the_end(plant, world, 2)
    for name in (first, second):
        assert_closed_with(world, plant, name)


@pytest.mark.parametrize("parked", [False, True])
def test_a_number_cleared_after_the_take_is_not_written_again(world, plant, parked):
    """Withdrawn too late, and then the PLC's restart lowered the flag: it would be dosed twice."""
    (name,) = world.names(world.orders())
    world.cron(FETCH)
    plant.step()
    if parked:
        world.press("action_park")
    world.cron(READ)
    assert world.states() == {name: ("parked" if parked else "running", 1)}
    plant.change_write(1, batch_no=0, status_read_data=False)
    world.cron(READ)
    assert plant.write_record(1).batch_no == 0
    if parked:
        world.press("action_unpark")
    batch = world.one_batch("state", "holds_slot", "error_code", "error_reason")
    assert (batch["state"], batch["holds_slot"]) == ("failed", False)
    assert batch["error_code"] == "plc_data" and "had taken it" in batch["error_reason"]


def test_a_flag_lowered_by_a_plc_that_stays_stopped_is_told(world, plant):
    """R11: it may be taken again, or not; a person is told either way."""
    (name,) = world.names(world.orders())
    world.cron(FETCH)
    dose(plant, world)
    plant.change_write(1, status_read_data=False)
    world.cron(READ)
    assert not world.one_batch("error_code")["error_code"]
    world.sql(
        "UPDATE mo_batch SET taken_at = taken_at - interval '1 hour',"
        " last_read_from_plc = last_read_from_plc - interval '1 hour' WHERE mo_id = %s",
        name,
    )
    world.cron(READ)
    batch = world.one_batch("state", "error_code")
    assert (batch["state"], batch["error_code"]) == ("running", "plc_silent")


def test_trace_15_write_that_lands_after_its_time_out(world, plant):
    """Nobody speaks until it must have landed: then it is found and withdrawn."""
    with world.device() as device:
        device.connection_timeout = 0.2
        device.env["ir.config_parameter"].set_param("mrp_plc_batch.quiet_seconds", "60")
    (name,) = world.names(world.orders())

    def delay():
        plant.change_write(1, batch_no=0)
        return "silent"

    once(plant, lambda request: number_write(plant, request) == 1, delay)
    world.cron(FETCH)
    world.set_device(next_try_at=False)
    asked = len(plant.requests)
    with pytest.raises(UserError, match="cut off and may still arrive"):
        world.press("action_cancel")
    world.cron(READ, FETCH)
    assert len(plant.requests) == asked
    assert world.states() == {name: ("sent", 1)}
    plant.change_write(1, batch_no=1)  # now it lands
    world.set_device(quiet_until="2026-01-01 00:00:00")
    world.press("action_cancel")
    plant.step()
    assert not taken(plant)
    history = world.one_history("status", "acknowledged")
    assert (history["status"], history["acknowledged"]) == ("cancelled", True)
