"""A bad network between Odoo and one PLC: a TCP proxy that knows where a request begins and ends.

Requests are counted from 0 since the last `arm` or `watch`, those that open a connection among
them. A fault hits one request; those of `LASTING` stay until `clear`.
"""

import random
import socket
import struct
import threading
import time

from frames import ask, frame, is_established, pieces, reset, shut, wait_for_end

CONNECT, DATA = 0xE0, 0xF0  # ISO transport: what is answered; anything else only says goodbye
REFUSED_BY_PLC = (0x81, 0x04)
PIECE = 16  # bytes at once over a thin line
LATENESS = 0.25  # seconds that a held request or answer comes after the fault was met

FAULTS = (
    "latency",  # each answer a little late, and in time
    "bandwidth",  # each answer in pieces, and in time
    "drip",  # each answer byte by byte: not in time
    "late_answer",  # carried out; the answer comes after all time-outs
    "late_request",  # reaches the PLC after the time-out of who asked
    "silence_before",  # swallowed
    "silence_after",  # carried out, the answer swallowed
    "reset_before",
    "reset_after",
    "half_request",
    "half_answer",
    "wrong_reference",
    "error_code",
    "refused",  # reset, and no connection is accepted any more
    "garbage",  # no frame at all
    "garbage_frame",  # a frame with nonsense in it
)
LASTING = {"latency", "bandwidth", "drip", "refused"}


class Proxy:
    """Listens on `port` for Odoo, and speaks to the PLC at `plc_port`."""

    def __init__(self, plc_port, seed=0):
        self.plc_port = plc_port
        self.requests = 0  # since the last arm or watch
        self.hits = 0
        self.connections = 0
        self.most_at_once = 0
        self._fault, self._at = None, 0
        self._chance = random.Random(seed)
        self._lock = threading.Lock()
        self._clients = set()
        self._late = threading.Semaphore(0)
        self._held = 0
        self._ended = False
        self.port = 0
        self._listen()

    def __enter__(self):
        return self

    def __exit__(self, *_exc_info):
        self._ended = True
        self._close_listener()
        self.hang_up()

    def hang_up(self):
        """End each connection."""
        for sock in list(self._clients):
            shut(sock)

    @property
    def open_now(self):
        """Connections that Odoo has open."""
        with self._lock:
            return sum(map(is_established, self._clients))

    # Faults

    def watch(self):
        """Count from 0 again, without a fault."""
        self.arm(None)

    def arm(self, fault, at=0, chance=None):
        """Let a fault meet the request `at`, counted from now.

        :param chance: what decides the garbage from now on
        """
        with self._lock:
            self._chance = chance or self._chance
            self._fault, self._at, self.requests, self.hits = fault, at, 0, 0

    def clear(self):
        """A good network again; what was held back has arrived when this returns."""
        with self._lock:
            self._fault = None
        self.wait_for_late()
        if self._listener is None:
            self._listen()

    def wait_for_late(self):
        """Until what was held back has arrived, as it has by the end of the minute of silence."""
        with self._lock:
            held, self._held = self._held, 0
        for _ in range(held):
            self._late.acquire()

    def _met(self):
        """The fault that this request meets, or None."""
        with self._lock:
            number = self.requests
            self.requests += 1
            fault = self._fault
            lasts = fault in LASTING
            if not fault or (number < self._at if lasts else number != self._at):
                return None
            self.hits += 1
            if fault.startswith("late_"):
                self._held += 1
            return fault

    # Connections

    def _listen(self):
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", self.port))
        self._listener.listen(64)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _close_listener(self):
        listener, self._listener = self._listener, None
        if listener:
            shut(listener)
            listener.close()

    def _accept(self, listener):
        while True:
            try:
                client, _address = listener.accept()
            except OSError:
                return  # closed: refused, or the end
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._clients.add(client)
                self.connections += 1
                at_once = sum(map(is_established, self._clients))
                self.most_at_once = max(self.most_at_once, at_once)
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        try:
            with socket.create_connection(("127.0.0.1", self.plc_port)) as plc:
                plc.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while self._one_request(client, plc):
                    pass
        except OSError:
            pass  # one of the two is gone, so the other goes too
        finally:
            with self._lock:
                self._clients.discard(client)
            client.close()

    def _one_request(self, client, plc):
        """:return: whether the connection goes on"""
        request = frame(client, plc)
        if request is None:
            return False
        if request[5] not in (CONNECT, DATA):
            plc.sendall(request)
            return False
        fault = self._met()
        if fault is None:
            return self._pass_on(client, plc, request)
        return getattr(self, f"_{fault}")(client, plc, request)

    def _pass_on(self, client, plc, request):
        answer = ask(plc, client, request)
        if answer:
            client.sendall(answer)
        return bool(answer)

    # What a fault does to one request

    def _latency(self, client, plc, request):
        time.sleep(0.005)
        return self._pass_on(client, plc, request)

    def _bandwidth(self, client, plc, request):
        answer = ask(plc, client, request)
        for piece in pieces(answer, PIECE):
            client.sendall(piece)
            time.sleep(0.0005)
        return bool(answer)

    def _drip(self, client, plc, request):
        for piece in pieces(ask(plc, client, request), 1):
            client.sendall(piece)
            if not is_established(client):
                return False
            time.sleep(0.05)
        return True

    def _late_answer(self, client, plc, request):
        try:
            answer = ask(plc, client, request)
            time.sleep(LATENESS)
        finally:
            self._late.release()
        client.sendall(answer)
        return True

    def _late_request(self, _client, plc, request):
        time.sleep(LATENESS)
        try:
            ask(plc, plc, request)
        finally:
            self._late.release()
        return False

    def _silence_before(self, client, _plc, _request):
        return wait_for_end(client)

    def _silence_after(self, client, plc, request):
        ask(plc, client, request)
        return wait_for_end(client)

    def _reset_before(self, client, _plc, _request):
        return reset(client)

    def _reset_after(self, client, plc, request):
        ask(plc, client, request)
        return reset(client)

    def _half_request(self, client, plc, request):
        plc.sendall(request[: len(request) // 2])
        return reset(client)

    def _half_answer(self, client, plc, request):
        answer = ask(plc, client, request)
        client.sendall(answer[: len(answer) // 2])
        return False

    def _wrong_reference(self, client, plc, request):
        answer = bytearray(ask(plc, client, request))
        if answer[5] == DATA:
            answer[12] ^= 0x55
        else:
            answer[6] ^= 0x55  # a connection confirmed to somebody else
        client.sendall(answer)
        return True

    def _error_code(self, client, plc, request):
        """The PLC says no, and has done nothing."""
        if request[5] != DATA:
            return reset(client)
        head = bytes((0x32, 3, 0, 0, *request[11:13], 0, 0, 0, 0, *REFUSED_BY_PLC))
        client.sendall(struct.pack(">BBHBBB", 3, 0, 7 + len(head), 2, DATA, 0x80) + head)
        return True

    def _refused(self, client, _plc, _request):
        with self._lock:
            if self._fault == "refused":  # else cleared while this thread waited for its turn
                self._close_listener()
        return reset(client)

    def _garbage(self, client, plc, request):
        ask(plc, client, request)
        client.sendall(self._chance.randbytes(self._chance.randrange(1, 300)))
        return False

    def _garbage_frame(self, client, plc, request):
        ask(plc, client, request)
        body = self._chance.randbytes(self._chance.randrange(3, 200))
        client.sendall(struct.pack(">BBH", 3, 0, len(body) + 4) + body)
        return False
