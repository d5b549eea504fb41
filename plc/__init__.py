"""The wire side: S7 datatypes, layouts, slots and the session. Pure Python over ``snap7``.

It imports no Odoo and knows no database; all but the session are pure functions of bytes.
"""

from .datatypes import DataType, parse_datatype
from .errors import (
    LayoutError,
    PlcData,
    PlcError,
    PlcProtocol,
    PlcTimeout,
    PlcUnreachable,
    SlotTooLong,
)
from .fields import Field
from .layout import Layout, Run
from .reading import Reading, close_all, read_timed
from .records import Record, SlotImage
from .session import CONNECTION_TYPES, Session
from .slots import Slots

__all__ = [
    "CONNECTION_TYPES",
    "DataType",
    "Field",
    "Layout",
    "LayoutError",
    "PlcData",
    "PlcError",
    "PlcProtocol",
    "PlcTimeout",
    "PlcUnreachable",
    "Reading",
    "Record",
    "Run",
    "Session",
    "SlotImage",
    "SlotTooLong",
    "Slots",
    "close_all",
    "parse_datatype",
    "read_timed",
]
