"""S7 datatypes: one value to its bytes and back.

Numbers are big-endian, as in the CPU. Pure functions; nothing here knows a slot or a socket.
Encoding refuses what does not fit; decoding never raises, whatever bytes come.
"""

import math
import re
import struct
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from snap7 import util

from .errors import LayoutError, PlcData, _lt

MAX_TEXT = 254  # the longest STRING an S7 knows; the same bound for an Array of Char

_TEXT_TYPE = re.compile(r"(F?STRING)\[(\d{1,5})\]")

_INTEGERS = {
    # name: (bytes, lowest, highest, code in a struct, setter)
    "BYTE": (1, 0, 2**8 - 1, "B", util.set_byte),
    "INT": (2, -(2**15), 2**15 - 1, "h", util.set_int),
    "UINT": (2, 0, 2**16 - 1, "H", util.set_uint),
    "WORD": (2, 0, 2**16 - 1, "H", util.set_word),
    "DINT": (4, -(2**31), 2**31 - 1, "i", util.set_dint),
    "UDINT": (4, 0, 2**32 - 1, "I", util.set_udint),
    "DWORD": (4, 0, 2**32 - 1, "I", util.set_dword),
}
_FLOATS = {
    "REAL": (4, "f", util.set_real),
    "LREAL": (8, "d", util.set_lreal),
}
_CONTROL = bytes((*range(0x20), 0x7F))
_TO_ASCII = bytes(byte if byte < 0x7F else ord("?") for byte in range(256))

OUT_OF_RANGE = _lt("%(field)s: %(value)s does not fit (%(datatype)s holds %(low)s to %(high)s).")
NOT_A_NUMBER = _lt("%(field)s: %(value)s is not a number that %(datatype)s can hold.")


@dataclass(frozen=True)
class DataType:
    """One S7 datatype: ``name``, and ``length`` in characters for the two text types (else 0)."""

    name: str
    length: int = 0

    @property
    def size(self) -> int:
        """Bytes that a value takes (a BOOL stands in 1 byte; a STRING has a 2-byte header)."""
        if self.name == "STRING":
            return self.length + 2
        if self.name == "FSTRING":
            return self.length
        if self.is_bit:
            return 1
        return (_INTEGERS.get(self.name) or _FLOATS[self.name])[0]

    @property
    def is_bit(self) -> bool:
        return self.name == "BOOL"

    @property
    def is_text(self) -> bool:
        return self.name in ("STRING", "FSTRING")

    @property
    def is_integer(self) -> bool:
        return self.name in _INTEGERS

    @property
    def is_float(self) -> bool:
        return self.name in _FLOATS

    @property
    def highest(self) -> int:
        """The highest value of an integer type."""
        return _INTEGERS[self.name][2]

    def __str__(self) -> str:
        return f"{self.name}[{self.length}]" if self.is_text else self.name

    def encode(self, value) -> bytes:
        """Return the ``size`` bytes of a value.

        Integers are rounded half away from zero, text is cut and loses what is not ASCII. A BOOL
        gives 1 or 0 in one byte (its place among the bits is the layout's). A number that the
        type cannot hold raises PlcData (its parameter ``field`` is the type's name, until a caller
        knows better); nothing wraps around.
        """
        buffer = bytearray(self.size)
        if self.is_text:
            text = self.cut(value)
            if self.name == "STRING":
                util.set_string(buffer, 0, text, self.length, encoding="ascii")
            else:
                buffer[: len(text)] = text.encode("ascii")
        elif self.is_bit:
            buffer[0] = bool(value)
        elif self.is_integer:
            self._encode_integer(buffer, value)
        else:
            self._encode_float(buffer, value)
        return bytes(buffer)

    @property
    def code(self) -> str:
        """What unpacks the type's bytes in a big-endian struct; ``value`` makes the rest of it."""
        if self.is_text:
            return f"{self.size}s"
        if self.is_bit:
            return "B"
        return (_INTEGERS.get(self.name) or _FLOATS[self.name])[-2]

    def value(self, unpacked):
        """Return what a struct's item by ``code`` means: str, bool, int or float (perhaps NaN)."""
        if self.name == "STRING":
            return _clean(unpacked[2 : 2 + unpacked[1]])  # a length that lies ends with the data
        if self.name == "FSTRING":
            return _clean(unpacked.split(b"\0", 1)[0])
        return bool(unpacked) if self.is_bit else unpacked

    def decode(self, data: bytes):
        """Return the value in ``size`` bytes, as ``value`` does."""
        return self.value(*struct.unpack(f">{self.code}", data))

    def cut(self, text: str) -> str:
        """Return a text as the PLC gives it back: ``decode(encode(text))``."""
        return _clean((text or "").encode("ascii", "replace"))[: self.length].rstrip()

    def _encode_integer(self, buffer: bytearray, value) -> None:
        _size, low, high, _getter, setter = _INTEGERS[self.name]
        params = {"field": self.name, "datatype": str(self), "low": low, "high": high}
        number = Decimal(str(value))
        if not number.is_finite():
            raise PlcData(NOT_A_NUMBER, value=str(value), **params)
        number = int(number.to_integral_value(ROUND_HALF_UP))
        if not low <= number <= high:
            raise PlcData(OUT_OF_RANGE, value=number, **params)
        setter(buffer, 0, number)

    def _encode_float(self, buffer: bytearray, value) -> None:
        setter = _FLOATS[self.name][-1]
        try:
            if not math.isfinite(value):
                raise OverflowError
            setter(buffer, 0, value)
        except OverflowError:
            raise PlcData(
                NOT_A_NUMBER, field=self.name, value=str(value), datatype=str(self)
            ) from None


def _clean(data: bytes) -> str:
    """ASCII text of hostile bytes: control bytes out, others ``?``, trailing spaces off."""
    return data.translate(_TO_ASCII, _CONTROL).decode("ascii").rstrip()


UNKNOWN_DATATYPE = _lt(
    "“%(datatype)s” is not a datatype. Known are BOOL, BYTE, INT, UINT, DINT, UDINT, WORD, DWORD, "
    "REAL, LREAL, and with a length of 1 to 254 STRING[n] and FSTRING[n]."
)


def parse_datatype(text: str) -> DataType:
    """Return the datatype that a text names ("INT", "STRING[20]"); LayoutError if none."""
    name = (text or "").strip().upper()
    if name == "BOOL" or name in _INTEGERS or name in _FLOATS:
        return DataType(name)
    match = _TEXT_TYPE.fullmatch(name)
    if match and 1 <= int(match[2]) <= MAX_TEXT:
        return DataType(match[1], int(match[2]))
    raise LayoutError([(UNKNOWN_DATATYPE, {"datatype": text})])
