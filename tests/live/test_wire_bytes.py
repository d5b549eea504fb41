"""What stands in the PLC after a fetch, read with the CSV files alone, not with our codec."""

import sys
from pathlib import Path

import pytest
from mill_world import FETCH

from odoo.addons.mrp_plc_batch.tests.mill import recipe, rows

sys.path.append(str(Path(__file__).resolve().parents[1] / "plc"))
from csv_codec import decode  # noqa: E402

RECIPES = ["CATTLE FEED 1B", "FEED PLUS", "CATTLE FEED 2"]


@pytest.fixture
def sent(world, plant):
    names = {}
    for index, name in enumerate(RECIPES):
        order_id = world.orders(recipe=name, priority="0", date_start=f"2026-01-0{index + 1}")[0]
        with world.order(order_id) as order:
            names[index + 1] = order.name
    world.cron(FETCH)
    return names


def test_write_area_carries_the_recipes(sent, plant, layout):
    size = plant.layout.slot_size
    for slot, name in enumerate(RECIPES, start=1):
        values = decode(layout, bytes(plant.write_area[(slot - 1) * size : slot * size]))
        assert values["batch_no", 0] == slot
        assert values["mo_id", 0] == sent[slot]
        assert values["recipe", 0] == values["finished_goods", 0] == name
        assert values["consumption", 0] == 1000
        doses = {
            silo: values["silo_quantity", silo]
            for role, silo in values
            if role == "silo_quantity" and values[role, silo]
        }
        assert doses == pytest.approx(recipe(name), abs=0.001)
        assert all(
            values["silo_id", int(row["number"])] == int(row["number"]) for row in rows("silos.csv")
        )
        flags = ("status_manufacturing", "status_operation", "status_read_data", "actual_weight")
        assert not any(values[flag, 0] for flag in flags)


def test_number_is_the_last_word_written_in_every_slot(sent, plant):
    size = plant.layout.slot_size
    number = plant.layout.field("batch_no")
    writes = [r for r in plant.requests if r.kind == "write" and r.db == plant.layout.write_db]
    for slot in sent:
        in_slot = [w for w in writes if w.start // size == slot - 1]
        last = in_slot[-1]
        assert (last.start % size, last.size) == (number.byte, number.datatype.size)
        assert int.from_bytes(last.data, "big") == slot
        bodies = [w for w in in_slot if w.start % size != number.byte]
        assert bodies and writes.index(bodies[-1]) < writes.index(last)
    numbers = [w for w in writes if w.start % size == number.byte and any(w.data)]
    assert writes[-len(numbers) :] == numbers  # all names are written before the first number
