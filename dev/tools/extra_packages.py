"""Environments of their own, ``.dev/extra/NAME``, for packages that only one part of the tests
needs or that would be in the way of the addon's; made on demand."""

import shutil
import subprocess
import venv as virtual

from . import venv
from .locks import exclusive
from .paths import LOGS, PYTHON, STATE
from .terminal import Stop, say

EXTRA = STATE / "extra"


def ensure(name, *requirements):
    """Make an environment with pinned packages, once for each list of them; its Python.

    :raises Stop: the packages could not be had, in one line
    """
    venv.ensure()
    home = EXTRA / name
    python, stamp, wanted = home / "bin" / "python", home / "complete", "\n".join(requirements)
    with exclusive(STATE / "setup.lock", "setting up"):
        if not (stamp.exists() and stamp.read_text() == wanted):
            say(f"Python packages: {', '.join(requirements)}")
            shutil.rmtree(home, ignore_errors=True)
            virtual.create(home, with_pip=False, symlinks=True)
            _install(python, requirements)
            stamp.write_text(wanted)
    return python


def packages(python):
    """Where an environment has its packages, for a ``PYTHONPATH``."""
    return next((python.parents[1] / "lib").glob("python3*/site-packages"))


def _install(python, requirements):
    """By the pip of the main environment, which has one on every machine."""
    pip = [PYTHON, "-m", "pip", "--python", python, "--disable-pip-version-check"]
    options = ["--no-deps", "--only-binary", ":all:", "--retries", "1", "--timeout", "10"]
    LOGS.mkdir(parents=True, exist_ok=True)
    with open(LOGS / "pip-extra.log", "w") as log:
        status = subprocess.run(
            [*pip, "install", *options, *requirements], stdout=log, stderr=subprocess.STDOUT
        ).returncode
    if status:
        raise Stop(
            f"pip could not install {' and '.join(requirements)}; see .dev/log/pip-extra.log"
        )
