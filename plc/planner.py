"""Which requests carry which slots. Pure function."""

from collections.abc import Iterable
from dataclasses import dataclass

from .errors import SlotTooLong


@dataclass(frozen=True)
class Request:
    """``count`` whole slots from slot ``first`` on: ``size`` bytes from ``offset`` in the block."""

    first: int
    count: int
    offset: int
    size: int

    @property
    def numbers(self) -> range:
        return range(self.first, self.first + self.count)


def plan(numbers: Iterable[int], slot_size: int, max_payload: int) -> list[Request]:
    """Return as few requests as carry the slots of the given numbers (from 1), each slot whole.

    Only neighbours share a request; slots that were not asked for are not carried. ``max_payload``
    is what one request carries, in bytes. SlotTooLong if that is less than a slot.
    """
    per_request = max_payload // slot_size
    if per_request < 1:
        raise SlotTooLong(slot_size=slot_size, max_payload=max_payload)
    requests: list[Request] = []
    for number in sorted(set(numbers)):
        last = requests[-1] if requests else None
        if last and number == last.first + last.count and last.count < per_request:
            requests[-1] = Request(last.first, last.count + 1, last.offset, last.size + slot_size)
        else:
            requests.append(Request(number, 1, (number - 1) * slot_size, slot_size))
    return requests
