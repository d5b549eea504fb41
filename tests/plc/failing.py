"""Sessions that must fail, and how they are looked at."""

import time

import pytest
from servers import Peer

from plc import PlcError, Session

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


def until(happened):
    for _ in range(500):
        if happened:
            return
        time.sleep(0.02)
    pytest.fail("it did not come to pass")


def dripping(conversation, data):
    for byte in data:
        conversation.send(bytes([byte]))
        time.sleep(0.2)
