"""The session against answers of any kind; dev/chaos tries many thousands more."""

import pytest
from failing import failure, write
from fuzz_session import FuzzedPeer, replies
from hypothesis import given, settings
from servers import answer, frame, write_answer

from plc import PlcProtocol


@pytest.fixture(scope="module")
def peer():
    with FuzzedPeer() as running:
        yield running


@settings(max_examples=1500)
@given(reply=replies)
def test_any_answer(peer, reply):
    peer.check(reply)


def spoilt(code, **places):
    """A peer's answer to a write, with some bytes of its S7 message changed."""

    def behave(conversation):
        conversation.connect()
        said = bytearray(code(conversation.request()))
        for place, byte in places.items():
            said[int(place[1:])] = byte
        conversation.send(frame(bytes(said)))
        conversation.wait_for_end()

    return behave


@pytest.mark.parametrize(
    "behave",
    [
        spoilt(lambda request: write_answer(request, error=1), _0=0),
        spoilt(lambda request: write_answer(request, error=1), _1=1),
        spoilt(lambda request: write_answer(request), _7=0),
        spoilt(lambda request: answer(request, b"\x05\x01", b"\x05\x05"), _9=1),
        spoilt(lambda request: answer(request, b"\x04\x01", b"\x05")),
    ],
    ids=["no S7", "a request", "no parameters", "trailing bytes", "of a read"],
)
def test_garbage_that_looks_like_a_refusal_leaves_a_writes_outcome_unknown(behave):
    """A refused write is known not to be done, so the device is spoken to at once again."""
    error = failure(behave, write)
    assert type(error) is PlcProtocol
    assert "does not belong to the request" in error.reason
    assert error.outcome_unknown
