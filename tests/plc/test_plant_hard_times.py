"""The plant's other dialect, and what it does wrong when it is told to."""

from dataclasses import replace

import pytest
from plant import Plant, layout_named

from plc import Record, Session, Slots

RECORD = Record(recipe="CF1B", consumption=330.0, quantities={103: 300.0, 115: 30.25})


@pytest.fixture
def plant(layout_name):
    with Plant(layout_name, manual=True, speed=1000.0) as running:
        yield running


@pytest.fixture
def area(layout_name):
    layout = replace(layout_named(layout_name), write_handshake="area")
    with Plant(layout, manual=True, speed=1000.0) as running:
        yield running
    assert not running.violations


def fill(plant, *names):
    """Write orders as Odoo does, slot 1 last; then what happens to the plant is its own."""
    with Session("127.0.0.1", plant.port) as session:
        slots = Slots(session, plant.layout)
        for number in range(1, plant.layout.slot_count + 1):
            slots.blank(number)
        for number, name in enumerate(names, start=1):
            slots.write_body(number, RECORD)
            slots.write_name(number, name)
        for number in range(len(names), 0, -1):
            slots.write_number(number)


def taken(plant):
    return [entry["mo_id"] for entry in plant.ledger if entry["event"] == "taken"]


def test_an_area_is_taken_in_one_cycle_and_dosed_in_sequence(area):
    fill(area, "A", "B", "C")
    area.step()
    assert taken(area) == ["A", "B", "C"]
    assert [area.write_record(number).status_read_data for number in (1, 2)] == [True, False]
    assert [area.read_record(number).mo_id for number in (1, 2, 3, 4)] == ["A", "B", "C", ""]
    for name in "ABC":
        area.finish_now()
        assert area.ledger[-1]["event"] == "finished" and area.ledger[-1]["mo_id"] == name
        area.step()
    assert taken(area) == ["A", "B", "C"]


def test_an_area_is_not_taken_while_slot_1_is_blank_and_ends_at_the_first_blank_slot(area):
    fill(area, "A", "B", "C")
    area.change_write(1, batch_no=0)
    area.step()
    assert not taken(area)
    area.change_write(1, batch_no=1)
    area.change_write(2, batch_no=0)
    area.step()
    assert taken(area) == ["A"]


def test_an_area_that_changes_after_slot_1_is_valid_is_told(layout_name):
    layout = replace(layout_named(layout_name), write_handshake="area")
    with Plant(layout, manual=True) as plant:
        fill(plant, "A", "B")
        with Session("127.0.0.1", plant.port) as session:
            Slots(session, layout).write_name(2, "C")
        assert plant.violations == ["slot 2: the valid record changed before it was taken"]


@pytest.mark.parametrize("is_taken", [False, True])
def test_a_number_that_follows_slot_1s_is_told(layout_name, is_taken):
    layout = replace(layout_named(layout_name), write_handshake="area")
    with Plant(layout, manual=True) as plant:
        fill(plant, "A", "B")
        plant.change_write(2, batch_no=0)
        if is_taken:
            plant.step()
        with Session("127.0.0.1", plant.port) as session:
            slots = Slots(session, layout)
            slots.write_name(2, "B")
            assert not plant.violations
            slots.write_number(2)
        assert plant.violations == ["slot 2: its number follows slot 1's, which is the last word"]


def test_a_restart_drops_the_order_and_keeps_the_memory(plant):
    fill(plant, "A")
    plant.step()
    plant.step(0.1)
    before = bytes(plant.write_area), bytes(plant.read_area)
    plant.restart()
    plant.step()
    assert (bytes(plant.write_area), bytes(plant.read_area)) == before
    with pytest.raises(RuntimeError):
        plant.finish_now()


def test_a_restart_that_lowers_write_flags_takes_the_order_again(plant):
    fill(plant, "A")
    plant.step()
    plant.restart(lower="write")
    plant.step()
    assert taken(plant) == ["A", "A"]
    assert not plant.violations


def test_a_restart_that_lowers_read_flags(plant):
    fill(plant, "A")
    plant.step()
    plant.finish_now()
    plant.change_read(1, status_read_data=True)
    plant.restart(lower="read")
    assert not plant.read_record(1).status_read_data
    assert plant.write_record(1).status_read_data


def test_endless_never_finishes(plant):
    fill(plant, "A")
    plant.fault("endless")
    plant.step()
    plant.step(100)
    plant.step(100)
    assert not plant.read_record(1).status_manufacturing
    plant.clear("endless")
    plant.step(100)
    assert plant.read_record(1).status_manufacturing


def test_keepflag_never_lowers_a_read_flag(plant):
    plant.fault("keepflag")
    plant.change_read(1, status_read_data=True)
    fill(plant, "A")
    plant.step()
    record = plant.read_record(1)
    assert (record.mo_id, record.status_read_data) == ("A", True)


def test_a_record_can_be_changed_by_hand(plant):
    fill(plant, "A")
    plant.step()
    plant.finish_now()
    before = plant.read_record(1)
    plant.change_read(1, quantities={103: 7.0}, silo_ids={101: 9})
    after = plant.read_record(1)
    assert after.quantities == {**before.quantities, 103: 7.0}
    assert after.silo_ids == {**before.silo_ids, 101: 9}
    assert after == replace(before, quantities=after.quantities, silo_ids=after.silo_ids)
