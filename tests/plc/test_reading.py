"""A PLC read in a thread of its own: what it found, what it raised, and that it ends."""

import threading
from queue import SimpleQueue

import pytest

from plc import PlcTimeout, PlcUnreachable, Reading, Session, close_all


def begin(plant, finished, timeout=3.0):
    return Reading(Session("127.0.0.1", plant.port, timeout=timeout), plant.layout, finished)


def test_the_session_stays_open_until_it_is_closed(plant):
    finished = SimpleQueue()
    reading = begin(plant, finished)
    reading.start()
    assert finished.get(timeout=5) is reading
    slots, images, milliseconds = reading.result()
    assert [image.number for image in images] == list(range(1, plant.layout.slot_count + 1))
    assert milliseconds > 0 <= reading.age()
    assert slots.read_all() == images
    reading.close()
    with pytest.raises(PlcUnreachable):
        slots.read_all()


@pytest.mark.parametrize(("fault", "error"), [("refuse", PlcUnreachable), ("silent", PlcTimeout)])
def test_what_the_thread_met_is_raised_by_the_result(plant, fault, error):
    plant.fault(fault)
    finished = SimpleQueue()
    reading = begin(plant, finished, timeout=0.2)
    reading.start()
    finished.get(timeout=5)
    with pytest.raises(error):
        reading.result()
    reading.close()


def test_closing_lets_the_request_that_is_out_be_the_last(plant):
    asked, go_on = threading.Event(), threading.Event()

    def wait(_request):
        asked.set()
        go_on.wait(5)

    plant.intercept = wait
    finished = SimpleQueue()
    reading, never_started = begin(plant, finished), begin(plant, finished)
    reading.start()
    assert asked.wait(5)
    reading.stop()
    go_on.set()
    close_all([reading, never_started])
    assert finished.get_nowait() is reading
    assert len(plant.requests) == 1
    with pytest.raises(PlcTimeout):
        reading.result()
