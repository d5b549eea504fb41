import logging
from collections import Counter, deque
from contextlib import ExitStack, closing, contextmanager
from queue import Empty, SimpleQueue
from typing import NamedTuple

from odoo import models
from odoo.exceptions import UserError

from ..plc import LayoutError, Reading, close_all
from .plc_device_task import GROUP_SIZE
from .plc_device_work import Work

_logger = logging.getLogger(__name__)

MOST_GROUPS = 4  # open at once; each holds a database connection
PATIENCE = 0.25  # seconds without an answer, after which the next devices are begun meanwhile
MOST_AGE = 10.0  # seconds; what was read before is read again


class Begun(NamedTuple):
    """A device's read task, begun: what its PLC is asked about, and the asking."""

    work: Work
    reading: Reading | None = None

    def close(self):
        if self.reading:
            self.reading.close()


class Group(NamedTuple):
    """Devices whose turn began together."""

    size: int
    turn: ExitStack
    out: dict  # {Reading: (its device, Begun)}, those that had no turn yet
    totals: Counter


class PlcDevice(models.Model):
    """Many PLCs are read side by side, and what they say is applied one device after the other.

    A group's locks are let go when all of it is applied. One that waits for a silent PLC does not
    keep the next devices from being begun, up to GROUP_SIZE PLCs at once.
    """

    _inherit = "plc.device"

    def _read_side_by_side(self):
        """The read task of these devices.

        :return: yields (number of devices, Counter for the log) for each group that had its turn
        """
        waiting, finished, groups = deque(self.ids), SimpleQueue(), []
        with ExitStack() as turns:
            while waiting or groups:
                places = GROUP_SIZE - sum(len(group.out) for group in groups)
                may_begin = waiting and places > 0 and len(groups) < MOST_GROUPS
                reading = groups and _next(finished, PATIENCE if may_begin else None)
                if reading:
                    group = next(group for group in groups if reading in group.out)
                    device, begun = group.out[reading]
                    group.totals.update(device._guarded_task("read", begun))
                    reading.close()
                    del group.out[reading]
                else:
                    ids = [waiting.popleft() for _ in range(min(places, len(waiting)))]
                    group = self.browse(ids)._begin_group(finished, turns)
                    groups.append(group)
                if not group.out:
                    groups.remove(group)
                    group.turn.close()
                    yield group.size, group.totals

    def _begin_group(self, finished, turns):
        """Lock the devices and begin to read those that have something to read; the others have
        their turn at once.

        :param turns: ExitStack on which the group's turn is open
        :return: Group
        """
        turn = turns.enter_context(ExitStack())
        locked = turn.enter_context(self._device_turn())
        group = Group(len(self), turn, {}, Counter())
        turn.callback(close_all, group.out)
        idle = []
        for device, begun in locked._begin_due(finished):
            if begun.reading:
                group.out[begun.reading] = (device, begun)
                begun.reading.start()
            else:
                idle.append((device, begun))
        for device, begun in idle:
            group.totals.update(device._guarded_task("read", begun))
        return group

    def _begin_due(self, finished):
        """:return: list of (device, Begun), its reading not started yet"""
        due = self.filtered(lambda device: device._is_due("read")).sudo()
        return [
            (device, device._begin(finished, work)) for device, work in due._open_work().items()
        ]

    def _begin(self, finished, work):
        reading = None
        if self._at_plc(work.batches) or work.histories:
            try:
                reading = Reading(self._prepare_session(), self.layout_id._to_plc(), finished)
            except (UserError, LayoutError):
                _logger.info("PLC %s is read by itself, where its trouble is told", self.name)
        return Begun(work, reading)

    @contextmanager
    def _looked_at(self, begun=None):
        """What the PLC shows; closed in every case. Yields (slots, {slot: image}, ms a request).

        :raises PlcError: it could not be read
        """
        reading = begun and begun.reading
        if not reading or (reading.age() > MOST_AGE and not reading.error):
            if begun:
                begun.close()  # R14: before another connection
            with self._plc_session() as (session, slots):
                images, latency = self._read_all(session, slots)
                yield slots, images, latency
            return
        with closing(reading):
            slots, images, latency = reading.result()
            reading.session.deadline = self._turn_deadline()
            yield slots, self._by_slot(images), latency


def _next(finished, patience):
    """The next finished reading, or None after so many seconds."""
    try:
        return finished.get(timeout=patience)
    except Empty:
        return None
