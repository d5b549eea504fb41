"""S7 servers to test against: well-behaved ones, and peers that misbehave on purpose."""

import socket
import struct
import threading

from plant.wire import PlcServer
from snap7.server import Server
from snap7.type import SrvArea


def plain_server(blocks, pdu=480):
    """snap7's own server, as it comes, over ``{number: bytearray}`` on a free port."""

    class Small(Server):
        def _handle_setup_communication(self, request):
            request["parameters"]["pdu_length"] = pdu
            return super()._handle_setup_communication(request)

    server = Small(log=False)
    for number, data in blocks.items():
        server.register_area(SrvArea.DB, number, data)
    server.start_to("127.0.0.1", 0)
    server.port = server.server_socket.getsockname()[1]
    return server


class RecordingServer:
    """The plant's server without a program: two areas, and a list of the requests they saw.

    Every byte is 0xAA at first, so that a byte touched by mistake shows.
    """

    FILL = 0xAA

    def __init__(self, layout, pdu=480):
        size = layout.slot_count * layout.slot_size
        self.layout = layout
        self.write_area = bytearray([self.FILL]) * size
        self.read_area = bytearray([self.FILL]) * size
        self.requests = []
        blocks = {layout.write_db: self.write_area, layout.read_db: self.read_area}
        self._server = PlcServer(blocks, threading.RLock(), set(), self.requests.append)
        setup = self._server._handle_setup_communication

        def with_pdu(request):
            request["parameters"]["pdu_length"] = pdu
            return setup(request)

        self._server._handle_setup_communication = with_pdu

    def __enter__(self):
        self.port = self._server.listen("127.0.0.1", 0)
        return self

    def __exit__(self, *_exc_info):
        self._server.stop()

    def slot(self, area, number):
        start = self.layout.offset(number)
        return bytes(area[start : start + self.layout.slot_size])


# The frames of a peer that speaks S7 as far as it likes.

CONFIRM = bytes.fromhex("0300000b06d00001000100")
DISCONNECT = bytes.fromhex("0300000b06800001000100")


def frame(s7):
    return struct.pack(">BBHBBB", 3, 0, len(s7) + 7, 2, 0xF0, 0x80) + s7


def answer(request, parameters, data=b"", error=0, sequence=None):
    """An S7 answer to a request's bytes."""
    number = struct.unpack(">H", request[4:6])[0] if sequence is None else sequence
    head = struct.pack(">BBHHHHH", 0x32, 3, 0, number, len(parameters), len(data), error)
    return head + parameters + data


def setup_answer(request, pdu=480):
    return answer(request, struct.pack(">BBHHH", 0xF0, 0, 1, 1, pdu))


def read_answer(request, data, **kwargs):
    item = struct.pack(">BBH", 0xFF, 4, len(data) * 8) + data
    return answer(request, b"\x04\x01", item, **kwargs)


def write_answer(request, code=0xFF, **kwargs):
    return answer(request, b"\x05\x01", bytes([code]), **kwargs)


class Conversation:
    """One accepted connection, frame by frame."""

    def __init__(self, sock):
        self.sock = sock

    def receive(self):
        """The payload of one TPKT frame."""
        head = self._exactly(4)
        return self._exactly(struct.unpack(">H", head[2:])[0] - 4)

    def send(self, data):
        self.sock.sendall(data)

    def connect(self, pdu=480):
        """Answer as a PLC would until the session stands."""
        self.receive()
        self.send(CONFIRM)
        request = self.receive()[3:]
        self.send(frame(setup_answer(request, pdu)))

    def request(self):
        """The next S7 request's bytes."""
        return self.receive()[3:]

    def cut(self):
        self.sock.shutdown(socket.SHUT_RDWR)

    def wait_for_end(self):
        """Swallow what comes until the other side is gone."""
        try:
            while self.sock.recv(4096):
                pass
        except OSError:
            return

    def _exactly(self, size):
        data = b""
        while len(data) < size:
            chunk = self.sock.recv(size - len(data))
            if not chunk:
                raise ConnectionError
            data += chunk
        return data


class Peer:
    """Listens on ``port`` and lets ``behave(conversation)`` have each connection."""

    def __init__(self, behave):
        self._behave = behave
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._socks = []

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_exc_info):
        for sock in [self._listener, *self._socks]:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
            finally:
                sock.close()

    def _accept(self):
        while True:
            try:
                sock, _address = self._listener.accept()
            except OSError:
                return
            self._socks.append(sock)
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        try:
            self._behave(Conversation(sock))
        except OSError:
            return  # the session has ended it


def free_port():
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]
