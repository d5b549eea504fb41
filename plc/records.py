"""What stands in a slot, as values."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True)
class Record:
    """One WRITE or READ record; both areas have the same layout.

    Weights are kg: set-points in the WRITE record, running totals in the READ record. Nothing here
    is judged yet: a weight may be NaN or absurd, a number may be any. Roles that the layout does
    not have keep their default. Flags in whole words are true if not 0.
    """

    batch_no: int = 0
    mo_id: str = ""
    recipe: str = ""
    finished_goods: str = ""
    consumption: float = 0.0
    silo_ids: dict[int, int] = field(default_factory=dict)  # silo of the layout: number found
    quantities: dict[int, float] = field(default_factory=dict)  # silo of the layout: kg
    status_manufacturing: bool = False  # finished
    status_operation: bool = False  # failed
    actual_weight: float | None = None  # None: the layout has no weight
    status_read_data: bool = False  # WRITE: taken by the PLC. READ: stored by Odoo

    @property
    def is_blank(self) -> bool:
        """Blank is batch_no 0, whatever else stands there (handshake, Words)."""
        return self.batch_no == 0

    def mapped(self, flag: bool = False) -> dict:
        """Return every value as plain JSON, to be kept and compared (rules R4 and R5).

        The read flag is left out unless ``flag``. Weights are text ("381.25", "nan"), so that a
        database gives them back exactly and NaN equals itself; silo numbers are text, as JSON has
        no other keys.
        """
        values = {
            "batch_no": self.batch_no,
            "mo_id": self.mo_id,
            "recipe": self.recipe,
            "finished_goods": self.finished_goods,
            "consumption": _exactly(self.consumption),
            "silo_ids": {str(silo): number for silo, number in self.silo_ids.items()},
            "quantities": {str(silo): _exactly(kg) for silo, kg in self.quantities.items()},
            "status_manufacturing": self.status_manufacturing,
            "status_operation": self.status_operation,
            "actual_weight": None if self.actual_weight is None else _exactly(self.actual_weight),
        }
        if flag:
            values["status_read_data"] = self.status_read_data
        return values


def _exactly(kg):
    """A number as text. A REAL has two zeros, which are one."""
    return repr(float(kg) + 0.0)


@dataclass(frozen=True)
class SlotImage:
    """Both records of a slot as read in one turn: raw bytes, decoded when they are looked at (most
    slots of most cycles are not). ``read_no`` is the READ record's ``batch_no`` alone."""

    number: int
    raw_write: bytes
    raw_read: bytes
    decode_write: Callable[[bytes], Record]
    decode_read: Callable[[bytes], Record]
    number_in: Callable[[bytes], int]

    @cached_property
    def write(self) -> Record:
        return self.decode_write(self.raw_write)

    @cached_property
    def read(self) -> Record:
        return self.decode_read(self.raw_read)

    @property
    def read_no(self) -> int:
        return self.number_in(self.raw_read)
