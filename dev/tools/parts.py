"""The parts of ``dev/test``: each runs one kind of test and says how many passed and failed."""

import os
import shutil
import sys
import time
import xml.etree.ElementTree as ElementTree
from typing import NamedTuple

from . import (
    chaos,
    coverage,
    databases,
    extra_packages,
    lint,
    odoo_log,
    odoo_run,
    postgres,
    server,
    suites,
    venv,
)
from .paths import ADDON, DEV, LOGS, ODOO_RC, PYTHON, ROOT
from .processes import follow, run
from .terminal import Progress, Stop, say

TESTS = ROOT / "tests"
LAYOUTS = ("native", "word_map")
BROWSERS = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")  # Odoo's list
CHAOS_MINUTES = 4  # of the half an hour that a whole campaign takes


class Skip(Stop):
    """A part that cannot run on this machine; an error only where it was asked for by name."""


class Outcome(NamedTuple):
    passed: int
    failed: int


def run_lint(_extra):
    """ruff, pylint-odoo, README, data files."""
    results = lint.run_lint()
    return Outcome(results.count(True), results.count(False))


def run_plc(extra):
    """pytest: the wire side, without Odoo."""
    venv.ensure()
    return _pytest(TESTS / "plc", extra, {"PYTHONPATH": str(ROOT)})


def run_peers(extra):
    """pytest: the wire side against a server and a client that nobody here wrote."""
    venv.ensure()
    environment = {
        "PLC_C_PYTHON": str(extra_packages.ensure("snap7-2", "python-snap7==2.1.0")),
        "PLC_OTHER_PYTHON": str(extra_packages.ensure("pys7", "pys7==3.1.2")),
    }
    return _pytest(TESTS / "peers", extra, environment)


def run_odoo(extra):
    """Odoo's own tests of the addon, installed into a fresh database."""
    tree = odoo_run.prepare()
    name = databases.temporary("test")
    databases.copy(databases.base(tree), name)
    tags = ",".join(tag if "/" in tag else f"/{ADDON}{tag}" for tag in extra) or f"/{ADDON}"
    try:
        return _odoo_tests(tree, name, tags)
    finally:
        databases.drop(name)


def run_tour(_extra):
    """Odoo's browser tours of the addon."""
    _needs_browser()
    return run_odoo([f"plc_tour/{ADDON}"])


def run_screens(extra):
    """pytest: screens that change by themselves, in browsers on an Odoo with workers."""
    _needs_browser()
    tree = odoo_run.prepare()
    with (
        server.site(tree, databases.demo(tree), "screens") as (demo, demo_database),
        server.site(tree, databases.addon(tree), "empty") as (empty, empty_database),
        server.site(tree, databases.addon(tree), "visited") as (visited, visited_database),
    ):
        environment = {
            **postgres.environment(),
            "PYTHONPATH": os.pathsep.join(map(str, (DEV, ROOT))),
            "PLC_SITE": demo,
            "PLC_SITE_DB": demo_database,
            "PLC_EMPTY_SITE": empty,
            "PLC_EMPTY_SITE_DB": empty_database,
            "PLC_VISITED_SITE": visited,
            "PLC_VISITED_SITE_DB": visited_database,
        }
        return _pytest(TESTS / "screens", extra, environment)


def _needs_browser():
    if not any(map(shutil.which, BROWSERS)):
        raise Skip("this needs Chromium on the PATH: apt-get install chromium")


def run_live(extra):
    """pytest: real processes and commits on copies of a database with the addon."""
    tree = odoo_run.prepare()
    environment = {
        **odoo_run.environment(tree),
        **postgres.environment(),
        "PLC_ODOO_RC": str(ODOO_RC),
        "PLC_TEMPLATE_DB": databases.addon(tree),
        "PLC_BASE_DB": databases.base(tree),
    }
    return _pytest(TESTS / "live", extra, environment)


def run_demo(_extra):
    """dev/demo --once, with each layout."""
    passed = [
        run([sys.executable, DEV / "demo", "--once", "--layout", layout]) == 0 for layout in LAYOUTS
    ]
    return Outcome(passed.count(True), passed.count(False))


def run_suites(_extra):
    """Odoo's own tests of mrp and mrp_account, with the addon: nothing may fail more than without.

    Some 12 minutes on two idle cores, so only when asked for by name.
    """
    return Outcome(*suites.compare())


def run_chaos(extra):
    """dev/chaos for some minutes: its trials. On request, to keep the default run short."""
    return Outcome(*chaos.counted(extra or ["--minutes", str(CHAOS_MINUTES)]))


def run_coverage(_extra):
    """Lines and branches that the tests run: all of plc/, nearly all of the rest.

    Some 10 minutes, so only when asked for by name.
    """
    with coverage.measured("plc"):
        wire = run_plc([])
    with coverage.measured(*coverage.MODELS):
        rest = [run_odoo([]), run_live([])]
    reached = [
        coverage.reaches(coverage.WIRE_PERCENT, "plc"),
        coverage.reaches(coverage.MODELS_PERCENT, *coverage.MODELS),
    ]
    failed = sum(outcome.failed for outcome in (wire, *rest))
    return Outcome(reached.count(True), reached.count(False) + failed)


PARTS = {
    "lint": run_lint,
    "plc": run_plc,
    "peers": run_peers,
    "odoo": run_odoo,
    "live": run_live,
    "tour": run_tour,
    "screens": run_screens,
    "demo": run_demo,
}
ON_REQUEST = {"suites": run_suites, "chaos": run_chaos, "coverage": run_coverage}


def _pytest(folder, extra, environment):
    """Run pytest on a folder, cut off from the addon's own package, which only Odoo can import."""
    if not folder.is_dir():
        return Outcome(0, 0)
    report = LOGS / f"{folder.name}.xml"
    report.unlink(missing_ok=True)
    LOGS.mkdir(parents=True, exist_ok=True)
    places = [
        "-c",
        DEV / "pytest.ini",
        "--rootdir",
        folder,
        "--confcutdir",
        folder,
        f"--junitxml={report}",
    ]
    status = run(
        [PYTHON, "-m", "pytest", *places, folder, *extra],
        cwd=ROOT,
        env={**os.environ, **environment},
    )
    outcome = _junit(report) if report.exists() else Outcome(0, 0)
    # pytest may fail without a failed test, say where it is killed; 5 is "no test ran".
    if status not in (0, 5) and not outcome.failed:
        print(f"error: pytest ended with status {status}", file=sys.stderr)
        return Outcome(outcome.passed, 1)
    return outcome


def _junit(report):
    counts = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for suite in ElementTree.parse(report).getroot().iter("testsuite"):
        for name in counts:
            counts[name] += int(suite.get(name, 0))
    failed = counts["failures"] + counts["errors"]
    return Outcome(max(counts["tests"] - failed - counts["skipped"], 0), failed)


def _odoo_tests(tree, name, tags):
    say(f"Odoo: tests {tags}")
    progress, lines, started = Progress(interval=10), [], time.monotonic()

    def on_line(line):
        lines.append(line)
        if "Starting Test" in line:
            progress.tell(f"Odoo: {line.rpartition('Starting ')[2].rstrip('. ')}")

    LOGS.mkdir(parents=True, exist_ok=True)
    command = odoo_run.command("-d", name, "-i", ADDON, "--test-tags", tags, "--stop-after-init")
    with open(LOGS / "odoo.log", "w") as log:
        status = follow(command, on_line, log, env=odoo_run.environment(tree))
    passed, failed = odoo_log.results(lines)
    failures, complaints = odoo_log.failures(lines), odoo_log.complaints(lines)
    for record in failures:
        print(record)
    told = [record for record in complaints if record not in failures]
    for record in told:
        print(f"in Odoo's log, and no test expected it:\n{record}")
    if status and not failed:
        # Odoo did not get as far as its tests: what it said last is why.
        print("\n".join(lines[-40:]))
        failed = 0 if told else 1
    say(
        f"Odoo: {passed + failed} tests in {time.monotonic() - started:.0f} s,"
        " the log is .dev/log/odoo.log"
    )
    return Outcome(passed, failed + len(told))
