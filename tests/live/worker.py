"""Runs a script in an Odoo process of its own: worker.py DATABASE SCRIPT [ARGS…]"""

import os
import sys

import odoo
from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry

database, script, *args = sys.argv[1:]
odoo.tools.config.parse_config(["-c", os.environ["PLC_ODOO_RC"]], setup_logging=True)
with Registry(database).cursor() as cr:
    exec(script, {"env": api.Environment(cr, SUPERUSER_ID, {}), "args": args})
