"""Starts the campaign of ``tests/chaos`` in Odoo's Python, on the database server of this clone."""

import os

from . import databases, odoo_run, postgres
from .paths import ODOO_RC, PYTHON, ROOT
from .processes import run

CAMPAIGN = ROOT / "tests" / "chaos" / "campaign.py"


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
    return run([PYTHON, CAMPAIGN, *arguments], cwd=ROOT, env=environment)
