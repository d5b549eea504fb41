"""The two shipped layouts, read from their CSV files."""

import csv
from pathlib import Path

from plc import Layout

DATA = Path(__file__).resolve().parents[2] / "tests" / "data"
LAYOUTS = {
    # name: (file, bytes of a slot)
    "native": ("native_slot.csv", 170),
    "word_map": ("word_map_slot.csv", 200),
}


def read_csv_rows(path) -> list[dict]:
    """Return a slot's CSV file as rows for ``Layout.build``."""
    with open(path, encoding="utf-8", newline="") as file:
        return [
            {
                "role": row["role"],
                "silo_number": int(row["silo"] or 0),
                "address": row["byte_offset"],
                "datatype": row["s7_type"],
                "scale": float(row["scale"] or 1),
            }
            for row in csv.DictReader(file)
        ]


def layout_named(name: str, slot_count: int = 10) -> Layout:
    """Return the layout ``native`` or ``word_map``: WRITE area in DB 1, READ area in DB 2."""
    file, slot_size = LAYOUTS[name]
    return Layout.build(
        write_db=1,
        read_db=2,
        slot_count=slot_count,
        slot_size=slot_size,
        rows=read_csv_rows(DATA / file),
    )
