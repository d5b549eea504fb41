"""The handshake's steps write exactly the bytes they should, in the order they should."""

from dataclasses import replace

import csv_codec
import pytest
from servers import RecordingServer

from plc import Layout, PlcData, Record, Session, Slots

RECORD = Record(
    recipe="CF1B",
    finished_goods="CATTLE FEED 1B",
    consumption=977.25,
    quantities={103: 300.0, 110: 107.5, 115: 30.25},
)
NAME = "WH/MO/00042"
BATCH_NO = (0, 2)  # its place in both layouts: first byte, size
NAME_PLACE = {"native": (2, 22), "word_map": (2, 16)}


def changed(before, after):
    """The bytes of a slot that are not what they were."""
    return {i for i, (one, two) in enumerate(zip(before, after, strict=True)) if one != two}


def writes(server):
    return [request for request in server.requests if request.kind == "write"]


def send(slots, number):
    slots.blank(number)
    slots.write_body(number, RECORD)
    slots.check_body(number, slots.read_write_records([number])[number], RECORD)
    slots.write_name(number, NAME)
    slots.write_number(number)


def test_a_slot_that_was_sent_is_what_the_csv_says(slots, server, layout_name):
    send(slots, 3)
    values = csv_codec.decode(layout_name, server.slot(server.write_area, 3))
    assert values["batch_no", 0] == 3
    assert values["mo_id", 0] == NAME
    assert values["recipe", 0] == "CF1B"
    assert values["finished_goods", 0] == "CATTLE FEED 1B"
    assert values["consumption", 0] == 977.25
    for silo in range(101, 116):
        assert values["silo_id", silo] == silo
        assert values["silo_quantity", silo] == RECORD.quantities.get(silo, 0)
    for role in ("status_manufacturing", "status_operation", "actual_weight", "status_read_data"):
        assert values[role, 0] == 0


def test_the_number_is_zeroed_first_and_written_last_each_in_a_request_of_its_own(
    slots, server, layout
):
    send(slots, 3)
    base = layout.offset(3)
    first, *between, last = writes(server)
    for request in (first, last):
        assert (request.db, request.start - base, request.size) == (1, *BATCH_NO)
    assert (first.data, last.data) == (b"\0\0", b"\0\3")
    assert all(request.start >= base + 2 for request in between)


def test_the_name_is_blanked_before_the_body_and_written_after_it(
    slots, server, layout, layout_name
):
    send(slots, 3)
    first, size = NAME_PLACE[layout_name]
    base = layout.offset(3)
    _zero, blanked, *body, named, _number = writes(server)
    for request in (blanked, named):
        assert (request.start - base, request.size) == (first, size)
    assert all(request.start - base >= first + size for request in body)


def test_sending_leaves_the_other_slots_and_the_read_area_alone(slots, server, layout):
    before = bytes(server.write_area), bytes(server.read_area)
    send(slots, 3)
    size, base = layout.slot_size, layout.offset(3)
    assert server.write_area[:base] == before[0][:base]
    assert server.write_area[base + size :] == before[0][base + size :]
    assert server.read_area == before[1]


def test_sending_leaves_unmapped_bytes_and_bits_alone(slots, server, layout_name):
    send(slots, 3)
    slot = server.slot(server.write_area, 3)
    if layout_name == "native":
        # One bit of each of these bytes is a flag; 0xAA has a 0 there already.
        assert {slot[i] for i in (162, 163, 168, 169)} == {server.FILL}
    else:
        assert set(slot[154:]) == {server.FILL}


def test_blank_takes_number_and_name_and_nothing_else(slots, server, layout_name):
    before = server.slot(server.write_area, 10)
    slots.blank(10)
    after = server.slot(server.write_area, 10)
    end = sum(NAME_PLACE[layout_name])
    assert changed(before, after) <= set(range(end))
    values = csv_codec.decode(layout_name, after[:end] + bytes(200))
    assert (values["batch_no", 0], values["mo_id", 0]) == (0, "")


def test_zeroing_the_number_takes_one_word(slots, server):
    before = server.slot(server.write_area, 1)
    slots.zero_number(1)
    assert changed(before, server.slot(server.write_area, 1)) == {0, 1}
    assert len(server.requests) == 1


def test_the_read_flag_is_one_bit_or_one_word_of_the_read_area(slots, server, layout_name):
    before = server.slot(server.read_area, 10), bytes(server.write_area)
    slots.raise_read_flag(10)
    after = server.slot(server.read_area, 10)
    (request,) = server.requests
    if layout_name == "native":
        assert changed(before[0], after) == {168}
        assert after[168] == server.FILL | 1  # the neighbours in the byte stay
        assert (request.bit, request.size) == (0, 1)
    else:
        assert changed(before[0], after) == {152, 153}
        assert after[152:154] == b"\0\1"
        assert (request.bit, request.size) == (None, 2)
    assert server.write_area == before[1]


def test_flags_of_the_body_are_s7_bits(slots, server, layout_name):
    slots.write_body(1, RECORD)
    bits = [(r.start, r.bit, r.data) for r in server.requests if r.bit is not None]
    expected = [(162, 0, b"\0"), (163, 0, b"\0"), (168, 0, b"\0")]
    assert bits == (expected if layout_name == "native" else [])


def test_a_body_lowers_what_an_old_order_left(slots, server):
    server.write_area[:] = b"\xff" * len(server.write_area)
    send(slots, 1)
    record = slots.read_write_records([1])[1]
    assert not record.status_manufacturing
    assert not record.status_operation
    assert not record.status_read_data
    assert record.actual_weight == 0


def test_a_body_never_carries_flags_weight_or_ids_of_its_own(slots, server, layout):
    told = {"status_manufacturing": True, "status_operation": True, "status_read_data": True}
    slots.blank(1)
    slots.write_body(1, replace(RECORD, **told, actual_weight=5.0, silo_ids={110: 109}))
    record = slots.read_write_records([1])[1]
    assert record.mapped(flag=True) == layout.decode(layout.encode(RECORD)).mapped(flag=True)
    slots.check_body(1, record, RECORD)


@pytest.mark.parametrize(
    ("spoil", "field"),
    [
        ({"quantities": {103: 299.0}}, "silo_quantity 103"),
        ({"silo_ids": {110: 109}}, "silo_id 110"),
        ({"consumption": 1.0}, "consumption"),
        ({"recipe": "CF1"}, "recipe"),
        ({"status_operation": True}, "status_operation"),
        ({"status_read_data": True}, "status_read_data"),
        ({"actual_weight": 1.0}, "actual_weight"),
        ({"batch_no": 3}, "batch_no"),
        ({"mo_id": NAME}, "mo_id"),
    ],
)
def test_a_body_that_reads_back_otherwise_is_told_with_slot_and_field(
    slots, server, layout, spoil, field
):
    slots.blank(3)
    slots.write_body(3, RECORD)
    base = layout.offset(3)
    good = layout.decode(server.slot(server.write_area, 3))
    role = next(iter(spoil))
    value = spoil[role]
    if isinstance(value, dict):
        value = {**getattr(good, role), **value}
    bad = replace(good, **{role: value})
    server.write_area[base : base + layout.slot_size] = layout.encode(bad)
    with pytest.raises(PlcData) as told:
        slots.check_body(3, slots.read_write_records([3])[3], RECORD)
    assert told.value.params["slot"] == 3
    assert told.value.params["device"] == "PLC01"
    assert told.value.params["field"] == field


def test_a_body_that_does_not_fit_is_refused_before_a_byte_is_sent(slots, server, layout_name):
    too_much = Record(quantities={103: 1e39 if layout_name == "native" else 5e7})
    with pytest.raises(PlcData) as refused:
        slots.write_body(3, too_much)
    assert server.requests == []
    assert refused.value.params["slot"] == 3
    assert refused.value.params["field"] == "silo_quantity 103"


def test_the_write_area_is_read_before_the_read_area_in_as_few_requests_as_possible(slots, server):
    images = slots.read_all()
    assert [image.number for image in images] == list(range(1, 11))
    assert [request.db for request in server.requests] == [1] * 5 + [2] * 5
    assert {request.kind for request in server.requests} == {"read"}


def test_some_slots_are_read_whole_and_by_their_number(slots, server, layout):
    for number in (2, 3, 9):
        start = layout.offset(number)
        server.write_area[start : start + 2] = (100 + number).to_bytes(2, "big")
        server.read_area[start : start + 2] = (200 + number).to_bytes(2, "big")
    images = slots.read_slots([9, 2, 3])
    assert {n: image.write.batch_no for n, image in images.items()} == {2: 102, 3: 103, 9: 109}
    assert {n: image.read.batch_no for n, image in images.items()} == {2: 202, 3: 203, 9: 209}
    assert images[9].raw_read == server.slot(server.read_area, 9)
    assert images[9].raw_write == server.slot(server.write_area, 9)
    assert len(server.requests) == 4  # 2 and 3 share one, in each area


def test_with_a_small_pdu_a_slot_is_sent_all_the_same(layout, layout_name):
    with RecordingServer(layout, pdu=240) as server, Session("127.0.0.1", server.port) as session:
        slots = Slots(session, layout)
        send(slots, 3)
        values = csv_codec.decode(layout_name, server.slot(server.write_area, 3))
        assert values["mo_id", 0] == NAME
        assert values["silo_quantity", 110] == 107.5
        server.requests.clear()
        slots.read_all()
        assert len(server.requests) == 20


def test_a_body_longer_than_a_request_goes_in_pieces():
    flags = ("status_manufacturing", "status_operation", "status_read_data")
    layout = Layout.build(
        write_db=1,
        read_db=2,
        slot_count=2,
        slot_size=220,
        rows=[
            {"role": "batch_no", "address": "0", "datatype": "INT"},
            {"role": "mo_id", "address": "2", "datatype": "FSTRING[4]"},
            {"role": "recipe", "address": "6", "datatype": "FSTRING[200]"},
            {"role": "silo_quantity", "silo_number": 1, "address": "206", "datatype": "REAL"},
            *(
                {"role": role, "address": str(210 + 2 * i), "datatype": "INT"}
                for i, role in enumerate(flags)
            ),
        ],
    )
    record = Record(recipe="X" * 200, quantities={1: 5.5})
    with RecordingServer(layout, pdu=240) as server, Session("127.0.0.1", server.port) as session:
        slots = Slots(session, layout)
        slots.blank(2)
        slots.write_body(2, record)
        slots.check_body(2, slots.read_write_records([2])[2], record)
        assert [r.size for r in writes(server)] == [2, 4, 205, 5]
        assert server.slot(server.write_area, 2)[216:] == bytes([server.FILL]) * 4


@pytest.mark.parametrize("step", ["blank", "zero_number", "write_number", "raise_read_flag"])
@pytest.mark.parametrize("number", [0, 11])
def test_a_slot_that_is_not_there_is_never_written(slots, server, step, number):
    with pytest.raises(ValueError, match="not one of 1 to 10"):
        getattr(slots, step)(number)
    assert server.requests == []
