"""PLCs that cannot be reached, answer nonsense or too slowly; and copies that must not speak."""

import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from mill_world import ARCHIVE, FETCH, READ
from steps import dose, number_write, once, run_to_the_end

from odoo.exceptions import UserError

sys.path.append(str(Path(__file__).resolve().parents[1] / "plc"))
from servers import Peer, free_port  # noqa: E402

pytestmark = pytest.mark.parametrize("layout", ["native"])


def assert_outage_told_once(world, code_text):
    outages = [e for e in world.events() if e["kind"] == "connection" and e["severity"] == "error"]
    assert len(outages) == 1 and code_text in outages[0]["message"]
    assert "127.0.0.1" not in str(world.events())
    assert not any("internal" in event["message"] for event in world.events())


def fail_three_times(world):
    """Each run is the clock's; the hours of waiting pass in the database."""
    waits = []
    for _ in range(3):
        world.set_device(next_try_at=False)
        world.cron(FETCH)
        with world.device() as device:
            waits.append(device.next_try_at and device.next_try_at - device.env.cr.now())
    assert world.device_fields("state", "failure_count") | {"id": 0} == {
        "id": 0,
        "state": "offline",
        "failure_count": 3,
    }
    assert waits[1] < waits[2]
    world.cron(FETCH, READ)
    assert world.device_fields("failure_count")["failure_count"] == 3


def test_unreachable_host(world, plant):
    """Backed off and counted, one event an outage; the order goes out when it answers again."""
    world.orders()
    world.set_device(port=free_port())
    fail_three_times(world)
    assert_outage_told_once(world, "cannot be reached")
    assert not world.batches()
    world.set_device(port=plant.port)
    run_to_the_end(plant, world, 1)
    assert world.device_fields("state")["state"] == "online"
    assert world.one_history("status")["status"] == "completed"


@pytest.mark.parametrize("changes", [{"read_db": 9}, {"write_db": 9}, {"slot_count": 11}])
def test_wrong_or_short_data_block(world, plant, changes):
    world.orders()
    with world.device() as device:
        device.layout_id = device.layout_id.copy(changes)
    fail_three_times(world)
    assert_outage_told_once(world, "refused access to data block")
    assert "optimized block access" in world_action(world)


def world_action(world):
    """What a manager who presses the button is told."""
    with pytest.raises(UserError) as told:
        world.device_button("action_test_connection")
    return str(told.value)


def says_nothing(conversation):
    conversation.wait_for_end()


def drips(conversation):
    """One byte now and then: no reply is ever complete."""
    conversation.connect()
    while True:
        conversation.send(b"\x03")
        time.sleep(0.1)


@pytest.mark.parametrize("behave", [says_nothing, drips])
def test_silent_or_dripping_peer(world, plant, behave):
    """The whole turn ends by its deadline; another device has its turn in the same run."""
    world.orders()
    with Peer(behave) as peer:
        world.set_device(port=peer.port, connection_timeout=0.3)
        world.cron(FETCH)
    assert world.device_fields("state")["state"] == "offline"
    assert not [event for event in world.events() if "internal" in event["message"]]
    world.set_device(port=plant.port)
    run_to_the_end(plant, world, 1)


def test_quiet_minute_after_a_write_of_unknown_outcome(world, plant):
    """Neither button nor clock speaks to it; a read cut off needs no such silence."""
    with world.device() as device:
        device.env["ir.config_parameter"].set_param("mrp_plc_batch.quiet_seconds", "60")
        device.connection_timeout = 0.2
    world.orders()
    once(plant, lambda request: request.kind == "read", lambda: "cut")
    world.cron(FETCH)
    assert not world.device_fields("quiet_until")["quiet_until"]
    world.set_device(next_try_at=False)
    once(plant, lambda request: number_write(plant, request), lambda: "silent")
    world.cron(FETCH)
    assert world.device_fields("quiet_until")["quiet_until"]
    asked = len(plant.requests)
    world.set_device(next_try_at=False)
    world.cron(FETCH, READ)
    for button in ("action_read_now", "action_send_now", "action_test_connection"):
        with pytest.raises(UserError, match="cut off and may still arrive"):
            world.device_button(button)
    assert len(plant.requests) == asked
    world.set_device(quiet_until="2026-01-01 00:00:00")
    run_to_the_end(plant, world, 1)
    assert world.one_history("status")["status"] == "completed"


def test_an_order_deleted_while_a_write_is_cut_off(world, plant):
    """Another transaction was faster at one batch, and the failure is told all the same."""
    with world.device() as device:
        device.env["ir.config_parameter"].set_param("mrp_plc_batch.quiet_seconds", "60")
    orders = world.orders(2)

    def delete():
        with world.order(orders[0]) as order:
            order.action_cancel()
            order.unlink()
        return "cut"

    once(plant, lambda request: request.kind == "write", delete)
    world.cron(FETCH)
    told = [batch["error_code"] for batch in world.batches("error_code")]
    assert told == ["plc_unreachable"] * 2
    device = world.device_fields("failure_count", "quiet_until")
    assert device["failure_count"] == 1 and device["quiet_until"]
    assert not [event for event in world.events() if event["kind"] == "error"]


def test_paused_in_the_middle_of_a_run(world, plant, monkeypatch):
    """That is no fault of the program's; the run ends there, and says nothing to the PLC."""
    world.orders()
    with world.device() as device:
        model = type(device)
    plan_orders = model._plan_orders

    def and_somebody_pauses(device):
        plans = plan_orders(device)
        world.set_device(paused=True)
        return plans

    with monkeypatch.context() as patch:
        patch.setattr(model, "_plan_orders", and_somebody_pauses)
        world.cron(FETCH)
    assert not plant.requests
    assert not [event for event in world.events() if event["kind"] == "error"]
    world.set_device(paused=False)
    run_to_the_end(plant, world, 1)


def test_a_silence_is_never_shorter_than_it_was_set(world):
    """By the clock, not by its whole seconds."""
    with world.device() as device:
        device.env["ir.config_parameter"].set_param("mrp_plc_batch.quiet_seconds", "0.9")
        before = datetime.now(timezone.utc).replace(tzinfo=None)
        device._keep_quiet()
        assert device.quiet_until - before >= timedelta(seconds=0.9)


def test_silent_order(world, plant):
    """Taken and unchanged for too long: said, and taken back when it goes on."""
    first, second = world.names(world.orders(2))
    world.cron(FETCH)
    dose(plant, world)
    world.cron(READ)
    assert not any(b["error_code"] for b in world.batches())
    hour = "now() at time zone 'utc' - interval '1 hour'"
    world.sql(
        f"UPDATE mo_batch SET taken_at = {hour}, last_read_from_plc = {hour}"
        " WHERE device_id = %s AND taken_at IS NOT NULL",
        world.device_id,
    )
    world.cron(READ)
    batches = {b["mo_id"]: b for b in world.batches("mo_id", "error_code", "error_action", "state")}
    assert batches[first]["error_code"] == "plc_silent" and batches[first]["state"] == "running"
    assert "cancel the batch, or reset it" in batches[first]["error_action"]
    assert not batches[second]["error_code"]
    plant.step(0.1)
    world.cron(READ)
    assert not any(b["error_code"] for b in world.batches())


@pytest.mark.parametrize("silence", ["paused", "neutralized", "no host", "nothing open"])
def test_no_traffic(own_db, plant, layout, silence):
    from mill_world import World

    world = World(own_db, plant, layout)
    if silence != "nothing open":
        world.orders()
    if silence == "paused":
        world.set_device(paused=True)
    elif silence == "no host":
        world.set_device(host=False)
    elif silence == "neutralized":
        with world.db.env() as env:
            env["ir.config_parameter"].set_param("database.is_neutralized", "True")
    world.cron(FETCH, READ, ARCHIVE)
    if silence != "nothing open":
        for button in ("action_read_now", "action_send_now", "action_test_connection"):
            with pytest.raises(UserError):
                world.device_button(button)
    assert not plant.requests
    assert not world.batches()
