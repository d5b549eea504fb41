"""A PostgreSQL server of the test's own, which may be killed and started again."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from tools import keeper, postgres

import odoo

PATIENCE = 30  # seconds until a server answers


class OwnServer:
    """While the block runs it is Odoo's server, with a copy of the template on it.

    :param settings: of the server
    """

    def __init__(self, **settings):
        self._settings = settings

    def __enter__(self):
        self._folder = Path(tempfile.mkdtemp(prefix="plc-"))
        self._cluster, self._socket = self._folder / "data", self._folder / "socket"
        self._user = keeper.server_user()
        keeper.make_folder(self._folder, self._user)
        keeper.create_cluster(self._user, self._cluster)
        self._shared = odoo.tools.config["db_host"]
        self._start()
        self._copy(os.environ["PLC_TEMPLATE_DB"])
        odoo.tools.config["db_host"] = str(self._socket)
        return self

    def __exit__(self, *_exc_info):
        odoo.tools.config["db_host"] = self._shared
        self._stop(signal.SIGINT)
        shutil.rmtree(self._folder)

    def restart(self):
        """The server dies with all it does, as in a power cut, and comes back."""
        self._stop(signal.SIGQUIT)
        self._start()

    def _start(self):
        with open(self._folder / "log", "a") as log:
            self._server = keeper.start_server(
                self._user, self._cluster, self._socket, log, **self._settings
            )
        end = time.monotonic() + PATIENCE
        while self._run("pg_isready", "-q", "-d", "postgres").returncode:
            if time.monotonic() > end or self._server.poll() is not None:
                raise RuntimeError((self._folder / "log").read_text()[-2000:])
            time.sleep(0.02)

    def _stop(self, how):
        self._server.send_signal(how)
        self._server.wait()

    def _copy(self, template):
        options = ["--no-owner", "--no-privileges", "-d", template]
        with subprocess.Popen(
            [postgres.binaries() / "pg_dump", *options], stdout=subprocess.PIPE
        ) as dump:
            self._run("createdb", template).check_returncode()
            options = ["-Xq", "-1", "-v", "ON_ERROR_STOP=1", "-o", os.devnull, "-d", template]
            self._run("psql", *options, stdin=dump.stdout).check_returncode()
        assert dump.returncode == 0

    def _run(self, program, *arguments, **kwargs):
        here = ["-h", self._socket, "-p", "5432", "-U", postgres.ROLE]
        return subprocess.run([postgres.binaries() / program, *here, *arguments], **kwargs)
