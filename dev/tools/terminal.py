"""What a person sees: progress, and errors of one line.

All of it on stderr: stdout belongs to the program that runs.
"""

import contextlib
import os
import signal
import sys
import time

STARTED = time.monotonic()


class Stop(Exception):
    """Something a person has to know or do; the command ends with this one line."""


def say(text):
    """Tell what is being done, with the seconds since the command was started."""
    print(f"[{time.monotonic() - STARTED:4.0f} s] {text}", file=sys.stderr, flush=True)


class Progress:
    """Says how far a long step is, but not too often: it must stay readable in a log file too."""

    def __init__(self, interval=3):
        self.interval = interval
        self.last = time.monotonic()

    def tell(self, text):
        if time.monotonic() - self.last >= self.interval:
            self.last = time.monotonic()
            say(text)


def _interrupt(_number, _frame):
    raise KeyboardInterrupt


@contextlib.contextmanager
def one_line_errors():
    """Turn what a person can act on into one line and an exit status; a bug keeps its traceback.

    SIGTERM and SIGHUP end a command like Ctrl-C does, so that it takes what it started along.
    """
    signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    try:
        yield
    except Stop as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        os._exit(1)
