"""The campaign: campaign.py --seed S --minutes M [--only KIND]; started by dev/chaos."""

import argparse
import importlib
import json
import logging
import random
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "live")]

from conftest import Database  # noqa: E402
from tally import Tally  # noqa: E402

# kind, which is a module with `run(database, tally, chance)`: (what is counted, share of the time)
KINDS = {
    "crash": ("crash points", 6),
    "wire": ("wire faults", 6),
    "walk": ("steps", 8),
    "crowd": ("seconds", 2),
    "database": ("lost connections", 3),
}


def arguments():
    parser = argparse.ArgumentParser(prog="dev/chaos")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--only", choices=KINDS)
    parser.add_argument("--report", type=Path, help="where to write the figures, as JSON")
    return parser.parse_args()


def main():
    wanted = arguments()
    logging.getLogger("odoo").setLevel(logging.CRITICAL)
    kinds = [wanted.only] if wanted.only else list(KINDS)
    shares = sum(KINDS[kind][1] for kind in kinds)
    tally = Tally(wanted.seed)
    for kind in kinds:
        unit, share = KINDS[kind]
        with tally.kind(kind, unit, wanted.minutes * 60 * share / shares):
            database = Database()
            try:
                run = importlib.import_module(kind).run  # the addon is known by now
                run(database, tally, random.Random(f"{wanted.seed}/{kind}"))
            finally:
                database.drop()
    if wanted.report:
        wanted.report.write_text(json.dumps(tally.figures(), indent=1))
    print(f"\nseed {wanted.seed}\n{tally.table()}", flush=True)
    return 1 if tally.failures else 0


if __name__ == "__main__":
    sys.exit(main())
