"""The campaign: campaign.py --seed S --minutes M [--only KIND]; started by dev/chaos.

Each layout is a lane: a process and a database of its own, side by side with the other.
"""

import argparse
import contextlib
import importlib
import json
import logging
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "live")]

from tally import Tally, merged, table, untried  # noqa: E402

# kind, which is a module with `run(database, tally, chance)`:
# (what is counted, how many a layout are enough to keep, share of the time)
KINDS = {
    "crash": ("crash points", 100, 25),
    "wire": ("wire faults", 500, 54),
    "meanwhile": ("runs disturbed", 1, 4),
    "walk": ("steps", 10000, 60),
    "crowd": ("minutes at once", 0.5, 3),
    "database": ("lost connections", 1, 3),
    "bulk": ("batches of 50", 50, 3),
    "fuzz": ("answers, images", 5000, 3),
}
LANES = ("native", "word_map")
KEEPING = ("--keep", "--add")
KEPT = HERE / "report.json"


def arguments():
    parser = argparse.ArgumentParser(prog="dev/chaos")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--only", choices=KINDS, action="append", help="one kind, or several")
    parser.add_argument("--layout", choices=LANES, help="one layout; else both, side by side")
    parser.add_argument("--trial", help="only the trial of this name, as a failure tells it")
    parser.add_argument("--most-failures", type=int, default=3, help="of a kind, in each layout")
    parser.add_argument("--first", action="store_true", help="end with the first failure of any")
    parser.add_argument("--report", type=Path, help="where to write the figures, as JSON")
    parser.add_argument("--keep", action="store_true", help="the report, and tell it in README.rst")
    parser.add_argument("--add", action="store_true", help="add it to the report that is kept")
    wanted = parser.parse_args()
    if wanted.add and (wanted.layout or wanted.trial or wanted.first):
        parser.error("only what both layouts were tried for is added to the report")
    if wanted.keep and (wanted.only or wanted.layout or wanted.trial or wanted.first):
        parser.error("only the report of a whole campaign is kept")
    return wanted


def lane(wanted):
    """The figures of one layout, tried in this process."""
    from conftest import Database  # knows the addon from here on

    logging.getLogger("odoo").setLevel(logging.CRITICAL)
    signal.signal(signal.SIGTERM, lambda *_args: sys.exit(1))  # the database is still dropped
    kinds = wanted.only or list(KINDS)
    shares = sum(KINDS[kind][-1] for kind in kinds)
    most_failures = 1 if wanted.first else wanted.most_failures
    tally = Tally(wanted.seed, wanted.layout, wanted.trial, most_failures)
    database = Database()
    try:
        for kind in kinds:
            unit, _enough, share = KINDS[kind]
            with tally.kind(kind, unit, wanted.minutes * 60 * share / shares):
                chance = random.Random(f"{wanted.seed}/{kind}/{wanted.layout}")
                importlib.import_module(kind).run(database, tally, chance)
            if wanted.first and tally.failures:
                break
    finally:
        database.drop()
    return tally.figures()


def both(wanted):
    """The figures of all layouts, each from a process of its own; None where one told none."""
    with contextlib.ExitStack() as ends:
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory()))
        reports = [folder / name for name in LANES]
        processes = []
        for name, report in zip(LANES, reports, strict=True):
            command = [sys.executable, __file__, *(a for a in sys.argv[1:] if a not in KEEPING)]
            command += ["--layout", name, "--report", report]
            process = subprocess.Popen(command)
            ends.callback(process.wait)
            ends.callback(process.terminate)
            processes.append(process)
        while None in (statuses := [process.poll() for process in processes]):
            if wanted.first and any(statuses):
                break
            time.sleep(0.1)
        told = [json.loads(report.read_text()) for report in reports if report.exists()]
        is_whole = told if wanted.first else len(told) == len(reports)
        return merged(told) if is_whole else None


def command_of(wanted):
    """How to run it again."""
    words = ["dev/chaos", "--seed", str(wanted.seed), "--minutes", f"{wanted.minutes:g}"]
    return " ".join([*words, *(f"--only {kind}" for kind in wanted.only or ())])


def main():
    wanted = arguments()
    runs, kept = [command_of(wanted)], None
    if wanted.add:
        kept = json.loads(KEPT.read_text())
        runs = [*kept["runs"], *runs]
        if len(runs) > len({*runs}):
            raise SystemExit("this run is kept already: again, it would prove nothing")
    figures = lane(wanted) if wanted.layout else both(wanted)
    if not figures:
        return 1
    if kept:
        figures = merged([kept, figures])
    enough = {kind: enough for kind, (_unit, enough, _share) in KINDS.items()}
    figures |= {"runs": runs, "cores": os.cpu_count(), "enough": enough}
    if wanted.report:
        wanted.report.write_text(json.dumps(figures, indent=1) + "\n")
    if not wanted.layout:
        print(f"\nseed {wanted.seed}\n{table(figures, enough)}", flush=True)
    if wanted.trial and not figures["trials"]:
        print("no such trial")
        return 1
    missing = [] if wanted.trial or wanted.first else untried(figures)
    if missing:
        print(f"nothing was tried of {', '.join(missing)}: more minutes", flush=True)
    return 1 if figures["failures"] or missing else 0


if __name__ == "__main__":
    sys.exit(main())
