"""Answers of any kind to a session: to its connect, its reads and its writes.

A reader that shares no code with the session says what each answer is worth; the session must
agree, end in time, and be dead after a failure.
"""

import contextlib
import socket
import struct
import threading
import time
from dataclasses import dataclass

from hypothesis import strategies as st
from servers import CONFIRM, Conversation, frame, read_answer, setup_answer, write_answer

from plc import PlcError, PlcProtocol, Session
from plc.errors import UNREACHABLE_GIVEN_UP

SIZE = 40  # bytes of a read
PDU = 240
SOON = 0.1  # seconds of a time-out, where a peer falls silent
ENOUGH = 5  # seconds in which all must be over, on a slow machine too
REFUSALS = (0x01, 0x03, 0x05, 0x06, 0x07, 0x0A)
STAGES = ("confirm", "setup", "read", "write", "bit")

# How answers are spoilt: at any place, or at the places that mean something.
HEADER = (0, 1, 2, 3, 4, 5, 6)  # TPKT and ISO
S7 = (7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18)
ITEM = (19, 20, 21, 22, 23, 24)
TELLING = (0, 1, 2, 3, 4, 5, 6, 7, 0x0A, 0x32, 0x80, 0xD0, 0xF0, 0xFF)
values = st.sampled_from(TELLING) | st.integers(0, 255)
edits = st.tuples(
    st.sampled_from(("set", "add", "insert", "remove")),
    st.sampled_from(HEADER + S7 + ITEM) | st.integers(0, 80),
    values,
)


@dataclass(frozen=True)
class Reply:
    """One answer: to what, how it is spoilt, in which pieces it comes, and what comes then."""

    stage: str
    data: bytes  # of a good answer to a read
    edits: tuple
    mended: bool  # whether the lengths are put right again after the edits
    noise: bytes | None  # instead of an answer
    tail: bytes
    pieces: tuple
    silent: bool  # after it; else the peer cuts

    def stream(self, request):
        """What goes over the wire as the answer to a request's bytes."""
        if self.noise is not None:
            return self.noise
        answer = bytearray(self._good(request))
        for what, place, value in self.edits:
            place %= len(answer) + 1
            if what == "insert":
                answer.insert(place, value)
            elif place < len(answer) and what == "remove":
                del answer[place]
            elif place < len(answer):
                answer[place] = value if what == "set" else (answer[place] + value) % 256
        if self.mended and len(answer) >= 4:
            answer[2:4] = struct.pack(">H", len(answer))
        return bytes(answer) + self.tail

    def _good(self, request):
        if self.stage == "confirm":
            return CONFIRM
        if self.stage == "setup":
            return frame(setup_answer(request, PDU))
        if self.stage == "read":
            return frame(read_answer(request, self.data))
        return frame(write_answer(request, self.data[0]))


replies = st.builds(
    Reply,
    stage=st.sampled_from(STAGES),
    data=st.binary(min_size=SIZE, max_size=SIZE) | st.just(b"\xff" * SIZE),
    edits=st.lists(edits, max_size=4).map(tuple),
    mended=st.booleans(),
    noise=st.none() | st.none() | st.binary(max_size=90),
    tail=st.just(b"") | st.just(b"") | st.binary(max_size=9),
    pieces=st.lists(st.integers(0, 90), max_size=3).map(lambda cuts: tuple(sorted(cuts))),
    silent=st.integers(0, 99).map(lambda number: number == 57),
)


# What an answer is worth


def payload(stream):
    """What the first TPKT frame of a stream carries, or None if it is none or not whole."""
    if len(stream) < 7 or stream[0] != 3:
        return None
    (length,) = struct.unpack(">H", stream[2:4])
    return stream[4:length] if 7 <= length <= len(stream) else None


def s7(stream, request):
    """(error, parameters, data) of an S7 answer to the request, or None if it is none."""
    carried = payload(stream)
    if not carried or carried[:2] != b"\x02\xf0" or carried[2] & 0x7F or len(carried) < 15:
        return None
    answer = carried[3:]
    kind, _, number, parameters, data, error = struct.unpack(">xBHHHHH", answer[:12])
    if answer[0] != 0x32 or kind not in (2, 3) or number != request[4] << 8 | request[5]:
        return None
    whole = len(answer) == 12 + parameters + data
    if not whole and not error:
        return None
    return error, answer[12 : 12 + parameters], answer[12 + parameters :]


def good_value(stage, stream, request):
    """What a strict reader takes out of the stream; None if it would not take it."""
    if stage == "confirm":
        carried = payload(stream)
        return bool(carried and len(carried) >= 7 and carried[1] == 0xD0) or None
    error, parameters, data = s7(stream, request) or (1, b"", b"")
    if error:
        return None
    if stage == "setup":
        if len(parameters) < 8 or parameters[0] != 0xF0:
            return None
        return struct.unpack(">H", parameters[6:8])[0] >= 64 or None
    if stage != "read":
        return True if parameters[:2] == b"\x05\x01" and data == b"\xff" else None
    if parameters[:2] != b"\x04\x01" or len(data) != SIZE + 4 or data[0] != 0xFF:
        return None
    length = struct.unpack(">H", data[2:4])[0]
    unit = {4: 8, 5: 8, 3: 1, 6: 1, 7: 1, 9: 1}.get(data[1], 0)
    return data[4:] if length == SIZE * unit else None


def says_no(stage, stream, request):
    """Whether the stream is a refusal of the request: nothing was done."""
    error, parameters, data = s7(stream, request) or (0, b"", b"")
    function = 4 if stage == "read" else 5
    return bool(error) or bool(parameters[:1] == bytes([function]) and data and data[0] in REFUSALS)


class FuzzedPeer:
    """Answers one connection after the other, well up to the stage of the reply of the moment."""

    def __enter__(self):
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_exc_info):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def check(self, reply):
        """Let a session meet the reply; AssertionError where it does wrong."""
        self._reply, self._said = reply, (b"", b"")
        self._is_said = threading.Event()
        timeout = SOON if reply.silent else ENOUGH
        session = Session("127.0.0.1", self.port, timeout=timeout, name="PLC01")
        started = time.monotonic()
        value = error = None
        try:
            with session:
                value = True if reply.stage in ("confirm", "setup") else _use(session, reply.stage)
                if reply.stage in ("confirm", "setup"):
                    assert session.pdu_length >= 64
        except PlcError as caught:
            error = caught
        assert time.monotonic() - started < ENOUGH, "it hung"
        self._is_said.wait(ENOUGH)
        _judge(reply, *self._said, value, error)
        if error:
            _check_dead(session)

    def _serve(self):
        while True:
            try:
                sock, _address = self._listener.accept()
            except OSError:
                return  # the end
            with sock, contextlib.suppress(OSError):
                sock.settimeout(ENOUGH)
                self._talk(Conversation(sock), self._reply)
            self._is_said.set()

    def _talk(self, conversation, reply):
        request = conversation.receive()
        if reply.stage != "confirm":
            conversation.send(CONFIRM)
            request = conversation.request()
            if reply.stage != "setup":
                conversation.send(frame(setup_answer(request, PDU)))
                request = conversation.request()
        stream = reply.stream(request)
        self._said = stream, request
        self._is_said.set()
        for start, end in zip((0, *reply.pieces), (*reply.pieces, len(stream)), strict=True):
            conversation.send(stream[start:end])
        if reply.stage == "confirm" and good_value("confirm", stream, request):
            request = conversation.request()
            conversation.send(frame(setup_answer(request, PDU)))
        if not reply.silent:
            conversation.sock.shutdown(socket.SHUT_WR)
        conversation.wait_for_end()


def _use(session, stage):
    if stage == "read":
        return session.read(1, 0, SIZE)
    if stage == "write":
        session.write(1, 0, bytes(SIZE))
    else:
        session.write_bit(1, 0, 3, True)
    return True


def _judge(reply, stream, request, value, error):
    if not request:
        return  # too slow a machine: it did not come to the request
    told = f"{reply}\n{stream.hex()}\nto {request.hex()}: {value!r}, {error!r}"
    expected = good_value(reply.stage, stream, request)
    if reply.stage == "confirm" and expected and len(payload(stream)) + 4 < len(stream):
        return  # what comes behind the confirm is taken for the answer to the setup
    assert value == expected, f"{told}; {expected!r} expected"
    if not error:
        return
    assert "127.0.0.1" not in f"{error} {error.action} {error.params}", told
    refused = says_no(reply.stage, stream, request)
    if reply.stage in ("write", "bit"):
        assert error.outcome_unknown is not refused, told
    else:
        assert not error.outcome_unknown, told
    if refused and reply.stage not in ("confirm", "setup"):
        assert type(error) is PlcProtocol and "refused access" in error.reason, told


def _check_dead(session):
    for use in ("read", "write", "bit"):
        try:
            _use(session, use)
        except PlcError as error:
            given_up = error.reason_template == UNREACHABLE_GIVEN_UP
            # one that never stood has no size to read or write
            assert given_up, f"a dead session says {error}"
        except ValueError:
            assert not session.pdu_length
        else:
            raise AssertionError("a dead session goes on")
