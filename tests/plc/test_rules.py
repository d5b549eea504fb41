"""What a slot means, case by case: records in, verdicts out."""

import math
from dataclasses import replace

import pytest

from plc import Record, SlotImage
from plc.rules import (
    Expectation,
    Meaning,
    agree,
    as_area,
    is_blank_read,
    is_free,
    is_orphan,
    judge,
    names,
)

NAME = "WH/MO/00001"
WRITE = Record(batch_no=2, mo_id=NAME, status_read_data=True, quantities={101: 300.0, 102: 0.0})
READ = Record(
    batch_no=2,
    mo_id=NAME,
    silo_ids={101: 101, 102: 102},
    quantities={101: 100.0, 102: 0.0},
    actual_weight=0.0,
)
EXPECTED = Expectation(
    number=2, name=NAME, read_found=None, quantities={}, pending={}, limit=5000.0, planned=1000.0
)


def image(write=None, read=None, number=2):
    """The slot of an order that is being dosed, with some fields of its records changed."""
    write, read = replace(WRITE, **(write or {})), replace(READ, **(read or {}))
    return SlotImage(
        number, b"", b"", lambda _raw: write, lambda _raw: read, lambda _raw: read.batch_no
    )


def verdict(write=None, read=None, **expected):
    return judge(image(write, read), replace(EXPECTED, **expected))


def doubt(**read):
    found = verdict(read=read)
    assert found.meaning is Meaning.DOUBTFUL
    return str(found.doubt)


@pytest.mark.parametrize(
    ("write", "meaning"),
    [
        ({"mo_id": "OTHER"}, Meaning.FORGOTTEN),
        ({"mo_id": "", "batch_no": 0}, Meaning.FORGOTTEN),
        ({"status_read_data": False, "batch_no": 0}, Meaning.NUMBERLESS),
        ({"status_read_data": False}, Meaning.UNTAKEN),
        ({}, Meaning.RUNNING),
        ({"batch_no": 0}, Meaning.RUNNING),  # the flag alone says that it was taken
    ],
)
def test_meaning_of_the_write_record(write, meaning):
    assert verdict(write).meaning is meaning


def test_an_order_without_a_name_is_nobodys():
    assert not names(Record(), "")
    assert verdict({"mo_id": ""}, name="").meaning is Meaning.FORGOTTEN


def test_a_finished_record():
    assert verdict(read={"status_manufacturing": True}).meaning is Meaning.FINISHED
    assert verdict(read={"status_manufacturing": True}, finished=True).meaning is Meaning.FINISHED


LEFT = {"mo_id": "", "batch_no": 0}  # the WRITE record, where the acknowledgement was cut off


@pytest.mark.parametrize(
    ("write", "read", "expected", "meaning"),
    [
        (LEFT, {"quantities": {101: 99.0}}, {}, Meaning.FINISHED),
        (LEFT, {"status_read_data": True}, {}, Meaning.FINISHED),  # it landed late, whole
        (LEFT, {"quantities": {101: -1.0}}, {}, Meaning.DOUBTFUL),
        (LEFT, {"status_manufacturing": False}, {}, Meaning.FORGOTTEN),
        (LEFT, {"mo_id": "OTHER"}, {}, Meaning.FORGOTTEN),
        (LEFT, {"batch_no": 1}, {}, Meaning.FORGOTTEN),
        (LEFT, {}, {"seen_finished": False}, Meaning.FORGOTTEN),  # a script says so, not the PLC
        ({"status_read_data": False}, {}, {}, Meaning.UNTAKEN),
    ],
)
def test_a_finished_record_counts_until_it_is_acknowledged(write, read, expected, meaning):
    read = {"status_manufacturing": True, **read}
    expected = {"finished": True, "seen_finished": True, **expected}
    assert verdict(write, read, **expected).meaning is meaning


def test_the_record_found_at_sending_says_nothing_while_its_flag_is_up():
    found = READ.mapped()
    assert verdict(read={"status_read_data": True}, read_found=found).meaning is Meaning.QUIET
    assert verdict(read_found=found).meaning is Meaning.RUNNING
    moved = {"status_read_data": True, "quantities": {101: 100.5, 102: 0.0}}
    assert verdict(read=moved, read_found=found).meaning is Meaning.RUNNING


@pytest.mark.parametrize(
    ("read", "words"),
    [
        ({"mo_id": "OTHER"}, "names order 'OTHER' instead of 'WH/MO/00001'"),
        ({"batch_no": 3}, "carries number 3 in slot 2"),
        ({"silo_ids": {101: 102, 102: 102}}, "beside the quantity of silo 101 is 102"),
        ({"quantities": {101: math.nan}}, "silo 101 reports a quantity that is not a number"),
        ({"quantities": {101: math.inf}}, "silo 101 reports a quantity that is not a number"),
        ({"quantities": {101: -0.01}}, "silo 101 reports -0.01 kg, less than nothing"),
        ({"quantities": {101: 5000.01}}, "silo 101 reports 5000.01 kg, above the limit of 5000.00"),
        ({"actual_weight": math.nan}, "the weight of the finished goods is nan kg"),
        ({"actual_weight": -1.0}, "the weight of the finished goods is -1.00 kg"),
        ({"actual_weight": 11000.5}, "the finished goods is 11000.50 kg, more than 11000.00 kg"),
    ],
)
def test_what_is_not_believed(read, words):
    assert words in doubt(**read)
    finished = verdict(read={**read, "status_manufacturing": True})
    assert finished.meaning is Meaning.DOUBTFUL


@pytest.mark.parametrize(
    "read",
    [
        {"quantities": {101: 5000.0, 102: 0.0}},
        {"quantities": {101: 1.0, 102: 0.0}, "silo_ids": {101: 101, 102: 7}},  # no kg, no id
        {"quantities": {101: 1.0, 102: 9.0}, "silo_ids": {}},  # a map without ids
        {"actual_weight": None},
        {"actual_weight": 11000.0},  # 1000 kg planned, and 5000 kg of each of two silos
    ],
)
def test_what_is_believed(read):
    assert verdict(read=read).meaning is Meaning.RUNNING


def test_without_a_limit_any_number_is_believed():
    read = {"quantities": {101: 1e9, 102: 0.0}, "actual_weight": 1e9}
    assert verdict(read=read, limit=0.0).meaning is Meaning.RUNNING


def test_a_value_that_falls_is_believed_the_second_time():
    before = {101: 120.0, 102: 0.0}
    first = verdict(quantities=before)
    assert first.meaning is Meaning.DOUBTFUL
    assert "silo 101 fell from 120.00 kg to 100.00 kg" in str(first.doubt)
    assert first.fallen == {101: 100.0}
    assert verdict(quantities=before, pending=first.fallen).meaning is Meaning.RUNNING
    other = verdict(quantities=before, pending={102: 3.0})
    assert other.meaning is Meaning.DOUBTFUL


@pytest.mark.parametrize(
    ("before", "fallen"),
    [(100.0, False), (100.004, False), (100.005, False), (100.01, True), (100.5, True)],
)
def test_rounding_up_is_no_fall(before, fallen):
    found = verdict(quantities={101: before, 102: 0.0}, rounding=0.01)
    assert (found.meaning is Meaning.DOUBTFUL) is fallen


def test_dosed_again_after_it_was_finished():
    found = verdict(finished=True)
    assert "is now being dosed again" in str(found.doubt)


@pytest.mark.parametrize(
    ("write", "read", "free"),
    [
        ({"batch_no": 0}, {}, True),
        ({}, {"status_manufacturing": True, "status_read_data": True}, True),
        ({}, {"status_manufacturing": True}, False),
        ({}, {"status_read_data": True}, False),
        ({"status_read_data": False}, {"status_manufacturing": True, "status_read_data": True}, 0),
        ({}, {"mo_id": "X", "status_manufacturing": True, "status_read_data": True}, False),
    ],
)
def test_free(write, read, free):
    assert bool(is_free(image(write, read))) is bool(free)


@pytest.mark.parametrize(
    ("read", "orphan"),
    [
        ({"status_manufacturing": True}, True),
        ({}, False),
        ({"status_manufacturing": True, "status_read_data": True}, False),
        ({"status_manufacturing": True, "mo_id": ""}, False),
        ({"status_manufacturing": True, "batch_no": 1}, False),
    ],
)
def test_orphan(read, orphan):
    assert is_orphan(image(read=read)) is orphan


def test_a_read_record_without_a_number_is_blank():
    assert is_blank_read(Record(mo_id=NAME))
    assert not is_blank_read(READ)


def test_slot_1_speaks_for_an_area():
    assert as_area([]) == []
    untaken = {"status_read_data": False}
    first, second = image(number=1), image(untaken)
    assert all(each.write.status_read_data for each in as_area([first, second]))
    first = image({"batch_no": 0, **untaken}, number=1)
    assert [each.write.batch_no for each in as_area([first, second])] == [0, 0]
    first = image(untaken, number=1)
    assert [each.write.batch_no for each in as_area([first, second])] == [2, 2]


def test_two_looks_agree_in_every_field_and_flag():
    one = image(read={"actual_weight": math.nan})
    assert agree(one, image(read={"actual_weight": math.nan}))
    assert not agree(one, image())
    assert not agree(image(), image(read={"status_read_data": True}))
    assert not agree(image(), image({"status_read_data": False}))
