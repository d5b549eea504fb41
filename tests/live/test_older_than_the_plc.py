"""The database is older than the PLC, as after a restore: it does not know what it has sent."""

import pytest
from mill_world import ARCHIVE, FETCH, READ
from steps import dose_all, taken

pytestmark = pytest.mark.parametrize("layout", ["native"])

FORGET_WHAT_WAS_SENT = """
UPDATE mo_batch SET state = 'staged', taken_at = NULL, read_found = NULL, last_read_from_plc = NULL
 WHERE device_id = %s"""
FORGET_THE_BATCH = "DELETE FROM mo_batch WHERE device_id = %s"


@pytest.fixture(autouse=True)
def history(world):
    """The database has had orders at this PLC before."""
    with world.device() as device:
        device.env["mo.histories"].create(
            {
                "mo_id": "MO/BEFORE",
                "device_id": device.id,
                "company_id": device.company_id.id,
                "status": "completed",
                "archived_at": "2026-01-01 00:00:00",
                "acknowledged": True,
            }
        )


def sent_and_forgotten(world, query):
    """An order that Odoo has sent, and does not know of; its id."""
    (order_id,) = world.orders()
    world.cron(FETCH)
    for statement in ("DELETE FROM plc_event WHERE device_id = %s", query):
        world.sql(statement, world.device_id)
    return order_id


def test_a_batch_that_the_plc_has_already(world, plant):
    (name,) = world.names([sent_and_forgotten(world, FORGET_WHAT_WAS_SENT)])
    plant.step()
    world.cron(FETCH, READ)
    plant.step()
    assert taken(plant) == [name]
    assert world.states() == {name: ("staged", None)}
    (batch,) = world.batches("error_code", "error_reason")
    assert batch["error_code"] == "mo_locked"
    assert f"Slot 1 of Feed Mill PLC still holds {name}" in batch["error_reason"]
    plant.restart()
    plant.change_write(1, batch_no=0, mo_id="")  # as it says
    world.cron(FETCH)
    assert world.states() == {name: ("sent", 1)}


def test_a_batch_that_the_plc_dosed_to_its_end(world, plant):
    (name,) = world.names([sent_and_forgotten(world, FORGET_WHAT_WAS_SENT)])
    plant.step()
    world.cron(FETCH)
    plant.finish_now()
    world.cron(FETCH, FETCH)
    plant.step()
    assert taken(plant) == [name]
    (batch,) = world.batches("state", "error_code", "error_reason")
    assert (batch["state"], batch["error_code"]) == ("staged", "mo_locked")
    assert "not to be sent" in batch["error_reason"]
    assert plant.read_record(1).status_read_data


def test_an_order_that_the_plc_is_dosing(world, plant):
    order_id = sent_and_forgotten(world, FORGET_THE_BATCH)
    (name,) = world.names([order_id])
    plant.step()
    world.cron(FETCH)
    plant.step()
    assert taken(plant) == [name] and not world.batches()
    with world.order(order_id) as order:
        assert f"still holds {name}" in order.plc_skip_reason


def test_an_order_that_the_plc_has_dosed(world, plant):
    """It is told with its kg, and kept back until a person says so."""
    order_id = sent_and_forgotten(world, FORGET_THE_BATCH)
    (name,) = world.names([order_id])
    (other_id,) = world.orders()
    dose_all(plant)
    world.cron(FETCH, FETCH)
    plant.step()
    assert taken(plant) == [name, *world.names([other_id])]
    (told,) = [event for event in world.events("kind", "message") if event["kind"] == "orphan"]
    assert f"{name}. 1" in told["message"]
    with world.order(order_id) as order:
        assert order.plc_dispatch == "never"
        assert "kept back" in order.message_ids[0].body
        order.action_plc_send_again()
    plant.finish_now()
    world.cron(READ, ARCHIVE, FETCH)
    plant.step()
    assert taken(plant).count(name) == 2


def test_a_record_under_another_number(world, plant):
    """Before the next order takes its place, what it says is told."""
    world.orders()
    world.cron(FETCH)
    dose_all(plant)
    kg = plant.read_record(1).quantities[102]
    world.cron(READ, ARCHIVE)
    plant.change_read(1, batch_no=7, mo_id="STRAY", status_read_data=False)
    world.orders()
    world.cron(FETCH)
    (told,) = [event for event in world.events("kind", "message") if event["kind"] == "orphan"]
    assert "STRAY" in told["message"] and f"102: {kg:.2f} kg" in told["message"]


def finished_and_made_by_a_script(world, plant):
    """An order that was dosed without KOPRA, with a batch that says no more than its name and slot;
    its id."""
    order_id = sent_and_forgotten(world, FORGET_THE_BATCH)
    dose_all(plant)
    plant.dose(1, 102, 0.0)
    world.script(mo_id=world.names([order_id])[0], batch_no=1)
    return order_id


def test_a_script_s_batch_and_what_was_weighed_by_hand(world, plant):
    """A silo that dosed nothing does not take back what a person has weighed."""
    order_id = finished_and_made_by_a_script(world, plant)
    with world.order(order_id) as order:
        kopra = order.move_raw_ids.filtered(lambda move: move.product_id.name == "KOPRA")
        kopra._plc_write_by_hand([(20.0, kopra.product_uom, kopra.env["stock.lot"])])
    world.cron(READ, ARCHIVE)
    with world.order(order_id) as order:
        kg = {move.product_id.name: move.quantity for move in order.move_raw_ids}
        assert (order.state, kg["KOPRA"]) == ("done", 20.0)


def test_a_script_s_batch_without_lines(world, plant):
    """What its order asks for and the PLC did not dose is none, and not what the recipe says."""
    order_id = finished_and_made_by_a_script(world, plant)
    world.cron(READ, ARCHIVE)
    with world.order(order_id) as order:
        kg = {move.product_id.name: move.quantity for move in order.move_raw_ids}
        assert order.state == "done"
    assert kg["KOPRA"] == 0.0 and kg["POLLARD ANGSA"] > 0
