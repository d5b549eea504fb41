"""The memory map of a slot, and a record's way into bytes and out of them. Pure functions."""

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from .errors import LayoutError, PlcData, _lt
from .fields import ROLES, SILO_ROLES, Field
from .layout_check import check_area, check_fields, parse_rows
from .records import Record

UNKNOWN_SILO = _lt("The layout has no place for silo %(silo)s.")


@dataclass(frozen=True)
class Run:
    """Bytes that are written in one piece at ``offset`` in the slot; ``bit`` is set for a BOOL,
    whose ``data`` is then one byte, 0 or 1."""

    offset: int
    bit: int | None
    data: bytes

    def put_into(self, slot: bytearray) -> None:
        """Write the run into a slot's bytes, as the PLC does."""
        if self.bit is None:
            slot[self.offset : self.offset + len(self.data)] = self.data
        elif self.data[0]:
            slot[self.offset] |= 1 << self.bit
        else:
            slot[self.offset] &= ~(1 << self.bit) & 0xFF


@dataclass(frozen=True)
class Layout:
    """Where each value of a slot stands. Both areas start at byte 0 of their data block and hold
    ``slot_count`` slots of ``slot_size`` bytes, numbered from 1. ``write_handshake`` is ``slot``,
    or ``area`` where slot 1 speaks for all (rule R13)."""

    write_db: int
    read_db: int
    slot_count: int
    slot_size: int
    write_handshake: str
    fields: tuple[Field, ...]

    @classmethod
    def build(
        cls,
        *,
        write_db: int,
        read_db: int,
        slot_count: int,
        slot_size: int,
        rows: Iterable[dict],
        write_handshake: str = "slot",
    ) -> "Layout":
        """Make a layout of rows with the keys ``role``, ``silo_number`` (0 for none), ``address``
        ("144", "168.0"), ``datatype`` ("STRING[20]") and ``scale``.

        Raises LayoutError with every fault that is found, in words.
        """
        fields, problems = parse_rows(rows)
        problems += check_area(write_db, read_db, slot_count, slot_size, write_handshake)
        problems += check_fields(fields, slot_count, slot_size)
        if problems:
            raise LayoutError(problems)
        return cls(write_db, read_db, slot_count, slot_size, write_handshake, tuple(fields))

    @cached_property
    def _by_role(self) -> dict[tuple[str, int], Field]:
        return {(field.role, field.silo_number): field for field in self.fields}

    def field(self, role: str, silo_number: int = 0) -> Field | None:
        """Return the field of a role, or None where the layout lacks it."""
        return self._by_role.get((role, silo_number))

    @cached_property
    def silo_numbers(self) -> tuple[int, ...]:
        """The silos that have a quantity, in the order of the layout."""
        return tuple(f.silo_number for f in self.fields if f.role == "silo_quantity")

    def offset(self, number: int) -> int:
        """The first byte of slot ``number`` (from 1) in its data block."""
        if not 1 <= number <= self.slot_count:
            raise ValueError(f"slot {number} is not one of 1 to {self.slot_count}")
        return (number - 1) * self.slot_size

    def cut(self, role: str, text: str) -> str:
        """Return a text as the PLC gives it back in this role: ASCII, cut, cleaned.

        A role that the layout lacks gives back nothing.
        """
        field = self.field(role)
        return field.datatype.cut(text) if field else ""

    @cached_property
    def _struct(self) -> tuple[struct.Struct, dict[Field, int]]:
        """The slot as one struct, and which of its items each field is in: the BOOLs of a byte
        share one, bytes that no field maps are left out."""
        codes, items, end = [], {}, 0
        for field in sorted(self.fields, key=lambda field: field.byte):
            if field.byte >= end:
                codes.append(f"{field.byte - end}x{field.datatype.code}")
                end = field.end
            items[field] = len(codes) - 1
        return struct.Struct(f">{''.join(codes)}{self.slot_size - end}x"), items

    def _converters(self, role: str) -> tuple[tuple[int, int, Callable], ...]:
        items = self._struct[1]
        return tuple(
            (f.silo_number, items[f], f.converter()) for f in self.fields if f.role == role
        )

    @cached_property
    def _decoder(self) -> tuple:
        """All that ``decode`` needs to know, worked out once for a layout."""
        unpacker, items = self._struct
        others = tuple(
            (f.role, items[f], f.converter()) for f in self.fields if f.role not in SILO_ROLES
        )
        return unpacker.unpack, *map(self._converters, SILO_ROLES), others

    def decode(self, data: bytes) -> Record:
        """Return the record in ``slot_size`` bytes. Never raises for bytes of that length."""
        unpack, ids, weights, others = self._decoder
        raw = unpack(data)
        return Record(
            silo_ids={silo: value(raw[item]) for silo, item, value in ids},
            quantities={silo: value(raw[item]) for silo, item, value in weights},
            **{role: value(raw[item]) for role, item, value in others},
        )

    def number_in(self, data: bytes) -> int:
        """Return ``batch_no`` of the record in ``slot_size`` bytes, and look at nothing else."""
        field = self._by_role["batch_no", 0]
        return field.datatype.decode(data[field.byte : field.end])

    def encode_runs(self, record: Record, roles: Iterable[str]) -> list[Run]:
        """Return what must be written to put some roles of a record into a slot.

        Neighbouring fields are merged; bytes that no field maps are never touched; each BOOL is a
        run of its own. Silos that the record leaves out get 0 kg, and their own number as id.
        PlcData if a value does not fit, or if a silo that is not 0 has no place.
        """
        self._check_silos(record)
        roles = set(roles)
        fields = sorted((f for f in self.fields if f.role in roles), key=lambda f: f.byte)
        runs: list[Run] = []
        for field in fields:
            data = field.encode(self._value(record, field))
            last = runs[-1] if runs else None
            if field.bit is None and last and last.bit is None and _ends_at(last, field.byte):
                runs[-1] = Run(last.offset, None, last.data + data)
            else:
                runs.append(Run(field.byte, field.bit, data))
        return runs

    def _check_silos(self, record: Record) -> None:
        for silo, kg in record.quantities.items():
            if kg and silo not in self.silo_numbers:
                raise PlcData(UNKNOWN_SILO, silo=silo)

    @staticmethod
    def _value(record: Record, field: Field):
        if field.role == "silo_id":
            return record.silo_ids.get(field.silo_number, field.silo_number)
        if field.role == "silo_quantity":
            return record.quantities.get(field.silo_number, 0.0)
        if field.role == "actual_weight":
            return record.actual_weight or 0.0
        return getattr(record, field.role)

    def encode(self, record: Record) -> bytes:
        """Return the ``slot_size`` bytes of a whole record; unmapped bytes are 0."""
        slot = bytearray(self.slot_size)
        for run in self.encode_runs(record, ROLES):
            run.put_into(slot)
        return bytes(slot)


def _ends_at(run: Run, byte: int) -> bool:
    return run.offset + len(run.data) == byte
