"""Load the addon's demo data, no other module's: ``python -m tools.load_demo DATABASE``.

Odoo's ``--with-demo`` would load those of all modules, in minutes, and bury ours.
"""

import sys

from odoo.modules.module import Manifest
from odoo.tools.convert import convert_file

from .inside import environment
from .paths import ADDON


def main(database):
    with environment(database) as env:
        for filename in Manifest.for_addon(ADDON)["demo"]:
            convert_file(env, ADDON, filename, {}, mode="init", noupdate=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
