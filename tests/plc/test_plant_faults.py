"""The plant fails when it is told to, and else serves as a CPU does."""

import time

import pytest
from plant import Plant
from sending import RECORD, image, send

from plc import PlcProtocol, PlcTimeout, PlcUnreachable, Session, Slots


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


def test_silent_swallows_what_comes(plant, plant_slots):
    plant.fault("silent")
    with pytest.raises(PlcTimeout) as silence:
        plant_slots.zero_number(1)
    assert silence.value.outcome_unknown
    with pytest.raises(PlcTimeout), Session("127.0.0.1", plant.port, timeout=0.3):
        pass
    plant.clear("silent")
    with Session("127.0.0.1", plant.port) as session:
        session.read(1, 0, 2)


def test_cut_carries_the_request_out_and_ends_in_mid_reply(plant, plant_slots):
    plant.fault("cut")
    with pytest.raises(PlcUnreachable) as cut:
        plant_slots.write_name(1, "WH/MO/00001")
    assert cut.value.outcome_unknown
    assert plant.write_record(1).mo_id == "WH/MO/00001"
    plant.clear("cut")
    with Session("127.0.0.1", plant.port) as session:
        session.read(1, 0, 2)


def test_weight0_weighs_nothing_and_overrun_doses_one_silo_20_percent_too_much(plant, plant_slots):
    plant.fault("weight0")
    plant.fault("overrun")
    send(plant_slots, 1)
    plant.step()
    plant.finish_now()
    read = image(plant_slots, 1).read
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
