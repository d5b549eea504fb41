"""Runs the benchmarks in a database of their own: run.py REPORT [NAME…] [--rounds N] …"""

import argparse
import json
import logging
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "live")]

from conftest import Database  # noqa: E402  (the live tests' own)
from figures import table  # noqa: E402
from growth import bench_growth  # noqa: E402
from old_way import bench_old_way  # noqa: E402
from orders import bench_archive, bench_fetch, bench_sync  # noqa: E402
from reading import bench_cycle, bench_read, bench_wire  # noqa: E402

BENCHES = {
    "read": bench_read,
    "wire": bench_wire,
    "cycle": bench_cycle,
    "sync": bench_sync,
    "archive": bench_archive,
    "fetch": bench_fetch,
    "growth": bench_growth,
    "old_way": bench_old_way,
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("report", type=Path)
    parser.add_argument("names", nargs="*", choices=[*BENCHES, []])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--history", type=int, default=100_000, help="histories of the old plant")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    database = Database()
    rows = []
    try:
        for name in options.names or BENCHES:
            found = BENCHES[name](database, options)
            rows += found
            print(table(found), flush=True)
    finally:
        database.drop()
    options.report.write_text(json.dumps(rows, indent=1))


main()
