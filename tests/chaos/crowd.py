"""Four processes, three tasks and the buttons, all on the same two PLCs at the same time."""

import contextlib
import random
import signal
import time

from ending import to_its_end
from mill_world import ARCHIVE, FETCH, READ
from mills import VARIANTS, mill, variants
from people import BUTTONS
from processes import fork, wait
from verdicts import DOUBLED, HUNG, Disagreement

from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

PROCESSES = 4
SECONDS = 60
FEW, MORE = 4, 3  # orders that wait; as few, and so many more are made
STEPS = 50  # of the plants between two looks at what waits
PATIENCE = 120  # seconds after which a process counts as hung
QUIET = ("retry", "park", "unpark", "accept", "reset", "cancel", "send again")


def run(db, tally, chance):
    while not tally.is_over():
        crowd_seed = chance.randrange(10**6)
        one, other = chance.choice(variants(tally.lane)), chance.choice(VARIANTS)
        what = f"crowd {crowd_seed} of {'-'.join(one)} and {'-'.join(other)}"
        if not tally.wants(what):
            continue
        with (
            mill(db, one, seed=crowd_seed) as first,
            mill(db, other, seed=crowd_seed) as second,
            tally.trial(what, SECONDS + PATIENCE),
        ):
            _meet(crowd_seed, (first, second))
        tally.count(SECONDS / 60)


def _meet(crowd_seed, mills):
    for here in mills:
        here.order_ids = here.small_orders(10)
    ends_at = time.monotonic() + SECONDS
    pids = [fork(_work, f"{crowd_seed}/{n}", mills, ends_at) for n in range(PROCESSES)]
    chance = random.Random(crowd_seed)
    while time.monotonic() < ends_at:
        for here in mills:
            here.ledger.is_settled()  # looks
            if len(here.ledger.waiting) < FEW:
                here.order_ids += here.small_orders(MORE)
        for _ in range(STEPS):
            chance.choice(mills).plant.step(chance.choice([0.001, 0.006, 10]))
            time.sleep(0.02)
    statuses = wait(*pids)
    if any(statuses):
        raise Disagreement(HUNG, f"the processes ended with {statuses}")
    for here in mills:
        if here.proxy.most_at_once > 1:
            raise Disagreement(DOUBLED, f"{here.proxy.most_at_once} connections to one PLC")
        to_its_end(here)


def _work(work_seed, mills, ends_at):
    """What one worker and one person do; a transaction that met another's is begun again."""
    signal.alarm(SECONDS + PATIENCE)
    chance = random.Random(work_seed)
    while time.monotonic() < ends_at:
        here = chance.choice(mills)
        act = chance.choice([FETCH, READ, ARCHIVE] * 3 + list(QUIET))
        if act not in BUTTONS:
            here.cron(act)
            continue
        with contextlib.suppress(PG_CONCURRENCY_EXCEPTIONS_TO_RETRY):
            BUTTONS[act](here, chance.randrange(8))
