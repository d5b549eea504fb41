"""Reading several PLCs side by side: reading is waiting, and here the waiting is shared.

Each PLC is connected and read in a thread of its own, that ends by the session's own time-outs and
knows neither the other PLCs nor a database. Whoever started it goes on with the open session.
"""

import threading
import time
from collections.abc import Iterable
from queue import SimpleQueue

from .layout import Layout
from .records import SlotImage
from .session import Session
from .slots import Slots


def read_timed(session: Session, slots: Slots) -> tuple[list[SlotImage], float]:
    """R4: the images of all slots, and the mean ms a request."""
    started, before = time.monotonic(), session.requests
    images = slots.read_all()
    return images, 1000.0 * (time.monotonic() - started) / (session.requests - before)


class Reading:
    """One PLC being read. It is put into ``finished`` when it is done, well or not.

    ``session`` is not open yet. ``close`` is due in every case, and closes it (R14).
    """

    def __init__(self, session: Session, layout: Layout, finished: SimpleQueue):
        self.session = session
        self.error: BaseException | None = None
        self._layout = layout
        self._finished = finished
        self._result: tuple = ()
        self._ended = 0.0
        self._thread = threading.Thread(target=self._run, name=session.name, daemon=True)

    def start(self) -> None:
        """Begin to connect and read."""
        self._thread.start()

    def _run(self) -> None:
        try:
            self.session.__enter__()
            slots = Slots(self.session, self._layout)
            self._result = (slots, *read_timed(self.session, slots))
        except BaseException as error:  # noqa: BLE001  whatever it is, `result` raises it
            self.session.close()
            self.error = error
        self._ended = time.monotonic()
        self._finished.put(self)

    def result(self) -> tuple[Slots, list[SlotImage], float]:
        """The open slots, their images, and the mean ms a request, once it is finished.

        Raises what connecting and reading raised.
        """
        if self.error:
            raise self.error
        return self._result

    def age(self) -> float:
        """Seconds since it was finished."""
        return time.monotonic() - self._ended

    def stop(self) -> None:
        """Let the request that is out be the last one."""
        self.session.deadline = time.monotonic()

    def close(self) -> None:
        """Wait for the end of the thread, and close the session."""
        if self._thread.is_alive():
            self._thread.join()
        self.session.close()


def close_all(readings: Iterable[Reading]) -> None:
    """Close them within one time-out, as they end side by side."""
    readings = list(readings)
    for reading in readings:
        reading.stop()
    for reading in readings:
        reading.close()
