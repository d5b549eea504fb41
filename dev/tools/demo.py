"""The demo: a plant, an Odoo with its data, and one cycle between them."""

import subprocess
import sys
import threading
import time

from . import databases, odoo_log, odoo_run, processes
from .locks import open_lock, try_lock
from .paths import DEV, LOGS, PYTHON, ROOT, STATE
from .terminal import Stop, say

DATABASE = "mrp_plc_demo"
SPEED = 1000  # kg a second: an order takes a second, so that one sees it being dosed
SEED = 1
LISTENING = "listening on port "
POLL = 0.1


class Emulator:
    """The plant in a process of its own; what it says is shown with ``plc  |`` in front."""

    def __init__(self, layout):
        self.ledger = STATE / "demo-ledger.json"
        self.log = LOGS / "demo-odoo.log"
        self.layout = layout
        command = [sys.executable, DEV / "emulator", "--port", 0, "--layout", layout]
        command += ["--speed", SPEED, "--seed", SEED, "--ledger", self.ledger]
        self.process = processes.start(command, stdout=subprocess.PIPE, text=True)
        first = self.process.stdout.readline().strip()
        if not first.startswith(LISTENING):
            raise Stop(f"the emulator does not start: {first or 'see above'}")
        self.port = int(first.removeprefix(LISTENING))
        threading.Thread(target=self._relay, daemon=True).start()

    def _relay(self):
        for line in self.process.stdout:
            print(f"plc  | {line}", end="", flush=True)

    def __enter__(self):
        return self

    def __exit__(self, *_exc_info):
        processes.stop(self.process)

    def check(self):
        """A plant that is gone is not waited for."""
        status = self.process.poll()
        if status is not None:
            raise Stop(f"the emulator ended in the middle (status {status}); run dev/demo again")


def prepare():
    """Set up all there is to; answers Odoo's tree. One demo at a time: the database is one."""
    lock = open_lock(STATE / "demo.lock")  # never closed: ours until the process ends
    if not try_lock(lock):
        raise Stop("another dev/demo runs in this clone; end it first")
    return odoo_run.prepare()


def fresh_database(tree):
    template = databases.demo(tree)
    say(f"database: {DATABASE}, fresh")
    databases.drop(DATABASE)
    databases.copy(template, DATABASE)


def run_cycle(tree, emulator):
    """One whole cycle; True if every batch ended in the history with the plant's quantities."""
    say(f"demo: one cycle with layout {emulator.layout}, PLC on port {emulator.port}")
    started = time.monotonic()
    emulator.log.unlink(missing_ok=True)
    command = [PYTHON, "-m", "tools.demo_cycle", DATABASE, emulator.log]
    command += [emulator.layout, emulator.port, emulator.ledger]
    environment = odoo_run.environment(tree, with_tools=True)
    with processes.running(command, cwd=DEV, env=environment) as driver:
        while driver.poll() is None:
            emulator.check()
            time.sleep(POLL)
    emulator.check()
    complaints = odoo_log.complaints(emulator.log.read_text(errors="replace").splitlines())
    for record in complaints:
        print(f"in Odoo's log:\n{record}")
    good = driver.returncode == 0 and not complaints
    verdict = "every batch is in the history" if good else "FAILED, see above"
    log = emulator.log.relative_to(ROOT)
    say(f"demo: {emulator.layout}: {verdict} ({time.monotonic() - started:.0f} s, log {log})")
    return good


def run_once(tree, layouts):
    """A cycle for each layout, each on a fresh database."""
    results = []
    for layout in layouts:
        fresh_database(tree)
        with Emulator(layout) as emulator:
            results.append(run_cycle(tree, emulator))
    return all(results)


def stay(tree, layout):
    """A cycle, then Odoo for the browser until Ctrl-C; the plant stays too."""
    fresh_database(tree)
    with Emulator(layout) as emulator:
        good = run_cycle(tree, emulator)
        environment = odoo_run.environment(tree, preferred_port=odoo_run.DEFAULT_PORT)
        log = LOGS / "demo-server.log"
        command = odoo_run.command("-d", DATABASE, "--db-filter", f"^{DATABASE}$", "--logfile", log)
        with processes.running(command, env=environment) as server:
            print(GUIDE.format(port=environment["ODOO_HTTP_PORT"], layout=layout), flush=True)
            while server.poll() is None:
                emulator.check()
                time.sleep(POLL)
    if server.returncode:
        raise Stop(f"Odoo ended, see {log.relative_to(ROOT)}")
    return good


GUIDE = """
Odoo runs:   http://localhost:{port}    login admin, password admin
What to see: Manufacturing > PLC > Plant Board: slots, what is stuck and what to press
             Manufacturing > PLC > History: what was dosed just now, silo by silo
             Manufacturing > PLC > Configuration > Devices: PLC01, the emulator ({layout})
What to do:  Manufacturing > PLC > Failed Batches: the Pellet Line, a second PLC, is paused with
             stuck batches in its queue; rescue one as the README's “Ten minutes” tells
             Or duplicate a closed order (its cog menu) and confirm the copy; on the device press
             Send Now, Read Now and Archive Now, and watch the board
             (the scheduled actions do the same by themselves, every 3 to 5 minutes)
End it with Ctrl-C.
"""
