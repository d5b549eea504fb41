import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plant import layout_named

from plc import Layout, PlcData, Record
from plc.fields import FLAGS, ROLES

LAYOUTS = {name: layout_named(name) for name in ("native", "word_map")}

flag_bits = st.booleans()
ascii_text = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=16)
centikilos = st.integers(0, 2**32 - 1).map(lambda value: value / 100)


def records(weights):
    silos = LAYOUTS["native"].silo_numbers
    return st.builds(
        Record,
        batch_no=st.integers(-32768, 32767),
        mo_id=ascii_text.map(str.rstrip),
        recipe=ascii_text.map(str.rstrip),
        finished_goods=ascii_text.map(str.rstrip),
        consumption=weights,
        silo_ids=st.fixed_dictionaries({silo: st.integers(-32768, 32767) for silo in silos}),
        quantities=st.fixed_dictionaries(dict.fromkeys(silos, weights)),
        status_manufacturing=flag_bits,
        status_operation=flag_bits,
        actual_weight=weights,
        status_read_data=flag_bits,
    )


@given(records(centikilos))
def test_a_record_survives_the_word_map(record):
    layout = LAYOUTS["word_map"]
    assert layout.decode(layout.encode(record)) == record


@given(records(st.floats(0, 2**30, width=32)))
def test_a_record_survives_the_native_layout(record):
    layout = LAYOUTS["native"]
    assert layout.decode(layout.encode(record)) == record


@given(st.data())
@pytest.mark.parametrize("name", LAYOUTS)
def test_no_bytes_make_decoding_raise(name, data):
    layout = LAYOUTS[name]
    record = layout.decode(
        data.draw(st.binary(min_size=layout.slot_size, max_size=layout.slot_size))
    )
    mapped = record.mapped(flag=True)
    assert json.loads(json.dumps(mapped, allow_nan=False)) == mapped


def test_both_zeros_are_one():
    one, two = (Record(quantities={101: zero}, actual_weight=zero) for zero in (0.0, -0.0))
    assert one.mapped() == two.mapped()


def test_a_record_with_nan_equals_itself():
    one = Record(quantities={101: math.nan}, consumption=math.inf)
    two = Record(quantities={101: float("nan")}, consumption=math.inf)
    assert one.mapped() == two.mapped()
    assert one.mapped()["quantities"] == {"101": "nan"}


def test_the_read_flag_is_left_out_of_a_comparison_unless_asked_for():
    assert Record(status_read_data=True).mapped() == Record().mapped()
    assert Record(status_read_data=True).mapped(flag=True) != Record().mapped(flag=True)


@pytest.mark.parametrize("field", ["batch_no", "mo_id", "consumption", *FLAGS[:2], "actual_weight"])
def test_every_other_value_counts_in_a_comparison(field):
    other = {"mo_id": "x"}.get(field, 1)
    assert Record(**{field: other}).mapped() != Record().mapped()


@pytest.mark.parametrize(
    ("kg", "stored"), [(1.005, 101), (0.005, 1), (0.015, 2), (4.35, 435), (1000.045, 100005)]
)
def test_a_weight_is_rounded_as_people_count(kg, stored):
    encoded = LAYOUTS["word_map"].field("consumption").encode(kg)
    assert int.from_bytes(encoded, "big") == stored


def test_a_weight_that_does_not_fit_is_refused_with_its_silo():
    with pytest.raises(PlcData) as refused:
        LAYOUTS["word_map"].encode(Record(quantities={103: 50_000_000.0}))
    assert "silo_quantity 103: 5000000000 does not fit" in refused.value.reason


def test_a_negative_weight_does_not_wrap():
    with pytest.raises(PlcData, match="silo_quantity 103: -1 does not fit"):
        LAYOUTS["word_map"].encode(Record(quantities={103: -0.01}))


def test_a_silo_without_a_place_is_refused_unless_it_doses_nothing():
    with pytest.raises(PlcData, match="no place for silo 99"):
        LAYOUTS["native"].encode(Record(quantities={99: 1.0}))
    LAYOUTS["native"].encode(Record(quantities={99: 0.0}))


def test_silo_ids_are_the_layouts_own_unless_given():
    layout = LAYOUTS["native"]
    assert layout.decode(layout.encode(Record())).silo_ids == {n: n for n in range(101, 116)}
    assert layout.decode(layout.encode(Record(silo_ids={110: 109}))).silo_ids[110] == 109


@pytest.mark.parametrize("word", [1, 2, -1])
def test_a_word_that_is_not_0_is_a_raised_flag(word):
    slot = bytearray(200)
    slot[152:154] = word.to_bytes(2, "big", signed=True)
    assert LAYOUTS["word_map"].decode(bytes(slot)).status_read_data is True


@pytest.mark.parametrize("byte", [0b0000_0001, 0b1111_1111])
def test_a_flag_is_its_bit_and_not_its_byte(byte):
    layout = LAYOUTS["native"]
    slot = bytearray(170)
    slot[168] = byte
    assert layout.decode(bytes(slot)).status_read_data is True
    slot[168] = byte & 0b1111_1110
    assert layout.decode(bytes(slot)).status_read_data is False


def test_neighbouring_fields_are_one_run_and_each_bool_its_own():
    body = [role for role in ROLES if role not in ("batch_no", "mo_id")]
    runs = [
        (run.offset, run.bit, len(run.data))
        for run in LAYOUTS["native"].encode_runs(Record(), body)
    ]
    assert runs == [(24, None, 138), (162, 0, 1), (163, 0, 1), (164, None, 4), (168, 0, 1)]
    runs = LAYOUTS["word_map"].encode_runs(Record(), body)
    assert [(run.offset, len(run.data)) for run in runs] == [(18, 136)]


@pytest.mark.parametrize("name", LAYOUTS)
@given(st.sets(st.sampled_from(ROLES)))
def test_runs_touch_what_they_are_asked_for_and_nothing_else(name, roles):
    layout = LAYOUTS[name]
    wanted = set()
    for field in layout.fields:
        if field.role in roles:
            bits = range(8 * field.byte, 8 * field.end)
            wanted |= {8 * field.byte + field.bit} if field.bit is not None else set(bits)
    touched = set()
    for run in layout.encode_runs(Record(), roles):
        bits = range(8 * run.offset, 8 * (run.offset + len(run.data)))
        touched |= {8 * run.offset + run.bit} if run.bit is not None else set(bits)
    assert touched == wanted


def test_a_layout_may_do_without_the_optional_roles():
    layout = Layout.build(
        write_db=1,
        read_db=2,
        slot_count=2,
        slot_size=20,
        rows=[
            {"role": "batch_no", "address": "0", "datatype": "INT"},
            {"role": "mo_id", "address": "2", "datatype": "FSTRING[8]"},
            {"role": "silo_quantity", "silo_number": 1, "address": "10", "datatype": "REAL"},
            {"role": "status_manufacturing", "address": "14.0", "datatype": "BOOL"},
            {"role": "status_operation", "address": "14.1", "datatype": "BOOL"},
            {"role": "status_read_data", "address": "14.7", "datatype": "BOOL"},
        ],
    )
    assert layout.field("recipe") is None
    assert layout.cut("recipe", "CF1B") == ""
    assert layout.cut("mo_id", "WH/MO/00042") == "WH/MO/00"
    record = Record(batch_no=2, mo_id="A", quantities={1: 5.0}, status_operation=True)
    back = layout.decode(layout.encode(record))
    assert back == record
    assert back.actual_weight is None
    assert back.silo_ids == {}


def test_a_slot_has_its_offset_and_no_other():
    layout = LAYOUTS["native"]
    assert [layout.offset(number) for number in (1, 2, 10)] == [0, 170, 1530]
    for number in (0, 11):
        with pytest.raises(ValueError, match="not one of 1 to 10"):
            layout.offset(number)
