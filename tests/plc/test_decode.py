"""Decoding a slot in one piece equals decoding each field by itself with snap7's own getters."""

import math

from hypothesis import given
from hypothesis import strategies as st
from snap7 import util

from plc import Layout
from plc.fields import FLAGS, NUMBERS, TEXTS, WEIGHTS

WHOLE = ("BYTE", "INT", "UINT", "WORD", "DINT", "UDINT", "DWORD")
SIZES = {"BYTE": 1, "INT": 2, "UINT": 2, "WORD": 2, "DINT": 4, "UDINT": 4, "DWORD": 4, "REAL": 4}
SIZES |= {"LREAL": 8, "BOOL": 1}
TYPES = {
    **dict.fromkeys(FLAGS, ("BOOL", *WHOLE)),
    **dict.fromkeys(NUMBERS, ("INT", "UINT", "DINT")),
    **dict.fromkeys(TEXTS, ("STRING[12]", "FSTRING[9]")),
    **dict.fromkeys(WEIGHTS, ("REAL", "LREAL", *WHOLE)),
}


def size(datatype):
    name, _, length = datatype.rstrip("]").partition("[")
    return int(length) + 2 * (name == "STRING") if length else SIZES[name]


@st.composite
def layouts(draw):
    """Fields in any order with gaps between them, and flags that share a byte."""
    silos = draw(st.sets(st.integers(101, 120), min_size=1, max_size=6))
    keys = [(role, 0) for role in ("batch_no", "mo_id", *FLAGS)]
    keys += [(r, 0) for r in ("recipe", "consumption", "actual_weight") if draw(st.booleans())]
    keys += [(role, silo) for silo in silos for role in ("silo_quantity", "silo_id")]
    rows, at, bit = [], 0, None
    for role, silo in draw(st.permutations(keys)):
        datatype = draw(st.sampled_from(TYPES[role]))
        if datatype == "BOOL" and bit is not None and draw(st.booleans()):
            bit += 1
            address = f"{at - 1}.{bit}"
        else:
            at += draw(st.integers(0, 3))
            bit = 0 if datatype == "BOOL" else None
            address = f"{at}.0" if datatype == "BOOL" else str(at)
            at += size(datatype)
        scale = draw(st.sampled_from([1, 10, 100])) if role in WEIGHTS else 1
        rows.append(
            {
                "role": role,
                "silo_number": silo,
                "address": address,
                "datatype": datatype,
                "scale": scale,
            }
        )
    slot_size = at + draw(st.integers(0, 3))
    return Layout.build(
        write_db=1, read_db=2, slot_count=2, slot_size=slot_size, rows=draw(st.permutations(rows))
    ), rows


def by_itself(row, slot):
    byte, _, bit = row["address"].partition(".")
    byte, name = int(byte), row["datatype"].partition("[")[0]
    if name == "BOOL":
        return util.get_bool(bytearray(slot), byte, int(bit))
    raw = slot[byte : byte + size(row["datatype"])]
    if name == "STRING":
        return text(raw[2 : 2 + raw[1]])
    if name == "FSTRING":
        return text(raw[: raw.index(0)] if 0 in raw else raw)
    value = getattr(util, f"get_{name.lower()}")(bytearray(raw), 0)
    if row["role"] in FLAGS:
        return value != 0
    return value / row["scale"] if row["role"] in WEIGHTS else value


def text(raw):
    kept = (chr(byte) if byte < 127 else "?" for byte in raw if byte >= 32 and byte != 127)
    return "".join(kept).rstrip()


@given(st.data())
def test_a_slot_in_one_piece_is_its_fields_one_by_one(data):
    layout, rows = data.draw(layouts())
    slot = data.draw(st.binary(min_size=layout.slot_size, max_size=layout.slot_size))
    record = layout.decode(slot)
    for row in rows:
        role, silo = row["role"], row["silo_number"]
        found = {
            "silo_id": record.silo_ids,
            "silo_quantity": record.quantities,
        }.get(role, {0: getattr(record, role, None)})[silo]
        expected = by_itself(row, slot)
        assert type(found) is (float if role in WEIGHTS else type(expected)), row
        assert found == expected or math.isnan(found) and math.isnan(expected), row
    assert layout.number_in(slot) == record.batch_no
