"""A scheduled action that Odoo ends after seconds, and a PLC that would be waited for longer."""

import contextlib
import os
import re
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest
from mill_world import World

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests" / "plc"))
from servers import Peer, free_port  # noqa: E402

LIMIT = 5  # seconds
TIME_OUT = 30  # seconds that the PLC would have
PATIENCE = 60  # seconds until Odoo has started and run the action
FAILURES = """
SELECT c.active, c.failure_count, max(p.timed_out_counter)
  FROM ir_cron c JOIN ir_model_data d ON d.res_id = c.id AND d.model = 'ir.cron'
  LEFT JOIN ir_cron_progress p ON p.cron_id = c.id
 WHERE d.module = 'mrp_plc_batch' AND d.name = 'ir_cron_fetch_orders' GROUP BY c.id"""


@contextlib.contextmanager
def odoo_with_workers(database, log):
    """Odoo's own server, which ends a scheduled action that takes too long."""
    command = [sys.executable, ROOT / "dev" / "tools" / "bin" / "odoo-bin"]
    command += ["-c", os.environ["PLC_ODOO_RC"], "-d", database, "--logfile", log]
    command += ["--workers", 1, "--max-cron-threads", 1, "--limit-time-real-cron", LIMIT]
    command += ["--http-port", free_port(), "--gevent-port", free_port()]
    with subprocess.Popen(list(map(str, command))) as server:
        try:
            yield
        finally:
            server.terminate()


def says_nothing(conversation):
    conversation.wait_for_end()


def failures(database):
    with database.env() as env:
        env.cr.execute(FAILURES)
        return env.cr.fetchall()


@pytest.mark.parametrize("layout", ["native"])
def test_a_slow_plc_never_costs_the_scheduled_action(own_db, plant, tmp_path, layout):
    world = World(own_db, plant, layout)
    world.orders()
    log = tmp_path / "odoo.log"
    with Peer(says_nothing) as peer:
        world.set_device(port=peer.port, connection_timeout=TIME_OUT)
        with odoo_with_workers(own_db.name, log):
            end = time.monotonic() + PATIENCE
            while world.device_fields("state")["state"] != "offline":
                assert time.monotonic() < end, log.read_text()[-3000:]
                with world.device() as device:  # the signal for a worker that waits by now
                    device.env.ref("mrp_plc_batch.ir_cron_fetch_orders")._trigger()
                time.sleep(1)
            # one more may be under way: until it ends, it counts as timed out
            while failures(own_db) != [(True, 0, 0)]:
                assert time.monotonic() < end, failures(own_db)
                time.sleep(0.2)
    # an idle worker is ended too: what counts is what stands before it, a start or an end
    words = re.findall(r"PLC: fetch.*(starting|#loop)|(timeout after)", log.read_text())
    words = ["".join(found) for found in words]
    assert "starting" in words and ("starting", "timeout after") not in pairwise(words)
