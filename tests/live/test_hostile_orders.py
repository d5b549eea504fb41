"""Names the PLC cannot hold, and orders that change behind Odoo's back in the middle of a batch."""

import pytest
from mill_world import ARCHIVE, FETCH, READ
from steps import assert_closed_with, dose, dose_all, killed_at, run_to_the_end, taken

from odoo.addons.mrp_plc_batch.plc import Slots

CLOSED = {
    "cancelled": ("UPDATE mrp_production SET state = 'cancel' WHERE id = %s", "mo_cancelled"),
    "done": ("UPDATE mrp_production SET state = 'done' WHERE id = %s", "mo_done"),
}


def close(world, order_id, how):
    """By SQL, or by a script that forces it; the error code that follows."""
    if how == "deleted":
        with world.order(order_id) as order:
            forced = order.with_context(plc_force=True)
            forced.action_cancel()
            forced.unlink()
        return "mo_not_found"
    statement, code = CLOSED[how]
    world.sql(statement, order_id)
    return code


HOWS = pytest.mark.parametrize("how", ["cancelled", "done", "deleted"])


@HOWS
@pytest.mark.parametrize("layout", ["native"])
@pytest.mark.parametrize("stage", ["staged", "sent", "parked"])
def test_order_closed_before_the_plc_took_it(world, plant, how, stage):
    """It is withdrawn and fails with the cause, parked or not; the other order goes on."""
    order_id, other_id = world.orders(2)
    closed, other = world.names([order_id, other_id])
    if stage == "staged":
        killed_at(world, FETCH, Slots, "blank")
    else:
        world.cron(FETCH)
    ids = {batch["mo_id"]: batch["id"] for batch in world.batches("mo_id")}
    if stage == "parked":
        world.button("action_park", [ids[closed]])
    code = close(world, order_id, how)
    world.cron(FETCH if stage == "staged" else READ)
    if stage == "parked":
        assert world.states()[closed] == ("parked", None)
        world.button("action_unpark", [ids[closed]])
    states = {b["mo_id"]: b for b in world.batches("mo_id", "state", "error_code", "holds_slot")}
    assert (states[closed]["state"], states[closed]["error_code"]) == ("failed", code)
    assert not states[closed]["holds_slot"]
    assert closed not in [plant.write_record(slot).mo_id for slot in (1, 2)]
    dose_all(plant)
    world.cron(READ, ARCHIVE)
    assert taken(plant) == [other]
    assert_closed_with(world, plant, other)
    assert list(world.states()) == [closed]


@HOWS
@pytest.mark.parametrize("layout", ["native"])
def test_order_closed_while_it_is_dosed(world, plant, how):
    """The PLC goes on; values are kept, told, acknowledged, and end in the history as failed."""
    (order_id,) = world.orders()
    (name,) = world.names([order_id])
    world.cron(FETCH)
    dose(plant, world)
    code = close(world, order_id, how)
    plant.finish_now()
    world.cron(READ, ARCHIVE)
    batch = world.one_batch("state", "error_code", "error_message", "acknowledged", "dosed")
    assert (batch["state"], batch["error_code"]) == ("failed", code)
    assert name in batch["error_message"] and batch["acknowledged"]
    dosed = sum(plant.read_record(1).quantities.values())
    assert batch["dosed"] == pytest.approx(dosed, abs=0.1)
    world.press("action_cancel")
    history = world.one_history("status", "line_ids", "acknowledged")
    assert history["status"] == "failed" and history["acknowledged"]
    lines = world.history_lines("actual_consumption")
    assert sum(line["actual_consumption"] for line in lines) == pytest.approx(dosed, abs=0.1)


@pytest.mark.parametrize("layout", ["word_map"])
def test_two_orders_with_one_cut_name(world, plant):
    """The second waits, with a reason, until the first is archived."""
    size = plant.layout.field("mo_id").datatype.size
    stem = "A PLANT'S LONG NAME OF AN ORDER, "[: size + 8].ljust(size + 8, "X")
    (first_id,), (second_id,) = world.orders(name=stem + "1"), world.orders(name=stem + "2")
    world.cron(FETCH)
    assert world.states() == {stem + "1": ("sent", 1)}
    with world.order(second_id) as order:
        assert plant.layout.cut("mo_id", stem) in order.plc_skip_reason
        assert stem + "1" in order.plc_skip_reason
    dose_all(plant)
    world.cron(READ, ARCHIVE, FETCH)
    assert world.states() == {stem + "2": ("sent", 1)}
    dose_all(plant)
    world.cron(READ, ARCHIVE)
    assert {h["mo_id"] for h in world.histories("mo_id")} == {stem + "1", stem + "2"}
    with world.db.env() as env:
        assert env["mrp.production"].browse([first_id, second_id]).mapped("state") == ["done"] * 2


@pytest.mark.parametrize("name", ["MÜHLE/00001 ÆØ", "ЗАКАЗ-7", "注文/7", "a\tb\n7", "7\x7f8"])
def test_name_in_any_encoding(world, plant, layout, name):
    """What the PLC cannot show becomes `?`; the order is found again all the same."""
    world.orders(name=f"{name} {layout[0]}")  # an order's name is unique
    world.cron(FETCH)
    assert plant.write_record(1).mo_id.isascii()
    run_to_the_end(plant, world, 1)
    assert world.one_history("mo_id", "status")["status"] == "completed"


def test_order_renamed_in_the_middle(world, plant):
    (order_id,) = world.orders()
    (name,) = world.names([order_id])
    world.cron(FETCH)
    dose(plant, world)
    world.set_order(order_id, name=f"{name} LATER")
    plant.finish_now()
    world.cron(READ, ARCHIVE)
    assert_closed_with(world, plant, name)
    assert world.one_history("production_name")["production_name"] == f"{name} LATER"
