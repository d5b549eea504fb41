"""What makes a layout impossible, each fault in words: ``(template, params)``."""

from collections import Counter
from collections.abc import Iterable

from .datatypes import parse_datatype
from .errors import LayoutError, _lt
from .fields import (
    FLAGS,
    NUMBERS,
    REQUIRED_ROLES,
    ROLES,
    SILO_ROLES,
    TEXTS,
    WEIGHTS,
    Field,
    label,
    parse_address,
)

HANDSHAKES = ("slot", "area")
MAX_DB_NUMBER = 65535
MAX_AREA_BYTES = 65536  # the longest data block of any S7
MOST_SCALE = 1e9  # of a kg; no S7 integer holds more

Problem = tuple[str, dict]

NO_SUCH_ROLE = _lt("%(field)s: there is no such role.")
BAD_ADDRESS = _lt(
    "%(field)s: “%(address)s” is not an address. It is a byte in the slot (“144”), for a BOOL with "
    "its bit (“168.0”)."
)
BIT_MISSING = _lt("%(field)s: a BOOL needs a bit from 0 to 7 in its address (“168.0”).")
BIT_NOT_BOOL = _lt("%(field)s: only a BOOL has a bit in its address, not %(datatype)s.")
BAD_SCALE = _lt("%(field)s: the scale must be greater than 0, and at most 1,000,000,000.")
SCALE_NOT_WEIGHT = _lt("%(field)s: only weights have a scale.")
NEEDS_FLAG = _lt("%(field)s cannot be %(datatype)s: it needs a BOOL or a whole number.")
NEEDS_NUMBER = _lt("%(field)s cannot be %(datatype)s: it needs a whole number (INT, UINT, WORD …).")
NEEDS_TEXT = _lt("%(field)s cannot be %(datatype)s: it needs a text (STRING[n] or FSTRING[n]).")
NEEDS_WEIGHT = _lt("%(field)s cannot be %(datatype)s: it needs a number (REAL, UDINT, INT …).")
SILO_MISSING = _lt("%(field)s: this role needs a silo's number.")
SILO_NOT_HERE = _lt("%(field)s: this role has no silo (silo %(silo)s is given).")
ROLE_TWICE = _lt("%(field)s stands in the memory map %(count)s times.")
ROLE_LACKING = _lt("The role %(field)s is lacking.")
NO_QUANTITY = _lt("No silo has a quantity.")
ID_ALONE = _lt("Silo %(silo)s has an id, but no quantity.")
ID_TOO_HIGH = _lt("%(field)s: the number does not fit into %(datatype)s.")
LEAVES_SLOT = _lt(
    "%(field)s ends at byte %(end)s, behind the end of the slot (%(slot_size)s bytes)."
)
OVERLAP = _lt("%(field)s and %(other)s overlap.")
COUNT_TOO_HIGH = _lt("%(count)s slots cannot be numbered in batch_no, which is %(datatype)s.")
BAD_DB = _lt("%(db)s is not the number of a data block (1 to 65535).")
SAME_DB = _lt("The WRITE and the READ area cannot be the same data block (%(db)s).")
BAD_COUNT = _lt("A memory map needs at least one slot.")
BAD_SIZE = _lt("A slot needs at least one byte.")
AREA_TOO_LONG = _lt(
    "%(count)s slots of %(slot_size)s bytes are longer than a data block can be (65536 bytes)."
)
BAD_HANDSHAKE = _lt("“%(handshake)s” is not a handshake: it is “slot” or “area”.")


def parse_rows(rows: Iterable[dict]) -> tuple[list[Field], list[Problem]]:
    """Return the fields that could be read, and the faults of those that could not."""
    fields, problems = [], []
    for row in rows:
        name = label(row["role"], row.get("silo_number") or 0)
        address = parse_address(row["address"])
        try:
            datatype = parse_datatype(row["datatype"])
        except LayoutError as error:
            problems += error.problems
            datatype = None
        if row["role"] not in ROLES:
            problems.append((NO_SUCH_ROLE, {"field": name}))
        if address is None:
            problems.append((BAD_ADDRESS, {"field": name, "address": row["address"]}))
        if address and datatype and row["role"] in ROLES:
            scale = row.get("scale", 1)
            fields.append(
                Field(row["role"], row.get("silo_number") or 0, *address, datatype, scale)
            )
    return fields, problems


def check_area(
    write_db: int, read_db: int, slot_count: int, slot_size: int, write_handshake: str
) -> list[Problem]:
    """Return the faults of the numbers above the fields."""
    problems = [(BAD_DB, {"db": db}) for db in (write_db, read_db) if not 1 <= db <= MAX_DB_NUMBER]
    if write_db == read_db:
        problems.append((SAME_DB, {"db": write_db}))
    if slot_count < 1:
        problems.append((BAD_COUNT, {}))
    if slot_size < 1:
        problems.append((BAD_SIZE, {}))
    if slot_count * slot_size > MAX_AREA_BYTES:
        problems.append((AREA_TOO_LONG, {"count": slot_count, "slot_size": slot_size}))
    if write_handshake not in HANDSHAKES:
        problems.append((BAD_HANDSHAKE, {"handshake": write_handshake}))
    return problems


def check_fields(fields: list[Field], slot_count: int, slot_size: int) -> list[Problem]:
    """Return the faults of the fields: each by itself, as a set, and in their places."""
    problems = [problem for field in fields for problem in _check_one(field)]
    problems += _check_set(fields, slot_count)
    problems += _check_places(fields, slot_size)
    return problems


def _check_one(field: Field) -> Iterable[Problem]:
    silo = field.silo_number
    params = {"field": field.label, "datatype": str(field.datatype), "silo": silo}
    wrong_kind = _wrong_kind(field)
    if wrong_kind:
        yield wrong_kind, params
    if field.datatype.is_bit and not (field.bit is not None and field.bit <= 7):
        yield BIT_MISSING, params
    if not field.datatype.is_bit and field.bit is not None:
        yield BIT_NOT_BOOL, params
    if not 0 < field.scale <= MOST_SCALE:
        yield BAD_SCALE, params
    elif field.scale != 1 and field.role not in WEIGHTS:
        yield SCALE_NOT_WEIGHT, params
    if field.role in SILO_ROLES and field.silo_number < 1:
        yield SILO_MISSING, params
    if field.role not in SILO_ROLES and field.silo_number:
        yield SILO_NOT_HERE, params
    if field.role == "silo_id" and not _holds(field, field.silo_number):
        yield ID_TOO_HIGH, params


def _holds(field: Field, number: int) -> bool:
    """False if a number is too high for an integer field; other kinds are refused as such."""
    return not field.datatype.is_integer or number <= field.datatype.highest


def _wrong_kind(field: Field) -> str | None:
    """Return what the role needs, in words, if the datatype is not that."""
    datatype = field.datatype
    kinds = (
        (FLAGS, datatype.is_bit or datatype.is_integer, NEEDS_FLAG),
        (NUMBERS, datatype.is_integer, NEEDS_NUMBER),
        (TEXTS, datatype.is_text, NEEDS_TEXT),
        (WEIGHTS, datatype.is_integer or datatype.is_float, NEEDS_WEIGHT),
    )
    _roles, fits, needed = next(kind for kind in kinds if field.role in kind[0])
    return None if fits else needed


def _check_set(fields: list[Field], slot_count: int) -> Iterable[Problem]:
    count = Counter((field.role, field.silo_number) for field in fields)
    for (role, silo), times in count.items():
        if times > 1:
            yield ROLE_TWICE, {"field": label(role, silo), "count": times}
    roles = {field.role for field in fields}
    for role in REQUIRED_ROLES:
        if role not in roles:
            yield ROLE_LACKING, {"field": role}
    if "silo_quantity" not in roles:
        yield NO_QUANTITY, {}
    for role, silo in count:
        if role == "silo_id" and ("silo_quantity", silo) not in count:
            yield ID_ALONE, {"silo": silo}
    for field in fields:
        if field.role == "batch_no" and not _holds(field, slot_count):
            yield COUNT_TOO_HIGH, {"count": slot_count, "datatype": str(field.datatype)}


def _check_places(fields: list[Field], slot_size: int) -> Iterable[Problem]:
    owner: dict[int, Field] = {}  # absolute bit in the slot: the field that has it
    reported = set()
    for field in sorted(fields, key=lambda f: (f.byte, f.bit or 0)):
        if field.end > slot_size:
            yield LEAVES_SLOT, {"field": field.label, "end": field.end, "slot_size": slot_size}
        for bit in _bits(field):
            other = owner.setdefault(bit, field)
            if other is not field and (other, field) not in reported:
                reported.add((other, field))
                yield OVERLAP, {"field": other.label, "other": field.label}


def _bits(field: Field) -> Iterable[int]:
    if field.bit is not None:
        return (field.byte * 8 + field.bit,)
    return range(field.byte * 8, field.end * 8)
