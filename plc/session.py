"""One conversation with one PLC: connected, asked, closed. The only file with a socket.

python-snap7 frames and parses S7; its own client is not used, because it bounds each receive and
not each answer (a peer that drips bytes would hold it for minutes), and because it may send a
write twice. Here every connect and every request ends at an absolute moment, a request is sent
once, and after any failure the session is dead: only closing is left (rules R12 and R14).

A host name is looked up by the operating system, whose own time-out then comes on top; use an
address where that matters.
"""

import logging
import socket
import struct
import time
from collections.abc import Callable

from snap7.connection import ISOTCPConnection
from snap7.datatypes import S7Area, S7WordLen
from snap7.error import S7Error, get_protocol_error_message
from snap7.s7protocol import S7Protocol, get_return_code_description

from . import errors
from .address import ForbiddenAddress, look_up
from .errors import PlcError, PlcProtocol, PlcTimeout, PlcUnreachable

CONNECTION_TYPES = {"pg": 1, "op": 2, "basic": 3}
# Bytes; more would tear slots: in one piece an S7-400 copies 462 of an answer, an S7-1500 512.
PDU_WANTED = 480
PDU_LEAST = 64
READ_OVERHEAD = 18  # bytes of a PDU that carry no data, by snap7's own arithmetic
WRITE_OVERHEAD = 35
MOST_RECEIVED = 4096  # bytes taken from the socket at once, more than an answer has
GOODBYE = 0.5  # seconds that telling the PLC of the end may take
# An item's return codes that say no. Anything else but success is a garbled answer.
REFUSALS = frozenset((0x01, 0x03, 0x05, 0x06, 0x07, 0x0A))
ANSWERS = (2, 3)  # kinds of S7 message: without and with data
REQUEST_HEADER, HEADER = 10, 12  # bytes before the parameters, of a request and of an answer

# snap7 tells the address at each connect and close, twice a turn. Who sets a level gets that.
_snap7_logger = logging.getLogger("snap7.connection")
_snap7_logger.setLevel(_snap7_logger.level or logging.WARNING)


class Session:
    """A connection to a PLC, open from ``with`` to the end of its block.

    ``timeout`` (seconds) bounds connecting as a whole, and each request as a whole. ``deadline``
    (a value of ``time.monotonic()``) bounds the whole session on top. ``name`` is what errors call
    the device. ``before_write`` is called before each write; what it raises passes, and nothing is
    sent. ``requests`` counts the requests made.

    Raises PlcUnreachable (refused, no route, cut), PlcTimeout (silent or too slow) or PlcProtocol
    (refused by an error code, or not S7).
    """

    def __init__(
        self,
        host: str,
        port: int = 102,
        rack: int = 0,
        slot: int = 1,
        connection_type: str = "op",
        timeout: float = 3.0,
        deadline: float | None = None,
        name: str = "PLC",
        before_write: Callable[[], None] | None = None,
    ):
        tsap = CONNECTION_TYPES[connection_type] << 8 | rack << 5 | slot
        self.name = name
        self.timeout = timeout
        self.deadline = deadline
        self.before_write = before_write
        self.requests = 0
        self.pdu_length = 0
        self._link = _Link(host, port, remote_tsap=tsap)
        self._protocol = S7Protocol()
        self._answer = b""  # of the latest request, as it came
        self._usable = False

    def __enter__(self):
        try:
            self._connect()
        except BaseException:  # whatever it is, Ctrl-C too: no connection stays open (R14)
            self.close()
            raise
        return self

    def __exit__(self, *_exc_info) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection, in at most half a second; never raises.

        After a failure the connection is reset, so that nothing of a late request leaves this
        machine any more.
        """
        if not self._usable:
            self._link.abort()
        self._usable = False
        self._link.deadline = time.monotonic() + GOODBYE
        self._link.disconnect()

    @property
    def max_read(self) -> int:
        """Bytes that one read request carries."""
        return self.pdu_length - READ_OVERHEAD

    @property
    def max_write(self) -> int:
        """Bytes that one write request carries."""
        return self.pdu_length - WRITE_OVERHEAD

    def read(self, db: int, start: int, size: int) -> bytes:
        """Read ``size`` bytes of a data block in one request (ValueError over ``max_read``)."""
        if not 1 <= size <= self.max_read:
            raise ValueError(f"a request reads 1 to {self.max_read} bytes, not {size}")
        request = self._protocol.build_read_request(S7Area.DB, db, start, S7WordLen.BYTE, size)

        def data(answer: dict) -> bytes:
            return bytes(self._protocol.extract_read_data(answer, S7WordLen.BYTE, size))

        return self._exchange(request, data, db=db, first=start, last=start + size - 1)

    def write(self, db: int, start: int, data: bytes) -> None:
        """Write bytes into a data block in one request (ValueError over ``max_write``)."""
        if not 1 <= len(data) <= self.max_write:
            raise ValueError(f"a request writes 1 to {self.max_write} bytes, not {len(data)}")
        self._write(db, start, start, S7WordLen.BYTE, data)

    def write_bit(self, db: int, byte: int, bit: int, value: bool) -> None:
        """Write one bit of a data block as an S7 bit: the byte's other bits are not touched."""
        if not 0 <= bit <= 7:
            raise ValueError(f"a bit is one of 0 to 7, not {bit}")
        self._write(db, byte, byte * 8 + bit, S7WordLen.BIT, bytes([bool(value)]))

    def _write(self, db: int, byte: int, address: int, kind: S7WordLen, data: bytes) -> None:
        request = self._protocol.build_write_request(S7Area.DB, db, address, kind, data)
        done = self._protocol.check_write_response
        last = byte + len(data) - 1
        self._exchange(request, done, writing=True, db=db, first=byte, last=last)

    def _connect(self) -> None:
        """TCP, then the ISO connection, then the PDU length, all within one time-out."""
        if not self._link.host:
            raise PlcUnreachable(errors.UNREACHABLE_NO_ADDRESS, device=self.name)
        self._arm()
        try:
            self._link.connect(self.timeout)
            request = self._protocol.build_setup_communication_request(pdu_length=PDU_WANTED)
            answer = self._ask(request)
        except (S7Error, OSError) as error:
            # Nothing of the answer is told: who may name an address learns nothing of others there.
            raise self._sorted("", errors.PROTOCOL_CONNECTING) from error
        granted = (answer["parameters"] or {}).get("pdu_length", 0)
        if granted < PDU_LEAST:
            raise PlcProtocol(errors.PROTOCOL_PDU, device=self.name, pdu=granted)
        self.pdu_length = min(granted, PDU_WANTED)
        self._usable = True

    def _exchange(self, request: bytes, result: Callable, writing: bool = False, **place):
        """Send one request, and return what ``result`` makes of its answer.

        Usable again only if all went well, whatever interrupts it.
        """
        if not self._usable:
            raise PlcUnreachable(errors.UNREACHABLE_GIVEN_UP, device=self.name)
        if writing and self.before_write:
            self.before_write()
        self._usable = False
        self._arm()
        self.requests += 1
        try:
            value = result(self._ask(request))
        except (S7Error, OSError) as error:
            refusal = _refusal(self._answer, request)
            reason = errors.PROTOCOL_REFUSED if refusal else errors.PROTOCOL_GARBLED
            failure = self._sorted(refusal or error, reason, **place)
            failure.outcome_unknown = writing and self._link.sent and not refusal
            raise failure from error
        self._usable = True
        return value

    def _ask(self, request: bytes) -> dict:
        self._answer = b""
        self._link.send_data(request)
        self._answer = self._link.receive_data()
        answer = self._protocol.parse_response(self._answer)
        self._protocol.validate_pdu_reference(answer["sequence"])
        return answer

    def _arm(self) -> None:
        end = time.monotonic() + self.timeout
        self._link.deadline = end if self.deadline is None else min(end, self.deadline)
        self._link.sent = False
        self._link.failure = None

    def _sorted(self, said: str | Exception, protocol_reason: str, **params) -> PlcError:
        """Return the failure by its cause: what the socket said comes before what snap7 says."""
        failure = self._link.failure
        params["device"] = self.name
        if isinstance(failure, TimeoutError):
            if self.deadline is not None and time.monotonic() >= self.deadline:
                return PlcTimeout(errors.TIMEOUT_TURN, **params)
            return PlcTimeout(errors.TIMEOUT_SILENT, seconds=f"{self.timeout:g}", **params)
        if failure:
            return PlcUnreachable(_reason_of(failure, connecting=not self.pdu_length), **params)
        return PlcProtocol(protocol_reason, answer=str(said), **params)


def _refusal(answer: bytes, request: bytes) -> str | None:
    """Return how an answer to a request says no: by a header error, or by the return code of its
    one item. None if it does not, or is garbled: only a refused write is known not to be done.
    snap7 cannot parse some of those (the C server's)."""
    if len(answer) < HEADER:
        return None
    magic, kind, _, sequence, parameters, data, error = struct.unpack(">BBHHHHH", answer[:HEADER])
    if magic != 0x32 or kind not in ANSWERS or sequence != struct.unpack(">H", request[4:6])[0]:
        return None
    if error:
        return get_protocol_error_message(error)
    if not (parameters and data and len(answer) == HEADER + parameters + data):
        return None
    code = answer[HEADER + parameters]
    if answer[HEADER] == request[REQUEST_HEADER] and code in REFUSALS:
        return get_return_code_description(code)
    return None


def _reason_of(failure: OSError, connecting: bool) -> str:
    if isinstance(failure, ConnectionRefusedError):
        return errors.UNREACHABLE_REFUSED
    if isinstance(failure, ForbiddenAddress):
        return errors.UNREACHABLE_FORBIDDEN
    if isinstance(failure, socket.gaierror):
        return errors.UNREACHABLE_NAME
    if isinstance(failure, ConnectionError):
        return errors.UNREACHABLE_CUT_CONNECTING if connecting else errors.UNREACHABLE_CUT
    return errors.UNREACHABLE_NO_ROUTE


class _Link(ISOTCPConnection):
    """snap7's ISO connection over a socket that knows a deadline.

    ``failure`` is what the socket said when it failed; ``sent`` turns True as soon as a byte of a
    request may have left.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.deadline = 0.0
        self.failure: OSError | None = None
        self.sent = False

    def time_left(self) -> float:
        """Seconds to the deadline; TimeoutError when there are none."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("deadline reached")
        return left

    def abort(self) -> None:
        """Let closing reset the connection instead of delivering what is still in the buffer."""
        self.connected = False
        if self.socket is not None:
            reset_on_close = struct.pack("ii", 1, 0)
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset_on_close)

    def _tcp_connect(self) -> None:
        try:
            self.host = look_up(self.host)
            self.timeout = self.time_left()
            super()._tcp_connect()
        except S7Error as error:
            self.failure = error.__context__
            raise self.failure from None
        except UnicodeError as error:  # a host name that no name server could know
            self.failure = socket.gaierror(str(error))
            raise self.failure from None
        except OSError as error:
            self.failure = error
            raise
        self.socket = _DeadlineSocket(self.socket, self)


class _DeadlineSocket:
    """The part of a socket that snap7 uses, each call bounded by the link's deadline."""

    def __init__(self, sock: socket.socket, link: _Link):
        self._sock = sock
        self._link = link
        self._came = b""  # an answer that was not asked for yet: snap7 asks for its head first

    def recv(self, size: int) -> bytes:
        if not self._came:
            try:
                self._sock.settimeout(self._link.time_left())
                self._came = self._sock.recv(MOST_RECEIVED)
                if not self._came:
                    raise ConnectionResetError("closed by the peer")
            except OSError as error:
                self._link.failure = error
                raise
        data, self._came = self._came[:size], self._came[size:]
        return data

    def sendall(self, data: bytes) -> None:
        try:
            self._sock.settimeout(self._link.time_left())
            self._link.sent = True
            self._sock.sendall(data)
        except OSError as error:
            self._link.failure = error
            raise

    def setsockopt(self, *option) -> None:
        self._sock.setsockopt(*option)

    def close(self) -> None:
        self._sock.close()
