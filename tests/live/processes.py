"""Odoo in processes of its own: forked, so that they start at once; killed like a worker."""

import contextlib
import os
import signal
import traceback

import odoo
from odoo.modules.registry import Registry
from odoo.sql_db import Cursor

_parents_pools = []  # a forked process must not close the connections of its parent


def fork(function, *args):
    """Run `function` in a process with database connections of its own; its pid."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        _use_own_connections()
        function(*args)
        status = 0
    except BaseException:  # noqa: BLE001  the parent sees the status; the reason is told here
        traceback.print_exc()
    finally:
        os._exit(status)


def _use_own_connections():
    _parents_pools.append((odoo.sql_db._Pool, odoo.sql_db._Pool_readonly))
    odoo.sql_db._Pool = odoo.sql_db._Pool_readonly = None
    for name, registry in Registry.registries.items():
        _parents_pools.append((registry._db, registry._db_readonly))
        registry._db = odoo.sql_db.db_connect(name)
        registry._db_readonly = None


def wait(*pids):
    """Exit codes; a signal's number, negative, where one was killed."""
    return [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]


def kill_at(owner, name, after=False):
    """From now on this process is killed where it would call a method of a class, or has."""
    method = getattr(owner, name)

    def call(*args, **kwargs):
        if after:
            method(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, name, call)


class Crash:
    """Kills this process at its n-th step (from 0): before a wire request or before a commit.

    After a request or a commit is the same moment as before the next one: nothing but this
    process's memory lies in between.
    """

    def __init__(self, point, session_class):
        self.point, self.count = point, 0
        self._session_class = session_class

    def _step(self):
        if self.count == self.point:
            os.kill(os.getpid(), signal.SIGKILL)
        self.count += 1

    @contextlib.contextmanager
    def armed(self):
        exchange, commit = self._session_class._exchange, Cursor.commit

        def crashing_exchange(session, *args, **kwargs):
            self._step()
            return exchange(session, *args, **kwargs)

        def crashing_commit(cursor):
            self._step()
            return commit(cursor)

        self._session_class._exchange, Cursor.commit = crashing_exchange, crashing_commit
        try:
            yield self
        finally:
            self._session_class._exchange, Cursor.commit = exchange, commit
