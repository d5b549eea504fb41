"""The process that runs the embedded server: ``python -m tools.keeper`` (see postgres.py)."""

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time

from .guard import PR_SET_PDEATHSIG, prctl
from .locks import open_lock, try_lock
from .postgres import CLUSTER, KEEPER, LEASE, ROLE, binaries, socket_dir

PR_SET_SECUREBITS = 28
SECBIT_NO_SETUID_FIXUP = 4
PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 47, 2
CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION_3 = 0x20080522

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    # What follows trades safety in a power cut for speed: nothing here is worth keeping.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_parallel_workers_per_gather": "0",  # containers often have little shared memory
    "jit": "off",
}


def server_user():
    """The user to run the server as: PostgreSQL refuses root. None: stay who we are."""
    if os.geteuid() != 0:
        return None
    owner = CLUSTER.stat().st_uid if CLUSTER.exists() else 0
    return pwd.getpwuid(owner) if owner else pwd.getpwnam("nobody")


def become(user):
    """For a child just forked: take the server's user, but keep the right to enter root's folders.

    A clone may lie below /root, which nobody else may enter; opening such folders up would be
    worse.
    """
    if user:
        # Without this bit the kernel forgets capabilities with uid 0, and access(2) ignores them.
        prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP)
        os.setgroups([])
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)
        header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
        bit = 1 << CAP_DAC_OVERRIDE
        sets = (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)  # effective, permitted, inheritable
        ctypes.CDLL(None).capset(header, sets)
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)
    prctl(PR_SET_PDEATHSIG, signal.SIGINT)  # PostgreSQL's word for a fast shutdown


def make_folder(folder, user):
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if user:
        os.chown(folder, user.pw_uid, user.pw_gid)


def create_cluster(user, cluster=CLUSTER):
    if (cluster / "PG_VERSION").exists():
        return
    shutil.rmtree(cluster, ignore_errors=True)
    make_folder(cluster, user)
    options = [
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--no-sync",
        "--no-instructions",
    ]
    command = [binaries() / "initdb", "-D", cluster, "-U", ROLE, *options]
    if subprocess.run(command, preexec_fn=lambda: become(user), cwd="/").returncode:
        shutil.rmtree(cluster)
        sys.exit(1)


def start_server(user, cluster=CLUSTER, socket=None, log=None, **settings):
    socket = socket or socket_dir()
    make_folder(socket, user)
    settings = {
        **SETTINGS,
        "unix_socket_directories": f'"{socket}"',
        "port": "5432",
        **settings,
    }
    options = [part for item in settings.items() for part in ("-c", "=".join(item))]
    command = [binaries() / "postgres", "-D", cluster, *options]
    streams = {"stdout": log, "stderr": log}
    return subprocess.Popen(command, preexec_fn=lambda: become(user), cwd="/", **streams)


def keep(server):
    """Wait until nobody needs the server, or until it has ended by itself."""
    lease = open_lock(LEASE)
    while server.poll() is None:
        if try_lock(lease):  # held to our end: who comes now waits, and then starts a server afresh
            server.send_signal(signal.SIGINT)
            server.wait()
        time.sleep(0.3)


def main():
    lock = open_lock(KEEPER)
    if not try_lock(lock):
        return
    # Leave the terminal and the process that started us: a Ctrl-C there is not meant for the
    # server.
    if os.fork():
        os._exit(0)
    os.setsid()
    user = server_user()
    try:
        create_cluster(user)
        keep(start_server(user))
    finally:
        if socket_dir().parent != CLUSTER.parent:
            shutil.rmtree(socket_dir(), ignore_errors=True)
        # Before the lease, which goes with this process: who gets that looks for a keeper, and the
        # kernel gives back the locks of a process that ends in no order.
        os.close(lock)


if __name__ == "__main__":
    sys.exit(main())
