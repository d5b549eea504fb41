"""The session against peers that are no S7, refuse, or answer something else."""

import random

import pytest
from failing import failure, until, write
from servers import (
    CONFIRM,
    DISCONNECT,
    Peer,
    answer,
    frame,
    read_answer,
    setup_answer,
    write_answer,
)

from plc import PlcError, PlcProtocol, PlcTimeout, Session


def test_a_disconnect_instead_of_a_confirm():
    def behave(conversation):
        conversation.receive()
        conversation.send(DISCONNECT)
        conversation.wait_for_end()

    error = failure(behave)
    assert type(error) is PlcProtocol
    assert "did not accept the S7 connection" in error.reason
    assert "rack, slot" in error.action


def listener(said):
    """Something that is no PLC, and answers in its own way."""

    def behave(conversation):
        conversation.receive()
        conversation.send(said)
        conversation.wait_for_end()

    return failure(behave)


def test_nothing_is_told_of_what_else_listens_there():
    """Who may name an address learns from no text which service it is."""
    others = (
        b"HTTP/1.1 400 Bad Request\r\nServer: intranet\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2p1\r\n",
        b"N",  # PostgreSQL, asked for TLS
        b"-ERR unknown command\r\n",
        b"\x03\0\0\x04",
        bytes(40),
    )
    told = [listener(said) for said in others]
    assert {type(error) for error in told} <= {PlcProtocol, PlcTimeout}
    protocol = [error for error in told if type(error) is PlcProtocol]
    assert len(protocol) >= 4
    assert {(error.message, error.reason, error.action) for error in protocol} == {
        (protocol[0].message, protocol[0].reason, protocol[0].action)
    }
    assert not any(error.params["answer"] for error in protocol)


def test_a_pdu_too_small_to_be_used():
    error = failure(lambda conversation: conversation.connect(pdu=20))
    assert type(error) is PlcProtocol
    assert "20 bytes" in error.reason


def test_a_setup_that_is_refused():
    def behave(conversation):
        conversation.receive()
        conversation.send(CONFIRM)
        conversation.send(frame(answer(conversation.request(), b"", error=0x8104)))
        conversation.wait_for_end()

    assert type(failure(behave)) is PlcProtocol


def test_a_connection_that_failed_to_stand_is_closed():
    ends = []

    def behave(conversation):
        conversation.connect(pdu=20)
        conversation.wait_for_end()
        ends.append(True)

    with Peer(behave) as peer:
        session = Session("127.0.0.1", peer.port)
        with pytest.raises(PlcProtocol):
            session.__enter__()
        until(ends)
    assert session.requests == 0  # still referenced: nobody else has closed it


def garbled(make):
    def behave(conversation):
        conversation.connect()
        conversation.send(frame(make(conversation.request())))
        conversation.wait_for_end()

    return behave


@pytest.mark.parametrize(
    "make",
    [
        lambda request: read_answer(request, bytes(99)),
        lambda request: read_answer(request, bytes(100), sequence=1),
        lambda request: read_answer(request, bytes(100), sequence=999),
        lambda request: read_answer(request, bytes(100))[:-1],
        lambda request: read_answer(request, bytes(100)) + b"x",
        lambda request: write_answer(request),
        lambda request: setup_answer(request),
        lambda request: b"2",
        lambda request: bytes(200),
    ],
)
def test_an_answer_that_does_not_belong_to_the_read(make):
    error = failure(garbled(make))
    assert type(error) is PlcProtocol
    assert "does not belong to the request" in error.reason


@pytest.mark.parametrize(
    "make",
    [
        lambda request: read_answer(request, bytes(50)),
        lambda request: write_answer(request, sequence=1),
        lambda request: write_answer(request, 0x77),
        lambda request: b"2",
    ],
)
def test_a_garbled_answer_leaves_a_writes_outcome_unknown(make):
    error = failure(garbled(make), write)
    assert type(error) is PlcProtocol
    assert error.outcome_unknown


@pytest.mark.parametrize(
    "make",
    [
        lambda request: write_answer(request, 0x05),
        lambda request: write_answer(request, 0x0A),
        lambda request: answer(request, b"", error=0x8404),
    ],
)
def test_a_refused_write_is_known_not_to_be_done(make):
    error = failure(garbled(make), write)
    assert type(error) is PlcProtocol
    assert "refused access to data block 1, bytes 0 to 49" in error.reason
    assert not error.outcome_unknown


@pytest.mark.parametrize(
    "item", ["0a000000", "0a000004", "05000000", "0a00"], ids=["CPU", "C snap7", "range", "short"]
)
def test_a_refused_read_is_told_as_such(item):
    error = failure(garbled(lambda request: answer(request, b"\x04\x01", bytes.fromhex(item))))
    assert type(error) is PlcProtocol
    assert "refused access to data block 1, bytes 0 to 99" in error.reason


def test_a_refusal_of_another_request_is_none_of_this_one():
    def make(request):
        return answer(request, b"\x05\x01", b"\x05", sequence=77)

    error = failure(garbled(make), write)
    assert "does not belong" in error.reason
    assert error.outcome_unknown


def test_any_noise_at_all_is_one_of_our_errors():
    """Answers spoilt at a random place: data of the right length, or an error of ours."""
    chance = random.Random(1)
    spoilt = []

    def behave(conversation):
        conversation.connect()
        data = bytearray(frame(read_answer(conversation.request(), bytes(100))))
        for _ in range(chance.randint(1, 3)):
            data[chance.randrange(40)] = chance.randrange(256)
        spoilt.append(data.hex())
        conversation.send(data[: chance.choice((len(data), chance.randrange(len(data))))])
        conversation.cut()

    with Peer(behave) as peer:
        for _ in range(300):
            try:
                with Session("127.0.0.1", peer.port, timeout=5) as session:
                    assert len(session.read(1, 0, 100)) == 100
            except PlcError:
                continue
    assert len(spoilt) == 300


def test_an_answer_from_before_is_not_taken_for_this_one():
    """A late answer to an earlier request would put old values into the new record."""

    def behave(conversation):
        conversation.connect()
        first = conversation.request()
        conversation.send(frame(read_answer(first, b"a" * 100)))
        conversation.request()
        conversation.send(frame(read_answer(first, b"a" * 100)))
        conversation.wait_for_end()

    def use(session):
        assert session.read(1, 0, 100) == b"a" * 100
        session.read(1, 100, 100)

    assert type(failure(behave, use)) is PlcProtocol
