"""Which trial notices a cut: bite.py CUTS.json REPORT.json --seed S --minutes M --layout L

The cuts are made one after the other in one running Odoo, by the code of the functions they are in,
and taken back; so that its database and its mills are made once. Started by dev/mutants.
"""

import argparse
import contextlib
import importlib
import json
import logging
import random
import signal
import sys
import time
from inspect import CO_OPTIMIZED
from pathlib import Path
from types import CodeType, FunctionType

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "live")]

from campaign import KINDS  # noqa: E402
from tally import Tally  # noqa: E402

ORDER = ("crash", "meanwhile", "walk", "wire", "crowd", "database", "bulk")
AGAIN = 60  # seconds for the same trial without the cut
PACKAGE = "odoo.addons.mrp_plc_batch"


def functions(module):
    """{qualified name: function} of a module and its classes, whatever decorates them."""
    found = {}
    for owner in (module, *(o for o in vars(module).values() if isinstance(o, type))):
        for value in vars(owner).values():
            function = getattr(value, "__wrapped__", getattr(value, "__func__", value))
            if isinstance(function, FunctionType) and function.__module__ == module.__name__:
                found[function.__qualname__] = function
    return found


def codes(code, inside=""):
    """{qualified name: code} of all that a module's code defines.

    :param inside: what the names begin with; Python 3.10 does not keep it with the code
    """
    found = {}
    for value in code.co_consts:
        if isinstance(value, CodeType):
            name = inside + value.co_name
            # a function's own names are local, a class's are not
            local = "<locals>." if value.co_flags & CO_OPTIMIZED else ""
            found |= {name: value, **codes(value, f"{name}.{local}")}
    return found


@contextlib.contextmanager
def made(cut):
    """The cut, in the running code."""
    module = importlib.import_module(
        f"{PACKAGE}.{cut['file'].removesuffix('.py').replace('/', '.')}"
    )
    text = Path(module.__file__).read_text().replace(cut["old"], cut["new"])
    new = codes(compile(text, module.__file__, "exec"))
    before = {function: function.__code__ for function in functions(module).values()}
    written = {f: code for f, code in before.items() if f.__qualname__ in new}  # not made by Python
    changed = [f for f, code in written.items() if _differ(code, new[f.__qualname__])]
    if len(changed) != 1:
        raise RuntimeError(f"{cut['what']} changes {changed}")
    changed[0].__code__ = new[changed[0].__qualname__]
    try:
        yield
    finally:
        changed[0].__code__ = before[changed[0]]


def _differ(one, other):
    """Whether two codes do something else; on which lines they stand is the same to us."""
    if isinstance(one, CodeType) and isinstance(other, CodeType):
        pairs = zip(one.co_consts, other.co_consts, strict=False)
        same = (one.co_code, one.co_names) == (other.co_code, other.co_names)
        same = same and len(one.co_consts) == len(other.co_consts)
        return not same or any(_differ(a, b) for a, b in pairs)
    return one != other


def bite(database, wanted, cut):
    """(kind, verdict, check, trial) of the first failure with a cut that is none without it."""
    first = [(cut["kind"], wanted.minutes * 60)]
    shares = sum(KINDS[kind][-1] for kind in ORDER)
    rest = [(kind, wanted.minutes * 60 * KINDS[kind][-1] / shares) for kind in ORDER]
    for kind, seconds in first if wanted.likely else first + rest:
        with made(cut):
            caught = _tried(database, wanted, kind, seconds)
        if caught and not _tried(database, wanted, kind, AGAIN, caught[0][3]):
            return caught[0]
    return None


def _tried(database, wanted, kind, seconds, trial=None):
    tally = Tally(wanted.seed, wanted.layout, trial, 1)
    with tally.kind(kind, KINDS[kind][0], seconds):
        chance = random.Random(f"{wanted.seed}/{kind}/{wanted.layout}")
        importlib.import_module(kind).run(database, tally, chance)
    return tally.caught


def main():
    parser = argparse.ArgumentParser(prog="bite.py")
    parser.add_argument("cuts", type=Path)
    parser.add_argument("report", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--layout", default="native")
    parser.add_argument("--likely", action="store_true", help="only the kind a cut names")
    wanted = parser.parse_args()
    from conftest import Database  # knows the addon from here on
    from mills import keep_mills, mill, variants

    logging.getLogger("odoo").setLevel(logging.CRITICAL)
    signal.signal(signal.SIGTERM, lambda *_args: sys.exit(1))  # the database is still dropped
    database = Database()
    try:
        with keep_mills(), open(wanted.report, "a", buffering=1) as report:
            for variant in variants(wanted.layout):
                with mill(database, variant) as first:
                    first.small_orders()  # the time for these is no cut's
            for cut in json.loads(wanted.cuts.read_text()):
                started = time.monotonic()
                found = bite(database, wanted, cut)
                report.write(json.dumps([cut["what"], found, time.monotonic() - started]) + "\n")
    finally:
        database.drop()


if __name__ == "__main__":
    main()
