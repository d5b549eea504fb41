"""What waits to be sent goes out as its order asks by then, and not as it did when staged."""

import pytest
from mill_world import ARCHIVE, FETCH, READ
from steps import killed_at, once, taken

from odoo.addons.mrp_plc_batch.plc import Slots

pytestmark = pytest.mark.parametrize("layout", ["native"])


def killed(world):
    """Staged with its slot; the process died before the PLC was written."""
    killed_at(world, FETCH, Slots, "blank")


def reset(world):
    """Sent, and reset before the PLC took it: staged without a slot."""
    world.cron(FETCH)
    world.press("action_reset")


def change_quantity(world, order_id, kg):
    with world.order(order_id) as order:
        wizard = order.env["change.production.qty"]
        wizard.create({"mo_id": order.id, "product_qty": kg}).change_prod_qty()


def planned(world, order_id):
    """{silo: kg} that the order asks for, as a REAL holds it."""
    with world.order(order_id) as order:
        reason, doses = order._plc_assign_silos(order.plc_device_id)
        assert not reason
        return pytest.approx({silo.number: kg for silo, _product, kg in doses})


def in_plc(plant, slot=1):
    return {silo: kg for silo, kg in plant.write_record(slot).quantities.items() if kg}


@pytest.mark.parametrize("wait", [killed, reset])
def test_another_quantity(world, plant, wait):
    (order_id,) = world.orders()
    wait(world)
    change_quantity(world, order_id, 500.0)
    world.cron(FETCH)
    assert in_plc(plant) == planned(world, order_id)
    assert plant.write_record(1).consumption == 500.0
    assert world.one_batch("consumption")["consumption"] == 500.0
    (told,) = (e for e in world.events() if "has changed while it waited" in e["message"])
    assert told["kind"] == "send"
    *_, sent = (e["payload"] for e in world.events("payload") if e["payload"])
    assert sent == bytes(plant.write_area[: plant.layout.slot_size]).hex()


def test_nothing_has_changed(world, plant):
    (order_id,) = world.orders()
    reset(world)
    lines = world.batches("line_ids")
    world.cron(FETCH)
    assert world.batches("line_ids") == lines
    assert in_plc(plant) == planned(world, order_id)


def test_another_order_gets_the_slot_of_one_that_is_held_back(world, plant):
    """A slot has one batch at each moment, also in the middle of a run."""
    world.set_device(fill_policy="rolling")
    (order_id,) = world.orders()
    (held,) = world.names([order_id])
    killed(world)
    assert world.states() == {held: ("staged", 1)}
    with world.order(order_id) as order:
        order.plc_dispatch = "never"
    (other,) = world.names(world.orders())
    world.cron(FETCH)
    assert world.states() == {held: ("staged", None), other: ("sent", 1)}
    (batch,) = (b for b in world.batches("mo_id", "error_reason") if b["mo_id"] == held)
    assert "not to be sent" in batch["error_reason"]


def test_an_order_that_no_silo_can_dose_any_more_says_so_and_goes_out_when_it_can(world, plant):
    (order_id,) = world.orders()
    name, *_ = world.names([order_id])
    reset(world)
    change_quantity(world, order_id, 1_000_000.0)
    world.cron(FETCH)
    batch = world.one_batch("state", "error_code", "error_reason", "error_action", "line_ids")
    assert (batch["state"], batch["error_code"]) == ("staged", "plc_data")
    assert "above the limit" in batch["error_reason"]
    assert "cancel the batch" in batch["error_action"]
    assert batch["line_ids"], "what was planned before is kept"
    assert plant.write_record(1).is_blank
    change_quantity(world, order_id, 800.0)
    world.cron(FETCH)
    assert world.states() == {name: ("sent", 1)}
    assert in_plc(plant) == planned(world, order_id)
    assert not world.one_batch("error_code")["error_code"]


def test_changed_while_its_body_is_being_written(world, plant, monkeypatch):
    """It is never valid in the PLC with the old doses: the next run plans it again."""
    (order_id,) = world.orders()
    reset(world)
    with world.device() as device:
        model = type(device)
    write_bodies = model._write_bodies

    def and_a_person_is_faster(device, slots, staged):
        ready = write_bodies(device, slots, staged)
        device._commit()
        change_quantity(world, order_id, 500.0)
        return ready

    with monkeypatch.context() as patch:
        patch.setattr(model, "_write_bodies", and_a_person_is_faster)
        world.cron(FETCH)
    assert plant.write_record(1).is_blank
    world.cron(FETCH)
    assert in_plc(plant) == planned(world, order_id)


def test_order_deleted_while_the_fetch_plans(world, plant, monkeypatch):
    """It is gone when it is to be staged: the others go out, and it is nobody's fault."""
    deleted, kept = world.orders(2)
    with world.device() as device:
        model = type(device)
    plan_orders = model._plan_orders

    def and_one_is_deleted(device):
        plans = plan_orders(device)
        with world.order(deleted) as order:
            order.exists().unlink()
        return plans

    with monkeypatch.context() as patch:
        patch.setattr(model, "_plan_orders", and_one_is_deleted)
        world.cron(FETCH)
    plant.step()
    assert taken(plant) == world.names([kept])
    assert not [event for event in world.events() if event["kind"] == "error"]


@pytest.mark.parametrize("wait", [killed, reset])
def test_order_deleted_while_it_waits(world, plant, wait):
    """Nothing was dosed, and it says so; restored, it goes out once a person resets the batch."""
    (order_id,) = world.orders()
    (name,) = world.names([order_id])
    wait(world)
    with world.order(order_id) as order:
        order.action_cancel()
        order.unlink()
    world.cron(FETCH)
    batch = world.one_batch("state", "error_code", "error_action", "holds_slot")
    assert (batch["state"], batch["error_code"]) == ("failed", "mo_not_found")
    assert "nothing was dosed" in batch["error_action"] and not batch["holds_slot"]
    world.orders(name=name)
    world.cron(READ, ARCHIVE)
    assert world.states() == {name: ("failed", None)}
    world.press("action_reset")
    world.cron(FETCH)
    assert world.states() == {name: ("sent", 1)}
    assert in_plc(plant)


def test_what_a_script_calls_finished_is_not_sent(world, plant):
    """Nor is its slot given to another before the PLC was asked about it."""
    world.set_device(fill_policy="rolling")
    made_id, order_id = world.orders(2)
    made, name = world.names([made_id, order_id])
    world.script(mo_id=made, batch_no=1, state="staged", status_manufacturing=True)
    world.cron(FETCH)
    assert world.states() == {made: ("done", 1), name: ("sent", 2)}
    plant.step()
    assert taken(plant) == [name]
    assert not [event for event in world.events() if event["kind"] == "error"]


def test_the_memory_map_was_changed_by_another_process(world, plant):
    """Which this one, that keeps the map, is told of only before its next run: nothing is written
    where values stood before."""
    with world.device() as device:
        device.layout_id = device.layout_id.copy()
        device.layout_id._to_plc()
    world.orders()
    world.sql("UPDATE plc_layout SET slot_count = 9 WHERE name LIKE '%% (copy)'")
    world.cron(FETCH)
    assert plant.write_record(1).is_blank and not plant.write_record(1).mo_id
    assert world.one_batch("state")["state"] == "staged"
    world.cron(FETCH)
    assert world.one_batch("state")["state"] == "sent" and in_plc(plant)


def test_a_silo_changed_while_the_plc_was_asked(world, plant):
    """Another place and lot by then: there were no lines yet to tell of it."""
    world.orders()
    with world.device() as device:
        stock = device.picking_type_ids[:1].default_location_src_id
        place_id = stock.create({"name": "Bin 2", "location_id": stock.id}).id
    changed = []

    def change():
        changed.append(world.silo(102, location_id=place_id))

    once(plant, lambda request: request.kind == "read", change)
    world.cron(FETCH)
    assert changed
    with world.device() as device:
        line = device.batch_ids.line_ids.filtered(lambda line: line.silo_number == 102)
        assert line.location_id.id == place_id
