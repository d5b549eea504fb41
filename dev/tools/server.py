"""Odoo for browsers: workers, with the one address in front of them that a reverse proxy gives.

With workers Odoo listens on two ports, one of them for websockets alone; the manual has a proxy
send each request to the right one, and so does this one.
"""

import contextlib
import socket
import threading
import time
import urllib.request

from . import databases, odoo_run, processes
from .paths import DEV, LOGS, PYTHON
from .terminal import Stop, say

WORKERS = 2
PATIENCE = 120  # seconds until Odoo answers
CHUNK = 65536


@contextlib.contextmanager
def site(tree, template, kind, *options):
    """Odoo, with more options if given, on a copy of a template; yields (address, database)."""
    name = databases.temporary(kind)
    databases.copy(template, name)
    try:
        with serving(tree, name, *options) as address:
            yield address, name
    finally:
        databases.drop(name)


@contextlib.contextmanager
def serving(tree, database, *options):
    environment = odoo_run.environment(tree)
    log = LOGS / f"{database.rsplit('_', 2)[1]}.log"
    log.unlink(missing_ok=True)
    only = f"^{database}$"
    command = [PYTHON, DEV / "tools" / "bin" / "odoo-bin", "-d", database, "--db-filter", only]
    command += ["--logfile", log, "--workers", WORKERS, "--max-cron-threads", 0]
    command += options
    ports = int(environment["ODOO_HTTP_PORT"]), int(environment["ODOO_GEVENT_PORT"])
    with processes.running(command, env=environment) as server, Front(*ports) as front:
        say(f"Odoo: {WORKERS} workers on {front.address}")
        _wait(front.address, server, log)
        yield front.address


def _wait(address, server, log):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if server.poll() is not None:
            raise Stop(f"Odoo ended, see {log}")
        with contextlib.suppress(OSError):  # URLError is one
            urllib.request.urlopen(f"{address}/web/health", timeout=5).close()
            return
        time.sleep(0.2)
    raise Stop(f"Odoo does not answer, see {log}")


class Front:
    """Splices each connection to one of two ports, by the path of its first request."""

    def __init__(self, http_port, websocket_port):
        self._ports = {False: http_port, True: websocket_port}
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._server.getsockname()[1]}"

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_exc_info):
        self._server.close()

    def _accept(self):
        while True:
            try:
                client, _address = self._server.accept()
            except OSError:
                return  # closed: the end
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with client, contextlib.suppress(OSError):
            head = client.recv(CHUNK)
            is_websocket = head.split(b" ", 2)[1:2] == [b"/websocket"] or b" /websocket?" in head
            with socket.create_connection(("127.0.0.1", self._ports[is_websocket])) as server:
                server.sendall(head)
                back = threading.Thread(target=_pump, args=(server, client), daemon=True)
                back.start()
                _pump(client, server)
                back.join()


def _pump(source, target):
    with contextlib.suppress(OSError):
        while data := source.recv(CHUNK):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
