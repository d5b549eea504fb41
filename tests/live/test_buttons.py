"""What each button does to a batch at each moment, and what it does to the PLC."""

import pytest
from mill_world import ARCHIVE, FETCH, READ
from steps import dose, dose_all, killed_at, run_to_the_end, taken

from odoo.exceptions import UserError

from odoo.addons.mrp_plc_batch.plc import Slots

pytestmark = pytest.mark.parametrize("layout", ["native"])

RESET, CANCEL, PARK, UNPARK = "action_reset", "action_cancel", "action_park", "action_unpark"


def staged(world, _plant):
    killed_at(world, FETCH, Slots, "blank")


def sent(world, _plant):
    world.cron(FETCH)


def running(world, plant):
    world.cron(FETCH)
    dose(plant, world)


def finished(world, plant):
    """In the PLC, and not read yet."""
    world.cron(FETCH)
    dose_all(plant)


def done(world, plant):
    finished(world, plant)
    world.cron(READ)


def forgotten(world, plant):
    sent(world, plant)
    plant.wipe()
    world.cron(READ)


def bring_to(stage, world, plant):
    """One order, brought to a moment of its life; its name."""
    (name,) = world.names(world.orders())
    stage(world, plant)
    return name


@pytest.mark.parametrize(
    ("stage", "parked_slot", "back"),
    [
        (staged, None, ("staged", None)),
        (sent, 1, ("sent", 1)),
        (running, 1, ("running", 1)),
        (done, None, ("done", None)),
        (forgotten, None, ("failed", None)),
    ],
)
def test_park_and_unpark(world, plant, stage, parked_slot, back):
    """Neither needs the PLC."""
    name = bring_to(stage, world, plant)
    asked = len(plant.requests)
    world.press(PARK)
    assert world.states() == {name: ("parked", parked_slot)}
    world.press(PARK)
    world.press(UNPARK)
    assert world.states() == {name: back}
    assert len(plant.requests) == asked


def test_parked_before_it_was_sent_is_not_sent(world, plant):
    name = bring_to(staged, world, plant)
    world.press(PARK)
    world.cron(FETCH)
    assert world.states() == {name: ("parked", None)} and plant.write_record(1).is_blank
    world.press(UNPARK)
    run_to_the_end(plant, world, 1)
    assert taken(plant) == [name]


@pytest.mark.parametrize(
    ("stage", "refusal"),
    [(staged, "has not been sent yet"), (forgotten, "Reset the batch"), (sent, None)],
)
def test_retry(world, plant, stage, refusal):
    name = bring_to(stage, world, plant)
    before = world.states()
    if refusal:
        with pytest.raises(UserError, match=refusal) as refused:
            world.press("action_retry")
        assert name in str(refused.value)
    else:
        world.press("action_retry")
    assert world.states() == before


def test_retry_of_a_finished_batch_archives_it(world, plant):
    bring_to(done, world, plant)
    world.press("action_retry")
    assert not world.batches() and world.one_history("status")["status"] == "completed"


@pytest.mark.parametrize("stage", [staged, sent, running, finished, done, forgotten])
@pytest.mark.parametrize("parked", [False, True])
def test_reset(world, plant, stage, parked):
    name = bring_to(stage, world, plant)
    if parked:
        world.press(PARK)
    before, asked = world.states(), len(plant.requests)
    if stage is running:
        with pytest.raises(UserError, match=f"The PLC is dosing {name}"):
            world.press(RESET)
        assert world.states() == before and not world.histories()
        world.press(RESET, stopped_at_plc=True)
        plant.restart()
    else:
        world.press(RESET)
    assert world.states() == {name: ("staged", None)}
    assert plant.write_record(1).is_blank and not plant.write_record(1).mo_id
    assert (len(plant.requests) == asked) == (stage in (staged, done, forgotten))
    told = " ".join(event["message"] for event in world.events())
    assert (f"{name} withdrawn from slot 1" in told) == (stage is sent)
    assert ("slot 1 is to be cleared" in told) == (stage is running)
    kept = [(h["status"], h["acknowledged"]) for h in world.histories("status", "acknowledged")]
    assert kept == ([("failed", True)] if stage in (running, finished, done) else [])
    batch = world.one_batch(
        "status_manufacturing", "dosed", "error_code", "update_odoo", "forgotten"
    )
    assert not any(value for field, value in batch.items() if field != "id")
    plant.step()
    assert len(taken(plant)) == (stage in (running, finished, done))
    run_to_the_end(plant, world, 1)
    assert len(taken(plant)) == 1 + (stage in (running, finished, done))


def test_a_reset_batch_goes_out_with_the_next_free_slot_under_drain(world, plant):
    first, second = world.names(world.orders(2))
    world.cron(FETCH)
    ids = {batch["mo_id"]: batch["id"] for batch in world.batches("mo_id")}
    world.button(RESET, [ids[second]], reason="wrong silo")
    assert world.states() == {first: ("sent", 1), second: ("staged", None)}
    world.cron(FETCH)
    assert world.states() == {first: ("sent", 1), second: ("sent", 2)}


@pytest.mark.parametrize("how", ["cancel", "start over"])
@pytest.mark.parametrize("stage", [staged, sent, running, finished, done, forgotten])
def test_cancel_and_start_over(world, plant, stage, how):
    name = bring_to(stage, world, plant)
    asked = len(plant.requests)
    if how == "cancel":
        world.press(CANCEL, reason="wrong feed")
    else:
        world.device_button("action_start_over", reason="wrong feed")
    assert not world.batches()
    history = world.one_history("status", "acknowledged", "notes", "production_id", "mo_id")
    assert history["status"] == "cancelled" and history["acknowledged"] == (stage is not running)
    assert "wrong feed" in history["notes"] and history["mo_id"] == name
    assert (len(plant.requests) == asked) == (stage in (staged, done, forgotten))
    with world.order(history["production_id"][0]) as order:
        assert order.plc_dispatch == "never" and order.state != "cancel"
    plant.step()
    assert len(taken(plant)) == (stage in (running, finished, done))
    world.cron(FETCH)
    assert not world.batches()


def test_cancel_with_the_order(world, plant):
    (order_id,) = world.orders()
    world.cron(FETCH)
    world.press(CANCEL, cancel_order=True)
    with world.order(order_id) as order:
        assert order.state == "cancel"


def test_what_was_dosed_into_a_cancelled_order_is_noted_and_never_in_stock(world, plant):
    name = bring_to(running, world, plant)
    world.press(CANCEL)
    (second,) = world.names(world.orders())
    world.cron(FETCH)
    assert world.states() == {second: ("sent", 2)}
    plant.finish_now(weight=998.5)
    world.cron(READ, ARCHIVE)
    history = world.one_history("status", "acknowledged", "notes", "production_id")
    assert (history["status"], history["acknowledged"]) == ("cancelled", True)
    assert "Not in stock" in history["notes"] and "998.50 kg" in history["notes"]
    assert any(e["mo_id"] == name and "Not in stock" in e["message"] for e in world.events())
    with world.order(history["production_id"][0]) as order:
        assert order.state not in ("done", "cancel") and not order.qty_produced


def test_cleared_at_the_plc(world, plant):
    """An order that the PLC has dropped, with its slot still taken, is given up by a manager."""
    bring_to(running, world, plant)
    world.press(CANCEL)
    plant.restart()
    world.cron(READ)
    assert not world.one_history("acknowledged")["acknowledged"]
    world.cleared_at_plc()
    history = world.one_history("status", "acknowledged", "notes")
    assert (history["status"], history["acknowledged"]) == ("failed", True)
    assert "Cleared at the PLC" in history["notes"]


@pytest.mark.parametrize("stage", [sent, running])
def test_cancel_of_a_deleted_order_that_was_stopped_at_the_plc(world, plant, stage):
    """What was dosed of it is in no stock."""
    (order_id,) = world.orders()
    stage(world, plant)
    world.cron(READ)
    with world.order(order_id) as order:
        order = order.with_context(plc_force=True)
        order.action_cancel()
        order.unlink()
    plant.restart()
    world.press(CANCEL, stopped_at_plc=True)
    history = world.one_history("status", "acknowledged")
    assert history["acknowledged"]
    assert history["status"] == ("failed" if stage is running else "cancelled")


def test_accept_closes_with_what_was_dosed_before_the_plc_failed(world, plant):
    (order_id,) = world.orders()
    world.cron(FETCH)
    with pytest.raises(UserError, match="reported as failed"):
        world.press("action_accept")
    dose(plant, world)
    plant.finish_now(rest=False, failed=True, weight=99.0)
    world.cron(READ, ARCHIVE)
    batch = world.one_batch("state", "error_code", "acknowledged")
    assert (batch["state"], batch["error_code"]) == ("failed", "plc_failure")
    assert batch["acknowledged"]
    world.press("action_accept", reason="it was enough")
    assert world.one_history("status")["status"] == "completed"
    with world.order(order_id) as order:
        assert order.state == "done" and order.qty_produced == 99.0


def test_accept_while_something_else_is_told(world, plant):
    """The failure is a fact of the PLC; whether it is what the batch tells of now is not asked."""
    world.orders()
    world.cron(FETCH)
    dose(plant, world)
    plant.finish_now(rest=False, failed=True, weight=99.0)
    world.cron(READ)
    assert not world.one_batch("error_code")["error_code"]
    world.press("action_accept", reason="it was enough")
    assert world.one_history("status")["status"] == "completed"


def test_accept_without_a_weight_closes_with_what_the_silos_dosed(world, plant):
    """Not with the plan, of which the PLC dosed a part."""
    (order_id,) = world.orders()
    world.cron(FETCH)
    dose(plant, world)
    plant.finish_now(rest=False, failed=True, weight=0.0)
    world.cron(READ, ARCHIVE)
    world.press("action_accept", reason="it was enough")
    dosed = sum(line["actual_consumption"] for line in world.history_lines("actual_consumption"))
    with world.order(order_id) as order:
        assert order.state == "done" and order.qty_produced == pytest.approx(dosed, abs=0.01)
        assert 0 < order.qty_produced < 1000


def test_cancel_by_itself_where_the_plc_failed(world, plant):
    world.set_device(on_plc_failure="cancel")
    (order_id,) = world.orders()
    world.cron(FETCH)
    dose(plant, world)
    plant.finish_now(rest=False, failed=True)
    world.cron(READ, ARCHIVE)
    assert world.one_history("status")["status"] == "cancelled"
    with world.order(order_id) as order:
        assert order.plc_dispatch == "never" and order.state != "done"


def test_retry_while_the_order_is_in_use(world, plant):
    """The next cycle tries it again, though the PLC has told nothing yet."""
    (order_id,) = world.orders()
    world.cron(FETCH)
    with world.db.env() as env:
        env.cr.execute("SELECT id FROM mrp_production WHERE id = %s FOR UPDATE", [order_id])
        world.press("action_retry")
    assert world.one_batch("error_code")["error_code"] == "mo_locked"
    world.cron(READ)
    assert not world.one_batch("error_code")["error_code"]
