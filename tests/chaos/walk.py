"""A walk through all that people, PLCs, scheduled actions and networks can do, by a seed.

A state machine of hypothesis over two mills of one database. When a walk ends, the plants and the
network are in order again, people press the buttons that the batches ask for, and everything
must be told.
"""

import contextlib

from ending import to_its_end
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from mill_world import ARCHIVE, FETCH, READ
from mills import VARIANTS, keep_mills, mill, variants
from people import BUTTONS, CHANGES, PLC
from proxy import FAULTS

STEPS = 240  # a walk
WALKS = 6  # a seed, of which the first goes nowhere
PATIENCE = 900  # seconds for all of them
MOST_WAITING = 4  # orders that are not sent yet


def run(db, tally, chance):
    with keep_mills():
        _run(db, tally, chance)


def _run(db, tally, chance):
    while not tally.is_over():
        walk_seed = chance.randrange(10**6)
        one, other = chance.choice(variants(tally.lane)), chance.choice(VARIANTS)
        what = f"walk {walk_seed} of {'-'.join(one)} and {'-'.join(other)}"
        if not tally.wants(what):
            continue
        with mill(db, one, seed=walk_seed) as first, mill(db, other, seed=walk_seed + 1) as second:
            machines = []
            with tally.trial(what, PATIENCE):
                _walk(tally, walk_seed, (first, second), machines)
        tally.count(sum(len(machine.told) for machine in machines))


def _walk(tally, walk_seed, mills, machines):
    @seed(walk_seed)
    def machine():
        is_first = not machines  # hypothesis begins with the simplest, each choice its first item
        machines.append(Walk(mills, goes_nowhere=is_first or tally.is_over()))
        return machines[-1]

    limits = settings(
        max_examples=WALKS,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    try:
        run_state_machine_as_test(machine, settings=limits)
    except BaseException:  # hypothesis wraps a failure in groups and errors of its own
        failed = next((m for m in machines if m.failure), None)
        if not failed:
            raise
        print("\n".join(failed.told), flush=True)
        raise failed.failure from None


def _new_orders(here, choice):
    if len(here.ledger.waiting) < MOST_WAITING:
        here.order_ids += here.small_orders(choice % 3 + 1)


def _scheduled(task):
    return lambda here, _choice: here.cron(task)


def _network(fault):
    def act(here, choice):
        here.proxy.clear()
        here.proxy.arm(fault, choice)
        here.clear_back_off()

    return act


# {what may happen: (how often, {name: act})}; DISTURBANCES may be absent from a walk
ACTS = {
    "task": (7, {task: _scheduled(task) for task in (FETCH, READ, ARCHIVE)}),
    "the PLC": (
        5,
        {name: PLC[name] for name in ("a moment", "some kg", "an order", "everything")},
    ),
    "a cycle": (1, {"whole": lambda here, _choice: here.cycle()}),
    "new orders": (2, {"some": _new_orders}),
    "the PLC by itself": (3, PLC),
    "button": (4, BUTTONS),
    "an order": (1, CHANGES),
    "the network": (3, {str(fault or "good"): _network(fault) for fault in (None, *FAULTS)}),
}
DISTURBANCES = ("the PLC by itself", "button", "an order", "the network")
WEIGHTED = [what for what, (often, _acts) in ACTS.items() for _ in range(often)]
STAND_IN = "task"


class Walk(RuleBasedStateMachine):
    """Each step is told before it is made, and followed by a look at all ledgers."""

    def __init__(self, mills, goes_nowhere):
        super().__init__()
        self.mills, self.told, self.failure = mills, [], None
        self._goes_nowhere = goes_nowhere

    @initialize(absent=st.sets(st.sampled_from(DISTURBANCES), max_size=3))
    def begin(self, absent):
        self._absent = absent
        if self._goes_nowhere:
            return
        with self._noting():
            for here in self.mills:
                here.begin()
                here.hurry()
                here.order_ids += here.small_orders(3)

    @rule(
        number=st.integers(0, 1),
        what=st.sampled_from(WEIGHTED),
        which=st.integers(0, 2**16),
        choice=st.integers(0, 20),
    )
    def act(self, number, what, which, choice):
        if what in self._absent:
            what = STAND_IN
        acts = ACTS[what][1]
        name = list(acts)[which % len(acts)]
        self._step(number, f"{what}: {name} ({choice})", lambda here: acts[name](here, choice))

    def _step(self, number, what, act):
        if self._goes_nowhere:
            return
        here = self.mills[number]
        self.told.append(f"{len(self.told):4}  mill {number + 1}: {what}")
        with self._noting():
            said = act(here)
            if isinstance(said, str):
                self.told[-1] += f" (refused: {said})"
            for each in self.mills:
                each.ledger.check()

    @contextlib.contextmanager
    def _noting(self):
        """The first failure is the one that counts: hypothesis would walk again to see it."""
        try:
            yield
        except Exception as error:  # any: it is kept and raised again
            self.failure = self.failure or error
            raise

    def teardown(self):
        if self.failure:
            return
        for number in range(len(self.mills)):
            self._step(number, "to its end", lambda here, _choice=0: to_its_end(here))
