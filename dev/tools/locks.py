"""File locks: the kernel gives them back however a process ends, kill -9 included."""

import contextlib
import fcntl
import os

from .terminal import say


def open_lock(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o644)


def try_lock(descriptor, kind=fcntl.LOCK_EX):
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def exclusive(path, what):
    """Hold ``path`` while the block runs; say so where another command has it."""
    descriptor = open_lock(path)
    try:
        if not try_lock(descriptor):
            say(f"waiting for another command of this clone: {what}")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
