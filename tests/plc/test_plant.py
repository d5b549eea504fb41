"""The plant behaves as P1 to P3 say."""

import time

import pytest
from plant import Plant
from sending import RECORD, events, image, send, until

from plc import Record, Session, Slots

# P1


def test_a_valid_record_is_taken_with_a_fresh_read_record_in_one_cycle(plant, plant_slots):
    send(plant_slots, 2)
    assert not image(plant_slots, 2).write.status_read_data
    plant.step(0)
    seen = image(plant_slots, 2)
    assert seen.write.status_read_data
    assert seen.write.mo_id == seen.read.mo_id == "WH/MO/00001"
    assert seen.read.batch_no == 2
    assert seen.read.silo_ids == {silo: silo for silo in range(101, 116)}
    assert not any(seen.read.quantities.values())
    assert not seen.read.status_manufacturing
    assert not seen.read.status_read_data


def test_a_blank_slot_is_skipped_whatever_else_stands_there(plant, plant_slots):
    plant_slots.write_body(1, RECORD)
    plant_slots.write_name(1, "WH/MO/00009")
    send(plant_slots, 4)
    plant.step()
    assert events(plant, "taken") == [("taken", 4, "WH/MO/00001")]


def test_slots_are_taken_in_sequence_one_order_at_a_time(plant, plant_slots):
    for number in (2, 1, 3):
        send(plant_slots, number, f"MO/{number}")
    for _ in range(3):
        plant.step(0)
        assert len(events(plant, "taken")) == len(events(plant, "finished")) + 1
        plant.finish_now()
    assert [slot for _kind, slot, _name in events(plant, "finished")] == [1, 2, 3]


def test_it_goes_on_behind_the_slot_it_took_last(plant, plant_slots):
    send(plant_slots, 2, "MO/2")
    plant.step(0)
    send(plant_slots, 1, "MO/1")
    send(plant_slots, 3, "MO/3")
    plant.finish_now()
    plant.step(0)
    assert events(plant, "taken")[-1] == ("taken", 3, "MO/3")


def test_a_taken_slot_is_not_looked_at_again(plant, plant_slots):
    send(plant_slots, 1)
    plant.step(0)
    plant.finish_now()
    for _ in range(5):
        plant.step()
    assert len(events(plant, "taken")) == 1


# P2


def test_actuals_are_running_totals_silo_after_silo(plant, plant_slots):
    send(plant_slots, 1)
    plant.step(0)
    seen = []
    while not image(plant_slots, 1).read.status_manufacturing:
        plant.step(5)  # 50 kg
        seen.append(image(plant_slots, 1).read.quantities)
    assert len(seen) > 5
    for before, after in zip(seen, seen[1:], strict=False):
        assert all(after[silo] >= before[silo] for silo in after)
    assert sum(seen[0].values()) == pytest.approx(50, abs=0.01)
    assert seen[0][110] == 0  # silo 103 comes first
    for silo, kg in seen[-1].items():
        assert kg == pytest.approx(RECORD.quantities.get(silo, 0), rel=0.0151)


def test_doses_are_a_little_wrong_both_ways_and_the_same_for_a_seed(layout_name):
    def doses(seed):
        with Plant(layout_name, manual=True, seed=seed) as plant:
            with Session("127.0.0.1", plant.port) as session:
                slots = Slots(session, plant.layout)
                many = dict.fromkeys(plant.layout.silo_numbers, 100.0)
                send(slots, 1, record=Record(consumption=1500.0, quantities=many))
            plant.step()
            plant.finish_now()
            return plant.ledger[-1]["quantities"]

    one = doses(1)
    assert one == doses(1)
    assert one != doses(2)
    assert any(kg > 100.1 for kg in one.values())
    assert any(kg < 99.9 for kg in one.values())
    assert all(98.49 < kg < 101.51 for kg in one.values())


def test_at_the_end_it_says_finished_and_weighs(plant, plant_slots):
    send(plant_slots, 1)
    plant.step()
    plant.finish_now()
    read = image(plant_slots, 1).read
    assert read.status_manufacturing
    assert not read.status_operation
    assert read.actual_weight == pytest.approx(1000, rel=0.016)
    finished = plant.ledger[-1]
    assert finished["event"] == "finished"
    assert finished["weight"] == read.actual_weight
    assert finished["quantities"] == {str(silo): kg for silo, kg in read.quantities.items()}


def test_an_order_can_end_early_or_fail(plant, plant_slots):
    send(plant_slots, 1)
    plant.step(0)
    plant.dose(1, 103, 12.5)
    plant.finish_now(rest=False, failed=True, weight=0.0)
    read = image(plant_slots, 1).read
    assert read.status_manufacturing
    assert read.status_operation
    assert {silo: kg for silo, kg in read.quantities.items() if kg} == {103: 12.5}
    plant.dose(1, 103, 11.5)  # a finished record may be corrected
    assert image(plant_slots, 1).read.quantities[103] == 11.5


# P3


def test_the_read_flag_falls_only_with_the_slots_next_order(plant, plant_slots):
    send(plant_slots, 1)
    plant.step()
    plant.finish_now()
    plant_slots.blank(1)
    plant_slots.raise_read_flag(1)
    for _ in range(3):
        plant.step()
    assert image(plant_slots, 1).read.status_read_data
    assert events(plant, "acknowledged") == [("acknowledged", 1, "WH/MO/00001")]
    send(plant_slots, 1, "WH/MO/00002")
    assert image(plant_slots, 1).read.status_read_data
    plant.step()
    assert not image(plant_slots, 1).read.status_read_data
    assert len(events(plant, "acknowledged")) == 1


def test_with_a_clock_it_does_all_this_by_itself(layout_name):
    with Plant(layout_name, speed=20000) as plant:
        with Session("127.0.0.1", plant.port) as session:
            slots = Slots(session, plant.layout)
            for number in (1, 2):
                send(slots, number, f"MO/{number}")
            until(lambda: len(events(plant, "finished")) == 2)
        assert plant.violations == []


def test_a_paused_plant_still_answers(layout_name):
    with Plant(layout_name, speed=20000) as plant:
        plant.pause()
        with Session("127.0.0.1", plant.port) as session:
            slots = Slots(session, plant.layout)
            send(slots, 1)
            time.sleep(0.3)
            assert not image(slots, 1).write.status_read_data
            plant.resume()
            until(lambda: image(slots, 1).read.status_manufacturing)


def test_a_wiped_plant_has_forgotten_all(plant, plant_slots):
    send(plant_slots, 1)
    plant.step()
    plant.wipe()
    plant.step()
    assert not any(plant.write_area)
    assert not any(plant.read_area)
