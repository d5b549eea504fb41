"""The plant's S7 server: snap7's, mended where it differs from a CPU, and able to misbehave."""

import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass

from snap7.datatypes import S7Area, S7WordLen
from snap7.server import Server
from snap7.type import SrvArea

ADDRESS_REFUSED = 0x8404  # what snap7's server answers to a write outside its areas


@dataclass(frozen=True)
class WireRequest:
    """A read or write that was carried out. ``bit`` is set, and ``size`` is 1, for an S7 bit;
    ``data`` is what a write put there (empty for a read)."""

    kind: str  # "read" or "write"
    db: int
    start: int
    size: int
    bit: int | None = None
    data: bytes = b""


class PlcServer(Server):
    """An S7 server over some data blocks.

    Each request is one moment in time: it is served, and ``on_request`` called, under ``lock``.
    ``faults`` is a set that may change at any time: ``silent`` (what comes in is swallowed) and
    ``cut`` (each answer stops in its middle and the connection ends). ``on_request`` may answer
    "silent" or "cut" for a single request: it was carried out, but its answer is lost.
    """

    def __init__(
        self,
        blocks: dict[int, bytearray],
        lock: threading.RLock,
        faults: set[str],
        on_request: Callable[[WireRequest], str | None],
    ):
        super().__init__(log=False)
        for number, data in blocks.items():
            self.register_area(SrvArea.DB, number, data)
        self._lock = lock
        self._faults = faults
        self._on_request = on_request
        self._sockets: dict[tuple, socket.socket] = {}

    def listen(self, host: str, port: int) -> int:
        """Open the port (0: any that is free) and return its number; OSError if it is taken."""
        # snap7's server shares its port with others (SO_REUSEPORT); a plain socket tells.
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            port = probe.getsockname()[1]
        self.host = host
        self.start(port)
        return port

    def stop(self) -> int:
        """Close the port and every connection."""
        self._drop_clients()
        if self.running:
            # snap7 takes the socket from under its loop, which then logs an error: that ends first
            self.running = False
            self.server_thread.join()
            self.running = True
        result = super().stop()
        self._drop_clients()  # who came in between
        return result

    def _drop_clients(self) -> None:
        for sock in list(self._sockets.values()):
            _shut(sock)

    # Serving

    def _handle_client(self, client_socket, address) -> None:
        self._sockets[address] = client_socket
        try:
            if "silent" in self._faults:
                self._swallow(client_socket)
            super()._handle_client(client_socket, address)
        finally:
            self._sockets.pop(address, None)

    def _swallow(self, sock: socket.socket) -> None:
        """Let a connection wait for its first answer until the fault or the peer ends."""
        sock.settimeout(0.1)
        while self.running and "silent" in self._faults:
            try:
                if not sock.recv(4096):
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        _shut(sock)

    def _process_request(self, request_data, client_address):
        if "silent" in self._faults:
            return None
        return super()._process_request(request_data, client_address)

    def _parse_address_specification(self, addr_spec):
        """snap7's, with the bit, which it leaves out."""
        spec = super()._parse_address_specification(addr_spec)
        return {**spec, "bit": addr_spec[-1] % 8} if spec else spec

    def _handle_read_area(self, request, client_address):
        with self._lock:
            answer = super()._handle_read_area(request, client_address)
            spec = request["parameters"].get("address_spec")
            if not spec:
                return answer
            done = WireRequest("read", spec["db_number"], spec["start"], spec["count"])
            return self._answered(done, answer, client_address)

    def _handle_write_area(self, request, client_address):
        with self._lock:
            spec = request["parameters"]["address_spec"]
            data = bytes(request["data"]["data"])
            area = self.memory_areas.get((S7Area.DB, spec["db_number"]))
            if area is None or spec["start"] + len(data) > len(area):
                return self._build_error_response(request, ADDRESS_REFUSED)
            bit = spec["bit"] if spec["word_len"] == S7WordLen.BIT else None
            if bit is not None:
                # snap7 3.3 writes the whole byte; a CPU leaves the other seven bits alone.
                rest = area[spec["start"]] & ~(1 << bit)
                request["data"]["data"] = bytes([rest | (data[0] & 1) << bit])
            answer = super()._handle_write_area(request, client_address)
            done = WireRequest("write", spec["db_number"], spec["start"], len(data), bit, data)
            return self._answered(done, answer, client_address)

    def _answered(self, request: WireRequest, answer: bytes, address) -> bytes:
        verdict = self._on_request(request)
        if verdict == "silent":
            return b""
        if verdict == "cut" or "cut" in self._faults:
            self._cut(address, answer)
            return b""
        return answer

    def _cut(self, address, answer: bytes) -> None:
        frame = struct.pack(">BBHBBB", 3, 0, len(answer) + 7, 2, 0xF0, 0x80) + answer
        sock = self._sockets[address]
        sock.sendall(frame[: len(frame) // 2])
        _shut(sock)


def _shut(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the peer was faster
