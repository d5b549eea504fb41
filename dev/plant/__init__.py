"""The plant without a plant: an S7 server whose program doses what it is sent.

It behaves as the handshake's P1 to P3 say, and watches that Odoo keeps its side. ``dev/emulator``
is its command line; tests use ``Plant`` in their own process.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))  # where the package `plc` is

from .layouts import LAYOUTS, layout_named, read_csv_rows  # noqa: E402
from .plant import Plant  # noqa: E402

__all__ = ["LAYOUTS", "Plant", "layout_named", "read_csv_rows"]
