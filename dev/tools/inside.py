"""For scripts that run inside Odoo, under its Python and configuration."""

import contextlib

import odoo
from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry


@contextlib.contextmanager
def environment(database, *options):
    """An environment of the superuser with real commits."""
    arguments = ["-d", database, "--no-http", "--max-cron-threads", "0", *options]
    odoo.tools.config.parse_config(arguments, setup_logging=True)
    with Registry(database).cursor() as cr:
        yield api.Environment(cr, SUPERUSER_ID, {})
