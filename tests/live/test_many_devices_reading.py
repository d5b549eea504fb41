"""Many PLCs in one read task: read side by side, applied one after the other, each behind a
network that answers late and counts connections."""

import contextlib
import threading
from functools import partial

import pytest
from many_mills import DEVICES, READS, Mills
from mill_world import READ

from odoo.addons.mrp_plc_batch.models import plc_device_together as together
from odoo.addons.mrp_plc_batch.models.plc_device_read import PlcDevice
from odoo.addons.mrp_plc_batch.plc import Slots


@pytest.fixture
def mills(own_db):
    with contextlib.ExitStack() as stack:
        mills = Mills(own_db, stack)
        mills.send()
        yield mills
        assert not any(plant.violations for plant in mills.plants)


def test_healthy_plcs_are_read_at_the_same_time(mills):
    """The first answer of each waits until all have been asked."""
    together_now = threading.Barrier(DEVICES)
    asked = set()

    def wait_for_the_others(plant):
        if plant not in asked:
            asked.add(plant)
            together_now.wait(timeout=4)

    for plant in mills.plants:
        plant.intercept = lambda _request, plant=plant: wait_for_the_others(plant)
    mills.cron(READ)
    assert not together_now.broken and len(asked) == DEVICES
    assert mills.states() == ["running"] * DEVICES
    assert mills.fields("state") == ["online"] * DEVICES
    mills.assert_nothing_open()


def test_one_connection_reads_looks_again_and_acknowledges(mills):
    before = mills.connections()
    mills.finish()
    mills.cron(READ)
    assert mills.connections() == [count + 1 for count in before]
    assert mills.states() == ["done"] * DEVICES
    assert all(world.one_batch("acknowledged")["acknowledged"] for world in mills.worlds)
    assert all(plant.read_record(1).status_read_data for plant in mills.plants)
    mills.assert_nothing_open()


@pytest.mark.parametrize("fault", ["silence_before", "drip"])
def test_a_sick_plc_holds_nobody(mills, monkeypatch, fault):
    """All others are read, stored and acknowledged while its connection still waits; with groups
    of two, these are the groups after its own too."""
    monkeypatch.setattr(together, "GROUP_SIZE", 2)
    sick, *healthy = mills.links
    mills.worlds[0].set_device(connection_timeout=30)
    mills.finish()
    told = {}

    def tell(plant, request):
        if request.kind == "write":
            told.setdefault(plant, sick.open_now)
        if len(told) == len(healthy):
            sick.hang_up()

    for plant in mills.plants[1:]:
        plant.intercept = partial(tell, plant)
    sick.arm(fault, at=0 if fault == "silence_before" else READS - 1)
    mills.cron(READ)
    assert list(told.values()) == [1] * len(healthy)
    assert mills.states() == ["sent", *["done"] * len(healthy)]
    assert mills.fields("state") == ["offline", *["online"] * len(healthy)]
    mills.assert_nothing_open()


def test_each_failure_is_its_own_devices(mills, monkeypatch):
    refused, silent = mills.links[2], mills.links[4]
    refused.arm("refused")
    silent.arm("silence_before")
    mills.worlds[4].set_device(connection_timeout=0.3)
    mills.worlds[6].set_device(name="ODD")
    read_all = Slots.read_all

    def odd_read(slots):
        if threading.current_thread().name == "ODD":
            raise ZeroDivisionError
        return read_all(slots)

    monkeypatch.setattr(Slots, "read_all", odd_read)
    mills.cron(READ)
    expected = ["running"] * DEVICES
    for index in (2, 4, 6):
        expected[index] = "sent"
    assert mills.states() == expected
    assert mills.fields("failure_count") == [0, 0, 1, 0, 1, 0, 0, 0]
    errors = [
        [event["kind"] for event in world.events() if event["severity"] == "error"]
        for world in mills.worlds
    ]
    assert errors == [[], [], ["connection"], [], ["connection"], [], ["error"], []]
    mills.assert_nothing_open()


def test_those_that_failed_come_last(mills, monkeypatch):
    sick, *healthy = mills.links
    sick.arm("silence_before")
    mills.worlds[0].set_device(connection_timeout=0.3)
    mills.cron(READ)
    monkeypatch.setattr(together, "GROUP_SIZE", 2)
    monkeypatch.setattr(together, "PATIENCE", 5.0)
    before, told = sick.connections, []
    for plant in mills.plants[1:]:
        plant.intercept = lambda _request: told.append(sick.connections)
    sick.arm("silence_before")
    mills.cron(READ)
    assert sick.connections == before + 1 and set(told[:-READS]) == {before}
    assert mills.fields("failure_count") == [2] + [0] * len(healthy)


def test_whatever_is_raised_nothing_stays_open(mills, monkeypatch):
    """In the middle of applying, with the others' connections open."""
    calls = []
    take_in = PlcDevice._take_in

    def interrupted(device, *args):
        calls.append(device)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return take_in(device, *args)

    monkeypatch.setattr(PlcDevice, "_take_in", interrupted)
    with pytest.raises(KeyboardInterrupt):
        mills.cron(READ)
    mills.assert_nothing_open()
    monkeypatch.undo()
    assert sorted(mills.states()) == ["running"] * 2 + ["sent"] * (DEVICES - 2)
    mills.cron(READ)
    assert mills.states() == ["running"] * DEVICES


def test_what_was_read_long_ago_is_read_again(mills, monkeypatch):
    monkeypatch.setattr(together, "MOST_AGE", -1.0)
    before = mills.connections()
    mills.finish()
    mills.cron(READ)
    assert mills.connections() == [count + 2 for count in before]
    assert mills.states() == ["done"] * DEVICES
    mills.assert_nothing_open()


def test_a_device_that_somebody_holds_is_not_read(mills):
    before = mills.connections()
    with mills.devices() as devices, devices[3]._device_turn():
        mills.cron(READ)
    made = [now - count for now, count in zip(mills.connections(), before, strict=True)]
    assert made == [1, 1, 1, 0, 1, 1, 1, 1]
    mills.assert_nothing_open()
