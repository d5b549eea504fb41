"""The session against peers that fall silent, drip or cut: an end, and by its cause."""

import time

import pytest
from failing import dripping, failure, read, until, write, write_bit
from servers import CONFIRM, frame, read_answer, write_answer

from plc import PlcTimeout, PlcUnreachable

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
    until(ends)
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
