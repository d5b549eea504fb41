"""Run a command and leave nothing of it behind: ``guard.py PARENT_PID COMMAND…``.

The guard is told by the kernel when its parent dies, kill -9 included, and it inherits the orphans
among its descendants, so that a browser or a server that a test forgot ends here too. Linux only,
like the rest.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
GRACE = 3  # seconds between a polite signal and SIGKILL

prctl = ctypes.CDLL(None, use_errno=True).prctl


def die_with_parent():
    """For a child just forked: the guard's own death, by whatever signal, is the child's too."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def descendants():
    """All processes below this one."""
    children = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:
            continue  # ended while we looked
        parent = int(text.rpartition(")")[2].split()[1])
        children.setdefault(parent, []).append(int(stat.parent.name))
    found, todo = [], [os.getpid()]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


def reap():
    """Collect the ended ones; False when no process is left below the guard."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


def end_descendants():
    while reap():
        for pid in descendants():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.05)


def main(parent, command):
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        return 1  # it died before we asked to be told
    child = subprocess.Popen(command, preexec_fn=die_with_parent)

    def on_signal(number, _frame):
        # A Ctrl-C reaches the whole terminal group, the child included: passing it on would be a
        # second one.
        if number != signal.SIGINT:
            child.send_signal(signal.SIGTERM)
        signal.alarm(GRACE)

    signal.signal(signal.SIGALRM, lambda *_: child.kill())
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)
    status = child.wait()
    signal.alarm(0)
    end_descendants()
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
