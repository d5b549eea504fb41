"""Where things are: the clone, and what the commands keep in its ``.dev`` folder."""

import hashlib
from pathlib import Path

ADDON = "mrp_plc_batch"
ROOT = Path(__file__).resolve().parents[2]
DEV = ROOT / "dev"
STATE = ROOT / ".dev"
LOGS = STATE / "log"
VENV = STATE / "venv"
PYTHON = VENV / "bin" / "python"
ODOO_RC = STATE / "odoo.conf"
DATA = STATE / "data"
CLONE = hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]
