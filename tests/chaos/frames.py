"""Whole TPKT frames over sockets, and the ends of sockets."""

import contextlib
import itertools
import select
import socket
import struct

ESTABLISHED = 1  # of Linux's TCP states


def frame(sock, other):
    """One whole TPKT frame from a socket; None when it, or the other one, has ended."""
    data = b""
    for missing in itertools.chain([4], itertools.repeat(None)):
        if missing is None:
            missing = struct.unpack(">H", data[2:4])[0] - len(data)
        if missing <= 0:
            return data
        while missing:
            if other is not sock and not _comes_first(sock, other):
                return None
            piece = sock.recv(missing)
            if not piece:
                return None
            data += piece
            missing -= len(piece)
    return None


def _comes_first(sock, other):
    """Wait for a socket; False when the other one ends before."""
    readable, _, _ = select.select([sock, other], [], [])
    return sock in readable or not _is_over(other)


def _is_over(sock):
    try:
        return not sock.recv(1, socket.MSG_PEEK)
    except OSError:
        return True


def ask(plc, client, request):
    plc.sendall(request)
    return frame(plc, client) or b""


def pieces(data, size):
    return (data[start : start + size] for start in range(0, len(data), size))


def wait_for_end(sock):
    while sock.recv(4096):
        pass
    return False


def reset(sock):
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


def is_established(sock):
    """Whether the peer has not closed its end, unread data or not."""
    try:
        return sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == ESTABLISHED
    except OSError:
        return False


def shut(sock):
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
