"""Many devices: what they cost together, what the sick cost the others, and what stays behind."""

import os
import statistics
import time

from conftest import Database
from figures import counted, in_turn, ratio, seconds
from fleet import TIME_OUT, Fleet

DEAD = 10
WARM_UP = 200  # cycles after which a process has its size


def bench_devices(database, options):
    """Twice as many PLCs as `--devices` in a database of their own, all well; so many, some of
    them sick; then one PLC, read again and again."""
    own = Database()
    try:
        with Fleet(own, 2 * options.devices) as fleet:
            rows = list(_many(fleet, options))
        with Fleet(own, options.devices) as fleet:
            rows += [*_sick(fleet, options.rounds), _dead(fleet, options.rounds)]
        with Fleet(own, 1) as fleet:
            rows.append(_left_behind(fleet, options))
        return rows
    finally:
        own.drop()


def _many(fleet, options):
    """All devices ÷ as many times one; with a near PLC, and with a round trip of 5 ms."""
    for fault in (None, "latency"):
        for proxy in fleet.proxies:
            proxy.arm(fault)
        with counted() as statements:
            fleet.read()
        both = in_turn(fleet.read, lambda: fleet.read(0, 1), options.rounds)
        what = f"{fleet.count} devices ÷ {fleet.count} × one"
        if fault:
            what += ", round trip of 5 ms"
        sql = round(len(statements) / fleet.count, 1)
        yield ratio("far" if fault else "devices", what, both[0], both[1] * fleet.count, sql=sql)
    fleet.recover()


def _sick(fleet, rounds):
    """The first is black-holed, the second drips, the third refuses: how long the others wait."""
    well, first, later = [], [], []
    for _ in range(rounds):
        well.append(fleet.healthy_seconds(0))
        fleet.plants[0].fault("silent")
        fleet.proxies[1].arm("drip")
        fleet.plants[2].fault("refuse")
        first.append(fleet.healthy_seconds(3))
        later.append(fleet.healthy_seconds(3))
        fleet.recover()
    well, first, later = map(statistics.median, (well, first, later))
    what = f"{fleet.count} devices, 3 of them sick ÷ all well"
    return [
        {
            **ratio("sick", f"{what}, first run", first, well),
            "delay_in_time_outs": round((first - well) / TIME_OUT, 2),
        },
        ratio("later", f"{what}, runs after it", later, well),
    ]


def _dead(fleet, rounds):
    """Ten are black-holed, none of them known for it yet."""
    spent = []
    for _ in range(rounds):
        for plant in fleet.plants[:DEAD]:
            plant.fault("silent")
        spent.append(seconds(fleet.read))
        fleet.recover()
    return {
        "kind": "dead",
        "what": f"a whole run, {DEAD} of {fleet.count} black-holed",
        "run_in_time_outs": round(statistics.median(spent) / TIME_OUT, 1),
        "rounds": rounds,
    }


def _left_behind(fleet, options):
    """Memory, descriptors and PLC connections after many unchanged cycles."""
    for _ in range(WARM_UP):
        _cycle(fleet)
    before = _resident(), _descriptors()
    for _ in range(options.cycles):
        _cycle(fleet)
    time.sleep(0.5)  # the PLC's side of the last goodbye
    return {
        "kind": "cycles",
        "what": f"{options.cycles} unchanged cycles",
        "mib_more": round((_resident() - before[0]) / 2**20, 1),
        "descriptors_more": _descriptors() - before[1],
        "connections_left": len(fleet.plants[0]._server._sockets),
    }


def _cycle(fleet):
    fleet.read()
    fleet.plants[0].requests.clear()  # the plant's memory is not ours


def _resident():
    with open("/proc/self/statm") as stat:
        return int(stat.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _descriptors():
    return len(os.listdir("/proc/self/fd"))
