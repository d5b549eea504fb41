"""The session against real S7 servers."""

import errno
import logging
import socket
import time

import pytest
from servers import Conversation, Peer, plain_server

from plc import PlcData, PlcError, PlcProtocol, PlcTimeout, PlcUnreachable, Session, Slots


@pytest.fixture
def blocks():
    return {1: bytearray(range(256)) * 4, 2: bytearray(100)}


@pytest.fixture(params=[240, 480])
def pdu(request):
    return request.param


@pytest.fixture
def plain(blocks, pdu):
    server = plain_server(blocks, pdu)
    yield server
    server.stop()


def opened(server, **kwargs):
    return Session("127.0.0.1", server.port, name="PLC01", **kwargs)


def test_what_is_written_is_read_back(plain, blocks):
    with opened(plain) as session:
        session.write(2, 10, b"S7 says hello")
        assert session.read(2, 8, 17) == b"\0\0S7 says hello\0\0"
    assert blocks[2][10:23] == b"S7 says hello"


def test_no_log_tells_the_address_of_a_plc_that_answers(plain, caplog):
    with caplog.at_level(logging.INFO), opened(plain):
        pass
    told = [record.getMessage() for record in caplog.records if record.name != "snap7.server"]
    assert "127.0.0.1" not in " ".join(told)


def test_the_pdu_decides_what_a_request_carries(plain, pdu):
    with opened(plain) as session:
        assert session.pdu_length == pdu
        assert (session.max_read, session.max_write) == (pdu - 18, pdu - 35)


def test_the_longest_request_is_still_one_request(plain, blocks):
    seen = []
    plain.set_events_callback(lambda event: seen.append((event.EvtCode, event.EvtParam4)))
    with opened(plain) as session:
        data = bytes(session.max_write)
        session.write(1, 3, data)
        assert session.read(1, 1, session.max_read) == bytes(blocks[1][1 : 1 + session.max_read])
        assert session.requests == 2
        sizes = [size for _code, size in seen if size]
        assert sizes == [session.max_write, session.max_read]


def test_a_longer_request_is_the_planners_mistake(plain):
    with opened(plain) as session:
        with pytest.raises(ValueError, match="reads 1 to"):
            session.read(1, 0, session.max_read + 1)
        with pytest.raises(ValueError, match="writes 1 to"):
            session.write(1, 0, bytes(session.max_write + 1))
        with pytest.raises(ValueError, match="0 to 7"):
            session.write_bit(1, 0, 8, True)
        assert session.read(1, 5, 1) == b"\5"  # the session lives on


@pytest.mark.parametrize(("db", "start", "size"), [(9, 0, 4), (2, 98, 4), (2, 5000, 4)])
def test_a_wrong_or_short_data_block_is_named_with_its_bytes(plain, db, start, size):
    with opened(plain) as session, pytest.raises(PlcProtocol) as refused:
        session.read(db, start, size)
    assert f"data block {db}, bytes {start} to {start + size - 1}" in refused.value.reason
    assert refused.value.code == "plc_protocol"
    with opened(plain) as session, pytest.raises(PlcProtocol) as refused:
        session.write(db, start, bytes(size))
    assert f"data block {db}, bytes {start} to {start + size - 1}" in refused.value.reason
    assert not refused.value.outcome_unknown


def test_after_an_error_the_session_is_dead(plain, blocks):
    with opened(plain) as session:
        with pytest.raises(PlcProtocol):
            session.read(9, 0, 4)
        with pytest.raises(PlcUnreachable, match="given up") as refused:
            session.write(2, 0, b"late")
        assert not refused.value.outcome_unknown
        assert session.requests == 1
    assert blocks[2][:4] == bytes(4)


def test_an_interrupted_request_kills_the_session_too(plain, monkeypatch):
    with opened(plain) as session:
        monkeypatch.setattr(session._link, "receive_data", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            session.read(1, 0, 4)
        monkeypatch.undo()
        with pytest.raises(PlcUnreachable, match="given up"):
            session.read(1, 0, 4)


def test_what_must_hold_before_a_write_may_stop_it(plain, blocks):
    """Nothing is sent then; reading goes on."""

    def stop():
        raise RuntimeError("somebody else has the PLC")

    with opened(plain, before_write=stop) as session:
        for write in (lambda: session.write(2, 0, b"x"), lambda: session.write_bit(2, 0, 0, True)):
            with pytest.raises(RuntimeError, match="somebody else"):
                write()
        assert session.requests == 0
        assert session.read(2, 0, 1) == b"\0"


def _interrupt():
    raise KeyboardInterrupt


def test_nobody_listens():
    with socket.socket() as bound:  # taken, but not listening: nobody else can get it meanwhile
        bound.bind(("127.0.0.1", 0))
        with (
            pytest.raises(PlcUnreachable, match="refuses the connection"),
            Session("127.0.0.1", bound.getsockname()[1]),
        ):
            pass


@pytest.mark.parametrize("host", ["a" * 64 + ".example", ".example"])
def test_a_name_that_cannot_be_is_not_reachable(host):
    with pytest.raises(PlcUnreachable, match="host name is not known"), Session(host):
        pass


def test_a_device_without_an_address_is_never_dialled():
    with pytest.raises(PlcUnreachable, match="has no address"), Session(""):
        pass


def test_no_way_through_the_network(monkeypatch):
    """What the operating system says there depends on the machine's own network, so it is put in
    its mouth."""

    def connect(_socket, _address):
        raise OSError(errno.EHOSTUNREACH, "No route to host")

    monkeypatch.setattr(socket.socket, "connect", connect)
    with pytest.raises(PlcUnreachable) as raised, Session("192.0.2.1", name="PLC01"):
        pass
    assert "no way to it in the network" in raised.value.reason


def test_a_full_backlog_is_silence():
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        waiting = [socket.socket() for _ in range(4)]
        for sock in waiting:
            sock.setblocking(False)
            sock.connect_ex(listener.getsockname())
        started = time.monotonic()
        session = Session("127.0.0.1", listener.getsockname()[1], timeout=0.3)
        with pytest.raises(PlcTimeout, match="within 0.3 seconds"), session:
            pass
        assert time.monotonic() - started < 5
        for sock in waiting:
            sock.close()


def test_the_session_ends_with_its_block_whatever_happens(plain):
    ends = []

    def behave(conversation):
        conversation.connect()
        conversation.wait_for_end()
        ends.append(True)

    with Peer(behave) as peer:
        with pytest.raises(ZeroDivisionError), Session("127.0.0.1", peer.port):
            raise ZeroDivisionError
        for _ in range(100):
            if ends:
                break
            time.sleep(0.02)
    assert ends == [True]


@pytest.mark.parametrize(
    ("kwargs", "tsap"),
    [
        ({}, "0201"),
        ({"connection_type": "pg"}, "0101"),
        ({"connection_type": "basic"}, "0301"),
        ({"rack": 2, "slot": 3}, "0243"),
    ],
)
def test_connection_type_rack_and_slot_are_in_the_connection_request(kwargs, tsap):
    requests = []

    def behave(conversation: Conversation):
        requests.append(conversation.receive())
        conversation.cut()

    session = Session("127.0.0.1", 0, **kwargs)
    with Peer(behave) as peer:
        session._link.port = peer.port
        with pytest.raises(PlcUnreachable), session:
            pass
    assert bytes.fromhex("c202" + tsap) in requests[0]


def test_a_session_whose_time_is_up_sends_nothing(plain, blocks):
    with opened(plain, deadline=time.monotonic() + 0.2) as session:
        session.read(1, 0, 4)
        time.sleep(0.25)
        with pytest.raises(PlcTimeout, match="time of this run") as late:
            session.write(2, 0, b"late")
        assert not late.value.outcome_unknown
    assert blocks[2][:4] == bytes(4)


def test_a_slot_longer_than_a_request_is_refused_when_connecting(blocks, layout):
    server = plain_server(blocks, 120)
    try:
        with opened(server) as session, pytest.raises(PlcData) as refused:
            Slots(session, layout)
    finally:
        server.stop()
    assert f"A slot has {layout.slot_size} bytes" in refused.value.reason
    assert "carries 102 at most" in refused.value.reason
    assert refused.value.params["device"] == "PLC01"


def test_every_error_has_a_message_a_reason_and_an_action():
    for kind in (PlcError, PlcUnreachable, PlcTimeout, PlcProtocol, PlcData):
        error = kind(device="PLC01")
        assert "PLC01" in error.message
        assert error.reason
        assert error.action
        assert str(error) == f"{error.message}: {error.reason}"
