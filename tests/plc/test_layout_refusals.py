"""A layout that cannot work is refused in words, with every fault at once."""

import pytest

from plc import Layout, LayoutError

NUMBERS = {"write_db": 1, "read_db": 2, "slot_count": 10, "slot_size": 40}


def rows():
    return {
        "batch_no": {"role": "batch_no", "address": "0", "datatype": "INT"},
        "mo_id": {"role": "mo_id", "address": "2", "datatype": "STRING[8]"},
        "silo_id": {"role": "silo_id", "silo_number": 101, "address": "12", "datatype": "INT"},
        "silo_quantity": {
            "role": "silo_quantity",
            "silo_number": 101,
            "address": "14",
            "datatype": "UDINT",
            "scale": 100,
        },
        "status_manufacturing": {
            "role": "status_manufacturing",
            "address": "18.0",
            "datatype": "BOOL",
        },
        "status_operation": {"role": "status_operation", "address": "18.1", "datatype": "BOOL"},
        "status_read_data": {"role": "status_read_data", "address": "20", "datatype": "INT"},
    }


def build(changes=None, drop=(), extra=(), **numbers):
    given = rows()
    for name, change in (changes or {}).items():
        given[name].update(change)
    for name in drop:
        del given[name]
    return Layout.build(**{**NUMBERS, **numbers}, rows=[*given.values(), *extra])


def refused(*args, **kwargs):
    with pytest.raises(LayoutError) as error:
        build(*args, **kwargs)
    return [template % params for template, params in error.value.problems]


def quantity(silo, address, **kwargs):
    row = {"role": "silo_quantity", "silo_number": silo, "address": address, "datatype": "REAL"}
    return {**row, **kwargs}


def test_the_layout_that_the_others_spoil_is_good():
    assert build().silo_numbers == (101,)


@pytest.mark.parametrize("role", ["batch_no", "mo_id", "status_manufacturing", "status_operation"])
def test_a_required_role_may_not_lack(role):
    assert refused(drop=[role]) == [f"The role {role} is lacking."]


def test_no_silo_has_a_quantity():
    assert refused(drop=["silo_id", "silo_quantity"]) == ["No silo has a quantity."]


def test_an_id_without_a_quantity():
    problems = refused(drop=["silo_quantity"], extra=[quantity(102, "14")])
    assert problems == ["Silo 101 has an id, but no quantity."]


def test_a_silo_twice():
    assert refused(extra=[quantity(101, "24")]) == [
        "silo_quantity 101 stands in the memory map 2 times."
    ]


def test_a_role_twice():
    extra = {"role": "mo_id", "address": "24", "datatype": "STRING[8]"}
    assert refused(extra=[extra]) == ["mo_id stands in the memory map 2 times."]


def test_two_silos_on_one_address():
    assert refused(extra=[quantity(102, "14")]) == [
        "silo_quantity 101 and silo_quantity 102 overlap."
    ]


def test_a_field_that_reaches_into_the_next():
    assert refused({"silo_quantity": {"datatype": "LREAL"}}) == [
        "silo_quantity 101 and status_manufacturing overlap.",
        "silo_quantity 101 and status_operation overlap.",
        "silo_quantity 101 and status_read_data overlap.",
    ]


def test_two_flags_on_one_bit():
    assert refused({"status_operation": {"address": "18.0"}}) == [
        "status_manufacturing and status_operation overlap."
    ]


def test_a_field_behind_the_end_of_the_slot():
    assert refused(extra=[quantity(102, "38")]) == [
        "silo_quantity 102 ends at byte 42, behind the end of the slot (40 bytes)."
    ]


def test_an_unknown_role():
    extra = {"role": "colour", "address": "24", "datatype": "INT"}
    assert refused(extra=[extra]) == ["colour: there is no such role."]


def test_an_unknown_datatype():
    assert "“FLOAT” is not a datatype" in refused(extra=[quantity(102, "24", datatype="FLOAT")])[0]


@pytest.mark.parametrize("address", ["", "x", "-1", "1.", "1.10", "DB1.0"])
def test_an_address_that_is_none(address):
    assert "is not an address" in refused(extra=[quantity(102, address)])[0]


@pytest.mark.parametrize("address", ["18", "18.8"])
def test_a_bool_without_a_bit_of_0_to_7(address):
    problems = refused({"status_manufacturing": {"address": address}})
    assert "status_manufacturing: a BOOL needs a bit from 0 to 7" in problems[0]


def test_a_bit_on_what_is_no_bool():
    assert "only a BOOL has a bit" in refused(extra=[quantity(102, "24.0")])[0]


@pytest.mark.parametrize("scale", [0, -1, float("nan"), float("inf"), 1e10])
def test_a_scale_that_no_weight_has(scale):
    problems = refused(extra=[quantity(102, "24", scale=scale)])
    assert problems == [
        "silo_quantity 102: the scale must be greater than 0, and at most 1,000,000,000."
    ]


def test_a_scale_on_what_is_no_weight():
    assert refused({"batch_no": {"scale": 10}}) == ["batch_no: only weights have a scale."]


@pytest.mark.parametrize(
    ("role", "datatype", "needed"),
    [
        ("mo_id", "INT", "a text"),
        ("batch_no", "STRING[8]", "a whole number"),
        ("batch_no", "REAL", "a whole number"),
        ("silo_quantity", "STRING[2]", "a number"),
        ("status_read_data", "REAL", "a BOOL or a whole number"),
    ],
)
def test_a_role_of_the_wrong_kind(role, datatype, needed):
    problems = refused({role: {"datatype": datatype, "scale": 1}})
    assert any(f"it needs {needed}" in problem for problem in problems)


def test_a_silo_role_without_a_silo_and_another_with_one():
    assert "silo_quantity: this role needs a silo's number." in refused(extra=[quantity(0, "24")])
    assert refused({"mo_id": {"silo_number": 5}})[0] == (
        "mo_id 5: this role has no silo (silo 5 is given)."
    )


def test_more_slots_than_the_number_can_count():
    problems = refused({"batch_no": {"datatype": "BYTE"}}, slot_count=256)
    assert problems == ["256 slots cannot be numbered in batch_no, which is BYTE."]


def test_a_silo_that_its_id_cannot_hold():
    problems = refused({"silo_id": {"datatype": "BYTE", "silo_number": 256}})
    assert "silo_id 256: the number does not fit into BYTE." in problems


@pytest.mark.parametrize("number", [0, 65536, -1])
def test_a_block_that_has_no_such_number(number):
    assert f"{number} is not the number of a data block" in refused(write_db=number)[0]


def test_both_areas_in_one_block():
    assert "cannot be the same data block (1)" in refused(read_db=1)[0]


def test_sizes_that_are_none():
    assert "A memory map needs at least one slot." in refused(slot_count=0)
    assert "A slot needs at least one byte." in refused(slot_size=0)
    assert "longer than a data block can be" in refused(slot_count=2000)[0]


def test_a_handshake_that_is_none():
    assert "“queue” is not a handshake" in refused(write_handshake="queue")[0]


def test_every_fault_is_told_at_once():
    problems = refused(
        {"batch_no": {"scale": 0}, "mo_id": {"datatype": "TEXT"}},
        extra=[quantity(101, "38"), quantity(102, "xyz")],
        read_db=1,
    )
    assert len(problems) >= 6
