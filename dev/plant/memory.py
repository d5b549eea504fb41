"""The plant's two data blocks, and records in and out of them."""

from collections.abc import Iterable
from dataclasses import replace

from plc import Layout, Record
from plc.fields import ROLES

SILO_ROLES = {"quantities": "silo_quantity", "silo_ids": "silo_id"}


class Area:
    """One data block with a record a slot: ``data`` is what the S7 server serves."""

    def __init__(self, layout: Layout):
        self.layout = layout
        self.data = bytearray(layout.slot_count * layout.slot_size)

    def raw(self, number: int) -> bytes:
        """Return a slot's bytes."""
        start = self.layout.offset(number)
        return bytes(self.data[start : start + self.layout.slot_size])

    def record(self, number: int) -> Record:
        """Return a slot's record."""
        return self.layout.decode(self.raw(number))

    def put(self, number: int, record: Record, roles: Iterable[str] = ROLES) -> None:
        """Write some roles of a record; all other bytes stay."""
        slot = bytearray(self.raw(number))
        for run in self.layout.encode_runs(record, roles):
            run.put_into(slot)
        start = self.layout.offset(number)
        self.data[start : start + len(slot)] = slot

    def change(self, number: int, **fields) -> None:
        """Change some fields of a record by hand; silos that are not named keep theirs."""
        record = self.record(number)
        for name in SILO_ROLES.keys() & fields.keys():
            fields[name] = {**getattr(record, name), **fields[name]}
        self.put(number, replace(record, **fields), [SILO_ROLES.get(n, n) for n in fields])

    def touched(self, start: int, size: int) -> range:
        """Return the numbers of the slots that ``size`` bytes from ``start`` lie in."""
        first = start // self.layout.slot_size + 1
        last = (start + size - 1) // self.layout.slot_size + 1
        return range(first, min(last, self.layout.slot_count) + 1)

    def wipe(self) -> None:
        """Set every byte to 0, as a replaced CPU does."""
        self.data[:] = bytes(len(self.data))
