"""A copy of the repository to cut into, with its tests and its campaign, and of the database that
the clone prepared."""

import contextlib
import json
import os
import shutil
import tempfile
from pathlib import Path

from . import databases, odoo_run, odoo_source, postgres
from .paths import ADDON, DEV, LOGS, ODOO_RC, PYTHON, ROOT
from .processes import run
from .terminal import Stop

LAYOUT = "native"  # the rules are the same for each
KINDS = ("crash", "walk", "wire", "crowd", "bulk", "database")
LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "static")


class Mill:
    """The copy; gone at the end. Only Python is cut, so that the clone's database fits it."""

    def __enter__(self):
        self._tree = odoo_run.prepare()
        self._ends = contextlib.ExitStack()
        self._template = databases.temporary("mutants")  # ours: the clone may move on meanwhile
        databases.copy(databases.addon(self._tree), self._template)
        self._ends.callback(databases.drop, self._template)
        self._folder = Path(self._ends.enter_context(tempfile.TemporaryDirectory()))
        self._copy = self._folder / ADDON
        shutil.copytree(ROOT, self._copy, ignore=LEFT_OUT)
        self._config = self._folder / "odoo.conf"
        places = ",".join(map(str, (self._folder, *odoo_source.addons(self._tree))))
        lines = ODOO_RC.read_text().splitlines()
        kept = [line for line in lines if not line.startswith("addons_path")]
        self._config.write_text("\n".join([*kept, f"addons_path = {places}", ""]))
        return self

    def __exit__(self, *exc_info):
        self._ends.close()

    def expect_fit(self, cuts):
        """:raises Stop: the code has moved on under some of the cuts"""
        lost = [
            f"{cut.what}: found {found} times in {cut.file}"
            for cut in cuts
            if (found := (self._copy / cut.file).read_text().count(cut.old)) != 1
        ]
        if lost:
            raise Stop("; ".join(lost))

    def expect_good(self, tests):
        """:raises Stop: one of the tests fails without any cut"""
        if self._run(" or ".join(sorted(tests))):
            raise Stop(f"a test fails without a cut; see {self._log.relative_to(ROOT)}")

    def is_caught(self, cut):
        """Whether the test fails with the cut. :raises Stop: pytest found no such test"""
        with self._made(cut):
            status = self._run(cut.test)
        if status not in (0, 1):
            raise Stop(f"{cut.what}: pytest ended with {status}; see {self._log.relative_to(ROOT)}")
        return status == 1

    def found_by(self, cut, seed, minutes):
        """What the campaign's first failure with the cut was: (kind, verdict, check, trial), or
        None. Each kind has so many minutes."""
        with self._made(cut):
            for kind in KINDS:
                caught = self._campaign(kind, seed, minutes)
                if caught:
                    return caught[0]
        return None

    @contextlib.contextmanager
    def _made(self, cut):
        path = self._copy / cut.file
        text = path.read_text()
        path.write_text(text.replace(cut.old, cut.new))
        try:
            yield
        finally:
            path.write_text(text)

    @property
    def _log(self):
        return LOGS / "mutants.log"

    def _run(self, test):
        """pytest's exit status: 0 good, 1 failed."""
        folder = self._copy / "tests" / "live"
        command = [PYTHON, "-m", "pytest", "-c", DEV / "pytest.ini", "--rootdir", folder]
        command += ["--confcutdir", folder, folder, "-x", "-k", f"({test}) and {LAYOUT}"]
        return self._start(command)

    def _campaign(self, kind, seed, minutes):
        """What failed in one kind of the campaign."""
        report = self._folder / "chaos.json"
        report.unlink(missing_ok=True)
        command = [PYTHON, self._copy / "tests" / "chaos" / "campaign.py", "--first"]
        command += ["--only", kind, "--seed", seed, "--minutes", minutes, "--report", report]
        status = self._start(command)
        if not report.exists():
            raise Stop(f"the campaign ended with {status}; see {self._log.relative_to(ROOT)}")
        return json.loads(report.read_text())["caught"]

    def _start(self, command):
        environment = {
            **os.environ,
            **odoo_run.environment(self._tree),
            **postgres.environment(),
            "PLC_ODOO_RC": str(self._config),
            "PLC_TEMPLATE_DB": self._template,
        }
        LOGS.mkdir(parents=True, exist_ok=True)
        with open(self._log, "w") as log:
            return run(command, cwd=self._copy, env=environment, stdout=log, stderr=log)
