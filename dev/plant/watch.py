"""What Odoo must never do to the PLC's memory, checked at every write and at every take."""

import math
from collections.abc import Iterable

from plc import Record

from .memory import Area
from .wire import WireRequest


class Watch:
    """Looks at each write as it lands. ``violations`` collects what was wrong, in words."""

    def __init__(self, write_area: Area, read_area: Area):
        self.layout = write_area.layout
        self._is_area = self.layout.write_handshake == "area"
        self.violations: list[str] = []
        self._write = write_area
        self._read = read_area
        self._valid: dict[int, Record] = {}  # slot: its valid record that is not taken yet
        self._excused: set[int] = set()  # slots whose flag the PLC itself has lowered

    def on_write(self, request: WireRequest) -> None:
        """Check a write that has just been carried out."""
        if request.db == self.layout.read_db:
            self._check_read_area(request)
            return
        touched = self._write.touched(request.start, request.size)
        if self._is_area and 1 in touched:
            touched = range(1, self.layout.slot_count + 1)
        elif self._is_area:
            self._check_latecomers(touched)
        for number in touched:
            self._check_slot(number)

    def excuse_taking(self, lowered: Area) -> None:
        """The PLC has lowered its own flags in an area: what it takes again now, or takes though
        the slot's finished record was not acknowledged, is not Odoo's doing."""
        everyone = range(1, self.layout.slot_count + 1)
        self._excused.update(n for n in everyone if not lowered.record(n).is_blank)

    def on_take(self, number: int) -> None:
        """Check what the program is about to take, and what that will overwrite."""
        for fault in self._faults(number, self._write.record(number)):
            self._report(number, f"a record that {fault} is to be taken")
        self._valid.pop(number, None)
        before = self._read.record(number)
        if number in self._excused:
            self._excused.discard(number)
        elif before.batch_no and not before.status_read_data:
            self._report(
                number,
                f"a new order, but the READ record of {before.mo_id!r} was never acknowledged",
            )

    def _check_slot(self, number: int) -> None:
        record = self._write.record(number)
        speaker = self._write.record(1) if self._is_area else record
        if not (record.batch_no and is_valid(speaker)):
            self._valid.pop(number, None)
            return
        for fault in self._faults(number, record):
            self._report(number, f"a valid record {fault}")
        before = self._valid.setdefault(number, record)
        if record.mapped(flag=True) != before.mapped(flag=True):
            self._report(number, "the valid record changed before it was taken")
            self._valid[number] = record

    def _check_latecomers(self, touched: Iterable[int]) -> None:
        """R13: what gets its number after slot 1 has its own may come too late for its area."""
        if not self._write.record(1).batch_no:
            return
        for number in touched:
            if self._write.record(number).batch_no and number not in self._valid:
                self._report(number, "its number follows slot 1's, which is the last word")

    def _faults(self, number: int, record: Record):
        if record.batch_no != number:
            yield f"carries the number {record.batch_no}"
        if not record.mo_id:
            yield "names no order"
        for silo, found in record.silo_ids.items():
            if found != silo:
                yield f"has the id {found} beside the quantity of silo {silo}"
        if record.status_manufacturing or record.status_operation:
            yield "has a status that is not 0"
        weights = list(record.quantities.values())
        if self.layout.field("consumption"):
            weights.append(record.consumption)
            if record.consumption == 0:
                yield "plans 0 kg"
        if any(not math.isfinite(kg) or kg < 0 for kg in weights):
            yield "has a weight that is no number or below 0"
        if not any(record.quantities.values()):
            yield "doses nothing from any silo"

    def _check_read_area(self, request: WireRequest) -> None:
        flag = self.layout.field("status_read_data")
        number, byte = divmod(request.start, self.layout.slot_size)
        if (byte, request.size, request.bit) != (flag.byte, flag.datatype.size, flag.bit):
            self._report(
                number + 1, f"{request.size} bytes of the READ area written that are not its flag"
            )

    def _report(self, number: int, fault: str) -> None:
        self.violations.append(f"slot {number}: {fault}")


def is_valid(record: Record) -> bool:
    """P1: what the PLC takes is a record with a number whose flag is 0."""
    return record.batch_no != 0 and not record.status_read_data
