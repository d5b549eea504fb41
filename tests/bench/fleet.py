"""Many PLCs, each behind a network of its own, and a batch being dosed in each of them."""

import contextlib
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "chaos"))

from mill_world import World  # noqa: E402
from plant.plant import Plant  # noqa: E402
from proxy import Proxy  # noqa: E402

TIME_OUT = 1.0  # seconds


class Fleet:
    """`count` devices with one running batch each; what PLCs report does not change."""

    def __init__(self, database, count):
        self.db, self.count = database, count
        self.latest = [0.0] * count  # when each PLC last carried a request out

    def __enter__(self):
        self._stack = contextlib.ExitStack()
        self.plants = [
            self._stack.enter_context(Plant(manual=True, intercept=self._listener(index)))
            for index in range(self.count)
        ]
        self.proxies = [self._stack.enter_context(Proxy(plant.port)) for plant in self.plants]
        world = World(self.db, self.plants[0], "native")
        order_ids = world.orders(self.count, plc_dispatch="never")
        with self.db.env() as env:
            self.device_ids = self._make_devices(env, world.device_id)
            self._make_batches(env, order_ids)
        for _ in range(2):
            self.read()
        with self.db.env() as env:
            batches = self._devices(env).batch_ids
            if len(batches) != self.count or any(batches.mapped("error_code")):
                raise RuntimeError(f"not healthy: {batches.mapped('error_message')}")
        return self

    def __exit__(self, *exc_info):
        self._stack.close()

    def _listener(self, index):
        def listen(_request):
            self.latest[index] = time.perf_counter()

        return listen

    def _make_devices(self, env, device_id):
        layout_id = env["plc.device"].browse(device_id).layout_id.id
        return (
            env["plc.device"]
            .create(
                [
                    {
                        "name": f"PLC {index}",
                        "code": f"F{self.count}-{index}",
                        "host": "127.0.0.1",
                        "port": proxy.port,
                        "layout_id": layout_id,
                        "connection_timeout": TIME_OUT,
                    }
                    for index, proxy in enumerate(self.proxies)
                ]
            )
            .ids
        )

    def _make_batches(self, env, order_ids):
        orders = env["mrp.production"].browse(order_ids)
        env["mo.batch"].create(
            [
                {
                    "device_id": device_id,
                    "mo_id": order.name,
                    "production_id": order.id,
                    "batch_no": 1,
                    "holds_slot": True,
                    "state": "sent",
                    "consumption": 1000.0,
                }
                for device_id, order in zip(self.device_ids, orders, strict=True)
            ]
        )
        for plant, order in zip(self.plants, orders, strict=True):
            ids = {silo: silo for silo in plant.layout.silo_numbers}
            plant.change_write(1, batch_no=1, mo_id=order.name, status_read_data=True)
            plant.change_read(1, batch_no=1, mo_id=order.name, silo_ids=ids)

    def _devices(self, env):
        return env["plc.device"].browse(self.device_ids)

    def read(self, first=0, count=None):
        """The scheduled action for some of the devices, one run."""
        with self.db.env() as env:
            devices = self._devices(env)[first : None if count is None else first + count]
            env["mo.batch"]._cron_read_plc(devices=devices)

    def healthy_seconds(self, sick):
        """One run of all; seconds until the last of those behind the first `sick` was read."""
        started = time.perf_counter()
        self.read()
        served = self.latest[sick:]
        if min(served) < started:
            raise RuntimeError("a healthy device was left out")
        return max(served) - started

    def recover(self):
        """Everybody healthy again, and nobody backed off."""
        for plant, proxy in zip(self.plants, self.proxies, strict=True):
            proxy.clear()
            for fault in ("silent", "refuse"):
                plant.clear(fault)
        with self.db.env() as env:
            self._devices(env).write({"next_try_at": False, "failure_count": 0})
        self.read()
