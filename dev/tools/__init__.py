"""What the commands under ``dev/`` are made of.

Standard library only: they run before anything is installed.
"""

import sys

OLDEST, NEWEST = (3, 10), (3, 13)

if not OLDEST <= sys.version_info[:2] <= NEWEST:
    sys.exit(
        "error: Odoo 19 needs Python 3.10 to 3.13, and this is {}.{}:"
        " run it as `python3.13 {}`, say".format(*sys.version_info[:2], " ".join(sys.argv))
    )
