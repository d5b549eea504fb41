"""What a slot's bytes mean for the order that holds it. Pure rules: records in, verdicts out.

The rule numbers are those of the handshake described in the README. Nothing here knows a socket
or a database, and nothing here repairs a value: what cannot be believed is reported, not mended.
"""

import math
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial

from .errors import _lt


class Meaning(Enum):
    """What one look at a slot says about the batch that holds it."""

    FORGOTTEN = "forgotten"  # R7: the WRITE record no longer names the order
    NUMBERLESS = "numberless"  # R2: its name, batch_no 0, flag 0: the number was never written
    UNTAKEN = "untaken"  # valid, and the PLC has not taken it yet
    QUIET = "quiet"  # taken, but the READ record is still the one found when it was sent
    RUNNING = "running"  # R4: values believed, the order is being dosed
    FINISHED = "finished"  # R4: values plausible, finished; R5 asks for a second look
    DOUBTFUL = "doubtful"  # R4: not believed; `doubt` says why


# Why a READ record is not believed. Templates, translated by whoever shows them.
DOUBT_ORDER = _lt("the READ record names order %(found)r instead of %(expected)r")
DOUBT_NUMBER = _lt("the READ record carries number %(found)s in slot %(expected)s")
DOUBT_SILO = _lt("the id beside the quantity of silo %(expected)s is %(found)s")
DOUBT_NOT_A_NUMBER = _lt("silo %(silo)s reports a quantity that is not a number")
DOUBT_NEGATIVE = _lt("silo %(silo)s reports %(found)s kg, less than nothing")
DOUBT_LIMIT = _lt("silo %(silo)s reports %(found)s kg, above the limit of %(limit)s kg")
DOUBT_WEIGHT = _lt("the weight of the finished goods is %(found)s kg")
DOUBT_WEIGHT_LIMIT = _lt(
    "the weight of the finished goods is %(found)s kg, more than %(limit)s kg: all that was"
    " planned, and the most of every silo besides"
)
DOUBT_AGAIN = _lt("it was reported finished, and is now being dosed again")
DOUBT_LOWER = _lt(
    "silo %(silo)s fell from %(before)s kg to %(found)s kg while dosing;"
    " it is taken over when the next cycle says the same"
)


@dataclass(frozen=True)
class Doubt:
    """One reason not to believe a record: a template and its parameters."""

    template: str
    params: dict

    def __str__(self):
        return self.template % self.params


@dataclass(frozen=True)
class Expectation:
    """What Odoo knows about the batch that holds a slot.

    :param number: slot number, from 1
    :param name: the order's name as it was sent, cut as the PLC cuts
    :param read_found: mapped fields of the READ record found when the order was sent
        (`Record.mapped()`), or None
    :param quantities: {silo number: kg} last believed, as Odoo has rounded them
    :param rounding: kg, to which it rounds
    :param planned: kg of the whole order
    :param finished: whether it was believed finished before
    :param seen_finished: whether that was read from the PLC, and not said by a script
    :param pending: {silo number: kg} that fell in the cycle before and was not believed yet
    :param limit: plausibility limit a silo and batch, kg; 0 for none
    """

    number: int
    name: str
    read_found: dict | None
    quantities: dict
    pending: dict
    limit: float
    planned: float = 0.0
    finished: bool = False
    seen_finished: bool = False
    rounding: float = 0.0

    def fell(self, silo, kg):
        """Whether a quantity is below what was read before; rounding up is no fall."""
        half = 0.51 * self.rounding  # and a little, as neither is exact in binary
        return kg < self.quantities.get(silo, 0.0) - half


@dataclass(frozen=True)
class Verdict:
    meaning: Meaning
    doubt: Doubt | None = None
    fallen: dict | None = None  # {silo number: kg} to remember as pending


def is_free(image):
    """R1, the PLC's half: blank, or taken, finished and acknowledged."""
    write, read = image.write, image.read
    if not write.batch_no:
        return True
    return (
        write.status_read_data
        and read.mo_id == write.mo_id
        and read.status_manufacturing
        and read.status_read_data
    )


def as_area(images):
    """R13: in an area slot 1 speaks for all. Its flag is everybody's; and while its number is 0
    and its flag 0, no slot is valid, whatever number stands there."""
    if not images:
        return images
    speaker = next(image.write for image in images if image.number == 1)
    valid = speaker.batch_no or speaker.status_read_data

    def as_spoken(raw, decode):
        write = decode(raw)
        return replace(
            write,
            status_read_data=speaker.status_read_data,
            batch_no=write.batch_no if valid else 0,
        )

    return [
        replace(image, decode_write=partial(as_spoken, decode=image.decode_write))
        for image in images
    ]


def is_blank_read(record):
    """A READ record without a number: nothing to acknowledge in it (R2b)."""
    return not record.batch_no


def is_orphan(image):
    """R6: a finished, unacknowledged READ record. The caller knows whether anybody waits for it."""
    if image.read_no != image.number:
        return False
    read = image.read
    return bool(read.mo_id and read.status_manufacturing and not read.status_read_data)


def names(record, name):
    """Whether a record names an order; an empty name is nobody's."""
    return bool(name) and record.mo_id == name


def judge_write(write, name):
    """R7: what the WRITE record alone says about the batch of an order; None if the PLC took it."""
    if not names(write, name):
        return Verdict(Meaning.FORGOTTEN)
    if not write.status_read_data:
        return Verdict(Meaning.UNTAKEN if write.batch_no else Meaning.NUMBERLESS)
    return None


def judge(image, expected):
    """R4, R7: what the slot says about the batch that holds it."""
    read = image.read
    verdict = judge_write(image.write, expected.name)
    if verdict and not _is_left_finished(verdict, read, expected):
        return verdict
    if read.status_read_data and read.mapped() == expected.read_found:
        return Verdict(Meaning.QUIET)
    doubt = doubt_about(read, expected)
    if doubt:
        return Verdict(Meaning.DOUBTFUL, doubt)
    if read.status_manufacturing:
        return Verdict(Meaning.FINISHED)
    if expected.finished:
        return Verdict(Meaning.DOUBTFUL, Doubt(DOUBT_AGAIN, {}))
    fallen = {silo: kg for silo, kg in read.quantities.items() if expected.fell(silo, kg)}
    if fallen and not set(fallen) <= set(expected.pending):
        silo = min(set(fallen) - set(expected.pending))
        params = {
            "silo": silo,
            "before": _kg(expected.quantities[silo]),
            "found": _kg(fallen[silo]),
        }
        return Verdict(Meaning.DOUBTFUL, Doubt(DOUBT_LOWER, params), fallen)
    return Verdict(Meaning.RUNNING)


def _is_left_finished(verdict, read, expected):
    """P2, R6: the acknowledgement was cut off after the WRITE record was blanked, or landed late.
    Until Odoo knows that it is done the PLC may have corrected the finished record."""
    return (
        expected.seen_finished
        and verdict.meaning is Meaning.FORGOTTEN
        and names(read, expected.name)
        and read.batch_no == expected.number
        and read.status_manufacturing
    )


def doubt_about(read, expected):
    """R4: why a READ record is not believed, or None."""
    return _doubt_identity(read, expected) or _doubt_values(read, expected)


def agree(first, second):
    """R5: two whole looks at a slot agree in every mapped field, flags included."""
    return all(
        one.mapped() == two.mapped() and one.status_read_data == two.status_read_data
        for one, two in ((first.write, second.write), (first.read, second.read))
    )


def _doubt_identity(read, expected):
    if read.mo_id != expected.name:
        return Doubt(DOUBT_ORDER, {"found": read.mo_id, "expected": expected.name})
    if read.batch_no != expected.number:
        return Doubt(DOUBT_NUMBER, {"found": read.batch_no, "expected": expected.number})
    for silo, kg in read.quantities.items():
        # a quantity of exactly 0 needs no id beside it; a NaN does
        if kg != 0 and read.silo_ids.get(silo, silo) != silo:
            return Doubt(DOUBT_SILO, {"found": read.silo_ids[silo], "expected": silo})
    return None


def _doubt_values(read, expected):
    for silo, kg in read.quantities.items():
        if not math.isfinite(kg):
            return Doubt(DOUBT_NOT_A_NUMBER, {"silo": silo})
        if kg < 0:
            return Doubt(DOUBT_NEGATIVE, {"silo": silo, "found": _kg(kg)})
        if expected.limit and kg > expected.limit:
            limit = _kg(expected.limit)
            return Doubt(DOUBT_LIMIT, {"silo": silo, "found": _kg(kg), "limit": limit})
    weight = read.actual_weight
    if weight is not None and not (math.isfinite(weight) and weight >= 0):
        return Doubt(DOUBT_WEIGHT, {"found": _kg(weight)})
    most = expected.planned + expected.limit * len(read.quantities)
    if expected.limit and weight is not None and weight > most:
        return Doubt(DOUBT_WEIGHT_LIMIT, {"found": _kg(weight), "limit": _kg(most)})
    return None


def _kg(value):
    return f"{value:g}" if not math.isfinite(value) else f"{value:.2f}"
