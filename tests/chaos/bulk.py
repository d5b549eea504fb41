"""Fifty batches at once, some of which Odoo refuses: the others have their turn all the same."""

import contextlib
import itertools
from unittest.mock import patch

from mill_world import ARCHIVE, FETCH, READ
from mills import mill, variants
from verdicts import HUNG, LOST, Disagreement
from wire import CYCLES, in_turn

from odoo.addons.mrp.models.mrp_production import MrpProduction

BATCHES = 50
MOST_POISONED = 6
REFUSE = """
CREATE FUNCTION plc_poison() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION 'poison'; END $$;
CREATE TRIGGER plc_poison BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW WHEN ({when})
       EXECUTE FUNCTION plc_poison()"""


def run(db, tally, chance):
    """The variants in turn, each with every poison; then again."""
    for turn in itertools.count(1):
        trials = (_trials(db, tally, chance, v, turn) for v in variants(tally.lane))
        for _done in in_turn(trials):
            if tally.is_over():
                return


def _trials(db, tally, chance, variant, turn):
    poisons = list(POISONS)
    chance.shuffle(poisons)
    good = True
    while poisons and good:
        with mill(db, variant, slots=BATCHES) as here:
            while poisons and good:
                poison = poisons.pop()
                what = f"{'-'.join(variant)} {turn}: {poison}"
                if not tally.wants(what):
                    continue
                with tally.trial(what) as good:
                    _many(here, poison, tally.chance(what))
                    here.settle(CYCLES)
                tally.count(BATCHES)
                yield


def _many(mill, poison, chance):
    """From the fetch to the archive; only what is poisoned stays, and says so."""
    code, poisoned_by = POISONS[poison]
    mill.ledger.begin()
    orders = mill.small_orders(BATCHES)
    poisoned = chance.sample(orders, chance.randint(1, MOST_POISONED))
    mill.cron(FETCH)
    mill.dose_all()
    with poisoned_by(mill, poisoned):
        for task in (READ, ARCHIVE):
            mill.cron(task)
            mill.ledger.check()
    left = {
        batch["production_id"][0]: batch["error_code"]
        for batch in mill.batches("production_id", "error_code")
    }
    if left.keys() - set(poisoned):
        raise Disagreement(HUNG, f"{poisoned} are poisoned, and {left} stay")
    if left != dict.fromkeys(poisoned, code):
        raise Disagreement(LOST, f"{poisoned} are poisoned, and only {left} say so")


# ----------------------------------------------------------------------
# Poisons: context managers of (mill, ids of orders)
# ----------------------------------------------------------------------


@contextlib.contextmanager
def _refused(mill, table, when):
    mill.sql(REFUSE.format(table=table, when=when))
    try:
        yield
    finally:
        mill.sql("DROP FUNCTION plc_poison CASCADE")


def _refused_doses(mill, orders):
    with mill.db.env() as env:
        moves = env["mrp.production"].browse(orders).move_raw_ids.ids
    return _refused(mill, "stock_move_line", f"NEW.picked AND NEW.move_id IN {_listed(moves)}")


def _refused_closing(mill, orders):
    when = f"NEW.state = 'done' AND NEW.id IN {_listed(orders)}"
    return _refused(mill, "mrp_production", when)


def _listed(ids):
    return f"({', '.join(map(str, ids))})"


def _asking(_mill, orders):
    """A module that asks a question before it lets an order of these be closed."""
    close = MrpProduction.button_mark_done

    def asking_close(self):
        if set(self.ids) & set(orders):
            return {"type": "ir.actions.act_window", "name": "Really?"}
        return close(self)

    return patch.object(MrpProduction, "button_mark_done", asking_close)


@contextlib.contextmanager
def _in_use(mill, orders):
    """Somebody else is just changing these orders."""
    with mill.db.env() as env:
        env.cr.execute(
            "SELECT id FROM mrp_production WHERE id = ANY(%s) FOR UPDATE", [list(orders)]
        )
        yield


POISONS = {
    "doses refused": ("odoo_error", _refused_doses),
    "closing refused": ("odoo_error", _refused_closing),
    "a question instead of closing": ("odoo_error", _asking),
    "orders in use": ("mo_locked", _in_use),
}
