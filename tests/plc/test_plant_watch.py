"""The plant notices what Odoo must never do to it."""

from dataclasses import replace

import pytest
from plant import Plant
from sending import RECORD, events, send

from plc import Session, Slots


@pytest.fixture
def watched(layout_name):
    with Plant(layout_name, manual=True) as running:
        yield running


@pytest.fixture
def rude(watched):
    with Session("127.0.0.1", watched.port) as session:
        yield Slots(session, watched.layout)


def test_half_a_record_is_noticed_at_once(watched, rude):
    rude.write_number(1)  # and nothing else
    assert watched.violations
    watched.step()
    assert events(watched, "taken") == []


@pytest.mark.parametrize(
    ("spoilt", "told"),
    [
        ({"quantities": {}}, "doses nothing"),
        ({"consumption": 0.0}, "plans 0 kg"),
        ({"mo_id": ""}, "names no order"),
        ({"batch_no": 2}, "carries the number 2"),
        ({"silo_ids": {110: 109}}, "has the id 109 beside the quantity of silo 110"),
        ({"status_manufacturing": True}, "has a status"),
        ({"status_operation": True}, "has a status"),
    ],
)
def test_a_valid_record_that_is_not_complete_is_told(watched, spoilt, told):
    record = replace(replace(RECORD, mo_id="WH/MO/1", batch_no=1), **spoilt)
    watched.write_area[: watched.layout.slot_size] = watched.layout.encode(record)
    watched.step()
    assert told in watched.violations[0]
    assert events(watched, "taken") == []


def test_a_weight_that_is_no_number_is_told():
    with Plant("native", manual=True) as plant:
        whole = replace(RECORD, mo_id="WH/MO/1", batch_no=1)
        plant.write_area[:170] = plant.layout.encode(whole)
        for raw in ("7fc00000", "7f800000", "c2c80000"):  # NaN, infinity, -100
            plant.write_area[86:90] = bytes.fromhex(raw)
            plant.violations.clear()
            plant.step()
            assert "no number or below 0" in plant.violations[0]


def test_a_valid_record_that_changes_before_it_is_taken_is_told(watched, rude):
    send(rude, 1)
    assert watched.violations == []
    rude.write_body(1, replace(RECORD, quantities={103: 301.0}))
    assert any("changed before it was taken" in told for told in watched.violations)


def test_a_record_may_be_withdrawn_and_changed(watched, rude):
    send(rude, 1)
    rude.blank(1)
    send(rude, 1, record=replace(RECORD, quantities={103: 301.0}))
    assert watched.violations == []


def test_an_unacknowledged_record_that_is_overwritten_is_told(watched, rude):
    send(rude, 1)
    watched.step()
    watched.finish_now()
    rude.blank(1)
    rude.write_body(1, RECORD)
    rude.write_name(1, "WH/MO/00002")
    rude.write_number(1)
    watched.step()
    assert "never acknowledged" in watched.violations[0]


def test_writing_more_of_the_read_area_than_its_flag_is_told(watched, rude):
    rude._session.write(2, 0, b"\0\0")
    assert "not its flag" in watched.violations[0]
