"""Child processes that never outlive the command that started them.

Each runs under ``guard.py``, which dies with us and takes everything below it along.
"""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

from .terminal import Stop

GUARD = str(Path(__file__).with_name("guard.py"))


def start(command, **kwargs):
    """Start a command under the guard; the caller ends it with `stop`."""
    guarded = [sys.executable, GUARD, str(os.getpid()), *map(str, command)]
    return subprocess.Popen(guarded, **kwargs)


def stop(process):
    """End a process of `start`, and wait: the guard kills what does not go by itself."""
    if process.poll() is None:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def running(command, **kwargs):
    process = start(command, **kwargs)
    try:
        yield process
    finally:
        stop(process)


def run(command, **kwargs):
    """Run a command to its end, the output going where ours goes; answers its exit status."""
    with running(command, **kwargs) as process:
        return process.wait()


def follow(command, on_line, log=None, **kwargs):
    """Run a command and hand over its output, errors included, line by line; answers its status."""
    kwargs = {
        "stdout": subprocess.PIPE,
        "stderr": subprocess.STDOUT,
        "text": True,
        "errors": "replace",
        **kwargs,
    }
    with running(command, **kwargs) as process:
        for line in process.stdout:
            if log:
                log.write(line)
                log.flush()
            on_line(line.rstrip("\n"))
        return process.wait()


def output(command, what, **kwargs):
    """The text a short command prints; `Stop` with its last words where it fails."""
    result = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, errors="replace", **kwargs
    )
    if result.returncode:
        said = (
            result.stderr.strip() or result.stdout.strip() or f"exit status {result.returncode}"
        ).splitlines()
        raise Stop(f"{what}: {said[-1]}")
    return result.stdout
