"""P2: the PLC may correct a finished record until it is told that Odoo has it."""

import pytest
from mill_world import ARCHIVE, FETCH, READ
from steps import dose, dose_all, killed_at

from odoo.addons.mrp_plc_batch.plc import Slots

SILO = 103


@pytest.fixture
def dosed(world, plant):
    """An order that the PLC has dosed: (its name, kg of one silo)."""
    (name,) = world.names(world.orders())
    world.cron(FETCH)
    dose_all(plant)
    return name, round(plant.read_record(1).quantities[SILO], 2)


def read_cut_off(world, at):
    """The values are stored and in the order; the PLC is not told."""
    killed_at(world, READ, Slots, at)
    (state,) = world.states().values()
    assert state == ("done", 1)


def dosed_in_history(world):
    lines = world.history_lines("silo_number", "actual_consumption")
    return next(line["actual_consumption"] for line in lines if line["silo_number"] == SILO)


def finished_though_cancelled(world, plant):
    """The PLC goes on with an order that a person has cancelled.

    :return: kg of one silo
    """
    world.orders()
    world.cron(FETCH)
    dose(plant, world)
    world.press("action_cancel")
    plant.finish_now()
    return plant.read_record(1).quantities[SILO]


def warnings(world):
    return [event["message"] for event in world.events() if event["severity"] != "info"]


def told_late(world):
    return [text for text in warnings(world) if "after it was cancelled" in text]


@pytest.mark.parametrize("at", ["blank", "raise_read_flag"])
def test_before_the_order_is_closed(world, plant, dosed, at):
    name, kg = dosed
    read_cut_off(world, at)
    plant.dose(1, SILO, kg - 1)
    world.cron(READ, ARCHIVE)
    history = world.one_history("mo_id", "status", "acknowledged")
    assert (history["mo_id"], history["status"]) == (name, "completed")
    assert history["acknowledged"]
    assert dosed_in_history(world) == pytest.approx(kg - 1)


@pytest.mark.parametrize("at", ["blank", "raise_read_flag"])
def test_after_the_order_is_closed(world, plant, dosed, at):
    """It is told, with both numbers, and never silently put into stock."""
    name, kg = dosed
    read_cut_off(world, at)
    world.cron(ARCHIVE)
    plant.dose(1, SILO, kg - 1)
    killed_at(world, READ, Slots, at)  # told before the PLC is
    world.cron(READ)
    history = world.one_history("notes", "acknowledged")
    assert history["acknowledged"]
    assert dosed_in_history(world) == kg
    (told,) = warnings(world)
    assert told == history["notes"]
    assert told.startswith(f"The PLC corrected {name} after it was closed: ")
    assert f"{SILO}: {kg - 1:.2f} kg" in told and f"{SILO}: {kg:.2f} kg" in told


@pytest.mark.parametrize("at", ["blank", "raise_read_flag"])
def test_nothing_is_told_where_nothing_was_corrected(world, plant, dosed, at):
    read_cut_off(world, at)
    world.cron(ARCHIVE)
    world.cron(READ)
    history = world.one_history("notes", "acknowledged")
    assert history["acknowledged"] and not history["notes"]
    assert not warnings(world)


@pytest.mark.parametrize("correction", [0, 1])
def test_after_a_cancelled_order_was_finished(world, plant, correction):
    """Each thing that the PLC says about it is told once."""
    kg = finished_though_cancelled(world, plant)
    killed_at(world, READ, Slots, "raise_read_flag")
    plant.dose(1, SILO, kg - correction)
    world.cron(READ)
    told = told_late(world)
    assert [f"{SILO}: {kg:.2f} kg" in told[0], len(told)] == [True, 1 + correction]
    assert f"{SILO}: {kg - correction:.2f} kg" in told[-1]
    assert world.one_history("acknowledged")["acknowledged"]


@pytest.mark.parametrize("is_cleared", [False, True])
def test_after_a_cancelled_orders_recipe_was_changed_at_the_plc(world, plant, is_cleared):
    """Its record is finished, and its WRITE record no longer says that it was taken: restarted, the
    PLC has lowered its flags, or a person has cleared it."""
    kg = finished_though_cancelled(world, plant)
    if is_cleared:
        plant.change_write(1, batch_no=0, mo_id="", status_read_data=False)
    else:
        plant.restart("write")
    world.cron(READ, READ)
    (told,) = told_late(world)
    assert f"{SILO}: {kg:.2f} kg" in told
    assert world.one_history("acknowledged")["acknowledged"]
    assert plant.read_record(1).status_read_data and plant.write_record(1).is_blank


def test_of_a_record_that_names_another_order_by_now(world, plant, dosed):
    """Its slot is filled again, which acknowledges the record: not without a word."""
    _name, kg = dosed
    read_cut_off(world, "raise_read_flag")
    world.cron(ARCHIVE)
    plant.change_read(1, mo_id="SOMETHING ELSE")
    world.orders()
    world.cron(FETCH)
    (told,) = warnings(world)
    assert "SOMETHING ELSE" in told and f"{SILO}: {kg:.2f} kg" in told
    assert plant.read_record(1).status_read_data
    assert list(world.states().values()) == [("sent", 1)]
