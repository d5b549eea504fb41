"""Something happens while Odoo is at it: between two requests, or before a commit, of any of its
runs and buttons, the PLC, a person or another process of Odoo does something by chance.

A run is not killed here, and no answer is lost but by a fault: all are alive, and too quick.
"""

import itertools
from functools import partial

from breaking import ENDINGS, FIRST_STEPS, Steps, press
from ending import to_its_end
from ledger import note
from mill_world import ARCHIVE, FETCH, READ
from mills import DOSES, SLOTS, mill, variants
from people import BUTTONS, PLC
from strangers import STRANGER, STRANGERS
from verdicts import DOUBLED, HALF, LOST, Disagreement, Overdue
from wire import in_turn

TASKS = {"fetch": FETCH, "read": READ, "archive": ARCHIVE}
OFTEN = {
    "fetch": 2,
    "read": 3,
    "archive": 1,
    "button": 3,
    "somebody slow": 1,
    "cancelled and sent again": 1,
    "an order more": 1,
    "a moment": 1,
    "some kg": 1,
    "everything": 2,
}
WEIGHTED = [name for name, often in OFTEN.items() for _ in range(often)]
LENGTH = 12  # of a trial
MOST_STEPS = 150  # of a trial; what is to break in later does not
SENDING = range(6, 14)  # requests of a fetch, in which it tells the PLC of one or two orders
BEGINNINGS = (
    *("fetch", "fetch", "fetch", "somebody slow", "a fetch cut off", "a fetch cut off"),
    "the first taken out",
)
SLOW = ("cancel an order", "cancel an order", "send now", "read now")


def run(db, tally, chance):
    """The variants in turn, until the time is up."""
    for turn in itertools.count(1):
        trials = (_trials(db, tally, v, turn) for v in variants(tally.lane))
        for _done in in_turn(trials):
            if tally.is_over():
                return


def _trials(db, tally, variant, turn, most=40):
    """Trials on one mill, each by its own name alone."""
    with mill(db, variant) as here:
        for number in range(most):
            what = f"{'-'.join(variant)} {turn}.{number}"
            if not tally.wants(what):
                continue
            told = []
            with tally.trial(what) as good:
                try:
                    _try(here, tally.chance(what), told)
                except (Exception, Overdue) as error:  # any: what happened is told with it
                    note(error, "\n".join(["what happened:", *told]))
                    raise
            tally.count()
            yield
            if not good:
                return


def _try(mill, chance, told):
    mill.begin()
    mill.hurry()
    mill.order_ids += mill.small_orders(chance.choice([1, 2]))
    for name in STRANGERS:
        if chance.random() < 0.2:
            told.append(name)
            PLC[name](mill, chance.randrange(8))
    most = [chance.choice([FIRST_STEPS, MOST_STEPS]) for _ in range(chance.choice([1, 2, 3]))]
    at = sorted(map(chance.randrange, most))
    steps = Steps(mill, chance, at, told)
    if chance.random() < 0.3:
        steps.soon("order")
    for what, act in _sequence(mill, chance, steps):
        told.append(f"{steps.count:3} {what}")
        steps.change_pace(what)
        with steps.armed():
            act()
        steps.wait()
        if chance.random() < 0.5:
            mill.clear_back_off()
        _check(mill)
    told.append("to its end")
    to_its_end(mill)
    _check(mill)


def _sequence(mill, chance, steps):
    """(name, act) of what is done, one after the other, each broken into."""
    names = [chance.choice(BEGINNINGS), *chance.choices(WEIGHTED, k=LENGTH)]
    if chance.random() < 0.3:
        names.insert(1, "ending")  # before the PLC has taken what was sent, or just then
    for name in names:
        if name in ("button", "ending"):
            name = chance.choice([*(BUTTONS if name == "button" else ()), *ENDINGS])
            if chance.random() < 0.6:
                steps.soon()
            yield name, partial(press, partial(BUTTONS[name], mill, chance.randrange(8)))
        elif name == "somebody slow":
            yield name, partial(_slowly, mill, chance, steps)
        elif name == "a fetch cut off":
            yield name, partial(_cut_off, mill, chance, steps)
        elif name in STORIES:
            yield name, partial(STORIES[name], mill, chance)
        elif name == "an order more":
            yield name, lambda: mill.order_ids.extend(mill.small_orders(1))
        elif name in TASKS:
            yield name, partial(mill.cron, TASKS[name])
        else:
            yield name, partial(PLC[name], mill, 0)


def _cut_off(mill, chance, steps):
    """A fetch of which a request is lost or late, and a person who does not wait."""
    mill.proxy.arm(chance.choice(["reset_before", "late_request"]), chance.choice(SENDING))
    mill.cron(FETCH)
    what = chance.choice(["an ending", "an ending", "somebody slow", "a fetch"])
    if what == "an ending":
        press(partial(BUTTONS[chance.choice(ENDINGS)], mill, chance.randrange(8)))
        return
    press(mill.clear_back_off)
    if what == "a fetch":
        mill.cron(FETCH)
    else:
        _slowly(mill, chance, steps, "send now")


def _take_the_first_out(mill, chance):
    """Of two orders or more, before the PLC takes any: in an area the others go with it."""
    mill.order_ids += mill.small_orders(1)
    mill.cron(FETCH)
    first = [b["id"] for b in mill.batches("id", "batch_no") if b["batch_no"] == 1]
    button = chance.choice(["action_cancel", "action_reset"])
    press(partial(mill.button, button, first, reason="not this one"))
    mill.cron(READ)


def _cancel_and_send_again(mill, chance):
    """While it is dosed; another order is waiting by then, or not."""
    mill.cron(FETCH)
    for seconds in (0, 0.006):
        mill.plant.step(seconds)
    choice = chance.randrange(8)
    for name in ("cancel", "send again"):
        press(partial(BUTTONS[name], mill, choice))
    if chance.random() < 0.5:
        mill.order_ids += mill.small_orders(1)
    mill.cron(FETCH)
    mill.cron(READ)


STORIES = {
    "the first taken out": _take_the_first_out,
    "cancelled and sent again": _cancel_and_send_again,
}


def _slowly(mill, chance, steps, act=None):
    """A person whose request has looked before somebody else's run, and acts after it."""
    if chance.random() < 0.3:
        press(mill.clear_back_off)
    order_id = chance.choice(mill.order_ids)
    task, seconds = chance.choice([FETCH, FETCH, READ, ARCHIVE]), chance.choice([0.0, 10.0])
    if act or not mill.ledger.batches:
        task = FETCH
    act = act or chance.choice(SLOW)

    def meanwhile():
        steps.other(lambda: mill.cron(task))
        for _ in range(2 * SLOTS + 1):
            mill.plant.step(seconds)

    def cancel():
        with mill.order(order_id) as order:
            if order.exists() and order.state == "confirmed":
                meanwhile()
                order.action_cancel()

    def on_device():
        with mill.device() as device:
            if device.name:
                meanwhile()
                getattr(device, f"action_{act.replace(' ', '_')}")()

    press(cancel if act == "cancel an order" else on_device)


def _check(mill):
    """The ledgers, and that only what was ordered is dosed: whole, and while it is ordered."""
    mill.ledger.check()
    for entry in mill.plant.ledger:
        if entry["event"] == "taken" and not entry["mo_id"].startswith(STRANGER):
            planned = {int(silo): kg for silo, kg in entry["planned"].items()}
            if planned != DOSES:
                raise Disagreement(HALF, f"{entry['mo_id']} is dosed as {planned}")
    for batch in mill.batches("mo_id", "forgotten"):
        if batch["forgotten"] and mill.plant.layout.cut("mo_id", batch["mo_id"]) not in mill.lost:
            raise Disagreement(LOST, f"the PLC has lost nothing, and {batch['mo_id']} is given up")
    for batch in mill.ledger.batches:
        is_at_plc = batch["state"] in ("sent", "running") and batch["holds_slot"]
        if is_at_plc and batch["order_state"] in ("cancel", "done"):
            raise Disagreement(DOUBLED, f"it is dosed, and its order is closed: {batch}")
