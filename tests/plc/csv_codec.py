"""A slot's bytes read with the CSV file and ``struct`` alone: shares no code with ``plc``."""

import csv
import struct
from pathlib import Path

DATA = Path(__file__).resolve().parents[1] / "data"
FILES = {"native": DATA / "native_slot.csv", "word_map": DATA / "word_map_slot.csv"}
FORMATS = {"INT": ">h", "UDINT": ">I", "REAL": ">f"}


def rows(layout_name):
    with open(FILES[layout_name], encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def decode(layout_name, slot):
    """``{(role, silo): value}``; silo is 0 where there is none."""
    return {(row["role"], int(row["silo"] or 0)): _value(row, slot) for row in rows(layout_name)}


def _value(row, slot):
    kind = row["s7_type"]
    byte, _, bit = row["byte_offset"].partition(".")
    byte = int(byte)
    if kind == "BOOL":
        return slot[byte] >> int(bit) & 1
    if kind.startswith("STRING["):
        return slot[byte + 2 : byte + 2 + slot[byte + 1]].decode("ascii")
    if kind.startswith("FSTRING["):
        size = int(kind[8:-1])
        return slot[byte : byte + size].rstrip(b"\0").decode("ascii")
    value = struct.unpack_from(FORMATS[kind], slot, byte)[0]
    return value / float(row["scale"]) if row["scale"] not in ("", "1") else value
