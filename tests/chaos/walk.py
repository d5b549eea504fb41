"""A walk through all that people, PLCs, scheduled actions and networks can do, by a seed.

A state machine of hypothesis over two mills of one database. When a walk ends, the plants and the
network are in order again, people press the buttons that the batches ask for, and everything
must be told.
"""

import contextlib

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from ledger import HUNG, Disagreement
from mill_world import ARCHIVE, FETCH, READ
from mills import VARIANTS, mill, refusable
from people import BUTTONS, CHANGES, PLC, REASON, rename_back
from proxy import FAULTS

STEPS = 50  # a walk
WALKS = 4  # a seed
MOST_WAITING = 4  # orders that are not sent yet
ROUNDS = 12  # in which people bring a mill to an end
SETTLED_WITHOUT_PEOPLE = 2

# What moves the mills comes more often than what disturbs them.
DOSING = ["a moment", "some kg", "an order", "everything"]
TASKS = [FETCH, FETCH, READ, READ, READ, ARCHIVE]

choices = st.integers(0, 7)
which = st.integers(0, 1)


def run(db, tally, chance):
    while not tally.is_over():
        walk_seed = chance.randrange(10**6)
        one, other = chance.sample(VARIANTS, 2)
        with mill(db, one, seed=walk_seed) as first, mill(db, other, seed=walk_seed + 1) as second:
            _walk(tally, walk_seed, (first, second))


def _walk(tally, walk_seed, mills):
    names = " and ".join("-".join(m.variant) for m in mills)
    machines = []

    @seed(walk_seed)
    def machine():
        machines.append(Walk(mills))
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
    with tally.trial(f"walk {walk_seed} of {names}"):
        try:
            run_state_machine_as_test(machine, settings=limits)
        except BaseException:
            failed = next((m for m in machines if m.failure), None)
            if not failed:
                raise
            print("\n".join(failed.told), flush=True)
            raise failed.failure from None
    tally.count(sum(len(m.told) for m in machines))


class Walk(RuleBasedStateMachine):
    """Each step is told before it is made, and followed by a look at all ledgers."""

    def __init__(self, mills):
        super().__init__()
        self.mills, self.told, self.failure = mills, [], None

    @initialize()
    def begin(self):
        for here in self.mills:
            here.order_ids, here.renamed = [], {}
            here.proxy.clear()
            here.ledger.begin()
            here.hurry()
            here.order_ids += here.small_orders(3)

    def _step(self, number, what, act):
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
        except Exception as error:
            self.failure = self.failure or error
            raise

    @rule(number=which, task=st.sampled_from(TASKS))
    def scheduled_action(self, number, task):
        self._step(number, task, lambda here: here.cron(task))

    @rule(number=which, what=st.sampled_from(DOSING))
    def doses(self, number, what):
        self._step(number, f"the PLC: {what}", lambda here: PLC[what](here, 0))

    @rule(number=which)
    def cycle(self, number):
        self._step(number, "a whole cycle", lambda here: here.cycle())

    @rule(number=which, what=st.sampled_from(sorted(PLC.keys() - set(DOSING))), choice=choices)
    def plc(self, number, what, choice):
        self._step(number, f"the PLC: {what} ({choice})", lambda here: PLC[what](here, choice))

    @rule(number=which, what=st.sampled_from(sorted(BUTTONS)), choice=choices)
    def button(self, number, what, choice):
        self._step(number, f"button {what} ({choice})", lambda here: BUTTONS[what](here, choice))

    @rule(number=which, what=st.sampled_from(sorted(CHANGES)), choice=choices)
    def order(self, number, what, choice):
        self._step(number, f"an order: {what} ({choice})", lambda here: CHANGES[what](here, choice))

    @rule(number=which, count=st.integers(1, 3))
    def new_orders(self, number, count):
        def act(here):
            if len(here.ledger.waiting) < MOST_WAITING:
                here.order_ids += here.small_orders(count)

        self._step(number, f"{count} new orders", act)

    @rule(number=which, fault=st.sampled_from([None, *FAULTS]), request=st.integers(0, 20))
    def network(self, number, fault, request):
        def act(here):
            here.proxy.clear()
            here.proxy.arm(fault, request)
            here.clear_back_off()

        self._step(number, f"the network: {fault or 'good'} from request {request} on", act)

    def teardown(self):
        if self.failure:
            return
        for number in range(len(self.mills)):
            self._step(number, "to its end", to_its_end)


def to_its_end(here):
    here.proxy.clear()
    here.hurry(False)
    rename_back(here, 0)
    for fault in ("weight0", "overrun"):
        here.plant.clear(fault)
    for _ in range(SETTLED_WITHOUT_PEOPLE):
        here.cycle()
        here.ledger.check()
    for _ in range(ROUNDS):
        _press_what_is_asked_for(here)
        here.cycle()
        here.ledger.check()
        if here.ledger.is_settled():
            break
    here.ledger.check_settled()


def _press_what_is_asked_for(here):
    """A person takes what is stuck out of the queue, and clears what the PLC has dropped."""
    refusable(lambda: here.press("action_unpark"))
    known = {run.name for run in here.ledger.runs()}
    for batch in here.batches("id", "mo_id", "state", "error_code", "taken_at"):
        stuck = batch["error_code"] or batch["state"] == "failed"
        dropped = batch["taken_at"] and batch["mo_id"] in known
        if stuck or dropped:
            said = refusable(lambda b=batch: here.button("action_cancel", [b["id"]], reason=REASON))
            if said:
                raise Disagreement(HUNG, f"{batch} cannot be cancelled: {said}")
    here.ledger.check()
    if here.ledger.open_histories():
        BUTTONS["cleared at the PLC"](here, 0)
