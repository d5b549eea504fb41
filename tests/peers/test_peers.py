"""What our session and the C library's server, and an independent client, make of each other."""

import json
import os
import subprocess
from pathlib import Path

import csv_codec
import pytest
from plant import Plant
from sending import RECORD, send

from plc import PlcError, PlcProtocol, Session, Slots
from plc.rules import Expectation, Meaning, is_free, judge

READER = Path(__file__).with_name("reader.py")
NAME = "WH/MO/00001"
# pyS7's words for the datatypes of the two CSV files
KINDS = {"INT": "INT", "UDINT": "DWORD", "REAL": "REAL", "BOOL": "BIT"}


def test_bytes_of_any_length_a_request_carries(session, c_server, layout):
    assert session.pdu_length >= 240
    for size in (1, 2, session.max_write):
        data = bytes(index % 255 + 1 for index in range(size))
        session.write(layout.read_db, 3, data)
        assert session.read(layout.read_db, 3, size) == data
        assert c_server.memory(layout.read_db)[3 : size + 3] == data
    assert session.read(layout.read_db, 0, session.max_read)[: size + 3] == b"\0\0\0" + data


def test_a_bit_leaves_the_others_of_its_byte_alone(session, c_server, layout):
    c_server.put(layout.read_db, 9, b"\x81")
    session.write_bit(layout.read_db, 9, 3, True)
    assert c_server.memory(layout.read_db)[9] == 0b10001001
    session.write_bit(layout.read_db, 9, 7, False)
    assert c_server.memory(layout.read_db)[9] == 0b00001001


@pytest.mark.parametrize("use", ["read", "write", "bit"])
@pytest.mark.parametrize("where", ["no such block", "behind its end"])
def test_a_refusal_is_told_as_such(session, layout, use, where):
    db = 77 if where == "no such block" else layout.read_db
    start = 0 if where == "no such block" else layout.slot_count * layout.slot_size - 2
    acts = {
        "read": lambda: session.read(db, start, 4),
        "write": lambda: session.write(db, start, bytes(4)),
        "bit": lambda: session.write_bit(db, start + 3, 0, True),
    }
    with pytest.raises(PlcProtocol, match=f"refused access to data block {db}") as raised:
        acts[use]()
    assert not raised.value.outcome_unknown


def test_a_server_that_goes_in_mid_conversation(session, c_server, layout):
    session.read(layout.read_db, 0, 10)
    c_server.process.kill()
    c_server.process.wait()
    with pytest.raises(PlcError) as raised:
        session.write(layout.read_db, 0, bytes(10))
    assert raised.value.code in ("plc_unreachable", "plc_timeout")


def test_a_slot_from_sending_to_acknowledging(slots, c_server, layout, layout_name):
    number = 3
    images = {image.number: image for image in slots.read_all()}
    assert is_free(images[number])
    send(slots, number, NAME)
    _check_sent(layout_name, layout, c_server, number)
    expected = Expectation(number, NAME, images[number].read.mapped(), {}, {}, 5000.0, 1000.0)
    assert _look(slots, number, expected) is Meaning.UNTAKEN
    order = c_server.take(number)
    assert (order.mo_id, order.quantities[103]) == (NAME, 300.0)
    assert _look(slots, number, expected) is Meaning.RUNNING
    dosed = {103: 301.25, 110: 107.5, 115: 30.0}
    c_server.change(layout.read_db, number, quantities=dosed, actual_weight=1001.5)
    c_server.change(layout.read_db, number, status_manufacturing=True)
    assert _look(slots, number, expected) is Meaning.FINISHED
    found = slots.read_slots([number])[number].read
    assert {silo: kg for silo, kg in found.quantities.items() if kg} == dosed
    assert found.actual_weight == 1001.5
    slots.blank(number)
    slots.raise_read_flag(number)
    image = slots.read_slots([number])[number]
    assert image.write.is_blank and image.write.mo_id == "" and image.read.status_read_data
    others = [other for other in slots.read_all() if other.number != number]
    assert not any(any(other.raw_write + other.raw_read) for other in others)


def _look(slots, number, expected):
    return judge(slots.read_slots([number])[number], expected).meaning


def _check_sent(layout_name, layout, c_server, number):
    start = layout.offset(number)
    raw = c_server.memory(layout.write_db)[start : start + layout.slot_size]
    _check_order(csv_codec.decode(layout_name, raw), number)


def _check_order(values, number):
    assert values["batch_no", 0] == number
    assert values["mo_id", 0] == NAME
    assert values["recipe", 0] == RECORD.recipe
    assert values["finished_goods", 0] == RECORD.finished_goods
    assert values["consumption", 0] == RECORD.consumption
    for role, silo in values:
        if role == "silo_quantity":
            assert values[role, silo] == RECORD.quantities.get(silo, 0.0)
        elif role == "silo_id":
            assert values[role, silo] == silo
        elif role.startswith("status"):
            assert not values[role, silo]


def test_an_independent_client_reads_what_was_written(slots, c_server, layout, layout_name):
    number = 2
    send(slots, number, NAME)
    values = _read_by_other(layout_name, layout, c_server.port, layout.write_db, number)
    _check_order(values, number)
    slots.raise_read_flag(number)
    flags = _read_by_other(layout_name, layout, c_server.port, layout.read_db, number)
    assert [role for (role, _silo), value in flags.items() if value] == ["status_read_data"]


def test_an_independent_client_reads_the_emulator_alike(layout_name, layout):
    """The plant of the demo and of the tests is an S7 server to others, too."""
    with Plant(layout_name, manual=True) as plant:
        with Session("127.0.0.1", plant.port) as session:
            send(Slots(session, layout), 1, NAME)
        _check_order(_read_by_other(layout_name, layout, plant.port, layout.write_db, 1), 1)


def _read_by_other(layout_name, layout, port, db, number):
    """``{(role, silo): value}`` of a slot, as pyS7 reads it."""
    rows = csv_codec.rows(layout_name)
    places = [_place(row, db, layout.offset(number)) for row in rows]
    command = [os.environ["PLC_OTHER_PYTHON"], READER, str(port), json.dumps(places)]
    read = json.loads(subprocess.check_output(command, text=True))
    values = {}
    for row, value in zip(rows, read, strict=True):
        if isinstance(value, str):
            value = value.rstrip("\0")
        elif row["scale"] not in ("", "1"):
            value /= float(row["scale"])
        values[row["role"], int(row["silo"] or 0)] = value
    return values


def _place(row, db, offset):
    byte, _, bit = row["byte_offset"].partition(".")
    kind, length = row["s7_type"], 1
    if kind.endswith("]"):
        kind, length = kind[:-1].split("[")
    kind = {**KINDS, "STRING": "STRING", "FSTRING": "CHAR"}[kind]
    return db, kind, offset + int(byte), int(bit or 0), int(length)
