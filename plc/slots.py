"""The single steps of the handshake with the PLC, on the wire.

Each method is one step of a rule in the handshake's rules R1 to R14; their order, the commits
between them and the judgement of what was read belong to the caller. Weights are kg. Every method
raises the session's errors; what it has written before a failure stays written.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from .errors import PlcData, _lt
from .fields import FLAGS, ROLES
from .layout import Layout, Run
from .planner import plan
from .records import Record, SlotImage
from .session import Session

BODY = tuple(role for role in ROLES if role not in ("batch_no", "mo_id"))
SILO_ROLE = {"silo_ids": "silo_id", "quantities": "silo_quantity"}
BODY_DIFFERS = _lt("Slot %(slot)s: %(field)s reads back as %(found)s, but %(written)s was written.")


class Slots:
    """The slots of one PLC, over an open session. SlotTooLong if a slot needs two requests."""

    def __init__(self, session: Session, layout: Layout):
        self._session = session
        self.layout = layout
        with self._named():
            plan((1,), layout.slot_size, session.max_read)

    # Reading

    def read_all(self) -> list[SlotImage]:
        """R4: the whole WRITE area, then the whole READ area, as few requests as possible."""
        images = self.read_slots(range(1, self.layout.slot_count + 1))
        return list(images.values())

    def read_slots(self, numbers: Iterable[int]) -> dict[int, SlotImage]:
        """R4, R5: both records of some slots, all WRITE records before the first READ record."""
        numbers = sorted(set(numbers))
        written = self._read_raw(self.layout.write_db, numbers)
        read = self._read_raw(self.layout.read_db, numbers)
        decode, number_in = self.layout.decode, self.layout.number_in
        return {n: SlotImage(n, written[n], read[n], decode, decode, number_in) for n in numbers}

    def read_write_records(self, numbers: Iterable[int]) -> dict[int, Record]:
        """R2 (c), R3: the WRITE records alone, to read a body back or look whether it is taken."""
        raw = self._read_raw(self.layout.write_db, sorted(set(numbers)))
        return {number: self.layout.decode(data) for number, data in raw.items()}

    def _read_raw(self, db: int, numbers: list[int]) -> dict[int, bytes]:
        size = self.layout.slot_size
        raw = {}
        for request in plan(numbers, size, self._session.max_read):
            data = self._session.read(db, request.offset, request.size)
            for index, number in enumerate(request.numbers):
                raw[number] = data[index * size : (index + 1) * size]
        return raw

    # Writing

    def blank(self, number: int) -> None:
        """R2 (a), R3, R6: the number 0 in a request of its own, then the name blank."""
        self.zero_number(number)
        self.blank_name(number)

    def zero_number(self, number: int) -> None:
        """R3: ``batch_no`` 0, in a request of its own."""
        self._put(number, Record(), ("batch_no",))

    def blank_name(self, number: int) -> None:
        """R2 (a), R3, R6: the WRITE record names no order."""
        self._put(number, Record(), ("mo_id",))

    def raise_read_flag(self, number: int) -> None:
        """R2 (b), R6: ``status_read_data`` of the READ record 1, as an S7 bit or a word."""
        flag = Record(status_read_data=True)
        self._put(number, flag, ("status_read_data",), self.layout.read_db)

    def write_body(self, number: int, record: Record) -> None:
        """R2 (c): all of a WRITE record but number and name; flag, statuses and weight are 0.

        The silo ids written are the layout's own. PlcData, before a byte is sent, if a weight
        does not fit or a silo has no place.
        """
        self._put(number, _body(record), BODY)

    def check_body(self, number: int, found: Record, record: Record) -> None:
        """R2 (c): PlcData, naming slot and field, if ``found`` is not the body of ``record`` in a
        slot without number and name."""
        body = replace(_body(record), batch_no=0, mo_id="")
        with self._named(slot=number):
            expected = self.layout.decode(self.layout.encode(body)).mapped(flag=True)
        for role, value in found.mapped(flag=True).items():
            if value != expected[role]:
                raise self._difference(number, role, value, expected[role])

    def write_name(self, number: int, name: str) -> None:
        """R2 (d): the order's name, as the PLC can hold it."""
        self._put(number, Record(mo_id=name), ("mo_id",))

    def write_number(self, number: int) -> None:
        """R2 (f): ``batch_no``, one word in a request of its own: now the record is valid."""
        self._put(number, Record(batch_no=number), ("batch_no",))

    def _put(
        self, number: int, record: Record, roles: tuple[str, ...], db: int | None = None
    ) -> None:
        with self._named(slot=number):
            runs = self.layout.encode_runs(record, roles)
        base = self.layout.offset(number)
        for run in runs:
            self._write_run(db or self.layout.write_db, base, run)

    def _write_run(self, db: int, base: int, run: Run) -> None:
        start = base + run.offset
        if run.bit is not None:
            self._session.write_bit(db, start, run.bit, bool(run.data[0]))
            return
        step = self._session.max_write
        for index in range(0, len(run.data), step):
            self._session.write(db, start + index, run.data[index : index + step])

    def _difference(self, number: int, role: str, found, written) -> PlcData:
        if role in SILO_ROLE:
            silo = next(silo for silo in found if found[silo] != written[silo])
            role, found, written = f"{SILO_ROLE[role]} {silo}", found[silo], written[silo]
        return PlcData(
            BODY_DIFFERS,
            device=self._session.name,
            slot=number,
            field=role,
            found=str(found),
            written=str(written),
        )

    @contextmanager
    def _named(self, **params) -> Iterator[None]:
        """Tell an error of the pure parts which device and slot it is about."""
        try:
            yield
        except PlcData as error:
            error.params.update(device=self._session.name, **params)
            raise


def _body(record: Record) -> Record:
    return replace(record, silo_ids={}, actual_weight=0.0, **dict.fromkeys(FLAGS, False))
