"""READ records that cannot be believed: told with silo and order, and never stored."""

import math
import struct

import pytest
from mill_world import ARCHIVE, FETCH, READ
from steps import assert_closed_with, dose, once, run_to_the_end

from odoo.exceptions import UserError


@pytest.fixture
def running(world, plant):
    """An order that has dosed 100 kg of silo 102, and another that waits in slot 2."""
    names = world.names(world.orders(2))
    world.cron(FETCH)
    dose(plant, world)
    return names


def stored(world):
    return {
        line["silo_number"]: line["actual_consumption"]
        for batch in world.batches("batch_no", "line_ids")
        if batch["batch_no"] == 1
        for line in lines_of(world, batch)
        if line["actual_consumption"]
    }


def lines_of(world, batch):
    with world.db.env() as env:
        fields = ["silo_number", "actual_consumption"]
        return env["mo.batch.line"].browse(batch["line_ids"]).read(fields)


NATIVE = [({"quantities": {115: -0.5}}, "Silo 115 reports -0.50 kg, less than nothing")]
BOTH = [
    ({"quantities": {103: 5000.01}}, "Silo 103 reports 5000.01 kg, above the limit of 5000.00 kg"),
    ({"mo_id": "MO/OTHER"}, "names order 'MO/OTHER' instead of"),
    ({"mo_id": ""}, "names order '' instead of"),
    ({"batch_no": 7}, "carries number 7 in slot 1"),
    ({"silo_ids": {102: 109}}, "The id beside the quantity of silo 102 is 109"),
]
CASES = [("native", *case) for case in NATIVE + BOTH] + [("word_map", *case) for case in BOTH]


@pytest.mark.parametrize(("layout", "fields", "reason"), CASES)
def test_record_that_is_not_believed(world, plant, running, fields, reason):
    """Said once, with raw bytes; nothing is stored, the order goes on when it is right again."""
    before, right = stored(world), plant.read_record(1)
    plant.change_read(1, **fields)
    for _ in range(3):
        world.clear_back_off()
        world.cron(READ, ARCHIVE)
    facts = ("batch_no", "error_code", "error_reason", "error_action", "can_retry")
    (batch,) = [b for b in world.batches(*facts) if b["batch_no"] == 1]
    assert batch["error_code"] == "plc_data" and reason in batch["error_reason"]
    assert ("raise the limit" in batch["error_action"]) == ("above" in reason)
    assert not batch["can_retry"]
    with pytest.raises(UserError, match=f"{running[0]}.*Read Now"):
        world.button("action_retry", [batch["id"]])
    assert batch["error_reason"][0].isupper() and batch["error_reason"].endswith(".")
    assert stored(world) == before
    told = [e for e in world.events("kind", "payload", "mo_id") if e["kind"] == "data"]
    assert [event["mo_id"] for event in told] == [running[0]]
    assert bytes(plant.read_area[: plant.layout.slot_size]).hex() in told[0]["payload"]
    plant.change_read(1, **{name: getattr(right, name) for name in fields})
    world.cron(READ)
    assert not any(b["error_code"] for b in world.batches())
    run_to_the_end(plant, world, 2)
    for name in running:
        assert_closed_with(world, plant, name)


@pytest.mark.parametrize("layout", ["native"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(
    ("place", "reason"),
    [
        (("silo_quantity", 103), "Silo 103 reports a quantity that is not a number"),
        (("actual_weight", 0), "The weight of the finished goods is"),
    ],
)
def test_value_that_is_no_number(world, plant, running, place, value, reason):
    before, field = stored(world), plant.layout.field(*place)
    plant.read_area[field.byte : field.end] = struct.pack(">f", value)
    world.cron(READ, ARCHIVE)
    batch = world.batches("error_code", "error_reason")[0]
    assert batch["error_code"] == "plc_data" and reason in batch["error_reason"]
    assert stored(world) == before


def test_slots_full_of_ff(world, plant, running):
    """Both areas are garbage: both orders are lost, no task fails, nothing is stored."""
    plant.write_area[:] = b"\xff" * len(plant.write_area)
    plant.read_area[:] = b"\xff" * len(plant.read_area)
    before = stored(world)
    world.cron(READ, ARCHIVE, FETCH)
    batches = world.batches("error_code", "error_action", "state")
    assert [(b["state"], b["error_code"]) for b in batches] == [("failed", "plc_data")] * 2
    assert all("reset the batch" in batch["error_action"] for batch in batches)
    assert stored(world) == before
    assert not [event for event in world.events() if "internal" in event["message"]]


def test_read_record_full_of_ff(world, plant, running):
    before = stored(world)
    plant.read_area[: plant.layout.slot_size] = b"\xff" * plant.layout.slot_size
    world.cron(READ, ARCHIVE)
    assert world.states()[running[0]] == ("running", 1)
    assert world.batches("error_code")[0]["error_code"] == "plc_data"
    assert stored(world) == before


def test_value_that_falls_while_running(world, plant, running):
    """One cycle is not believed; two that say so are."""
    before = stored(world)[102]
    plant.change_read(1, quantities={102: 60.0})
    world.cron(READ)
    assert stored(world)[102] == before
    batch = world.batches("error_code", "error_reason")[0]
    assert batch["error_code"] == "plc_data" and "Silo 102 fell from" in batch["error_reason"]
    plant.change_read(1, quantities={102: before})
    world.cron(READ)
    assert not world.batches("error_code")[0]["error_code"]
    plant.change_read(1, quantities={102: 60.0})
    world.cron(READ)
    assert stored(world)[102] == before
    world.cron(READ)
    assert stored(world)[102] == 60.0
    assert not world.batches("error_code")[0]["error_code"]


def test_two_falls_that_are_not_in_a_row(world, plant, running):
    before = stored(world)[102]
    for fields in ({"quantities": {102: 60.0}}, {"batch_no": 7}, {"batch_no": 1}):
        plant.change_read(1, **fields)
        world.cron(READ)
        assert stored(world)[102] == before
    world.cron(READ)
    assert stored(world)[102] == 60.0


def test_cancelled_order_whose_end_is_not_believed(world, plant, running):
    """It keeps its slot, and says so once; the slot is given back when it is right again."""
    (batch,) = (b for b in world.batches("batch_no", "id") if b["batch_no"] == 1)
    world.button("action_cancel", [batch["id"]], reason="Wrong recipe")
    plant.finish_now()
    right = plant.read_record(1).quantities[103]
    found = []
    for kg in (5000.01, 5000.02, 5000.03):
        plant.change_read(1, quantities={103: kg})
        found.append(bytes(plant.read_area[: plant.layout.slot_size]).hex())
        world.cron(READ)
    (told,) = (e for e in world.events("kind", "payload", "message") if e["kind"] == "data")
    assert "above the limit" in told["message"] and "Slot 1" in told["message"]
    assert found[0] in told["payload"]
    assert not world.one_history("acknowledged")["acknowledged"]
    plant.change_read(1, quantities={103: right})
    world.cron(READ)
    assert world.one_history("acknowledged")["acknowledged"]


@pytest.mark.parametrize("layout", ["native"])
def test_value_with_more_digits_than_odoo_keeps(world, plant, running):
    """What Odoo has rounded up has not fallen at the PLC."""
    plant.change_read(1, quantities={102: 120.006})
    for _ in range(4):
        world.cron(READ)
        assert stored(world)[102] == 120.01
        assert not world.batches("error_code")[0]["error_code"]
    assert not [event for event in world.events("kind") if event["kind"] == "data"]


def test_finished_record_that_changes_between_two_looks(world, plant, running):
    """It is caught in the middle of a correction: the next cycle stores what stands then."""
    plant.finish_now()
    final = plant.read_record(1).quantities[103]
    plant.change_read(1, quantities={103: 1.0})

    def correct():
        plant.change_read(1, quantities={103: final})

    once(plant, lambda request: request.db == plant.layout.read_db, correct)
    world.cron(READ, ARCHIVE)
    assert world.states()[running[0]] == ("running", 1)
    assert not plant.read_record(1).status_read_data
    world.cron(READ, ARCHIVE)
    (lines,) = [
        {line["silo_number"]: line["actual_consumption"] for line in lines_of_history(world, h)}
        for h in world.histories("line_ids")
    ]
    assert lines[103] == pytest.approx(final, abs=0.006)


def lines_of_history(world, history):
    with world.db.env() as env:
        fields = ["silo_number", "actual_consumption"]
        return env["mo.histories.line"].browse(history["line_ids"]).read(fields)


def test_finished_record_that_nobody_waits_for(world, plant, running):
    """An event with its kg, then it is acknowledged, so that the slot is free."""
    record = {"batch_no": 5, "mo_id": "MO/STRAY", "quantities": {101: 12.5}}
    plant.change_read(5, status_manufacturing=True, **record)
    for _ in range(2):
        world.cron(READ)
    (event,) = [e for e in world.events() if e["kind"] == "orphan"]
    assert event["mo_id"] == "MO/STRAY" and "101: 12.50 kg" in event["message"]
    assert plant.read_record(5).status_read_data
    assert len(world.batches()) == 2


def test_record_that_nobody_waits_for_changes_between_two_looks(world, plant, running):
    """It may just be written, or corrected: what is told is what stands there in the end."""
    plant.change_read(
        5, batch_no=5, mo_id="MO/STRAY", quantities={101: 1.0}, status_manufacturing=True
    )

    def is_look(request):
        start = plant.layout.offset(5)
        at_record = request.start <= start < request.start + request.size
        return request.db == plant.layout.read_db and at_record

    once(plant, is_look, lambda: plant.change_read(5, quantities={101: 12.5}))
    world.cron(READ)
    assert not plant.read_record(5).status_read_data
    world.cron(READ)
    (event,) = [e for e in world.events() if e["kind"] == "orphan"]
    assert "101: 12.50 kg" in event["message"]
    assert plant.read_record(5).status_read_data


def test_corrected_after_it_was_finished_and_before_it_was_read(world, plant, running):
    plant.finish_now()
    plant.change_read(1, quantities={103: 111.0, 102: 0.0})
    world.cron(READ)
    assert stored(world)[103] == 111.0 and 102 not in stored(world)


def test_dosed_again_after_it_was_reported_finished(world, plant, running):
    """Stored as finished but not acknowledged, and now it runs: not believed, nothing lost."""
    plant.finish_now()
    once(plant, lambda request: request.kind == "write", lambda: "cut")
    world.cron(READ)
    plant.change_write(1, batch_no=1, mo_id=running[0])
    plant.change_read(1, status_manufacturing=False, quantities={103: 1.0})
    world.clear_back_off()
    world.cron(READ)
    assert stored(world)[103] > 200
    batch = world.batches("error_reason")[0]
    assert "is now being dosed again" in batch["error_reason"]
