import pytest
from hypothesis import given
from hypothesis import strategies as st

from plc import SlotTooLong
from plc.planner import plan


@pytest.mark.parametrize(
    ("slot_size", "pdu", "requests"),
    [(170, 240, 10), (170, 480, 5), (200, 240, 10), (200, 480, 5), (100, 480, 3), (20, 480, 1)],
)
def test_ten_slots_take_as_few_requests_as_the_pdu_allows(slot_size, pdu, requests):
    assert len(plan(range(1, 11), slot_size, pdu - 18)) == requests


def test_only_neighbours_share_a_request():
    planned = plan([7, 1, 2, 3, 5, 2], 100, 250)
    assert [(r.first, r.count, r.offset, r.size) for r in planned] == [
        (1, 2, 0, 200),
        (3, 1, 200, 100),
        (5, 1, 400, 100),
        (7, 1, 600, 100),
    ]


def test_no_slots_need_no_request():
    assert plan([], 100, 250) == []


def test_a_slot_longer_than_a_request_is_refused_with_both_sizes():
    with pytest.raises(SlotTooLong) as refused:
        plan([1], 223, 222)
    assert "223" in refused.value.reason
    assert "222" in refused.value.reason
    assert refused.value.code == "plc_data"


@given(
    st.sets(st.integers(1, 60)),
    st.integers(1, 300),
    st.integers(1, 962),
)
def test_every_slot_is_carried_once_and_whole(numbers, slot_size, payload):
    if slot_size > payload:
        return
    planned = plan(numbers, slot_size, payload)
    assert [n for request in planned for n in request.numbers] == sorted(numbers)
    for request in planned:
        assert request.size == request.count * slot_size <= payload
        assert request.offset == (request.first - 1) * slot_size
    for one, two in zip(planned, planned[1:], strict=False):
        # Two neighbours would have been one, had both fitted.
        assert two.first > one.first + one.count or one.size + slot_size > payload
