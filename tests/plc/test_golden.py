"""Both shipped layouts, byte for byte, against their CSV files read without our codec."""

import csv
from collections import defaultdict

import csv_codec
import pytest
from plant import layout_named

from plc import Record

SILOS = range(101, 116)


def full_record(**changes):
    values = {
        "batch_no": 7,
        "mo_id": "WH/MO/00042",
        "recipe": "CF1B",
        "finished_goods": "CATTLE FEED 1B",
        "consumption": 977.25,
        "quantities": {silo: silo - 100 + 0.25 for silo in SILOS},
        "status_manufacturing": True,
        "actual_weight": 981.5,
    }
    return Record(**{**values, **changes})


def recipes():
    """{product: {silo: kg}} of the plant's recipes; what has no silo is added by hand."""
    found = defaultdict(dict)
    with open(csv_codec.DATA / "recipes.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["silo"]:
                found[row["finished_goods"]][int(row["silo"])] = float(row["quantity"])
    return dict(found)


def test_a_record_stands_where_the_csv_says(layout_name, layout):
    values = csv_codec.decode(layout_name, layout.encode(full_record()))
    assert values.pop(("batch_no", 0)) == 7
    assert values.pop(("mo_id", 0)) == "WH/MO/00042"
    assert values.pop(("recipe", 0)) == "CF1B"
    assert values.pop(("finished_goods", 0)) == "CATTLE FEED 1B"
    assert values.pop(("consumption", 0)) == 977.25
    assert values.pop(("status_manufacturing", 0)) == 1
    assert values.pop(("status_operation", 0)) == 0
    assert values.pop(("actual_weight", 0)) == 981.5
    assert values.pop(("status_read_data", 0)) == 0
    for silo in SILOS:
        assert values.pop(("silo_id", silo)) == silo
        assert values.pop(("silo_quantity", silo)) == silo - 100 + 0.25
    assert not values


@pytest.mark.parametrize("product", recipes())
def test_the_plants_recipes_arrive_as_they_are(layout_name, layout, product):
    doses = recipes()[product]
    values = csv_codec.decode(layout_name, layout.encode(full_record(quantities=doses)))
    for silo in SILOS:
        assert values["silo_quantity", silo] == pytest.approx(doses.get(silo, 0.0), rel=1e-7)


def test_golden_bytes_native():
    slot = layout_named("native").encode(full_record(quantities={101: 381.25}))
    assert slot[0:2].hex() == "0007"
    assert slot[2:24] == b"\x14\x0bWH/MO/00042" + b" " * 9
    assert slot[68:72].hex() == "44745000"  # 977.25
    assert slot[72:78].hex() == "006543bea000"  # 101, 381.25
    assert slot[78:84].hex() == "006600000000"
    assert slot[162:170].hex() == "0100447560000000"


def test_golden_bytes_word_map():
    slot = layout_named("word_map").encode(full_record(quantities={101: 381.25, 110: 721.97}))
    assert slot[0:2].hex() == "0007"
    assert slot[2:18] == b"WH/MO/00042\0\0\0\0\0"
    assert slot[50:54].hex() == "00017dbd"  # 97725
    assert slot[54:60].hex() == "0065000094ed"  # 101, 38125: not -27411, 381.25 kg and no less
    assert slot[108:114].hex() == "006e00011a05"  # 110, 72197
    assert slot[144:154].hex() == "0001" + "0000" + "00017f66" + "0000"
    assert slot[154:] == bytes(46)
