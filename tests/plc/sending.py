"""Orders sent to a plant as Odoo sends them, and what came of it."""

import time

import pytest

from plc import Record

RECORD = Record(
    recipe="CF1B",
    finished_goods="CATTLE FEED 1B",
    consumption=1000.0,
    quantities={103: 300.0, 110: 107.5, 115: 30.25},
)


def send(slots, number, name="WH/MO/00001", record=RECORD):
    slots.blank(number)
    if not slots.read_slots([number])[number].read.is_blank:
        slots.raise_read_flag(number)
    slots.write_body(number, record)
    slots.write_name(number, name)
    slots.write_number(number)


def image(slots, number):
    return slots.read_slots([number])[number]


def events(plant, *kinds):
    return [(e["event"], e["slot"], e["mo_id"]) for e in plant.ledger if e["event"] in kinds]


def until(true):
    for _ in range(500):
        if true():
            return
        time.sleep(0.02)
    pytest.fail("it did not come to pass")
