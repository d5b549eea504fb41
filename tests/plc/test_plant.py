"""The plant behaves as P1 to P3 say, notices what must not happen, and fails when told to."""

import time
from dataclasses import replace

import pytest
from plant import Plant

from plc import PlcProtocol, PlcTimeout, PlcUnreachable, Record, Session, Slots

RECORD = Record(
    recipe="CF1B",
    finished_goods="CATTLE FEED 1B",
    consumption=1000.0,
    quantities={103: 300.0, 110: 107.5, 115: 30.25},
)


@pytest.fixture
def plant(layout_name):
    """A plant that does nothing but at ``step()``, and then doses up to 10 kg a second."""
    with Plant(layout_name, manual=True, speed=10) as running:
        yield running
    assert running.violations == []


@pytest.fixture
def slots(plant):
    with Session("127.0.0.1", plant.port, timeout=1) as session:
        yield Slots(session, plant.layout)


def send(slots, number, name="WH/MO/00001", record=RECORD):
    slots.blank(number)
    if not slots.read_slots([number])[number].read.is_blank:
        slots.raise_read_flag(number)
    slots.write_body(number, record)
    slots.write_name(number, name)
    slots.write_number(number)


def image(slots, number):
    return slots.read_slots([number])[number]


def events(plant, *kinds):
    return [(e["event"], e["slot"], e["mo_id"]) for e in plant.ledger if e["event"] in kinds]


# P1


def test_a_valid_record_is_taken_with_a_fresh_read_record_in_one_cycle(plant, slots):
    send(slots, 2)
    assert not image(slots, 2).write.status_read_data
    plant.step(0)
    seen = image(slots, 2)
    assert seen.write.status_read_data
    assert seen.write.mo_id == seen.read.mo_id == "WH/MO/00001"
    assert seen.read.batch_no == 2
    assert seen.read.silo_ids == {silo: silo for silo in range(101, 116)}
    assert not any(seen.read.quantities.values())
    assert not seen.read.status_manufacturing
    assert not seen.read.status_read_data


def test_a_blank_slot_is_skipped_whatever_else_stands_there(plant, slots):
    slots.write_body(1, RECORD)
    slots.write_name(1, "WH/MO/00009")
    send(slots, 4)
    plant.step()
    assert events(plant, "taken") == [("taken", 4, "WH/MO/00001")]


def test_slots_are_taken_in_sequence_one_order_at_a_time(plant, slots):
    for number in (2, 1, 3):
        send(slots, number, f"MO/{number}")
    for _ in range(3):
        plant.step(0)
        assert len(events(plant, "taken")) == len(events(plant, "finished")) + 1
        plant.finish_now()
    assert [slot for _kind, slot, _name in events(plant, "finished")] == [1, 2, 3]


def test_it_goes_on_behind_the_slot_it_took_last(plant, slots):
    send(slots, 2, "MO/2")
    plant.step(0)
    send(slots, 1, "MO/1")
    send(slots, 3, "MO/3")
    plant.finish_now()
    plant.step(0)
    assert events(plant, "taken")[-1] == ("taken", 3, "MO/3")


def test_a_taken_slot_is_not_looked_at_again(plant, slots):
    send(slots, 1)
    plant.step(0)
    plant.finish_now()
    for _ in range(5):
        plant.step()
    assert len(events(plant, "taken")) == 1


# P2


def test_actuals_are_running_totals_silo_after_silo(plant, slots):
    send(slots, 1)
    plant.step(0)
    seen = []
    while not image(slots, 1).read.status_manufacturing:
        plant.step(5)  # 50 kg
        seen.append(image(slots, 1).read.quantities)
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


def test_at_the_end_it_says_finished_and_weighs(plant, slots):
    send(slots, 1)
    plant.step()
    plant.finish_now()
    read = image(slots, 1).read
    assert read.status_manufacturing
    assert not read.status_operation
    assert read.actual_weight == pytest.approx(1000, rel=0.016)
    finished = plant.ledger[-1]
    assert finished["event"] == "finished"
    assert finished["weight"] == read.actual_weight
    assert finished["quantities"] == {str(silo): kg for silo, kg in read.quantities.items()}


def test_an_order_can_end_early_or_fail(plant, slots):
    send(slots, 1)
    plant.step(0)
    plant.dose(1, 103, 12.5)
    plant.finish_now(rest=False, failed=True, weight=0.0)
    read = image(slots, 1).read
    assert read.status_manufacturing
    assert read.status_operation
    assert {silo: kg for silo, kg in read.quantities.items() if kg} == {103: 12.5}
    plant.dose(1, 103, 11.5)  # a finished record may be corrected
    assert image(slots, 1).read.quantities[103] == 11.5


# P3


def test_the_read_flag_falls_only_with_the_slots_next_order(plant, slots):
    send(slots, 1)
    plant.step()
    plant.finish_now()
    slots.blank(1)
    slots.raise_read_flag(1)
    for _ in range(3):
        plant.step()
    assert image(slots, 1).read.status_read_data
    assert events(plant, "acknowledged") == [("acknowledged", 1, "WH/MO/00001")]
    send(slots, 1, "WH/MO/00002")
    assert image(slots, 1).read.status_read_data
    plant.step()
    assert not image(slots, 1).read.status_read_data
    assert len(events(plant, "acknowledged")) == 1


def test_with_a_clock_it_does_all_this_by_itself(layout_name):
    with Plant(layout_name, speed=20000) as plant:
        with Session("127.0.0.1", plant.port) as session:
            slots = Slots(session, plant.layout)
            for number in (1, 2):
                send(slots, number, f"MO/{number}")
            _until(lambda: len(events(plant, "finished")) == 2)
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
            _until(lambda: image(slots, 1).read.status_manufacturing)


def test_a_wiped_plant_has_forgotten_all(plant, slots):
    send(slots, 1)
    plant.step()
    plant.wipe()
    plant.step()
    assert not any(plant.write_area)
    assert not any(plant.read_area)


def _until(true):
    for _ in range(500):
        if true():
            return
        time.sleep(0.02)
    pytest.fail("it did not come to pass")


# What must not happen


@pytest.fixture
def watched(layout_name):
    with Plant(layout_name, manual=True) as running:
        yield running


@pytest.fixture
def rude(watched):
    with Session("127.0.0.1", watched.port) as session:
        yield Slots(session, watched.layout)


def test_half_a_record_is_noticed_at_once(watched, rude):
    rude.write_number(1)  # and nothing else
    assert watched.violations
    watched.step()
    assert events(watched, "taken") == []


@pytest.mark.parametrize(
    ("spoilt", "told"),
    [
        ({"quantities": {}}, "doses nothing"),
        ({"consumption": 0.0}, "plans 0 kg"),
        ({"mo_id": ""}, "names no order"),
        ({"batch_no": 2}, "carries the number 2"),
        ({"silo_ids": {110: 109}}, "has the id 109 beside the quantity of silo 110"),
        ({"status_manufacturing": True}, "has a status"),
        ({"status_operation": True}, "has a status"),
    ],
)
def test_a_valid_record_that_is_not_complete_is_told(watched, spoilt, told):
    record = replace(replace(RECORD, mo_id="WH/MO/1", batch_no=1), **spoilt)
    watched.write_area[: watched.layout.slot_size] = watched.layout.encode(record)
    watched.step()
    assert told in watched.violations[0]
    assert events(watched, "taken") == []


def test_a_weight_that_is_no_number_is_told():
    with Plant("native", manual=True) as plant:
        whole = replace(RECORD, mo_id="WH/MO/1", batch_no=1)
        plant.write_area[:170] = plant.layout.encode(whole)
        for raw in ("7fc00000", "7f800000", "c2c80000"):  # NaN, infinity, -100
            plant.write_area[86:90] = bytes.fromhex(raw)
            plant.violations.clear()
            plant.step()
            assert "no number or below 0" in plant.violations[0]


def test_a_valid_record_that_changes_before_it_is_taken_is_told(watched, rude):
    send(rude, 1)
    assert watched.violations == []
    rude.write_body(1, replace(RECORD, quantities={103: 301.0}))
    assert any("changed before it was taken" in told for told in watched.violations)


def test_a_record_may_be_withdrawn_and_changed(watched, rude):
    send(rude, 1)
    rude.blank(1)
    send(rude, 1, record=replace(RECORD, quantities={103: 301.0}))
    assert watched.violations == []


def test_an_unacknowledged_record_that_is_overwritten_is_told(watched, rude):
    send(rude, 1)
    watched.step()
    watched.finish_now()
    rude.blank(1)
    rude.write_body(1, RECORD)
    rude.write_name(1, "WH/MO/00002")
    rude.write_number(1)
    watched.step()
    assert "never acknowledged" in watched.violations[0]


def test_writing_more_of_the_read_area_than_its_flag_is_told(watched, rude):
    rude._session.write(2, 0, b"\0\0")
    assert "not its flag" in watched.violations[0]


# Faults


def test_refuse_lets_nobody_in_until_it_is_cleared(plant):
    plant.fault("refuse")
    with pytest.raises(PlcUnreachable, match="refuses"), Session("127.0.0.1", plant.port):
        pass
    plant.clear("refuse")
    with Session("127.0.0.1", plant.port) as session:
        session.read(1, 0, 2)


def test_refuse_ends_a_conversation_that_stands(plant):
    with Session("127.0.0.1", plant.port) as session:
        plant.fault("refuse")
        with pytest.raises(PlcUnreachable):
            session.read(1, 0, 2)


def test_silent_swallows_what_comes(plant, slots):
    plant.fault("silent")
    with pytest.raises(PlcTimeout) as silence:
        slots.zero_number(1)
    assert silence.value.outcome_unknown
    with pytest.raises(PlcTimeout), Session("127.0.0.1", plant.port, timeout=0.3):
        pass
    plant.clear("silent")
    with Session("127.0.0.1", plant.port) as session:
        session.read(1, 0, 2)


def test_cut_carries_the_request_out_and_ends_in_mid_reply(plant, slots):
    plant.fault("cut")
    with pytest.raises(PlcUnreachable) as cut:
        slots.write_name(1, "WH/MO/00001")
    assert cut.value.outcome_unknown
    assert plant.write_record(1).mo_id == "WH/MO/00001"
    plant.clear("cut")
    with Session("127.0.0.1", plant.port) as session:
        session.read(1, 0, 2)


def test_weight0_weighs_nothing_and_overrun_doses_one_silo_20_percent_too_much(plant, slots):
    plant.fault("weight0")
    plant.fault("overrun")
    send(slots, 1)
    plant.step()
    plant.finish_now()
    read = image(slots, 1).read
    assert read.status_manufacturing
    assert read.actual_weight == 0
    over = [s for s, kg in RECORD.quantities.items() if read.quantities[s] > kg * 1.1]
    assert len(over) == 1
    assert read.quantities[over[0]] == pytest.approx(RECORD.quantities[over[0]] * 1.2)


def test_a_fault_comes_at_its_second(layout_name):
    faults = ["silent@2", "weight0"]
    with Plant(layout_name, faults=faults) as plant, Session("127.0.0.1", plant.port) as session:
        session.read(1, 0, 2)
        with pytest.raises(PlcTimeout):
            for _ in range(500):
                session.read(1, 0, 2)
                time.sleep(0.02)


@pytest.mark.parametrize("text", ["on fire", "cut@", "cut@x", "", "cut@-1"])
def test_a_fault_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match="is not a fault"):
        Plant(faults=[text])


@pytest.mark.parametrize("verdict", ["silent", "cut"])
def test_the_answer_to_a_single_request_can_be_lost(layout_name, verdict):
    def intercept(request):
        return verdict if request.kind == "write" and request.size == 2 else None

    with Plant(layout_name, manual=True, intercept=intercept) as plant:
        plant.write_area[:2] = b"\0\5"
        with Session("127.0.0.1", plant.port, timeout=0.3) as session:
            slots = Slots(session, plant.layout)
            slots.blank_name(1)
            with pytest.raises((PlcTimeout, PlcUnreachable)) as lost:
                slots.zero_number(1)
        assert lost.value.outcome_unknown
        assert plant.write_area[:2] == b"\0\0"


def test_a_port_that_is_taken_is_refused(plant):
    with pytest.raises(OSError, match="in use"):
        Plant(port=plant.port).start()


def test_a_bit_leaves_its_byte_alone(plant):
    """snap7's own server of 3.3 would answer 0b1; a CPU, and the C server, 0b10001001."""
    plant.write_area[5] = 0b1000_0001
    with Session("127.0.0.1", plant.port) as session:
        session.write_bit(1, 5, 3, True)
        assert plant.write_area[5] == 0b1000_1001
        session.write_bit(1, 5, 0, False)
        assert plant.write_area[5] == 0b1000_1000


def test_a_write_that_leaves_its_block_changes_nothing(plant):
    end = len(plant.write_area)
    with Session("127.0.0.1", plant.port) as session, pytest.raises(PlcProtocol):
        session.write(1, end - 2, b"abcd")
    assert plant.write_area[-2:] == b"\0\0"
