"""The mills of the campaign: few slots, a small recipe, a bad network in between."""

import contextlib
from dataclasses import replace

from ledger import HUNG, Disagreement, Ledger
from mill_world import ARCHIVE, FETCH, READ, World
from plant.layouts import layout_named
from plant.plant import Plant
from proxy import Proxy

from odoo.addons.mrp_plc_batch.tests.mill import make_small_recipe

SLOTS = 2  # a short area: each request more is a place more for a fault
RECIPE = "SMALL"
PATIENT, HASTY = 3.0, 0.1  # seconds until a time-out: in good times, and while there are faults

# layout, dialect, fill policy
VARIANTS = (
    ("native", "slot", "drain"),
    ("word_map", "slot", "rolling"),
    ("native", "area", "drain"),
    ("word_map", "area", "drain"),
    ("native", "slot", "rolling"),
    ("word_map", "slot", "drain"),
)


class Mill(World):
    """A mill behind a proxy, with a ledger that watches over it."""

    def __init__(self, db, plant, proxy, variant):
        layout, _handshake, policy = self.variant = variant
        self.proxy = proxy
        super().__init__(db, plant, layout, fill_policy=policy)
        with self.device() as device:
            device.port = proxy.port
            handshake = {
                "slot_count": plant.layout.slot_count,
                "write_handshake": plant.layout.write_handshake,
            }
            device.layout_id = device.layout_id.copy(handshake)
            make_small_recipe(device)
        self.ledger = Ledger(self)

    def small_orders(self, count=SLOTS):
        return self.orders(count, recipe=RECIPE)

    def hurry(self, hasty=True):
        """While there are faults, a time-out must not cost the campaign its time."""
        self.set_device(connection_timeout=HASTY if hasty else PATIENT)

    def dose_all(self):
        """The PLC takes and doses all that is valid, to the end."""
        for _ in range(2 * SLOTS + 1):
            self.plant.step(10)

    def cycle(self):
        """One run of each scheduled action, the PLC going on in between."""
        self.clear_back_off()
        self.cron(FETCH)
        self.dose_all()
        self.cron(READ)
        self.cron(ARCHIVE)

    def settle(self, cycles):
        """The faults are over: within so many cycles all must be told.

        :raises Disagreement: it was not
        """
        self.proxy.clear()
        self.hurry(False)
        for _ in range(cycles):
            self.cycle()
            self.ledger.check()
        state = self.device_fields("state", "last_error")
        if state["state"] != "online":
            raise Disagreement(HUNG, f"its PLC answers, and it says {state}")
        self.ledger.check_settled()


@contextlib.contextmanager
def mill(db, variant, slots=SLOTS, seed=1):
    """A mill of one of VARIANTS, with its plant and its proxy."""
    name, handshake, _policy = variant
    layout = replace(layout_named(name, slots), write_handshake=handshake)
    with (
        Plant(layout, manual=True, speed=1000.0, seed=seed) as plant,
        Proxy(plant.port, seed) as proxy,
    ):
        yield Mill(db, plant, proxy, variant)
