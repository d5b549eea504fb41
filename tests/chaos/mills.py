"""The mills of the campaign: few slots, a small recipe, a bad network in between."""

import contextlib
from dataclasses import replace

from accounts import check_is_stored
from ledger import Ledger
from mill_world import ARCHIVE, FETCH, READ, World
from plant.layouts import layout_named
from plant.plant import Plant
from proxy import Proxy
from strangers import STRANGERS, reported
from verdicts import HUNG, Disagreement

from odoo.exceptions import UserError
from odoo.service.model import retrying

from odoo.addons.mrp_plc_batch.tests.mill import make_orders, make_small_recipe

SLOTS = 2  # a short area: each request more is a place more for a fault
RECIPE = "SMALL"
DOSES = {102: 10.0, 103: 5.0}  # of it, silo by silo
IN_STOCK = 24  # orders made at once
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

CANCELLED = 0.25  # of the cycles: how many a person cancels


def variants(layout):
    return [variant for variant in VARIANTS if variant[0] == layout]


def refusable(act):
    """:return: what was refused, in words, or None"""
    try:
        act()
    except UserError as error:
        return str(error).partition("\n")[0]
    return None


class Mill(World):
    """A mill behind a proxy, with a ledger that watches over it."""

    def __init__(self, db, plant, proxy, variant):
        layout, _handshake, policy = self.variant = variant
        self.proxy = proxy
        self._stock = []  # orders that nobody has asked for yet
        self.strangers = 0  # orders of another system so far
        super().__init__(db, plant, layout, fill_policy=policy)
        with self.device() as device:
            parameters = device.env["ir.config_parameter"]
            parameters.set_param("mrp_plc_batch.quiet_seconds", "60")  # until `clear_back_off`
            device.port = proxy.port
            handshake = {
                "slot_count": plant.layout.slot_count,
                "write_handshake": plant.layout.write_handshake,
            }
            device.layout_id = device.layout_id.copy(handshake)
            make_small_recipe(device)
        self.ledger = Ledger(self)
        self.begin()

    def begin(self):
        """A new story: what was before is settled."""
        self.proxy.clear()
        self.ledger.begin()
        self.order_ids = []  # orders of the story
        self.renamed, self.garbled = {}, {}  # {slot: what its READ record said before}
        self.torn = None  # what one of them says while the PLC is writing it
        self.was_torn = False
        self.lost = set()  # names of orders that its PLC has lost, or lost the flags of
        self.strange = {}  # {slot: the WRITE record of another system's order}

    def is_as_new(self):
        """Whether a mill that was used can be used again, and a new PLC in it if so."""
        self.plant.wipe()
        self.plant.violations.clear()
        for fault in ("weight0", "overrun"):
            self.plant.clear(fault)
        self.begin()
        self.clear_back_off()
        self.hurry(False)
        return self.ledger.is_settled()

    def small_orders(self, count=SLOTS):
        """Orders that are to be dosed from now on."""
        while len(self._stock) < count:
            self._stock += self._new_orders()
        ids, self._stock = self._stock[:count], self._stock[count:]
        with self.db.env() as env:
            env["mrp.production"].browse(ids).plc_dispatch = "auto"
        return ids

    def _new_orders(self):
        """Whoever makes them while somebody else takes stock begins again, as the web does."""

        def make():
            device = env["plc.device"].browse(self.device_id)
            device = device.with_context(tracking_disable=True)  # as imports do: it is faster
            return make_orders(device, RECIPE, IN_STOCK, plc_dispatch="never").ids

        with self.db.env() as env:
            return retrying(make, env)

    def clear_back_off(self):
        self.proxy.wait_for_late()
        super().clear_back_off()

    def lose(self):
        """Its PLC is about to lose what it is at, and what stands there: it may begin that anew."""
        slots = range(1, self.plant.layout.slot_count + 1)
        self.lost |= {self.plant.write_record(slot).mo_id for slot in slots} - {""}
        self.lost |= {name for _slot, name in self.plant.being_dosed()}

    def hurry(self, hasty=True):
        """While there are faults, a time-out must not cost the campaign its time."""
        self.set_device(connection_timeout=HASTY if hasty else PATIENT)

    def dose_all(self):
        """The PLC takes and doses all that is valid, to the end."""
        for _ in range(2 * self.plant.layout.slot_count + 1):
            self.plant.step(10)

    def cycle(self):
        """One run of each scheduled action, the PLC going on in between."""
        self.clear_back_off()
        self.cron(FETCH)
        self.dose_all()
        self.cron(READ)
        self.cron(ARCHIVE)

    def whole_cycle(self, run, is_cancelled=False):
        """Two orders from the fetch to the archive, one of them read twice alike, the ledgers
        compared after each step.

        :param run: what runs a scheduled action
        :param is_cancelled: a person cancels both, one of them while it is being dosed
        """
        self.ledger.begin()
        self.small_orders()
        for step in (
            lambda: run(FETCH),
            self.plant.step,
            lambda: self.plant.step(0.011),
            lambda: run(READ),
            lambda: run(READ),
            lambda: check_is_stored(self.ledger),
            lambda: is_cancelled and refusable(lambda: self.press("action_cancel")),
            lambda: check_is_stored(self.ledger),
            self.dose_all,
            lambda: run(READ),
            lambda: run(ARCHIVE),
        ):
            step()
            self.ledger.check()

    def check_untroubled(self):
        """After a cycle in which nothing was wrong, no event says that something was."""
        if events := self.ledger.trouble[:-1]:
            raise Disagreement(HUNG, f"nothing was wrong, and it warns: {events}")

    def check_told(self):
        """R6: a read, without a fetch, tells the PLC of what is archived, and acknowledges what
        nobody here has ever sent."""
        if histories := self.ledger.open_histories():
            raise Disagreement(HUNG, f"the PLC was not told: {histories}")
        self.small_orders(1)
        self.cron(FETCH)
        STRANGERS["another system's order, finished"](self, 0)
        self.cron(READ)
        if slots := reported(self):
            raise Disagreement(HUNG, f"nobody acknowledges what stands in {slots}")

    def settle(self, cycles):
        """The faults are over: within so many cycles all must be told. An order more is sent right
        away, which finds what may be left in a slot; it may have to wait for the others.

        :raises Disagreement: it was not
        """
        self.proxy.clear()
        self.proxy.watch()
        self.hurry(False)
        more = self.names(self.small_orders(1))
        for _ in range(cycles):
            self.cycle()
            self.ledger.check()
            if self.ledger.is_settled():
                break
        state = self.device_fields("state", "last_error")
        if state["state"] != "online":
            raise Disagreement(HUNG, f"its PLC answers, and it says {state}")
        left = {*self.ledger.waiting, *self.ledger.passed_over}
        if left | {batch["mo_id"] for batch in self.ledger.batches} == {*more}:
            self.cycle()
        self.ledger.check_settled()


_kept = None  # {(database, variant, slots): mills that may be used again}, or None


@contextlib.contextmanager
def keep_mills():
    """While the block runs, mills are used again."""
    global _kept
    _kept = {}
    with contextlib.ExitStack() as ends:
        ends.callback(_kept.clear)
        yield
        for mills in _kept.values():
            for ours in mills:
                ends.push(ours.ends)
    _kept = None


@contextlib.contextmanager
def mill(db, variant, slots=SLOTS, seed=1):
    """A mill of one of VARIANTS, with its plant and its proxy."""
    kept = [] if _kept is None else _kept.setdefault((db.name, variant, slots), [])
    while kept:
        ours = kept.pop()
        if ours.is_as_new():
            break
        ours.ends.close()
    else:
        ours = _make(db, variant, slots, seed)
    try:
        yield ours
    finally:
        if _kept is None:
            ours.ends.close()
        else:
            kept.append(ours)


def _make(db, variant, slots, seed):
    name, handshake, _policy = variant
    layout = replace(layout_named(name, slots), write_handshake=handshake)
    with contextlib.ExitStack() as ends:
        plant = ends.enter_context(Plant(layout, manual=True, speed=1000.0, seed=seed))
        proxy = ends.enter_context(Proxy(plant.port, seed))
        ours = Mill(db, plant, proxy, variant)
        ours.ends = ends.pop_all()
    return ours
