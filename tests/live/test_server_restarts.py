"""The whole database server killed, and started again, in the middle of each task and of a button:
the next run goes on, the scheduled actions stay on, and no plant is called ill for it.

The server is set up as many are for speed: it forgets its latest commits when it dies. What the PLC
was told of must not be among them.
"""

import contextlib
import os

import psycopg2
import pytest
from conftest import Database
from database import check_not_counted
from mill_world import ARCHIVE, FETCH, READ
from mills import mill
from own_server import OwnServer
from processes import fork, wait
from test_always_failing import ACTIONS, OTHERS_OFF, rows

from odoo.addons.base.models.ir_cron import IrCron
from odoo.addons.mrp_plc_batch.models.mo_batch_archive import MoBatch as Archive
from odoo.addons.mrp_plc_batch.models.mo_batch_consumption import MoBatch as Sync
from odoo.addons.mrp_plc_batch.models.mo_batch_slot import MoBatch as Read
from odoo.addons.mrp_plc_batch.models.plc_device_send import PlcDevice as Send
from odoo.addons.mrp_plc_batch.plc import Slots

VARIANT = ("native", "slot", "rolling")
CYCLES = 2  # until all is told
BUTTON = "action_reset"
ACTION = {FETCH: "ir_cron_fetch_orders", READ: "ir_cron_read_plc"}
ACTION[ARCHIVE] = "ir_cron_archive_completed"
DUE = """
UPDATE ir_cron SET nextcall = now() AT TIME ZONE 'utc'
     + CASE WHEN id = %s THEN interval '-1 minute' ELSE interval '1 hour' END
 WHERE id IN (SELECT res_id FROM ir_model_data
               WHERE model = 'ir.cron' AND module = 'mrp_plc_batch')"""
TIMED_OUT = """
SELECT count(*) FROM ir_cron_progress p WHERE p.timed_out_counter > 0 AND p.id IN
 (SELECT max(id) FROM ir_cron_progress GROUP BY cron_id)"""


FORGETFUL = {"synchronous_commit": "off", "wal_writer_delay": "10s"}  # as long as a test takes
KEPT_SO_FAR = "SET LOCAL synchronous_commit = on; UPDATE res_company SET name = name"


@pytest.fixture(scope="module")
def server():
    with OwnServer(**FORGETFUL) as own:
        yield own


@pytest.fixture(scope="module")
def own_db(server):
    database = Database()
    yield database
    database.drop()


@pytest.fixture
def here(own_db):
    with mill(own_db, VARIANT) as ours:
        ours.sql(OTHERS_OFF)
        yield ours
        ours.set_device(paused=True)  # the scheduled actions of the next test serve all devices


def scheduled(here, task):
    """Odoo's scheduler, with this one action due."""
    with here.db.env() as env:
        env.cr.execute(DUE, [env.ref(f"mrp_plc_batch.{ACTION[task]}").id])
    IrCron._process_jobs(here.db.name)


def restarted_at(server, here, act, owner, method):
    """Do something in a process of its own; the server is killed when it has called a method."""
    reached, goes_on = os.pipe(), os.pipe()
    call = getattr(owner, method)

    def held(*args, **kwargs):
        setattr(owner, method, call)
        result = call(*args, **kwargs)
        os.write(reached[1], b".")
        os.read(goes_on[0], 1)
        return result

    def run():
        setattr(owner, method, held)
        with contextlib.suppress(psycopg2.Error):  # of its lost connection
            act()
        os.write(reached[1], b"never")

    here.sql(KEPT_SO_FAR)
    pid = fork(run)
    assert os.read(reached[0], 5) == b".", "it never came there"
    server.restart()
    here.db.reconnect()  # Odoo's pool fails once for each connection that died idle
    os.write(goes_on[1], b".")
    assert wait(pid) == [0]


@pytest.mark.parametrize(
    "when, owner, method",
    [
        (FETCH, Slots, "write_body"),
        (FETCH, Send, "_mark_sent"),
        (FETCH, Slots, "write_number"),
        (READ, Read, "_store_values"),
        (READ, Slots, "blank"),
        (READ, Slots, "raise_read_flag"),
        (READ, Sync, "_process_batch_consumption"),
        (ARCHIVE, Archive, "_copy_to_history"),
        (BUTTON, Slots, "zero_number"),
        (BUTTON, Slots, "blank_name"),
    ],
)
def test_server_killed_in_the_middle(server, here, when, owner, method):
    here.ledger.begin()
    here.small_orders()

    def do(act, what):
        if what == when:
            restarted_at(server, here, act, owner, method)
        else:
            act()
        here.ledger.check()

    do(lambda: scheduled(here, FETCH), FETCH)
    do(lambda: here.press(BUTTON), BUTTON) if when == BUTTON else None
    here.dose_all()
    do(lambda: scheduled(here, READ), READ)
    do(lambda: scheduled(here, ARCHIVE), ARCHIVE)
    for _ in range(CYCLES):
        scheduled(here, FETCH)
        here.dose_all()
        for task in (READ, ARCHIVE):
            scheduled(here, task)
            here.ledger.check()
    here.ledger.check_settled()
    check_not_counted(here)
    assert here.device_fields("state", "failure_count", "last_error") == {
        "id": here.device_id,
        "state": "online",
        "failure_count": 0,
        "last_error": False,
    }
    assert [action[:2] for action in rows(here, ACTIONS)] == [(True, 0)] * 3
    assert rows(here, TIMED_OUT) == [(0,)]
