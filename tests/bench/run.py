"""Runs the benchmarks in a database of their own: run.py REPORT [NAME…] [--rounds N] …"""

import argparse
import contextlib
import json
import logging
import os
import platform
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "live")]

from conftest import Database  # noqa: E402  (the live tests' own)
from devices import bench_devices  # noqa: E402
from figures import table  # noqa: E402
from growth import bench_growth  # noqa: E402
from old_way import bench_old_way  # noqa: E402
from orders import bench_archive, bench_fetch, bench_sync  # noqa: E402
from pivot import bench_pivot  # noqa: E402
from reading import bench_cycle, bench_read, bench_wire  # noqa: E402
from scaling import bench_scaling  # noqa: E402
from sharing import bench_sharing  # noqa: E402

import odoo  # noqa: E402

BENCHES = {
    "read": bench_read,
    "wire": bench_wire,
    "cycle": bench_cycle,
    "sync": bench_sync,
    "archive": bench_archive,
    "fetch": bench_fetch,
    "growth": bench_growth,
    "pivot": bench_pivot,
    "devices": bench_devices,
    "old_way": bench_old_way,
    "scaling": bench_scaling,
    "sharing": bench_sharing,
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("report", type=Path)
    parser.add_argument("names", nargs="*", choices=[*BENCHES, []])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--history", type=int, default=1_000_000, help="histories of the old plant")
    parser.add_argument("--devices", type=int, default=50)
    parser.add_argument("--cycles", type=int, default=1000, help="after which memory is looked at")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    told = {"options": changed(options, parser), "machine": machine()}
    database = Database()
    try:
        for name in options.names or BENCHES:
            found = list(BENCHES[name](database, options))
            for row in found:
                if "ratio" in row:
                    row.setdefault("rounds", options.rounds)
            print(table(found), flush=True)
            # after each: what breaks later costs no figures
            write(options.report, name, {**told, "rows": found})
    finally:
        database.drop()


def changed(options, parser):
    """The options that are not as they are by default, as they are typed."""
    names = ("rounds", "history", "devices", "cycles")
    given = {name: getattr(options, name) for name in names}
    return " ".join(f"--{n} {v}" for n, v in given.items() if v != parser.get_default(n))


def machine():
    """What the figures are measured on, in words; its load before that adds to it."""
    with contextlib.closing(odoo.sql_db.db_connect("postgres").cursor()) as cr:
        cr.execute("SHOW server_version")
        (postgresql,) = cr.fetchone()
    cores, python = os.cpu_count(), platform.python_version()
    load = f"load {os.getloadavg()[0]:.0f}"
    return f"{cores} cores at {load}, Python {python}, PostgreSQL {postgresql}"


def write(path, name, run):
    """Put what a bench found, on what and how, into the report; benches that are not run stay."""
    report = json.loads(path.read_text()) if path.exists() else {}
    report[name] = run
    report = {name: report[name] for name in BENCHES if name in report}
    path.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")


main()
