"""Every request of a whole cycle × every fault of the network."""

import itertools

from mills import CANCELLED, mill, variants
from proxy import FAULTS

CYCLES = 2  # that may pass until all is told, once the faults are over


def run(db, tally, chance):
    """The variants in turn, each with all of its points in an order by the seed; then again."""
    for turn in itertools.count(1):
        trials = (_trials(db, tally, chance, v, turn) for v in variants(tally.lane))
        for fault in in_turn(trials):
            if fault is not None:
                tally.count()
                if turn == 1:
                    tally.count_place(1)
            if tally.is_over():
                return


def in_turn(generators):
    """One item of each in turn, until all are through."""
    generators = list(generators)
    while generators:
        for generator in list(generators):
            try:
                yield next(generator)
            except StopIteration:
                generators.remove(generator)


def _trials(db, tally, chance, variant, turn):
    points = None
    while points is None or points:
        with mill(db, variant) as here:
            name = f"{'-'.join(variant)} {turn}"
            with tally.trial(f"{name}: no fault") as good:
                _cycle(here, None)
                requests = here.proxy.requests
                here.settle(CYCLES)
                here.check_untroubled()
            yield
            if points is None:
                points = list(itertools.product(FAULTS, range(requests)))
                chance.shuffle(points)
                if turn == 1:
                    tally.add_places(len(points))
            while points and good:
                fault, request = points.pop()
                what = f"{name}: {fault} at request {request}"
                if not tally.wants(what):
                    continue
                with tally.trial(what) as good:
                    _cycle(here, fault, request, tally.chance(what))
                    was_met = here.proxy.hits
                    here.settle(CYCLES)
                yield fault if was_met else None


def _cycle(mill, fault, request=0, chance=None):
    mill.hurry(fault is not None)  # without one nothing is late, however busy the machine is
    mill.proxy.arm(fault, request, chance)
    mill.whole_cycle(mill.cron, chance and chance.random() < CANCELLED)
