"""What people and restarts do at the PLC while Odoo is about to look, or to tell it something."""

import pytest
from mill_world import ARCHIVE, FETCH, READ
from steps import dose, dose_all, killed_at, taken

from odoo.exceptions import UserError

from odoo.addons.mrp_plc_batch.plc import Slots

pytestmark = pytest.mark.parametrize("layout", ["native"])

SILO = 102


@pytest.fixture
def order(world):
    """The name of an order that was sent."""
    (name,) = world.names(world.orders())
    world.cron(FETCH)
    return name


def warnings(world):
    return [event["message"] for event in world.events() if event["severity"] != "info"]


def clear_write(plant):
    plant.change_write(1, batch_no=0, mo_id="", status_read_data=False)


def between(monkeypatch, methods, act):
    """Something happens before the first request by one of these methods."""
    left = [act]

    def late(method):
        def call(slots, *args):
            while left:
                left.pop()()
            return method(slots, *args)

        return call

    for name in methods:
        monkeypatch.setattr(Slots, name, late(getattr(Slots, name)))


def test_cleared_after_it_was_finished(world, plant, order):
    """Its kg are told with it, before anybody has it dosed again."""
    dose_all(plant)
    kg = plant.read_record(1).quantities[SILO]
    clear_write(plant)
    world.cron(READ)
    batch = world.one_batch("state", "error_code", "error_reason")
    assert (batch["state"], batch["error_code"]) == ("failed", "plc_data")
    assert f"{SILO}: {kg:.2f} kg" in batch["error_reason"]
    assert plant.read_record(1).status_read_data
    assert [f"{SILO}: {kg:.2f} kg" in text for text in warnings(world)] == [True, True]
    world.cron(READ)
    assert len(warnings(world)) == 2


def test_cleared_before_it_was_finished(world, plant, order):
    dose(plant, world)
    clear_write(plant)
    world.cron(READ)
    assert "what was dosed is unknown" in world.one_batch("error_reason")["error_reason"]


def test_its_number_taken_away(world, plant, order):
    plant.change_write(1, batch_no=0)
    world.cron(READ)
    plant.change_write(1, batch_no=0)
    world.cron(READ)
    told = [e["message"] for e in world.events() if "without its number" in e["message"]]
    assert len(told) == 1
    assert plant.write_record(1).batch_no == 1


@pytest.mark.parametrize("archived", [False, True])
def test_taken_again_just_before_it_is_acknowledged(world, plant, monkeypatch, order, archived):
    """The acknowledgement was cut off, and the PLC restarts with its flags lowered."""
    dose_all(plant)
    killed_at(world, READ, Slots, "blank")
    if archived:
        world.cron(ARCHIVE)
    plant.restart("write")
    between(monkeypatch, ("zero_number", "blank"), plant.step)
    world.cron(READ)
    assert taken(plant) == [order, order]
    world.cron(READ)
    assert not plant.read_record(1).status_read_data
    assert "being dosed again" in warnings(world)[0]
    find = world.one_history if archived else world.one_batch
    assert not find("acknowledged")["acknowledged"]


@pytest.mark.parametrize("ready", [1, 2])
def test_taken_again_just_before_one_of_its_area_is_acknowledged(
    area_world, area_plant, monkeypatch, ready
):
    """As above; slot 1 speaks for the area."""
    world, plant = area_world, area_plant
    names = world.names(world.orders(2))
    world.cron(FETCH)
    for _ in range(ready):
        dose_all(plant)
    killed_at(world, READ, Slots, "blank")
    plant.restart("write")
    between(monkeypatch, ("zero_number", "blank"), plant.step)
    world.cron(READ)
    assert taken(plant) == names * 2
    assert not any(plant.read_record(number).status_read_data for number in (1, 2))
    world.cron(READ)
    assert sum("being dosed again" in text for text in warnings(world)) == ready
    assert not any(batch["acknowledged"] for batch in world.batches("acknowledged"))


def test_finished_and_its_flags_lowered_after_its_order_was_closed(world, plant, order):
    """It is withdrawn before it is dosed once more; what was dosed is told in that same run, as
    nothing asks the PLC after it."""
    dose_all(plant)
    world.cron(READ, ARCHIVE)
    (order_id,) = world.orders()
    world.cron(FETCH)
    plant.change_write(1, status_read_data=True)  # seen before its READ record is begun
    world.cron(READ)
    plant.change_write(1, status_read_data=False)
    dose_all(plant)
    kg = plant.read_record(1).quantities[SILO]
    plant.restart("write")
    with world.order(order_id) as closed:
        closed.with_context(plc_force=True).action_cancel()
    world.cron(READ)
    assert any(f"{SILO}: {kg:.2f} kg" in text for text in warnings(world))


def test_the_first_run_of_what_is_dosed_twice_is_told(world, plant, order):
    dose_all(plant)
    killed_at(world, READ, Slots, "blank")
    world.press("action_park")
    plant.restart("write")
    plant.step()
    with world.device() as device:
        kg = device.batch_ids.line_ids.filtered(lambda line: line.silo_number == SILO)
        kg = kg.actual_consumption
    world.cron(READ)
    (told,) = warnings(world)
    assert "being dosed again" in told and f"{kg:.2f} kg" in told.partition("had dosed")[2]


def test_seen_taken_by_a_reset_that_is_refused(world, plant, order):
    """What is known to be taken is not dosed from the start again, though nobody has read it."""
    plant.step()
    plant.change_write(1, status_read_data=False)  # not seen yet
    real = Slots.zero_number

    def take(slots, number):
        real(slots, number)
        plant.change_write(1, status_read_data=True)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Slots, "zero_number", take)
        with pytest.raises(UserError, match="is dosing"):
            world.press("action_reset")
    plant.restart("write")
    world.cron(READ)
    batch = world.one_batch("state", "error_code", "error_reason")
    assert (batch["state"], batch["error_code"]) == ("failed", "plc_data")
    assert "had taken it" in batch["error_reason"]


def test_dropped_after_it_was_cancelled(world, plant, order):
    dose(plant, world)
    kg = world.one_batch("dosed")["dosed"]
    world.press("action_cancel", cancel_order=True)
    clear_write(plant)
    world.cron(READ)
    history = world.one_history("status", "notes", "acknowledged")
    assert (history["status"], history["acknowledged"]) == ("cancelled", True)
    assert "not in stock" in history["notes"] and f"{kg:.2f} kg" in history["notes"]
    assert history["notes"].endswith(warnings(world)[-1])


def test_cleared_with_a_record_that_cannot_be_true(world, plant, order):
    """A cancelled order's end is no more believed than any other."""
    dose(plant, world)
    world.press("action_cancel")
    plant.finish_now()
    clear_write(plant)
    plant.dose(1, SILO, -5.0)
    world.cron(READ, READ)
    assert not world.one_history("acknowledged")["acknowledged"]
    assert "less than nothing" in warnings(world)[-1]
    assert "-5.00 kg" not in (world.one_history("notes")["notes"] or "")


def test_finished_and_never_twice_alike(world, plant, monkeypatch, order):
    dose_all(plant)
    kg = iter(range(100, 200))
    real = Slots.read_slots

    def moving(slots, numbers):
        plant.dose(1, SILO, float(next(kg)))
        return real(slots, numbers)

    monkeypatch.setattr(Slots, "read_slots", moving)
    world.cron(READ)
    assert not world.one_batch("error_code")["error_code"]
    world.sql("UPDATE mo_batch SET taken_at = taken_at - interval '1 day'")
    world.cron(READ)
    batch = world.one_batch("state", "error_code", "error_reason")
    assert batch["error_code"] == "plc_silent" and "still differ" in batch["error_reason"]
    monkeypatch.undo()
    world.cron(READ)
    batch = world.one_batch("state", "error_code")
    assert (batch["state"], batch["error_code"]) == ("done", False)
