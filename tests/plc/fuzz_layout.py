"""Memory maps of any kind: what a person, a file or an import may give as one.

A map is refused with every fault in words, or it carries each value that it lets in: what is
written into a slot is read back, as near as the datatype can hold it.
"""

import math
import struct
from decimal import ROUND_HALF_UP, Decimal

from hypothesis import strategies as st

from plc import Layout, LayoutError, PlcData, Record
from plc.datatypes import parse_datatype
from plc.fields import FLAGS, NUMBERS, TEXTS, WEIGHTS

INTEGERS = ("BYTE", "INT", "UINT", "DINT", "UDINT", "WORD", "DWORD")
SINGLES = FLAGS + TEXTS + ("batch_no", "consumption", "actual_weight")
INT4 = 2**31 - 1  # a database's integer

texts = st.builds("{}[{}]".format, st.sampled_from(("STRING", "FSTRING")), st.integers(1, 30))
FITTING = {
    **dict.fromkeys(FLAGS, st.just("BOOL") | st.sampled_from(INTEGERS)),
    **dict.fromkeys(NUMBERS, st.sampled_from(INTEGERS)),
    **dict.fromkeys(TEXTS, texts),
    **dict.fromkeys(WEIGHTS, st.sampled_from((*INTEGERS, "REAL", "LREAL"))),
}
SCALES = (1, 1, 10, 100, 1000, 0.5, 0.001, 3)
words = st.text("BOLINTREADWFS[]0123456789. -", max_size=12) | st.text(max_size=6)
odd_scales = st.floats() | st.sampled_from((0.0, -1.0, math.inf, math.nan, 1e300, 1e-300))
odd = {
    "role": st.sampled_from((*SINGLES, "silo_id", "silo_quantity", "weight", "")),
    "silo_number": st.integers(-2, 70_000) | st.just(INT4),
    "address": words | st.integers(0, 70_000).map(str) | st.floats(0, 300).map("{:.1f}".format),
    "datatype": words | texts | st.sampled_from(("BOOL", "STRING[255]", "REAL", "string[4]", "")),
    "scale": odd_scales,
}


@st.composite
def good_maps(draw):
    """Arguments of `Layout.build`, put together as an engineer would."""
    silos = draw(st.lists(st.integers(1, 250), min_size=1, max_size=4, unique=True))
    roles = [(role, 0) for role in SINGLES] + [("silo_quantity", silo) for silo in silos]
    lacking = draw(st.sets(st.sampled_from(("recipe", "finished_goods", "actual_weight"))))
    roles = [place for place in roles if place[0] not in lacking]
    roles += [("silo_id", silo) for silo in silos if draw(st.booleans())]
    rows, byte = [], 0
    for role, silo in draw(st.permutations(roles)):
        name = draw(FITTING[role])
        byte += draw(st.sampled_from((0, 0, 0, 1, 5)))
        bit = f".{draw(st.integers(0, 7))}" if name == "BOOL" else ""
        scale = draw(st.sampled_from(SCALES)) if role in WEIGHTS else 1
        rows.append(_row(role, silo, f"{byte}{bit}", name, scale))
        byte += parse_datatype(name).size
    dbs = draw(st.lists(st.integers(1, 65535), min_size=2, max_size=2, unique=True))
    return {
        "write_db": dbs[0],
        "read_db": dbs[1],
        "slot_count": draw(st.integers(1, 30)),
        "slot_size": byte + draw(st.integers(0, 9)),
        "write_handshake": draw(st.sampled_from(("slot", "area"))),
        "rows": rows,
    }


@st.composite
def any_maps(draw):
    """Arguments of `Layout.build`: good ones, and such with mistakes."""
    given = draw(good_maps())
    rows = given["rows"]
    for _ in range(draw(st.integers(0, 3))):
        row = rows[draw(st.integers(0, len(rows) - 1))]
        kind = draw(st.sampled_from(("size", "count", "db", "twice", "lack", "swap", *odd)))
        if kind in odd:
            row[kind] = draw(odd[kind])
        elif kind == "size":
            given["slot_size"] = draw(st.integers(-5, 300) | st.just(70_000))
        elif kind == "count":
            given["slot_count"] = draw(st.integers(-5, 300) | st.just(INT4))
        elif kind == "db":
            given["write_db"] = draw(st.integers(-1, 70_000) | st.just(given["read_db"]))
        elif kind == "twice":
            rows.append(dict(row))
        elif kind == "lack" and len(rows) > 1:
            rows.remove(row)
        elif kind == "swap":
            other = rows[draw(st.integers(0, len(rows) - 1))]
            row["address"], other["address"] = other["address"], row["address"]
    return given


def _row(role, silo, address, datatype, scale):
    return {
        "role": role,
        "silo_number": silo,
        "address": address,
        "datatype": datatype,
        "scale": scale,
    }


kg = st.floats(0, 5000).map(lambda value: round(value, 3)) | st.floats() | st.integers(-9, 10**9)
names = st.text(max_size=40)


@st.composite
def records(draw, layout):
    """Records with any values, for the silos of a layout."""
    numbers = st.integers(-1, 70_000) | st.integers(0, 300)
    return Record(
        batch_no=draw(numbers),
        mo_id=draw(names),
        recipe=draw(names),
        finished_goods=draw(names),
        consumption=draw(kg),
        quantities={silo: draw(kg) for silo in layout.silo_numbers},
        actual_weight=draw(kg),
        **{flag: draw(st.booleans()) for flag in FLAGS},
    )


def built(given):
    """The layout of a map, or None where it is refused in words. What is let in can be used: at
    least for an order of nothing."""
    try:
        layout = Layout.build(**given)
        quantities = dict.fromkeys(layout.silo_numbers, 0.0)
        plain = Record(batch_no=1, mo_id="WH/MO/1", quantities=quantities, actual_weight=0.0)
        assert check_round_trip(layout, plain), given
        return layout
    except LayoutError as error:
        assert error.problems
        for template, params in error.problems:
            assert template % params
        return None


def check_round_trip(layout, record):
    """What is let in is read back; AssertionError where it is not."""
    try:
        data = layout.encode(record)
    except PlcData as error:
        assert error.reason and "%(" not in error.reason
        return False
    assert len(data) == layout.slot_size
    found = layout.decode(data)
    for field in layout.fields:
        _check_field(field, record, found)
    again = layout.encode(found)
    assert layout.decode(again).mapped(flag=True) == found.mapped(flag=True)
    return True


def _check_field(field, record, found):
    silo = field.silo_number
    if field.role == "silo_id":
        assert found.silo_ids[silo] == silo
    elif field.role == "silo_quantity":
        _check_weight(field, record.quantities[silo], found.quantities[silo])
    elif field.role in WEIGHTS:
        _check_weight(field, getattr(record, field.role), getattr(found, field.role))
    elif field.role in TEXTS:
        plain = getattr(record, field.role).encode("ascii", "replace").decode()
        printable = "".join(c for c in plain if c >= " " and c != "\x7f")
        kept = printable.rstrip(" ")[: field.datatype.length].rstrip(" ")
        assert getattr(found, field.role) == kept
    else:
        assert getattr(found, field.role) == getattr(record, field.role)


def _check_weight(field, written, found):
    assert math.isfinite(found)
    if field.datatype.is_integer:
        stored = (Decimal(str(written)) * Decimal(str(field.scale))).to_integral_value(
            ROUND_HALF_UP
        )
        assert found == int(stored) / field.scale
        return
    stored = written * field.scale
    if field.datatype.name == "REAL":
        stored = struct.unpack(">f", struct.pack(">f", stored))[0]
    assert found == stored / field.scale
