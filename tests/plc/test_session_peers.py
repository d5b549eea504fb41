"""The session against peers that misbehave: every failure by its cause, and always an end."""

import random
import time

import pytest
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

from plc import PlcError, PlcProtocol, PlcTimeout, PlcUnreachable, Session

TIMEOUT = 0.4
ENOUGH = 8  # seconds in which every call must have returned, on a slow machine too


def failure(behave, use=lambda session: session.read(1, 0, 100), timeout=TIMEOUT, **kwargs):
    """Return the error of a session with a peer, after checking that it gives nothing away."""
    with Peer(behave) as peer:
        started = time.monotonic()
        session = Session("127.0.0.1", peer.port, timeout=timeout, name="PLC01", **kwargs)
        with pytest.raises(PlcError) as raised, session:
            use(session)
        assert time.monotonic() - started < ENOUGH
        error = raised.value
        told = f"{error} {error.message} {error.reason} {error.action} {error.params}"
        assert "PLC01" in error.message
        assert "127.0.0.1" not in told
        assert str(peer.port) not in told
        return error


def write(session):
    session.write(1, 0, bytes(50))


def write_bit(session):
    session.write_bit(1, 0, 3, True)


def read(session):
    session.read(1, 0, 100)


def _until(happened):
    for _ in range(500):
        if happened:
            return
        time.sleep(0.02)
    pytest.fail("it did not come to pass")


def dripping(conversation, data):
    for byte in data:
        conversation.send(bytes([byte]))
        time.sleep(0.2)


# Silence


def says_nothing(conversation):
    conversation.wait_for_end()


def says_nothing_after_the_confirm(conversation):
    conversation.receive()
    conversation.send(CONFIRM)
    conversation.wait_for_end()


def says_nothing_once_connected(conversation):
    conversation.connect()
    conversation.wait_for_end()


@pytest.mark.parametrize("behave", [says_nothing, says_nothing_after_the_confirm])
def test_silence_while_connecting(behave):
    error = failure(behave)
    assert type(error) is PlcTimeout
    assert error.code == "plc_timeout"
    assert error.retryable
    assert not error.outcome_unknown
    assert "within 0.4 seconds" in error.reason


@pytest.mark.parametrize(("use", "unknown"), [(read, False), (write, True), (write_bit, True)])
def test_silence_after_a_request_leaves_a_writes_outcome_unknown(use, unknown):
    error = failure(says_nothing_once_connected, use)
    assert type(error) is PlcTimeout
    assert error.outcome_unknown is unknown


# Dripping: a byte each 0.2 s is never silent for as long as the time-out


def test_dripping_while_connecting():
    def behave(conversation):
        conversation.receive()
        dripping(conversation, CONFIRM * 50)

    assert type(failure(behave)) is PlcTimeout


def test_dripping_an_answer():
    def behave(conversation):
        conversation.connect()
        dripping(conversation, frame(read_answer(conversation.request(), bytes(100))))

    assert type(failure(behave)) is PlcTimeout


def test_dripping_is_bounded_by_the_deadline_of_the_turn_too():
    def behave(conversation):
        conversation.connect()
        dripping(conversation, frame(read_answer(conversation.request(), bytes(100))))

    error = failure(behave, timeout=30, deadline=time.monotonic() + 0.8)
    assert type(error) is PlcTimeout
    assert "time of this run" in error.reason


def test_after_a_failure_nothing_of_the_request_leaves_this_machine_any_more():
    """The connection is reset, not closed: what the network still holds back is thrown away."""
    ends = []

    def behave(conversation):
        conversation.connect()
        conversation.request()
        try:
            ends.append(conversation.sock.recv(1))
        except ConnectionResetError:
            ends.append("reset")

    assert failure(behave, write).outcome_unknown
    _until(ends)
    assert ends == ["reset"]


# Cut


def cuts_at_once(conversation):
    conversation.cut()


def cuts_after_the_confirm(conversation):
    conversation.receive()
    conversation.send(CONFIRM)
    conversation.receive()
    conversation.cut()


@pytest.mark.parametrize("behave", [cuts_at_once, cuts_after_the_confirm])
def test_cut_while_connecting(behave):
    error = failure(behave)
    assert type(error) is PlcUnreachable
    assert "before the S7 session stood" in error.reason
    assert not error.outcome_unknown


@pytest.mark.parametrize(("use", "unknown"), [(read, False), (write, True), (write_bit, True)])
@pytest.mark.parametrize("part", [0, 1, 4, 9])
def test_cut_in_mid_answer_leaves_a_writes_outcome_unknown(use, unknown, part):
    def behave(conversation):
        conversation.connect()
        request = conversation.request()
        whole = read_answer(request, bytes(100)) if use is read else write_answer(request)
        conversation.send(frame(whole)[:part])
        conversation.cut()

    error = failure(behave, use)
    assert type(error) is PlcUnreachable
    assert error.code == "plc_unreachable"
    assert error.outcome_unknown is unknown


# Not S7, or not the answer to this request


def test_a_disconnect_instead_of_a_confirm():
    def behave(conversation):
        conversation.receive()
        conversation.send(DISCONNECT)
        conversation.wait_for_end()

    error = failure(behave)
    assert type(error) is PlcProtocol
    assert "did not accept the S7 connection" in error.reason
    assert "rack, slot" in error.action


@pytest.mark.parametrize("said", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x03\0\0\x04", bytes(40)])
def test_something_else_than_s7(said):
    def behave(conversation):
        conversation.receive()
        conversation.send(said)
        conversation.wait_for_end()

    assert type(failure(behave)) is PlcProtocol


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
        _until(ends)
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
