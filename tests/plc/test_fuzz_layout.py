"""Memory maps, and slots' bytes, of any kind; dev/chaos tries many more, in Odoo."""

import json
import math
import struct

from fuzz_layout import any_maps, built, check_round_trip, good_maps, records
from hypothesis import given, settings
from hypothesis import strategies as st

from plc import Record, SlotImage
from plc.rules import Expectation, Meaning, agree, judge

BELIEVED = (Meaning.RUNNING, Meaning.FINISHED)
PATTERNS = (
    b"\0\0\0\0",
    b"\xff\xff\xff\xff",
    b"\0\0\0\x01",
    b"\x80\0\0\0",
    *(struct.pack(">f", kg) for kg in (math.nan, math.inf, -math.inf, -0.5, 3e38, 100.0)),
    *(struct.pack(">d", kg) for kg in (math.nan, 1e308, -1.0, 50.0)),
)


@settings(max_examples=400)
@given(st.data())
def test_any_map_is_refused_in_words_or_carries_its_values(data):
    layout = built(data.draw(any_maps()))
    if layout:
        for _ in range(3):
            check_round_trip(layout, data.draw(records(layout)))


@st.composite
def hostile_images(draw, layout, name):
    """The slot of an order that is being dosed, with hostile bytes in some of its fields."""
    write = Record(batch_no=1, mo_id=name, status_read_data=True)
    read = Record(batch_no=1, mo_id=name)
    raws = []
    for record in (write, read):
        raw = bytearray(layout.encode(record))
        for field in draw(st.lists(st.sampled_from(layout.fields), max_size=3)):
            patterns = st.sampled_from(PATTERNS).map(lambda p: p * 64)
            data = draw(patterns | st.binary(min_size=256, max_size=256))
            raw[field.byte : field.end] = data[: field.datatype.size]
        raws.append(bytes(raw))
    return SlotImage(1, *raws, layout.decode, layout.decode, layout.number_in)


def believable(image, name, limit):
    """Rules R4 and R7 once more, in other words than the code's."""
    read = image.read
    silos_right = all(
        kg == 0.0 or read.silo_ids.get(silo, silo) == silo for silo, kg in read.quantities.items()
    )
    kgs = list(read.quantities.values())
    most = limit * len(kgs)
    weight = 0.0 if read.actual_weight is None else read.actual_weight
    return (
        image.write.mo_id == read.mo_id == name
        and image.write.status_read_data
        and read.batch_no == 1
        and silos_right
        and all(0.0 <= kg <= limit for kg in kgs)
        and 0.0 <= weight <= most
    )


@settings(max_examples=500)
@given(st.data())
def test_what_is_believed_of_hostile_bytes(data):
    layout = built(data.draw(good_maps()))
    name = layout.cut("mo_id", "WH/MO/00001")
    limit = data.draw(st.sampled_from((1.0, 250.0, 5000.0)))
    image = data.draw(hostile_images(layout, name))
    expected = Expectation(1, name, None, {}, {}, limit)
    verdict = judge(image, expected)
    assert (verdict.meaning in BELIEVED) == believable(image, name, limit)
    if verdict.doubt:
        assert str(verdict.doubt)
    assert agree(image, image)
    json.dumps([record.mapped(flag=True) for record in (image.write, image.read)], allow_nan=False)


@given(st.data())
def test_any_bytes_at_all_are_a_record(data):
    layout = built(data.draw(good_maps()))
    raw = data.draw(st.binary(min_size=layout.slot_size, max_size=layout.slot_size))
    record = layout.decode(raw)
    for text in (record.mo_id, record.recipe, record.finished_goods):
        assert text.isascii() and text.isprintable()
    assert record.mapped(flag=True) == layout.decode(raw).mapped(flag=True)
