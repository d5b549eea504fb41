"""Our session against an S7 server, and beside an S7 client, that nobody here wrote.

Both run in processes and environments of their own (``dev/tools/extra.py``).
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(HERE.parent / "plc"), str(ROOT / "dev"), str(ROOT)]

from plant import layout_named  # noqa: E402
from plant.memory import Area  # noqa: E402
from servers import free_port  # noqa: E402

from plc import Record, Session, Slots  # noqa: E402


class CServer:
    """A PLC of the C library snap7, with the two data blocks of a layout."""

    def __init__(self, layout):
        self.layout = layout
        self.port = free_port()
        size = layout.slot_count * layout.slot_size
        sizes = {layout.write_db: size, layout.read_db: size}
        command = [os.environ["PLC_C_PYTHON"], HERE / "c_server.py", str(self.port)]
        self.process = subprocess.Popen(
            [*command, json.dumps(sizes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self):
        assert self.process.stdout.readline() == "ready\n"
        return self

    def __exit__(self, *_exc_info):
        self.process.kill()
        self.process.communicate()

    def _do(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        return bytes.fromhex(self.process.stdout.readline())

    def memory(self, db):
        return self._do("get", db)

    def put(self, db, start, data):
        self._do("put", db, start, data.hex())

    # What a PLC's program does

    def change(self, db, number, **fields):
        """Change some fields of a slot's record; all other bytes stay."""
        area = Area(self.layout)
        area.data[:] = self.memory(db)
        area.change(number, **fields)
        self.put(db, self.layout.offset(number), area.raw(number))

    def take(self, number):
        """P1: copy the WRITE record, say so, start the READ record."""
        area = Area(self.layout)
        area.data[:] = self.memory(self.layout.write_db)
        order = area.record(number)
        started = Record(batch_no=number, mo_id=order.mo_id)
        self.put(self.layout.read_db, self.layout.offset(number), self.layout.encode(started))
        self.change(self.layout.write_db, number, status_read_data=True)
        return order


@pytest.fixture(params=["native", "word_map"])
def layout_name(request):
    return request.param


@pytest.fixture
def layout(layout_name):
    return layout_named(layout_name)


@pytest.fixture
def c_server(layout):
    with CServer(layout) as running:
        yield running


@pytest.fixture
def session(c_server):
    with Session("127.0.0.1", c_server.port, name="PLC01") as opened:
        yield opened


@pytest.fixture
def slots(session, layout):
    return Slots(session, layout)
