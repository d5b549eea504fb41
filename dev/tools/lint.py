"""The checks of ``dev/test lint``."""

import os

from . import odoo_run, odoo_source, venv
from .paths import ADDON, DEV, PYTHON, ROOT
from .processes import run
from .terminal import say

CONCISE = ["--output-format", "concise", "."]
RUFF_CHECK = ["ruff", "check", *CONCISE]
RUFF_FORMAT = ["ruff", "format", "--check", *CONCISE]


def run_check(name, command, **kwargs):
    status = run(command, **kwargs)
    say(f"lint: {name}: {'good' if status == 0 else 'FAILED'}")
    return status == 0


def run_all(tree):
    addon = odoo_run.ADDONS / ADDON
    checks = {
        "ruff check": [PYTHON, "-m", *RUFF_CHECK],
        "ruff format": [PYTHON, "-m", *RUFF_FORMAT],
        "pylint-odoo": [PYTHON, "-m", "pylint", f"--rcfile={DEV / 'pylintrc'}", addon],
        "cuts": [PYTHON, DEV / "mutants", "--check"],
        "README": [PYTHON, DEV / "readme", "--check"],
        "data files": [
            PYTHON,
            DEV / "tools" / "check_data.py",
            ROOT,
            tree / "odoo" / "import_xml.rng",
        ],
    }
    environment = {**os.environ, "RUFF_NO_CACHE": "true"}
    return [run_check(name, command, cwd=ROOT, env=environment) for name, command in checks.items()]


def run_lint():
    venv.ensure()
    tree = odoo_source.ensure()
    odoo_run.link_addon()
    return run_all(tree)
