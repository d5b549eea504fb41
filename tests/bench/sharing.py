"""One scheduled action for many devices ÷ the same devices divided between two Odoo processes."""

import contextlib
import tempfile
from pathlib import Path

from conftest import Database
from figures import in_turn, ratio
from mill_world import FETCH, READ
from shared_plant import SharedPlant

DEVICES = 200
MOST_ROUNDS = 20


def bench_sharing(database, options):
    """Unchanged cycles of devices with a batch being dosed, each behind a round trip of 5 ms."""
    own = Database()
    with contextlib.ExitStack() as stack:
        stack.callback(own.drop)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        plant = SharedPlant(own, stack, DEVICES, folder)
        plant.new_orders()
        plant.run(FETCH, *plant.halves())
        plant.dose()
        plant.run(READ, "")
        for link in plant.links:
            link.arm("latency")
        yield _row(plant, options)


def _row(plant, options):
    two, one = {}, {}

    def by(found):
        found["sql"] = [report["sql"] for report in plant.let_run()]

    both = in_turn(
        lambda: by(two),
        lambda: by(one),
        min(options.rounds, MOST_ROUNDS),
        before=(
            lambda: plant.make_due(READ, *plant.halves()),
            lambda: plant.make_due(READ, ""),
        ),
        after=(plant.assert_ran, plant.assert_ran),
    )
    what = f"{plant.count} devices, half of them by each of two processes ÷ all by one"
    return ratio("sharing", what, *both, sql=max(two["sql"]), other_sql=max(one["sql"]))
