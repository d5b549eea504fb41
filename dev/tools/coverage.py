"""How much of the addon its tests run, in lines and branches (coverage.py).

``plc/`` is measured by ``tests/plc`` alone, which need no Odoo; the rest by Odoo's tests and the
live ones.
"""

import contextlib
import os
import shutil

from .paths import DEV, PYTHON, ROOT, STATE
from .processes import run

FOLDER = STATE / "coverage"
WIRE_PERCENT = 100
MODELS = ("models", "wizard", "controllers")
MODELS_PERCENT = 95


@contextlib.contextmanager
def measured(*folders):
    """Measure some folders of the addon in every Python that is started inside."""
    home = FOLDER / folders[0]
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    settings = {
        "COVERAGE_PROCESS_START": str(DEV / "coveragerc"),
        "PLC_COVERAGE_SOURCE": ",".join(str(ROOT / folder) for folder in folders),
        "PLC_COVERAGE_DATA": str(home / "data"),
    }
    os.environ.update(settings)
    try:
        yield
    finally:
        for name in settings:
            del os.environ[name]


def reaches(percent, *folders):
    """Print what `measured` found of these folders, and whether it is at least `percent`."""
    home = FOLDER / folders[0]
    environment = {
        **os.environ,
        "PLC_COVERAGE_SOURCE": "",
        "PLC_COVERAGE_DATA": str(home / "data"),
    }
    tool = [PYTHON, "-m", "coverage"]
    rc = f"--rcfile={DEV / 'coveragerc'}"
    run([*tool, "combine", "--quiet", rc], cwd=ROOT, env=environment)
    report = [*tool, "report", rc, f"--fail-under={percent}"]
    return run(report, cwd=ROOT, env=environment) == 0
