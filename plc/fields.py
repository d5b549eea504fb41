"""A field of a slot: its role, its place, and the value it carries.

Roles come in four kinds: flags, numbers, texts and weights (kg).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from .datatypes import DataType
from .errors import PlcData

FLAGS = ("status_manufacturing", "status_operation", "status_read_data")
NUMBERS = ("batch_no", "silo_id")
TEXTS = ("mo_id", "recipe", "finished_goods")
WEIGHTS = ("consumption", "silo_quantity", "actual_weight")
ROLES = FLAGS + NUMBERS + TEXTS + WEIGHTS
SILO_ROLES = ("silo_id", "silo_quantity")
REQUIRED_ROLES = ("batch_no", "mo_id", *FLAGS)

_ADDRESS = re.compile(r"(\d{1,5})(?:\.(\d))?")


def label(role: str, silo_number: int) -> str:
    """A field's name in a message; roles are part of the contract, so they are not translated."""
    return f"{role} {silo_number}" if silo_number else role


def parse_address(text: str) -> tuple[int, int | None] | None:
    """Return (byte, bit) of an address in a slot, "144" or "168.0"; None if it is neither."""
    match = _ADDRESS.fullmatch((text or "").strip())
    if not match:
        return None
    return int(match[1]), None if match[2] is None else int(match[2])


@dataclass(frozen=True)
class Field:
    """One value in a slot.

    ``silo_number`` is 0 where the role has no silo. ``byte`` counts from the start of the slot;
    ``bit`` is 0 to 7 for a BOOL, else None. An integer weight is stored as kg × ``scale``.
    """

    role: str
    silo_number: int
    byte: int
    bit: int | None
    datatype: DataType
    scale: float = 1

    @property
    def label(self) -> str:
        """The field's name in a message: "silo_quantity 103"."""
        return label(self.role, self.silo_number)

    @property
    def end(self) -> int:
        """The first byte behind the field."""
        return self.byte + self.datatype.size

    def encode(self, value) -> bytes:
        """Return the field's bytes for a value in the role's own unit (kg, text, number, flag).

        A flag in a word is 1 or 0. PlcData, with the field's name, if the value does not fit.
        """
        try:
            return self.datatype.encode(self._stored(value))
        except PlcData as error:
            error.params["field"] = self.label
            raise

    def converter(self) -> Callable:
        """What makes the field's value of the item that a struct unpacks by its datatype's code (a
        BOOL: of its whole byte); a flag is true if not 0."""
        if self.bit is not None:
            mask = 1 << self.bit
            return lambda byte: bool(byte & mask)
        if self.role in FLAGS:
            return bool
        if self.role in WEIGHTS:
            scale = self.scale
            return float if scale == 1 else lambda stored: stored / scale
        return self.datatype.value

    def _stored(self, value):
        if self.role not in WEIGHTS or self.scale == 1:
            return int(value) if self.role in FLAGS else value
        if self.datatype.is_float:
            return value * self.scale
        # In decimals, as people count: 1.005 kg x 100 is 100.5, and not 100.49999999999999.
        return Decimal(str(value)) * Decimal(str(self.scale))
