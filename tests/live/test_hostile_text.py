"""Text from a PLC is hostile: control bytes stripped, cut, never markup, whoever shows it."""

import json
import logging
import unicodedata

import pytest
from mill_world import FETCH, READ
from steps import dose

pytestmark = pytest.mark.parametrize("layout", ["native", "word_map"])

MARKUP = b"<b>&'\"\x00\x1b[2J\x07\r\n\x9f\xff<i>"


def hostile(plant, area):
    """Put such bytes wherever a record of slot 1 has text."""
    for name in ("mo_id", "recipe", "finished_goods"):
        field = plant.layout.field(name)
        if not field:
            continue
        raw = bytearray(area[field.byte : field.end])
        start = field.datatype.size - field.datatype.length  # behind a STRING's two lengths
        text = (MARKUP * 20)[: field.datatype.length]
        raw[start : start + len(text)] = text
        if start:
            raw[0] = raw[1] = field.datatype.length
        area[field.byte : field.end] = raw


def assert_harmless(texts):
    for text in filter(None, texts):
        assert not [c for c in text if unicodedata.category(c) == "Cc" and c != "\n"], repr(text)


def told(world):
    """Every text of ours that may carry what the PLC said."""
    with world.device() as device:
        env = device.env
        events = env["plc.event"].search([("device_id", "=", device.id)])
        batches = env["mo.batch"].search([("device_id", "=", device.id)])
        yield from events.mapped("message")
        yield from events.mapped("mo_id")
        for name in ("error_message", "error_reason", "error_action", "mo_id", "finished_goods"):
            yield from batches.mapped(name)
        yield json.loads(json.dumps(env["mo.batch"]._get_failed()))["batches"].__str__()
        yield str(env["plc.device"]._get_health())
        notes = batches.activity_ids.mapped("note")
        assert not any("<b>" in note or "<i>" in note for note in notes)


def test_in_the_record_of_an_order(world, plant, caplog):
    world.set_device(retry_limit=1)
    with world.device() as device:
        device.responsible_id = device.env.ref("base.user_admin")
    world.orders()
    world.cron(FETCH)
    dose(plant, world)
    hostile(plant, plant.read_area)
    with caplog.at_level(logging.DEBUG, "odoo.addons.mrp_plc_batch"):
        world.cron(READ)
    assert world.one_batch("error_code")["error_code"] == "plc_data"
    assert_harmless([*told(world), *caplog.messages])
    with world.device() as device:
        assert device.batch_ids.activity_ids, "its note is among what was looked at"


def test_in_a_finished_record_that_nobody_waits_for(world, plant, caplog):
    world.orders(2)
    world.cron(FETCH)
    hostile(plant, plant.read_area)
    plant.change_read(1, batch_no=1, status_manufacturing=True, status_read_data=False)
    world.press("action_cancel")
    hostile(plant, plant.write_area)
    plant.change_write(1, batch_no=1, status_read_data=True)
    hostile(plant, plant.read_area)
    world.orders()
    with caplog.at_level(logging.DEBUG, "odoo.addons.mrp_plc_batch"):
        world.cron(FETCH, READ)
    assert [event for event in world.events() if event["kind"] == "orphan"]
    assert_harmless([*told(world), *caplog.messages])
