"""Copies of the repository to cut into, with its tests and its campaign, and of the database that
the clone prepared."""

import contextlib
import json
import os
import shutil
import tempfile
import threading
import time
from pathlib import Path

from . import databases, odoo_run, odoo_source, postgres
from .cut import misfits
from .paths import ADDON, DEV, LOGS, ODOO_RC, PYTHON, ROOT
from .processes import run, running
from .terminal import Stop

LAYOUT = "native"  # the rules are the same for each
LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "static")


class Mill:
    """What all copies share; gone at the end. Only Python is cut, so that one template fits."""

    def __enter__(self):
        self._tree = odoo_run.prepare()
        self._ends = contextlib.ExitStack()
        self.template = databases.temporary("mutants")  # ours: the clone may move on meanwhile
        databases.copy(databases.addon(self._tree), self.template)
        self._ends.callback(databases.drop, self.template)
        self._folder = Path(self._ends.enter_context(tempfile.TemporaryDirectory()))
        self._source = self._folder / "source"  # not the clone, which somebody may be editing
        shutil.copytree(ROOT, self._source, ignore=LEFT_OUT)
        self._lock, self._copies = threading.Lock(), {}
        return self

    def __exit__(self, *exc_info):
        self._ends.close()

    def expect_fit(self, cuts):
        """:raises Stop: the code has moved on under some of the cuts"""
        if lost := misfits(cuts, self._source):
            raise Stop("; ".join(lost))

    def copy(self):
        """The copy that this thread cuts into."""
        with self._lock:
            number = self._copies.setdefault(threading.get_ident(), len(self._copies) + 1)
            folder = self._folder / str(number)
            if not folder.exists():
                shutil.copytree(self._source, folder / ADDON)
                self._write_config(folder)
        return Copy(folder, LOGS / f"mutants-{number}.log", self._environment(folder))

    def _write_config(self, folder):
        places = ",".join(map(str, (folder, *odoo_source.addons(self._tree))))
        lines = ODOO_RC.read_text().splitlines()
        kept = [line for line in lines if not line.startswith("addons_path")]
        (folder / "odoo.conf").write_text("\n".join([*kept, f"addons_path = {places}", ""]))

    def _environment(self, folder):
        return {
            **os.environ,
            **odoo_run.environment(self._tree),
            **postgres.environment(),
            "PLC_ODOO_RC": str(folder / "odoo.conf"),
            "PLC_TEMPLATE_DB": self.template,
        }


class Copy:
    """One copy of the repository, with a cut or without."""

    def __init__(self, folder, log, environment):
        self._folder, self._log, self._environment = folder, log, environment
        self._code = folder / ADDON

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

    def bite(self, cuts, *options):
        """Let the campaign look for each of the cuts, as their dictionaries.

        :return: yields (what, found, seconds) as it goes; found is (kind, verdict, check, trial) of
            the first failure, or None
        """
        todo, report = self._folder / "cuts.json", self._folder / "bites.txt"
        todo.write_text(json.dumps(cuts))
        report.touch()
        script = self._code / "tests" / "chaos" / "bite.py"
        command = [PYTHON, script, todo, report, *options]
        told = 0
        with (
            open(self._log, "w") as log,
            running(
                command, cwd=self._code, env=self._environment, stdout=log, stderr=log
            ) as process,
        ):
            while told < len(cuts):
                is_over = process.poll() is not None
                lines = report.read_text().splitlines()
                yield from map(json.loads, lines[told:])
                told = len(lines)
                if is_over and told < len(cuts):
                    raise Stop(f"the campaign ended; see {self._log.relative_to(ROOT)}")
                time.sleep(0.5)

    @contextlib.contextmanager
    def _made(self, cut):
        path = self._code / cut.file
        text = path.read_text()
        path.write_text(text.replace(cut.old, cut.new))
        try:
            yield
        finally:
            path.write_text(text)

    def _run(self, test):
        """pytest's exit status: 0 good, 1 failed."""
        folder = self._code / "tests" / "live"
        command = [PYTHON, "-m", "pytest", "-c", DEV / "pytest.ini", "--rootdir", folder]
        command += ["--confcutdir", folder, folder, "-x", "-k", f"({test}) and {LAYOUT}"]
        return self._start(command)

    def _start(self, command):
        LOGS.mkdir(parents=True, exist_ok=True)
        with open(self._log, "w") as log:
            return run(command, cwd=self._code, env=self._environment, stdout=log, stderr=log)
