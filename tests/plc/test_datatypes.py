import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from snap7 import util

from plc import LayoutError, PlcData, parse_datatype

INTEGERS = {
    "BYTE": (1, 0, 255),
    "INT": (2, -32768, 32767),
    "UINT": (2, 0, 65535),
    "WORD": (2, 0, 65535),
    "DINT": (4, -(2**31), 2**31 - 1),
    "UDINT": (4, 0, 2**32 - 1),
    "DWORD": (4, 0, 2**32 - 1),
}


@pytest.mark.parametrize("name", INTEGERS)
@given(data=st.data())
def test_integers_are_those_of_snap7(name, data):
    size, low, high = INTEGERS[name]
    value = data.draw(st.integers(low, high) | st.sampled_from([low, high]))
    datatype = parse_datatype(name)
    expected = bytearray(size)
    getattr(util, f"set_{name.lower()}")(expected, 0, value)
    assert datatype.size == size
    assert datatype.encode(value) == expected
    assert datatype.decode(bytes(expected)) == value


@pytest.mark.parametrize("name", INTEGERS)
def test_an_integer_out_of_range_is_refused_in_words_and_never_wraps(name):
    _size, low, high = INTEGERS[name]
    for value in (low - 1, high + 1, low - 0.5, high + 0.5, 1e30):
        with pytest.raises(PlcData) as refused:
            parse_datatype(name).encode(value)
        assert name in refused.value.reason
        assert str(high) in refused.value.reason
        assert not refused.value.retryable


def test_825_kg_times_100_does_not_go_into_an_int():
    with pytest.raises(PlcData, match="82500 does not fit"):
        parse_datatype("INT").encode(82500)


@pytest.mark.parametrize(
    ("value", "stored"), [(0.5, 1), (1.5, 2), (2.5, 3), (-0.5, -1), (-2.5, -3), (2.49, 2), (2, 2)]
)
def test_integers_are_rounded_half_away_from_zero(value, stored):
    assert struct.unpack(">h", parse_datatype("INT").encode(value)) == (stored,)


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_real_is_that_of_snap7(value):
    expected = util.set_real(bytearray(4), 0, value)
    assert parse_datatype("REAL").encode(value) == expected
    assert parse_datatype("REAL").decode(bytes(expected)) == util.get_real(expected, 0) == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_lreal_is_that_of_snap7(value):
    expected = bytearray(8)
    util.set_lreal(expected, 0, value)
    assert parse_datatype("LREAL").encode(value) == expected
    assert parse_datatype("LREAL").decode(bytes(expected)) == util.get_lreal(expected, 0) == value


@pytest.mark.parametrize("name", ["REAL", "LREAL", "INT", "UDINT"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_a_number_is_never_written(name, value):
    with pytest.raises(PlcData, match="not a number"):
        parse_datatype(name).encode(value)


def test_a_number_beyond_real_is_refused():
    with pytest.raises(PlcData, match="not a number that REAL"):
        parse_datatype("REAL").encode(1e39)


@pytest.mark.parametrize("value", [True, False])
def test_bool_is_one_byte_of_0_or_1(value):
    expected = util.set_bool(bytearray(1), 0, 0, value)
    assert parse_datatype("BOOL").encode(value) == expected
    assert parse_datatype("BOOL").decode(bytes(expected)) is value


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20))
def test_string_is_that_of_snap7(text):
    expected = bytearray(22)
    util.set_string(expected, 0, text.rstrip(), 20)
    assert parse_datatype("STRING[20]").encode(text) == expected
    assert parse_datatype("STRING[20]").decode(bytes(expected)) == util.get_string(expected, 0)


def test_fstring_is_padded_with_nul_and_read_to_the_first():
    fstring = parse_datatype("FSTRING[8]")
    assert fstring.encode("MO/1") == b"MO/1\0\0\0\0"
    assert fstring.decode(b"MO/1\0old") == "MO/1"
    assert fstring.decode(b"MO/1    ") == "MO/1"
    assert fstring.decode(b"MO/12345") == "MO/12345"


@pytest.mark.parametrize("name", ["STRING[5]", "FSTRING[5]"])
@pytest.mark.parametrize(
    ("text", "back"),
    [
        ("ABCDEFG", "ABCDE"),
        ("ABCD EFG", "ABCD"),
        ("é€x", "??x"),
        ("A\nB\0C\x7f", "ABC"),
        (" AB ", " AB"),
        ("😀", "?"),
        ("", ""),
        (None, ""),
    ],
)
def test_text_is_cut_to_what_the_plc_can_hold(name, text, back):
    datatype = parse_datatype(name)
    assert datatype.cut(text) == back
    assert datatype.decode(datatype.encode(text)) == back


@pytest.mark.parametrize("name", ["STRING[5]", "FSTRING[5]", "STRING[254]", "FSTRING[254]"])
@given(text=st.text(max_size=300))
def test_cut_is_what_comes_back(name, text):
    datatype = parse_datatype(name)
    encoded = datatype.encode(text)
    assert len(encoded) == datatype.size
    assert datatype.decode(encoded) == datatype.cut(text) == datatype.cut(datatype.cut(text))


@pytest.mark.parametrize(
    "raw", [b"\xff\xff" + b"A" * 20, b"\x00\xff" + b"A" * 20, b"\x14\x15" + b"A" * 20]
)
def test_a_string_with_a_hostile_length_reads_no_further_than_its_field(raw):
    assert parse_datatype("STRING[20]").decode(raw) == "A" * 20


@pytest.mark.parametrize(
    "name", [*INTEGERS, "BOOL", "REAL", "LREAL", "STRING[1]", "STRING[20]", "FSTRING[16]"]
)
@given(data=st.data())
def test_no_bytes_make_decoding_raise(name, data):
    datatype = parse_datatype(name)
    value = datatype.decode(data.draw(st.binary(min_size=datatype.size, max_size=datatype.size)))
    if datatype.is_text:
        assert len(value) <= datatype.length
        assert all(" " <= character <= "~" for character in value)


@pytest.mark.parametrize("text", ["int", " INT ", "string[20]", "FSTRING[254]"])
def test_a_datatype_is_known_in_any_case(text):
    assert str(parse_datatype(text)) == text.strip().upper()


@pytest.mark.parametrize(
    "text", ["", None, "FLOAT", "STRING", "STRING[0]", "FSTRING[255]", "INT[2]", "STRING[20", "S5"]
)
def test_an_unknown_datatype_is_refused_by_its_name(text):
    with pytest.raises(LayoutError) as refused:
        parse_datatype(text)
    assert f"“{text}”" in str(refused.value)
