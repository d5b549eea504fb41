"""Every request of a whole cycle × every fault of the network."""

import itertools

from mills import CANCELLED, VARIANTS, mill
from proxy import FAULTS

CYCLES = 2  # that may pass until all is told, once the faults are over


def run(db, tally, chance):
    """The variants in turn, each with all of its points in an order by the seed."""
    for fault in in_turn(_trials(db, tally, chance, variant) for variant in VARIANTS):
        if fault is not None:
            tally.count()
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


def _trials(db, tally, chance, variant):
    points = None
    while points is None or points:
        with mill(db, variant) as here:
            with tally.trial(f"{'-'.join(variant)} without a fault") as good:
                _cycle(here, None)
                requests = here.proxy.requests
                here.settle(CYCLES)
            yield
            if points is None:
                points = list(itertools.product(FAULTS, range(requests)))
                chance.shuffle(points)
            while points and good:
                fault, request = points.pop()
                with tally.trial(f"{'-'.join(variant)}: {fault} at request {request}") as good:
                    _cycle(here, fault, request, chance.random() < CANCELLED)
                    here.settle(CYCLES)
                yield fault


def _cycle(mill, fault, request=0, is_cancelled=False):
    mill.hurry()
    mill.proxy.arm(fault, request)
    mill.whole_cycle(mill.cron, is_cancelled)
