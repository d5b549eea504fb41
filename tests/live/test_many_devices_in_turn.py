"""Many PLCs, and one after the other: who is held while orders go out, and who is next where Odoo's
clock cuts a run short."""

import contextlib
import threading
import time

import pytest
from many_mills import DEVICES, Mills, locks
from mill_world import FETCH, READ

from odoo.addons.mrp_plc_batch.models import plc_device_together as together
from odoo.addons.mrp_plc_batch.models.plc_device_task import PlcDevice

PATIENCE = 10  # seconds until a PLC is spoken to
LONG_AGO = "UPDATE plc_device SET last_seen = last_seen - interval '1 hour'"


@pytest.fixture
def mills(own_db):
    with contextlib.ExitStack() as stack:
        mills = Mills(own_db, stack)
        yield mills
        assert not any(plant.violations for plant in mills.plants)


def nobody_holds(mills, index):
    """Whether a button on this device would have its turn now."""
    with mills.devices() as devices, devices[index]._device_turn() as locked:
        return bool(locked)


def test_sending_holds_two_devices_and_speaks_to_one(mills):
    seen = set()

    def look(_request):
        with mills.db.env() as env:
            seen.add((locks(env), sum(link.open_now for link in mills.links)))

    for plant in mills.plants:
        plant.intercept = look
    mills.cron(FETCH)
    assert seen == {(2, 1)}
    assert mills.states() == ["sent"] * DEVICES
    assert mills.connections() == [1] * DEVICES
    mills.assert_nothing_open()


def test_a_plc_that_is_silent_when_orders_go_out_keeps_people_from_its_pair_alone(mills):
    silent = mills.links[2]
    mills.worlds[2].set_device(connection_timeout=30)
    silent.arm("silence_before")
    run = threading.Thread(target=mills.cron, args=[FETCH])
    run.start()
    end = time.monotonic() + PATIENCE
    while not silent.open_now and time.monotonic() < end:
        time.sleep(0.01)
    held = [index for index in range(DEVICES) if not nobody_holds(mills, index)]
    silent.hang_up()
    run.join()
    assert held == [2, 3]
    assert mills.states() == ["sent", "sent", None, *["sent"] * 5]
    assert mills.fields("state") == ["online", "online", "offline", *["online"] * 5]
    mills.assert_nothing_open()


@pytest.mark.parametrize("task, before, after", [(FETCH, None, "sent"), (READ, "sent", "running")])
def test_runs_that_are_cut_short_reach_all_in_turn(mills, monkeypatch, task, before, after):
    """As where all of them take longer than Odoo gives one run: nobody is left out for ever."""
    if task == READ:
        mills.send()
    with mills.db.env() as env:
        env.cr.execute(LONG_AGO)

    def one_group(devices, processed=0, remaining=None):
        devices._commit()
        return not processed

    monkeypatch.setattr(PlcDevice, "_commit_progress", one_group)
    monkeypatch.setattr(together, "GROUP_SIZE", 2)
    mills.cron(task)
    assert before in mills.states()
    for _ in range(DEVICES - 1):
        mills.cron(task)
    assert mills.states() == [after] * DEVICES
    mills.assert_nothing_open()
