"""The plant as one object: memory, server and program, with a clock or step by step."""

import re
import threading
import time
from collections.abc import Callable, Iterable

from plc import Layout

from .layouts import layout_named
from .memory import Area
from .program import Program
from .watch import Watch
from .wire import PlcServer, WireRequest

FAULTS = ("refuse", "silent", "cut", "weight0", "overrun", "endless", "keepflag")
REQUESTS_KEPT = 10_000
CYCLE = 0.05  # seconds between two cycles of the program
_FAULT = re.compile(rf"({'|'.join(FAULTS)})(?:@(\d+(?:\.\d+)?))?")


def parse_fault(text: str) -> tuple[str, float]:
    """Return (kind, seconds after the start) of "cut" or "cut@5"; ValueError if it is neither."""
    match = _FAULT.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is not a fault: it is one of {', '.join(FAULTS)}, and @SECONDS")
    return match[1], float(match[2] or 0)


class Plant:
    """A plant with a PLC on a port of its own.

    ``layout`` is a name (``native``, ``word_map``) or a Layout; ``speed`` is kg per second;
    ``seed`` decides the dosing errors; ``faults`` are texts like "weight0" or "cut@5". With
    ``manual`` no clock runs: the program runs once at each ``step()``. ``on_event`` is called with
    each entry of the ledger, ``intercept(request)`` after each request is carried out: it may
    answer "silent" or "cut" to lose that answer.

    ``ledger`` lists what happened, oldest first, as plain JSON: ``event`` (``taken``, ``dosed``,
    ``finished``, ``acknowledged``), ``time`` (seconds since the start), ``slot``, ``mo_id``,
    ``quantities`` (silo number as text: kg) and ``weight`` as they stand in the READ record then.
    ``requests`` lists the latest 10,000 reads and writes; ``violations`` what Odoo did wrong, in
    words: after the first, the program stands still.
    """

    def __init__(
        self,
        layout: str | Layout = "native",
        port: int = 0,
        *,
        speed: float = 50.0,
        seed: int = 1,
        faults: Iterable[str] = (),
        host: str = "127.0.0.1",
        manual: bool = False,
        on_event: Callable[[dict], None] | None = None,
        intercept: Callable[[WireRequest], str | None] | None = None,
    ):
        self.layout = layout_named(layout) if isinstance(layout, str) else layout
        self.port = port
        self.speed = speed
        self.lock = threading.RLock()  # hold it to look at the memory between two cycles
        self.ledger: list[dict] = []
        self.requests: list[WireRequest] = []
        self.intercept = intercept
        self._write, self._read = Area(self.layout), Area(self.layout)
        self._watch = Watch(self._write, self._read)
        self.violations = self._watch.violations
        self._acknowledged: set[int] = set()  # slots whose READ flag was told as raised
        self._host = host
        self._manual = manual
        self._on_event = on_event
        self._faults: set[str] = set()
        self._due = sorted(map(parse_fault, faults), key=lambda fault: fault[1])
        self._program = Program(
            self._write, self._read, self._watch, self._faults, self._tell, seed
        )
        self._server: PlcServer | None = None
        self._running = threading.Event()  # the program runs; cleared while paused
        self._running.set()
        self._ended = threading.Event()
        self._clock: threading.Thread | None = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_exc_info) -> None:
        self.stop()

    # Power

    def start(self) -> None:
        """Open the port (then ``port`` is its number) and start the program."""
        self._started = time.monotonic()
        self._open()
        self._apply_due_faults()
        if not self._manual:
            self._clock = threading.Thread(target=self._run, name="plc-program", daemon=True)
            self._clock.start()

    def stop(self) -> None:
        """End the program, close the port and every connection."""
        self._ended.set()
        if self._clock:
            self._clock.join()
        self._close()

    def pause(self) -> None:
        """The program stands still (CPU in STOP); its memory can still be read and written."""
        self._running.clear()

    def resume(self) -> None:
        """The program goes on."""
        self._running.set()

    def restart(self, lower: str | None = None) -> None:
        """The program from its beginning; the order being dosed is dropped. Memory stays, but for
        the flags of the WRITE or READ records, which ``lower`` ("write", "read") sets to 0."""
        with self.lock:
            area = {"write": self._write, "read": self._read}.get(lower)
            for number in range(1, self.layout.slot_count + 1) if area else ():
                area.change(number, status_read_data=False)
            if area:
                self._watch.excuse_taking(area)
            if lower == "read":
                self._acknowledged.clear()
            self._program.reset()

    def wipe(self) -> None:
        """All memory 0 and the program from its beginning, as with a new CPU."""
        with self.lock:
            self._write.wipe()
            self._read.wipe()
            self._program.reset()

    # Memory

    @property
    def write_area(self) -> bytearray:
        return self._write.data

    @property
    def read_area(self) -> bytearray:
        return self._read.data

    def write_record(self, number: int):
        """Return the WRITE record of a slot."""
        return self._write.record(number)

    def read_record(self, number: int):
        """Return the READ record of a slot."""
        return self._read.record(number)

    def change_write(self, number: int, **fields) -> None:
        """Change fields of a WRITE record as somebody else than Odoo: it is not watched."""
        with self.lock:
            self._write.change(number, **fields)

    def change_read(self, number: int, **fields) -> None:
        """Change fields of a READ record: a correction, or a program with a fault."""
        with self.lock:
            self._read.change(number, **fields)

    # Program

    def step(self, seconds: float = CYCLE) -> None:
        """One cycle of the program, in which ``seconds`` of dosing pass."""
        self._apply_due_faults()
        with self.lock:
            if not self.violations:
                self._program.cycle(self.speed * seconds)

    def dose(self, slot: int, silo: int, kg: float) -> None:
        """Let a READ record report ``kg`` as the running total of a silo."""
        with self.lock:
            self._program.set_dose(slot, silo, kg)

    def finish_now(self, *, rest: bool = True, **end) -> None:
        """End the order being dosed: with what is left to dose, or without (``rest=False``).

        ``weight`` (kg) and ``failed`` may be given, else they follow from the doses.
        """
        with self.lock:
            if self._program.order is None:
                raise RuntimeError("no order is being dosed")
            if rest:
                self._program.finish_all(**end)
            else:
                self._program.finish(**end)

    def being_dosed(self) -> list[tuple[int, str]]:
        """Return (slot, order) of what was taken and is not finished, the one at work first."""
        with self.lock:
            return self._program.open_orders()

    # Faults

    def fault(self, kind: str) -> None:
        """Switch a fault on."""
        self._faults.add(parse_fault(kind)[0])
        if kind == "refuse":
            self._close()

    def clear(self, kind: str) -> None:
        """Switch a fault off."""
        self._faults.discard(kind)
        if kind == "refuse" and self._server is None:
            self._open()

    def _apply_due_faults(self) -> None:
        while self._due and time.monotonic() - self._started >= self._due[0][1]:
            self.fault(self._due.pop(0)[0])

    # Inside

    def _open(self) -> None:
        blocks = {self.layout.write_db: self.write_area, self.layout.read_db: self.read_area}
        self._server = PlcServer(blocks, self.lock, self._faults, self._on_request)
        self.port = self._server.listen(self._host, self.port)

    def _close(self) -> None:
        server, self._server = self._server, None
        if server:
            server.stop()

    def _run(self) -> None:
        before = time.monotonic()
        while not self._ended.wait(CYCLE):
            now = time.monotonic()
            self._apply_due_faults()
            if self._running.is_set():
                self.step(now - before)
            before = now

    def _on_request(self, request: WireRequest) -> str | None:
        self.requests.append(request)
        del self.requests[:-REQUESTS_KEPT]
        if request.kind == "write":
            self._watch.on_write(request)
            if request.db == self.layout.read_db:
                self._tell_acknowledged(request)
        return self.intercept(request) if self.intercept else None

    def _tell_acknowledged(self, request: WireRequest) -> None:
        number = request.start // self.layout.slot_size + 1
        record = self._read.record(number)
        if record.batch_no and record.status_read_data and number not in self._acknowledged:
            self._tell("acknowledged", number)

    def _tell(self, event: str, slot: int, **facts) -> None:
        record = self._read.record(slot)
        if event == "acknowledged":
            self._acknowledged.add(slot)
        elif event == "taken":
            self._acknowledged.discard(slot)
        entry = {
            "event": event,
            "time": round(time.monotonic() - self._started, 3),
            "slot": slot,
            "mo_id": record.mo_id,
            **facts,
            "quantities": {str(silo): kg for silo, kg in record.quantities.items()},
            "weight": record.actual_weight,
        }
        self.ledger.append(entry)
        if self._on_event:
            self._on_event(entry)
