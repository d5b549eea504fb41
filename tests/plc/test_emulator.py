"""``dev/emulator`` as a process of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from plc import PlcUnreachable, Record, Session, Slots

EMULATOR = Path(__file__).resolve().parents[2] / "dev" / "emulator"
RECORD = Record(consumption=100.0, quantities={103: 60.0, 110: 40.0})
LONG = 30  # seconds that anything here may take on a slow machine


class Emulator:
    """A running emulator: its port, what it prints, and its end."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [sys.executable, EMULATOR, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said = [self.process.stdout.readline().rstrip()]

    @property
    def port(self):
        assert self.said[0].startswith("listening on port ")
        return int(self.said[0].split()[-1])

    def __enter__(self):
        return self

    def __exit__(self, *_exc_info):
        self.process.kill()
        self.process.communicate()

    def until(self, text):
        """Read lines until one has ``text`` in it."""
        while text not in self.said[-1]:
            line = self.process.stdout.readline()
            assert line, f"it ended before it said {text!r}"
            self.said.append(line.rstrip())

    def order(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        self.until(line)

    def end(self):
        """(exit status, what it said on stderr)."""
        _out, errors = self.process.communicate(timeout=LONG)
        return self.process.returncode, errors


def send(slots, number, name):
    slots.blank(number)
    slots.write_body(number, RECORD)
    slots.write_name(number, name)
    slots.write_number(number)


def test_it_doses_what_it_is_sent_and_tells_it_twice(layout, layout_name, tmp_path):
    ledger = tmp_path / "ledger"
    with Emulator("--layout", layout_name, "--speed", 1000, "--ledger", ledger) as emulator:
        with Session("127.0.0.1", emulator.port) as session:
            slots = Slots(session, layout)
            send(slots, 1, "MO/1")
            send(slots, 2, "MO/2")
            emulator.until("slot 2: MO/2 finished")
            read = slots.read_slots([2])[2].read
            slots.blank(2)
            slots.raise_read_flag(2)
            emulator.until("slot 2: MO/2 acknowledged")
        emulator.process.send_signal(signal.SIGTERM)
        assert emulator.end() == (0, "")
    entries = [json.loads(line) for line in ledger.read_text().splitlines()]
    assert [(e["event"], e["mo_id"]) for e in entries if e["event"] != "dosed"] == [
        ("taken", "MO/1"),
        ("finished", "MO/1"),
        ("taken", "MO/2"),
        ("finished", "MO/2"),
        ("acknowledged", "MO/2"),
    ]
    assert [e["silo"] for e in entries if e["event"] == "dosed"] == [103, 110] * 2
    last = [e for e in entries if e["event"] == "finished"][-1]
    assert last["quantities"] == {str(silo): kg for silo, kg in read.quantities.items()}
    assert last["weight"] == read.actual_weight
    assert entries[0]["planned"] == {"103": 60.0, "110": 40.0}


def test_half_a_record_ends_it_loudly(layout, layout_name):
    with Emulator("--layout", layout_name) as emulator:
        with Session("127.0.0.1", emulator.port) as session:
            Slots(session, layout).write_number(4)
        status, errors = emulator.end()
    assert status == 3
    assert "VIOLATION: slot 4: a valid record names no order" in errors


def test_faults_come_and_go_by_order():
    with Emulator("--control", "--fault", "refuse") as emulator:
        with pytest.raises(PlcUnreachable), Session("127.0.0.1", emulator.port):
            pass
        emulator.order("clear refuse")
        with Session("127.0.0.1", emulator.port) as session:
            session.read(1, 0, 2)
            emulator.order("fault cut")
            with pytest.raises(PlcUnreachable):
                session.read(1, 0, 2)
        emulator.process.stdin.write("quit\n")
        assert emulator.end() == (0, "")


def test_an_order_that_is_none_is_told_and_does_no_harm():
    with Emulator("--control") as emulator:
        emulator.process.stdin.write("fault fire\nquit\n")
        assert emulator.end() == (0, "not understood: 'fault fire'\n")


def test_a_port_that_is_taken_is_told_in_one_line():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with Emulator("--port", port) as emulator:
            status, errors = emulator.end()
    assert status == 1
    assert errors == f"error: port {port}: Address already in use\n"


@pytest.mark.parametrize("arguments", [["--fault", "fire"], ["--layout", "none"]])
def test_what_it_does_not_know_is_refused(arguments):
    with Emulator(*arguments) as emulator:
        status, errors = emulator.end()
    assert status == 2
    assert "invalid" in errors or "is not a fault" in errors


def test_it_dies_with_its_parent():
    script = (
        "import subprocess, sys\n"
        f"subprocess.Popen([sys.executable, {str(EMULATOR)!r}, '--die-with-parent'])\n"
        "sys.stdin.read()\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    port = int(parent.stdout.readline().split()[-1])
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    for _ in range(LONG * 10):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            return
        except ConnectionResetError:
            continue  # it is just dying
        time.sleep(0.1)
    pytest.fail("it outlived its parent")
