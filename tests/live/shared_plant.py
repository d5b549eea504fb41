"""A plant of many PLCs whose orders take from the same stock, and the Odoo processes that share
its scheduled actions."""

import contextlib
import json
import multiprocessing
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from unittest.mock import patch

from many_mills import SLOTS, assert_nothing_open
from mill_world import ARCHIVE, FETCH, READ, World
from plant.layouts import layout_named
from plant.plant import Plant
from processes import fork, wait
from proxy import Proxy

from odoo import fields
from odoo.sql_db import Cursor

from odoo.addons.base.models import ir_cron
from odoo.addons.mrp_plc_batch.models.plc_device_archive import PlcDevice
from odoo.addons.mrp_plc_batch.plc import Session
from odoo.addons.mrp_plc_batch.tests.mill import make_orders, make_small_recipe

PATIENCE = 60  # seconds after which a process is not waited for
KG_A_SECOND = 10.0
SLOT_NUMBERS = range(1, SLOTS + 1)
ACTIONS = {
    FETCH: "mrp_plc_batch.ir_cron_fetch_orders",
    READ: "mrp_plc_batch.ir_cron_read_plc",
    ARCHIVE: "mrp_plc_batch.ir_cron_archive_completed",
}


class SharedPlant:
    """`count` PLCs of two slots each, with the same two ingredients in their silos."""

    def __init__(self, db, stack, count, folder):
        self.db, self.count, self.folder = db, count, folder
        layout = layout_named("native", SLOTS)
        self.plants = [Plant(layout, manual=True, speed=KG_A_SECOND) for _ in range(count)]
        stack.callback(self._stop)
        for plant in self.plants:
            plant.start()
        self.links = [stack.enter_context(Proxy(plant.port)) for plant in self.plants]
        first = World(db, self.links[0], "native", connection_timeout=10.0)
        self.order_ids = []
        with first.device() as device:
            self.device_ids = self._make_devices(device).ids

    def _stop(self):
        with ThreadPoolExecutor(self.count) as pool:  # each waits for its listener to notice
            list(pool.map(Plant.stop, self.plants))

    def _make_devices(self, first):
        make_small_recipe(first)
        layout = first.layout_id.copy({"slot_count": SLOTS})
        first.write({"name": "PLC 0", "layout_id": layout.id})
        devices = first | first.create(
            [
                {
                    "name": f"PLC {index}",
                    "code": f"MANY{index}",
                    "host": "127.0.0.1",
                    "port": link.port,
                    "layout_id": layout.id,
                    "connection_timeout": first.connection_timeout,
                }
                for index, link in enumerate(self.links)
                if index
            ]
        )
        used = first.silo_ids.filtered(lambda silo: silo.number in (102, 103))
        first.env["plc.silo"].create(
            [
                {
                    "device_id": device.id,
                    "number": silo.number,
                    "code": silo.code,
                    "name": silo.name,
                    "product_id": silo.product_id.id,
                }
                for device in devices - first
                for silo in used
            ]
        )
        return devices

    @contextlib.contextmanager
    def devices(self):
        with self.db.env() as env:
            yield env["plc.device"].browse(self.device_ids)

    def new_orders(self):
        """One for each of the PLCs; their names."""
        with self.devices() as devices:
            orders = make_orders(devices[0], "SMALL", self.count)
            for order, device in zip(orders, devices, strict=True):
                order.plc_device_id = device
            self.order_ids = orders.ids
            return orders.mapped("name")

    def dose(self):
        """Each PLC takes its order, and doses one silo whole and the other in part."""
        for plant in self.plants:
            plant.step()
            plant.step(1.2)

    def finish(self):
        for plant in self.plants:
            plant.finish_now()

    # ------------------------------------------------------------------
    # Its scheduled actions
    # ------------------------------------------------------------------

    def halves(self):
        """What `devices=` is in the two actions that share the plant."""
        half = self.count // 2
        return [
            f"devices=env['plc.device'].browse({ids})"
            for ids in (self.device_ids[:half], self.device_ids[half:])
        ]

    def run(self, task, *arguments):
        """A scheduled action and its duplicates, each with its own argument and in a process of its
        own, by Odoo's scheduler. Each process begins with its first device only when the others do.

        :return: of each process, the PLCs that it connected to, or archived what is of them, in
            sequence, and how many statements it ran
        """
        self.make_due(task, *arguments)
        reports = self.let_run()
        self.assert_ran()
        return [report["names"] for report in reports], [report["sql"] for report in reports]

    def make_due(self, task, *arguments):
        """These actions are due, and nothing else is."""
        with self.db.env() as env:
            env["ir.cron"].search([]).active = False
            original = env.ref(ACTIONS[task])
            crons = original.union(*(original.copy() for _ in arguments[1:]))
            due = fields.Datetime.now() - timedelta(minutes=1)
            for cron, argument in zip(crons, arguments, strict=True):
                vals = {"active": True, "nextcall": due, "lastcall": False}
                cron.write({**vals, "code": f"model.{task}({argument})"})
            self.cron_ids = crons.ids

    def let_run(self):
        """As many processes as there are actions; what each of them tells."""
        count = len(self.cron_ids)
        together = multiprocessing.get_context("fork").Barrier(count)
        reports = [self.folder / f"{number}.json" for number in range(count)]
        pids = [fork(_schedule, self.db.name, together, report) for report in reports]
        assert wait(*pids) == [0] * count
        return [json.loads(report.read_text()) for report in reports]

    def assert_ran(self):
        with self.db.env() as env:
            crons = env["ir.cron"].browse(self.cron_ids)
            progress = env["ir.cron.progress"].search([("cron_id", "in", self.cron_ids)])
            assert all(crons.mapped("lastcall")) and not any(crons.mapped("failure_count"))
            assert progress.cron_id == crons and not any(progress.mapped("remaining"))

    # ------------------------------------------------------------------
    # What came of it
    # ------------------------------------------------------------------

    def connections(self):
        """How often each PLC was connected to."""
        return [link.connections for link in self.links]

    def sent(self):
        """Of each PLC, the orders that went to it, by its own memory."""
        return [
            [record.mo_id for record in map(plant.write_record, SLOT_NUMBERS) if record.batch_no]
            for plant in self.plants
        ]

    def assert_well(self):
        """No error anywhere, and nothing left open."""
        assert_nothing_open(self.db, self.links)
        assert not any(plant.violations for plant in self.plants)
        with self.devices() as devices:
            told = devices.env["plc.event"].search([("severity", "!=", "info")])
            assert not told, told.mapped("message")
            assert set(devices.mapped("state")) == {"online"}
            assert not any(devices.mapped("failure_count"))
            assert not any(devices.batch_ids.mapped("error_code"))


def _schedule(database, together, report):
    """What an Odoo process does when scheduled actions are due."""
    names, statements, met = [], Counter(), threading.Event()
    enter, archive, execute = Session.__enter__, PlcDevice._task_archive, Cursor.execute

    def begin(name):
        names.append(name)
        if not met.is_set():
            met.set()
            together.wait(PATIENCE)

    def entering(session):
        begin(session.name)
        return enter(session)

    def archiving(device):
        begin(device.name)
        return archive(device)

    def counting(cursor, *args, **kwargs):
        statements["sql"] += 1
        return execute(cursor, *args, **kwargs)

    with (
        patch.object(Session, "__enter__", entering),
        patch.object(PlcDevice, "_task_archive", archiving),
        patch.object(Cursor, "execute", counting),
        # however slow the machine, one run serves all
        patch.object(ir_cron, "MIN_TIME_PER_JOB", PATIENCE),
    ):
        ir_cron.IrCron._process_jobs(database)
    report.write_text(json.dumps({"names": names, **statements}))
