"""Slots full of what a PLC, or what is none, may have in its memory; and what may be believed."""

import math
import struct

from hypothesis import strategies as st

from plc import Record, SlotImage

PATTERNS = (
    b"\0\0\0\0",
    b"\xff\xff\xff\xff",
    b"\0\0\0\x01",
    b"\x80\0\0\0",
    *(struct.pack(">f", kg) for kg in (math.nan, math.inf, -math.inf, -0.5, 3e38, 100.0)),
    *(struct.pack(">d", kg) for kg in (math.nan, 1e308, -1.0, 50.0)),
)


@st.composite
def hostile_images(draw, layout, name, number=1):
    """The slot of an order that is being dosed, with hostile bytes in some of its fields."""
    write = Record(batch_no=number, mo_id=name, status_read_data=True)
    read = Record(batch_no=number, mo_id=name)
    raws = []
    for record in (write, read):
        raw = bytearray(layout.encode(record))
        for field in draw(st.lists(st.sampled_from(layout.fields), max_size=3)):
            patterns = st.sampled_from(PATTERNS).map(lambda p: p * 64)
            data = draw(patterns | st.binary(min_size=256, max_size=256))
            raw[field.byte : field.end] = data[: field.datatype.size]
        raws.append(bytes(raw))
    return SlotImage(number, *raws, layout.decode, layout.decode, layout.number_in)


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
        and read.batch_no == image.number
        and silos_right
        and all(0.0 <= kg <= limit for kg in kgs)
        and 0.0 <= weight <= most
    )
