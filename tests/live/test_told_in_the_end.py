"""What was dosed and is not in stock stands in the history and in an event, with its kg."""

import pytest
from mill_world import ARCHIVE, FETCH, READ
from steps import dose, dose_all, killed_at, taken

from odoo.addons.mrp_plc_batch.plc import Slots
from odoo.addons.mrp_plc_batch.tests.mill import consumed

pytestmark = pytest.mark.parametrize("layout", ["native"])

SILO = 102


def warnings(world):
    return [event["message"] for event in world.events() if event["severity"] != "info"]


def sent(world):
    """An order in slot 1; its id."""
    (order_id,) = world.orders()
    world.cron(FETCH)
    return order_id


def carried(world, order_id):
    """Kg of each ingredient that the order's components carry."""
    with world.order(order_id) as order:
        return sum(consumed(order).values())


def dosed(plant):
    return sum(round(kg, 2) for kg in plant.read_record(1).quantities.values())


def test_an_archived_order_that_is_dosed_again(world, plant):
    """The acknowledgement was cut off, and the PLC restarts with its WRITE flags lowered: the slot
    is not given back while the PLC is at it, and what it doses is told."""
    sent(world)
    dose_all(plant)
    killed_at(world, READ, Slots, "blank")
    world.cron(ARCHIVE)
    plant.restart("write")
    plant.step()
    plant.step(100.0 / plant.speed)
    assert len(taken(plant)) == 2
    world.cron(READ, READ)
    assert not world.one_history("acknowledged")["acknowledged"]
    assert not plant.write_record(1).is_blank and not plant.read_record(1).status_read_data
    (told,) = warnings(world)
    assert "being dosed again" in told
    (waiting,) = world.orders()
    world.cron(FETCH)
    with world.order(waiting) as order:
        assert not order.plc_batch_ids or order.plc_batch_ids.batch_no != 1
    plant.finish_now()
    kg = plant.read_record(1).quantities[SILO]
    world.cron(READ, READ)
    history = world.one_history("acknowledged", "notes")
    assert history["acknowledged"] and "once more" in history["notes"]
    assert f"{SILO}: {kg:.2f} kg" in history["notes"]


def test_a_record_of_an_archived_order_that_cannot_be_true(world, plant):
    sent(world)
    dose_all(plant)
    killed_at(world, READ, Slots, "blank")
    world.cron(ARCHIVE)
    plant.change_read(1, silo_ids={SILO: 109})
    world.cron(READ, READ)
    assert not world.one_history("acknowledged")["acknowledged"]
    (told,) = warnings(world)
    assert f"silo {SILO} is 109" in told
    plant.change_read(1, silo_ids={SILO: SILO})
    world.cron(READ)
    assert world.one_history("acknowledged")["acknowledged"]


def test_a_cancelled_order_carries_what_the_last_look_told(world, plant):
    order_id = sent(world)
    dose(plant, world)
    plant.finish_now()
    world.press("action_cancel")
    history = world.one_history("status", "update_odoo")
    assert (history["status"], history["update_odoo"]) == ("cancelled", True)
    assert carried(world, order_id) == pytest.approx(dosed(plant), abs=0.01)


def test_a_cancelled_order_that_cannot_carry_it(world, plant):
    """A silo without an ingredient has dosed, too: nothing of it is in stock."""
    order_id = sent(world)
    plant.step()
    plant.step(100.0 / plant.speed)
    plant.dose(1, 113, 5.0)
    world.silo(113, product_id=False)
    plant.finish_now()
    world.press("action_cancel")
    history = world.one_history("status", "update_odoo", "notes")
    assert (history["status"], history["update_odoo"]) == ("cancelled", False)
    assert "Not in stock: " in history["notes"] and "5.00 kg" in history["notes"]
    assert not carried(world, order_id)


def test_finished_after_it_was_cancelled(world, plant):
    """What its order carries is in stock once that is closed: only the rest is not."""
    order_id = sent(world)
    dose(plant, world)
    world.press("action_cancel")
    before = carried(world, order_id)
    assert before > 0
    plant.finish_now()
    world.cron(READ)
    (told,) = warnings(world)
    kg = plant.read_record(1).quantities
    first = next(silo for silo, one in kg.items() if one)
    assert f"carries {first}: {before:.2f} kg of that" in told
    assert f"Not in stock: {first}: {kg[first] - before:.2f} kg" in told
    assert world.one_history("notes")["notes"].endswith(told)


def test_cancelled_by_the_plcs_failure_with_its_values_in_the_order(world, plant):
    """The acknowledgement was cut off: the next read has nothing to tell."""
    world.set_device(on_plc_failure="cancel")
    order_id = sent(world)
    dose(plant, world)
    plant.finish_now(rest=False, failed=True)
    killed_at(world, READ, Slots, "blank")
    world.cron(ARCHIVE)
    assert world.one_history("status")["status"] == "cancelled"
    noted = world.one_history("notes")["notes"]
    world.cron(READ)
    history = world.one_history("notes", "acknowledged")
    assert (history["notes"], history["acknowledged"]) == (noted, True)
    assert not [text for text in warnings(world) if "after it was" in text]
    assert carried(world, order_id) == pytest.approx(dosed(plant), abs=0.01)


def test_sent_again_with_doses_in_the_order(world, plant):
    """They are taken out of it, which the history and an event tell."""
    order_id = sent(world)
    dose_all(plant)
    world.press("action_cancel")
    assert carried(world, order_id) > 0
    kg = plant.read_record(1).quantities[SILO]
    with world.order(order_id) as order:
        order.action_plc_send_again()
    world.cron(FETCH)
    assert list(world.states().values()) == [("sent", 1)]
    assert not carried(world, order_id)
    history = world.one_history("status", "update_odoo", "notes")
    assert (history["status"], history["update_odoo"]) == ("cancelled", False)
    (told,) = warnings(world)
    assert f"not in stock: {SILO}: {kg:.2f} kg" in told or f"{SILO}: {kg:.2f} kg" in told
    assert told in history["notes"]
