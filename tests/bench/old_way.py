"""Our read task ÷ what people do without it: a process outside Odoo, `old_service.py`."""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

from figures import counted, in_turn, ratio
from mill_world import FETCH, READ, World
from plant.layouts import layout_named
from plant.plant import Plant
from reading import as_a_cpu
from shares import shares
from tools import server

import odoo

SERVICE = Path(__file__).with_name("old_service.py")
ORDERS = 25  # in 20 rounds 500 updates
RECIPE = "CATTLE FEED 1B"
STEPS = {"read and stored": "_take_in", "put into the orders": "_process_batch_consumption"}


def bench_old_way(database, options):
    """Order updates, in turn: 25 orders by the scheduled action, 25 by the process outside. With
    PLCs that take a CPU's time for an answer, and with some that take none."""
    layout = layout_named("native", ORDERS)
    with Plant(layout, manual=True) as plant, Plant(layout, manual=True) as old_plant:
        ours, theirs = Mill(database, plant), Mill(database, old_plant, plc_dispatch="never")
        with service(database, theirs) as one_round:
            rows = []
            for pace, answer in (("6 ms a request", as_a_cpu), ("answered at once", None)):
                plant.intercept = old_plant.intercept = answer
                rows.append(row(ours, theirs, one_round, options.rounds, pace))
    return rows


def row(ours, theirs, one_round, rounds, pace):
    counts, costs = [], []

    def by_task():
        with counted() as statements:
            ours.world.cron(READ)
        counts.append(len(statements))

    seconds = in_turn(
        by_task,
        lambda: costs.append(one_round()),
        rounds,
        before=(ours.dose_more, theirs.dose_more),
        after=(ours.check, theirs.check),
    )
    ours.dose_more()
    whose = shares(lambda: ours.world.cron(READ), STEPS)
    pushed, wire, http = costs[-1]
    return ratio(
        "old_way",
        f"{rounds * pushed} order updates ÷ outside, over /json/2, {pace}",
        *seconds,
        sql=round(counts[-1] / ORDERS, 1),
        other_requests=wire,
        other_http=http,
        **whose,
    )


class Mill:
    """25 orders in 25 slots of one PLC, all of them being dosed."""

    def __init__(self, database, plant, **order):
        self.plant, self.kg = plant, 0.0
        self.world = World(database, plant, "native")
        with self.world.device() as device:
            device.layout_id = device.layout_id.copy({"slot_count": ORDERS})
        self.order_ids = self.world.orders(ORDERS, recipe=RECIPE, **order)
        self.world.cron(FETCH)
        with self.world.device() as device:
            orders = device.env["mrp.production"].browse(self.order_ids)
            self.silos = {
                silo.number: silo.product_id.id
                for silo in device.silo_ids
                if silo.product_id in orders.move_raw_ids.product_id
            }
            for slot, order in enumerate(orders, 1):
                plant.change_write(slot, batch_no=slot, mo_id=order.name, status_read_data=True)
                ids = {silo: silo for silo in plant.layout.silo_numbers}
                plant.change_read(slot, batch_no=slot, mo_id=order.name, silo_ids=ids)

    def dose_more(self):
        """Every silo of every order has dosed more than it had."""
        self.kg += 1.25
        for slot in range(1, ORDERS + 1):
            self.plant.change_read(slot, quantities=self.doses(slot))

    def doses(self, slot):
        return {silo: self.kg + slot + silo % 7 for silo in self.silos}

    def check(self):
        """Every order carries what its slot says: a figure of work not done is none."""
        with self.world.device() as device:
            for slot, order in enumerate(device.env["mrp.production"].browse(self.order_ids), 1):
                found = {m.product_id.id: m.quantity for m in order.move_raw_ids if m.picked}
                for silo, kg in self.doses(slot).items():
                    if abs(found.get(self.silos[silo], 0.0) - kg) > 0.005:
                        raise RuntimeError(f"{order.name}, silo {silo}: {found}, not {kg} kg")

    def memory_map(self):
        """Where the process outside finds what it wants."""
        layout = self.plant.layout
        name = layout.field("mo_id")
        return {
            "db": layout.read_db,
            "slot_count": layout.slot_count,
            "slot_size": layout.slot_size,
            "batch_no": layout.field("batch_no").byte,
            "mo_id": (name.byte, name.datatype.size - 2),
            "quantities": {
                silo: layout.field("silo_quantity", silo).byte for silo in layout.silo_numbers
            },
            "products": self.silos,
        }


@contextlib.contextmanager
def service(database, mill):
    """The process outside, in front of a real Odoo server; yields what runs one round of it."""
    with database.env() as env:
        keys = env(user=env.ref("base.user_admin"))["res.users.apikeys"]
        key = keys._generate("rpc", "old service", None)
    tree = Path(odoo.__path__[0]).parent
    with server.serving(tree, database.name) as url:
        command = [sys.executable, SERVICE, url, database.name, key, str(mill.plant.port)]
        command.append(json.dumps(mill.memory_map()))
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ
        )
        try:
            said(process)  # it is connected

            def one_round():
                process.stdin.write("\n")
                process.stdin.flush()
                return tuple(map(int, said(process).split()))

            yield one_round
        finally:
            process.stdin.close()
            process.wait()


def said(process):
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"the process outside ended: {process.wait()}")
    return line
