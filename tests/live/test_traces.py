"""Sequences of events that broke earlier wordings of the handshake: sending, buttons, crashes."""

import pytest
from mill_world import ARCHIVE, FETCH, READ
from psycopg2.errors import SerializationFailure
from steps import (
    assert_closed_with,
    dose,
    dose_all,
    fetch_with_a_cancel,
    killed_at,
    number_write,
    once,
    run_to_the_end,
    taken,
)

from odoo.exceptions import UserError

from odoo.addons.mrp_plc_batch.plc import Slots
from odoo.addons.mrp_plc_batch.tests.mill import recipe


def leave_finished_order(plant, slot, name):
    """A slot as another system left it: taken, finished, stored."""
    doses = {"quantities": {101: 500.0}}
    plant.change_write(slot, batch_no=slot, mo_id=name, status_read_data=True, **doses)
    done = {"status_manufacturing": True, "status_read_data": True}
    plant.change_read(slot, batch_no=slot, mo_id=name, **done, **doses)


def test_trace_01_slot_reused(world, plant):
    """A PLC that looks after every request never finds the new body under the old name."""
    leave_finished_order(plant, 1, "MO/OLD")
    (name,) = world.names(world.orders())
    plant.intercept = lambda _request: plant.step(0)
    world.cron(FETCH)
    assert taken(plant) == [name]
    planned = {int(silo): kg for silo, kg in plant.ledger[0]["planned"].items()}
    assert planned == pytest.approx(recipe("CATTLE FEED 1B"), abs=0.01)


def test_trace_02_reset_and_crash_before_the_first_byte(world, plant):
    """An order that was reset and not sent is staged, whatever the PLC shows."""
    (name,) = world.names(world.orders())
    world.cron(FETCH)
    dose(plant, world)
    world.press("action_reset", stopped_at_plc=True)
    plant.restart()
    killed_at(world, FETCH, Slots, "blank")
    assert world.states() == {name: ("staged", 1)}
    plant.change_write(1, batch_no=1, mo_id=name, status_read_data=True)
    world.cron(READ)
    assert world.states() == {name: ("staged", 1)}
    assert not [event for event in world.events() if event["severity"] == "error"]
    plant.change_write(1, batch_no=0, mo_id="")
    run_to_the_end(plant, world, 1)
    assert_closed_with(world, plant, name, times=2)


def test_trace_03_reset_while_dosing_and_sent_again(world, plant):
    """The first run's record, finished and stored, says nothing about the second."""
    (name,) = world.names(world.orders())
    world.cron(FETCH)
    dose_all(plant)
    world.cron(READ)
    world.press("action_reset")
    assert world.states() == {name: ("staged", None)}
    world.cron(FETCH)
    assert plant.read_record(1).status_manufacturing and plant.read_record(1).mo_id == name
    world.cron(READ)
    plant.change_write(1, status_read_data=True)  # taken, its READ record not begun yet
    world.cron(READ, ARCHIVE)
    assert world.states() == {name: ("sent", 1)}
    plant.change_write(1, status_read_data=False)
    dose_all(plant)
    world.cron(READ, ARCHIVE)
    assert_closed_with(world, plant, name, times=2)


@pytest.mark.parametrize("ending", ["cancel", "start over"])
def test_trace_03_ended_while_dosing_and_sent_again(world, plant, ending):
    """The PLC goes on with what was cancelled; the order goes out again only after that."""
    (order_id,) = world.orders()
    (name,) = world.names([order_id])
    world.cron(FETCH)
    dose(plant, world)
    if ending == "cancel":
        world.press("action_cancel")
    else:
        world.device_button("action_start_over", reason="new shift")
    world.set_order(order_id, plc_dispatch="again")
    world.cron(FETCH)
    assert not world.batches()
    with world.order(order_id) as order:
        assert name in order.plc_skip_reason
    plant.finish_now()
    world.cron(READ, FETCH)
    assert world.states() == {name: ("sent", 1)}
    dose_all(plant)
    world.cron(READ, ARCHIVE)
    assert_closed_with(world, plant, name, times=2)
    first = next(h for h in world.histories("status", "notes") if h["status"] == "cancelled")
    assert "Not in stock" in first["notes"] and "103: " in first["notes"]


def test_trace_04_late_acknowledgement(world, plant):
    """Cut off between telling the PLC and noting it: the slot is nobody else's until it is."""
    world.set_device(fill_policy="rolling")
    (first,) = world.names(world.orders())
    world.cron(FETCH)
    dose_all(plant)
    world.cron(READ)  # this one is acknowledged; the next is cut off
    (second,) = world.names(world.orders())
    world.cron(FETCH)
    dose_all(plant)
    killed_at(world, READ, Slots, "raise_read_flag", after=True)
    assert plant.write_record(1).is_blank and plant.read_record(1).status_read_data
    (third,) = world.names(world.orders())
    world.cron(FETCH)
    assert world.states() == {first: ("done", None), second: ("done", 1), third: ("sent", 2)}
    dose_all(plant)
    world.cron(ARCHIVE, READ)
    assert world.states()[third] == ("done", None)
    world.cron(ARCHIVE)
    for name in (first, second, third):
        assert_closed_with(world, plant, name)


def test_trace_04_slot_of_a_cancelled_order_that_is_being_dosed(world, plant):
    """Number 0, but the PLC was faster: the slot looks blank, and is not free."""
    (first,) = world.names(world.orders())
    world.cron(FETCH)
    last_read = plant.layout.read_db
    once(plant, lambda request: request.db == last_read, lambda: plant.step(0))
    world.press("action_cancel")
    assert plant.write_record(1).is_blank and taken(plant) == [first]
    (second,) = world.names(world.orders())
    world.cron(FETCH)
    assert world.states() == {second: ("sent", 2)}
    plant.finish_now()
    dose_all(plant)
    world.cron(READ, ARCHIVE)
    assert_closed_with(world, plant, second)
    assert all(history["acknowledged"] for history in world.histories("acknowledged"))


def test_trace_05_read_flag_is_not_touched_after_the_number(world, plant):
    """A PLC that takes and finishes as soon as the number is there: its dose is not lost."""
    (name,) = world.names(world.orders())
    world.cron(FETCH)
    dose(plant, world)
    world.press("action_reset", stopped_at_plc=True)
    plant.restart()
    once(plant, lambda request: number_write(plant, request), lambda: dose_all(plant))
    world.cron(FETCH)
    assert taken(plant) == [name, name]
    assert not plant.read_record(1).status_read_data
    world.cron(READ, ARCHIVE)
    assert_closed_with(world, plant, name, times=2)


@pytest.mark.parametrize("faster", ["the PLC", "Odoo"])
def test_trace_06_cancel_races_the_take(world, plant, faster):
    (name,) = world.names(world.orders())
    world.cron(FETCH)
    if faster == "the PLC":
        once(plant, lambda r: r.db == plant.layout.read_db, lambda: plant.step(0))
    else:
        once(plant, lambda r: number_write(plant, r) == 0, lambda: plant.step(0))
    world.press("action_cancel")
    history = world.one_history("mo_id", "status", "acknowledged")
    assert (history["status"], history["acknowledged"]) == ("cancelled", faster == "Odoo")
    plant.step(0)
    assert taken(plant) == ([name] if faster == "the PLC" else [])
    if faster == "the PLC":
        plant.finish_now()
        world.cron(READ)
    history = world.one_history("status", "acknowledged", "notes")
    assert history["acknowledged"] and history["status"] == "cancelled"
    assert ("Not in stock" in history["notes"]) == (faster == "the PLC")
    assert plant.write_record(1).mo_id == ""


def test_trace_07_button_between_two_commits_of_the_fetch(world, plant):
    """While a task has the device, buttons on its batches change nothing."""
    (name,) = world.names(world.orders())
    said = []

    def press():
        for button in ("action_cancel", "action_reset", "action_park"):
            with pytest.raises(UserError) as refused:
                world.press(button)
            said.append(str(refused.value))

    once(plant, lambda request: request.kind == "write", press)
    world.cron(FETCH)
    assert len(said) == 3 and all("Nothing was changed" in text for text in said)
    assert world.states() == {name: ("sent", 1)}


def test_trace_07_order_cancelled_between_two_commits_of_the_fetch(world, plant):
    """An order that a person cancels while its recipe is being written is not dosed; the other
    one goes out in the same run, written once."""
    order_id, other_id = world.orders(2)
    name, other = world.names([order_id, other_id])
    fetch_with_a_cancel(world, plant, order_id)
    plant.step()
    assert taken(plant) == [other]
    assert world.states() == {name: ("failed", None), other: ("sent", 2)}
    assert [b["error_code"] for b in world.batches("error_code") if b["error_code"]] == [
        "mo_cancelled"
    ]
    start = plant.layout.offset(2) + plant.layout.field("mo_id").byte
    names = [r for r in plant.requests if r.kind == "write" and (r.db, r.start) == (1, start)]
    assert len(names) == 2  # blank, then the name


def test_trace_07_order_cancelled_across_the_commit_of_the_fetch(world, plant):
    """A cancel that began before the order was sent, and ends after it, fails and starts afresh."""
    (order_id,) = world.orders()
    (name,) = world.names([order_id])
    with world.order(order_id) as order:
        assert order.state == "confirmed" and not order.plc_batch_ids  # its snapshot stands
        world.cron(FETCH)
        with pytest.raises(SerializationFailure):
            order.action_cancel()
            order.env.flush_all()
        order.env.cr.rollback()
        with pytest.raises(UserError, match="slot 1 of Feed Mill PLC"):
            order.action_cancel()
    assert world.states() == {name: ("sent", 1)}
