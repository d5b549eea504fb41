"""The virtual environment ``.dev/venv`` with every package of the lock file."""

import hashlib
import importlib.util
import os
import shutil
import sys
import venv

from . import apt, processes
from .locks import exclusive
from .paths import DEV, LOGS, PYTHON, ROOT, STATE, VENV
from .terminal import Progress, Stop, say

LOCK_FILE = DEV / "requirements.lock"
STAMP = VENV / "complete"


def ensure():
    """Make the environment, once for each lock file and each place of the clone."""
    wanted = hashlib.sha256(LOCK_FILE.read_bytes() + str(ROOT).encode()).hexdigest()
    if _is_complete(wanted):
        return
    with exclusive(STATE / "setup.lock", "setting up"):
        if _is_complete(wanted):
            return
        version = "{}.{}".format(*sys.version_info)
        say(f"Python packages: virtual environment for Python {version}")
        shutil.rmtree(VENV, ignore_errors=True)
        _install(
            [
                *_make(),
                "install",
                "--no-deps",
                "--only-binary",
                ":all:",
                "--no-compile",
                "-r",
                LOCK_FILE,
            ]
        )
        STAMP.write_text(wanted)


def reexec():
    """Go on under the environment's Python, for a command that needs its packages."""
    ensure()
    if sys.prefix != str(VENV):
        os.execv(PYTHON, [str(PYTHON), *sys.argv])


def _is_complete(wanted):
    return STAMP.exists() and STAMP.read_text() == wanted and PYTHON.exists()


def _make():
    """Create the empty environment and answer how to call pip for it."""
    # Debian takes ensurepip out of Python; what a bare machine still has is apt, and pip as a
    # package.
    with_pip = importlib.util.find_spec("ensurepip") is not None
    venv.create(VENV, with_pip=with_pip, symlinks=True)
    if with_pip:
        return [PYTHON, "-m", "pip"]
    say("Python packages: this Python comes without pip, taking Debian's")
    wheel = _fetch_pip()
    return [PYTHON, wheel / "pip"]


def _fetch_pip():
    target = STATE / "pip"
    try:
        apt.fetch({"unstable": ["python3-pip-whl"]}, target)
    except Stop as error:
        raise Stop(
            f"Python has no pip ({error}); install python3-venv and run this again"
        ) from error
    return next(target.glob("usr/share/python-wheels/pip-*.whl"))


def _install(command):
    total = sum(not line.startswith("#") for line in LOCK_FILE.read_text().splitlines())
    progress, seen, errors = Progress(), [], []

    def on_line(line):
        if line.startswith("Collecting "):
            seen.append(line)
            progress.tell(f"Python packages: {len(seen)} of {total}")
        elif line.startswith("Installing collected"):
            say("Python packages: unpacking")
        elif line.startswith("ERROR"):
            errors.append(line)

    LOGS.mkdir(parents=True, exist_ok=True)
    with open(LOGS / "pip.log", "w") as log:
        status = processes.follow([*command, "--progress-bar", "off"], on_line, log)
    if status:
        raise Stop(
            f"pip could not install {LOCK_FILE.name}: {(errors or ['see .dev/log/pip.log'])[0]}"
        )
