"""Measuring two things in turn, and counting what they cost."""

import contextlib
import statistics
import time
from unittest.mock import patch

from odoo.sql_db import Cursor


def in_turn(first, second, rounds, before=(None, None), after=(None, None)):
    """Median seconds of two functions, run A B A B …; a first round warms both up.

    :param before, after: what each of the two needs around it, outside its time
    """
    times = []
    for _ in range(rounds + 1):
        times.append([])
        for function, prepare, check in zip((first, second), before, after, strict=True):
            if prepare:
                prepare()
            times[-1].append(seconds(function))
            if check:
                check()
    return tuple(statistics.median(kept) for kept in zip(*times[1:], strict=True))


def seconds(function):
    """How long one call takes."""
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


@contextlib.contextmanager
def counted():
    """The statements that all cursors run meanwhile."""
    statements = []
    execute = Cursor.execute

    def counting(cursor, query, *args, **kwargs):
        result = execute(cursor, query, *args, **kwargs)
        statements.append(cursor._obj.query.decode(errors="replace"))
        return result

    with patch.object(Cursor, "execute", counting):
        yield statements


def ratio(kind, what, ours, other, **counts):
    """A row: two medians and their ratio.

    :param kind: what `bars.py` calls it
    """
    return {
        "kind": kind,
        "what": what,
        "ours_ms": round(ours * 1000, 3),
        "other_ms": round(other * 1000, 3),
        "ratio": round(ours / other, 2),
        **counts,
    }


def table(rows):
    """Rows as text, a line each."""
    lines = []
    for row in rows:
        rest = "  ".join(f"{key} {value}" for key, value in row.items() if key not in HEAD)
        times = ""
        if "ratio" in row:
            times = f"{row['ours_ms']:10.3f} ms / {row['other_ms']:10.3f} ms = {row['ratio']:5.2f}"
        lines.append(f"{row['kind']:8} {row['what']:58} {times:40} {rest}")
    return "\n".join(lines)


HEAD = ("kind", "what", "ours_ms", "other_ms", "ratio")
