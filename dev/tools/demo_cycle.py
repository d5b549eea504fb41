"""One cycle of the demo plant, from inside Odoo: orders out, doses in, orders closed.

``python -m tools.demo_cycle DATABASE LOGFILE LAYOUT PORT LEDGER``; see ``dev/demo``. It calls what
the scheduled actions call, with real commits, once a second instead of every few minutes.
"""

import sys
import time
from pathlib import Path

from . import demo_report
from .demo_plc import PlcReader
from .inside import environment

DEVICE = "mrp_plc_batch.demo_device_plc01"
PAUSE = 0.5  # seconds between two reads
PATIENCE = 120  # seconds for all of it


class Cycle:
    """The demo device, its batches, and what was seen of them."""

    def __init__(self, env, layout, port):
        self.env = env
        self.plc = PlcReader(layout, port)
        self.shown = {}
        self.device = env.ref(DEVICE)
        self.device.write(
            {
                "host": "127.0.0.1",
                "port": port,
                "layout_id": env.ref(f"mrp_plc_batch.layout_{layout}").id,
                "paused": False,
            }
        )
        env.cr.commit()

    def run(self):
        """Work until no batch and no order to fetch is left; False if it takes too long."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if not self.batches():
                self.task("_cron_fetch_orders")
                if not self.batches():
                    return True
                self.show()
            self.task("_cron_read_plc")
            self.plc.look()
            self.show()
            self.task("_cron_archive_completed")
            self.show()
            time.sleep(PAUSE)
        return False

    def task(self, name):
        getattr(self.env["mo.batch"], name)(self.device)
        # What comes next is to see the database as others do.
        self.env.cr.commit()
        self.env.invalidate_all()

    def batches(self):
        return self.env["mo.batch"].search([("device_id", "=", self.device.id)])

    def histories(self):
        histories = self.env["mo.histories"].search([("device_id", "=", self.device.id)])
        return histories.sorted("batch_no")

    def show(self):
        """Print each batch, and each of its silos, that changed since it was printed last."""
        lines = {}
        for batch in self.batches():
            lines[batch.mo_id, 0] = demo_report.batch_line(batch)
            lines |= demo_report.silo_lines(batch)
        for history in self.histories():
            lines[history.mo_id, 0] = demo_report.history_line(history)
        for key, line in lines.items():
            if self.shown.get(key) != line:
                print(f"odoo | {line}", flush=True)
        self.shown |= lines


def main(database, logfile, layout, port, ledger):
    with environment(database, "--logfile", logfile) as env:
        cycle = Cycle(env, layout, int(port))
        in_time = cycle.run()
        ended = demo_report.read_ledger(Path(ledger))
        problems = demo_report.compare(cycle, ended)
        if not in_time:
            problems += [f"not done after {PATIENCE} seconds", *demo_report.stuck(cycle)]
    print("\n".join(["", *(f"PROBLEM: {problem}" for problem in problems)]), flush=True)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
