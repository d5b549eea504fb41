"""Starts the campaign of ``tests/chaos`` in Odoo's Python, on the database server of this clone."""

import json
import os
import shutil

from . import databases, odoo_run, postgres
from .paths import DEV, LOGS, ODOO_RC, PYTHON, ROOT
from .processes import run

CAMPAIGN = ROOT / "tests" / "chaos" / "campaign.py"
REPORT = LOGS / "chaos.json"
KEPT = CAMPAIGN.with_name("report.json")


def campaign(*arguments):
    """The campaign's exit status: 0 when nothing was lost, doubled, half or hung."""
    tree = odoo_run.prepare()
    environment = {
        **os.environ,
        **odoo_run.environment(tree),
        **postgres.environment(),
        "PLC_ODOO_RC": str(ODOO_RC),
        "PLC_TEMPLATE_DB": databases.addon(tree),
    }
    LOGS.mkdir(parents=True, exist_ok=True)
    REPORT.unlink(missing_ok=True)
    command = [PYTHON, CAMPAIGN, "--report", REPORT, *arguments]
    status = run(command, cwd=ROOT, env=environment)
    if {"--keep", "--add"} & {*arguments} and REPORT.exists() and not _lacks_a_kind():
        shutil.copyfile(REPORT, KEPT)
        status = run([PYTHON, DEV / "readme"], cwd=ROOT) or status
    return status


def _lacks_a_kind():
    kinds = json.loads(REPORT.read_text())["kinds"].values()
    return not all(count for figures in kinds for count in figures["tried"].values())


def counted(arguments):
    """(trials that were good, that failed)."""
    status = campaign(*arguments)
    if not REPORT.exists():
        return 0, 1
    told = json.loads(REPORT.read_text())
    return told["trials"] - told["failures"], max(told["failures"], int(status != 0))
