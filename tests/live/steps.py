"""Moments of the plant that tests wait for, and what they look at afterwards."""

from collections import Counter

from mill_world import ARCHIVE, FETCH, READ
from processes import fork, kill_at, wait

SIGKILLED = -9


def number_write(plant, request, slot=1):
    """Whether a request writes the slot's number, and which."""
    number = plant.layout.field("batch_no")
    start = plant.layout.offset(slot) + number.byte
    is_it = (request.kind, request.db, request.start, request.size) == (
        "write",
        plant.layout.write_db,
        start,
        number.datatype.size,
    )
    return int.from_bytes(request.data, "big") if is_it else None


def once(plant, matches, do):
    """At the first request that matches: do something, and forget it. What it answers is the fate
    of that request's answer."""

    def intercept(request):
        if not matches(request):
            return None
        plant.intercept = None
        return do()

    plant.intercept = intercept


def taken(plant):
    """Names of the orders that the PLC took, in sequence."""
    return [entry["mo_id"] for entry in plant.ledger if entry["event"] == "taken"]


def killed_at(world, task, owner, method, after=False):
    """Run a task in a process that is killed where it would call a method, or has called it."""

    def run():
        kill_at(owner, method, after)
        world.cron(task)

    assert wait(fork(run)) == [SIGKILLED]
    world.clear_back_off()


def fetch_with_a_cancel(world, plant, order_id):
    """A person cancels an order while the fetch task writes the first recipe."""

    def cancel():
        with world.order(order_id) as order:
            order.action_cancel()

    once(plant, lambda request: request.kind == "write", cancel)
    world.cron(FETCH)


def dose(plant, world, kg=100.0):
    """The PLC takes the next order and doses some of it; Odoo reads that."""
    plant.step()
    plant.step(kg / plant.speed)
    world.cron(READ)


def dose_all(plant):
    """The PLC takes the next order and doses it to its end."""
    plant.step()
    plant.finish_now()


def run_to_the_end(plant, world, orders):
    """Let the plant and the scheduled actions go on until the queue is empty."""
    for _ in range(3 * orders + 3):
        plant.step(10)
        plant.step(10)
        world.cron(READ, ARCHIVE, FETCH)
        if not world.batches():
            return
    raise AssertionError(f"still in the queue: {world.batches()}")


def assert_closed_with(world, plant, name, times=1):
    """The order was dosed so many times, and its history says what the last run dosed."""
    assert Counter(taken(plant))[name] == times
    finished = [e for e in plant.ledger if e["event"] == "finished" and e["mo_id"] == name]
    (history,) = [
        h
        for h in world.histories("mo_id", "status", "line_ids", "production_id")
        if h["mo_id"] == name and h["status"] == "completed"
    ]
    with world.db.env() as env:
        lines = env["mo.histories.line"].browse(history["line_ids"])
        found = {line.silo_number: line.actual_consumption for line in lines}
        assert env["mrp.production"].browse(history["production_id"][0]).state == "done"
    for silo, kg in finished[-1]["quantities"].items():
        assert abs(found.get(int(silo), 0.0) - kg) < 0.006, (silo, kg, found)
