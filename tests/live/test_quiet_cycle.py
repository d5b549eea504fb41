"""A read cycle in which nothing changed costs few statements, no more for many slots, no write."""

import contextlib
import math
import re

import pytest
from big_history import fill
from mill_world import FETCH, READ, World
from plant.layouts import layout_named
from plant.plant import Plant

from odoo.sql_db import Cursor

from odoo.addons.mrp_plc_batch.tests.mill import make_small_recipe

MOST_OF_A_RUN = 6  # statements, with one device: to find it, its lock and itself, its batches and
# what is beside them, when it was seen
MOST_OF_A_GROUP = 2  # beside those of one: all of them are looked at before, to be put in turn
MOST_OF_A_READ = 462  # bytes a request carries at the PDU of 480 that snap7's server grants
WRITES = re.compile(
    r"\s*(INSERT INTO|UPDATE|DELETE FROM)\s+\"?(mo_batch|mo_histories|stock_|mrp_|bus_bus)",
    re.IGNORECASE,
)


def statements(world, monkeypatch, *others, scheduled=False):
    """The statements of one read cycle, in all of its cursors; other mills may join it.

    :param scheduled: it looks for its devices itself, as the clock's does
    """
    seen = []
    execute = Cursor.execute

    def listening(cursor, query, *args, **kwargs):
        result = execute(cursor, query, *args, **kwargs)
        seen.append(cursor._obj.query.decode())
        return result

    with monkeypatch.context() as patch, world.device() as device:
        patch.setattr(Cursor, "execute", listening)
        devices = device.browse(mill.device_id for mill in (world, *others))
        device.env["mo.batch"]._cron_read_plc(*(() if scheduled else [devices]))
    assert not [query for query in seen if WRITES.match(query)]
    return seen


@contextlib.contextmanager
def mill(db, slots):
    """A mill with an order in each of its slots, the first of them being dosed."""
    with Plant(layout_named("native", slots), manual=True, speed=10.0) as plant:
        world = World(db, plant, "native")
        with world.device() as device:
            device.layout_id = device.layout_id.copy({"slot_count": slots})
            make_small_recipe(device)
        world.orders(slots, recipe="SMALL")
        world.cron(FETCH)
        plant.step()
        plant.step()
        world.cron(READ)
        assert sorted(state for state, _slot in world.states().values()) == [
            "running",
            *["sent"] * (slots - 1),
        ]
        yield world, plant


def test_slots_cost_requests_and_no_statements(own_db, monkeypatch):
    counts = {}
    for slots in (2, 10, 100):
        with mill(own_db, slots) as (world, plant):
            before = len(plant.requests)
            seen = statements(world, monkeypatch)
            slots_per_request = MOST_OF_A_READ // plant.layout.slot_size
            assert len(plant.requests) - before == 2 * math.ceil(slots / slots_per_request)
            counts[slots] = len(seen)
    assert counts[2] == counts[10] == counts[100] < MOST_OF_A_RUN, "\n".join(seen)


def test_histories_cost_no_statements(own_db, monkeypatch):
    with mill(own_db, 10) as (world, _plant):
        beside_none = statements(world, monkeypatch)
        fill(world, 5_000)
        beside_many = statements(world, monkeypatch)
    assert len(beside_many) == len(beside_none) < MOST_OF_A_RUN, "\n".join(beside_many)


def test_another_device_costs_no_statements_of_its_own(own_db, monkeypatch):
    with mill(own_db, 2) as (world, _plant):
        alone = statements(world, monkeypatch, scheduled=True)
        assert len(alone) <= MOST_OF_A_RUN, "\n".join(alone)
        with mill(own_db, 2) as (second, _plant), mill(own_db, 2) as (third, _plant):
            statements(world, monkeypatch, second, third)  # memory maps are kept for good
            two = statements(world, monkeypatch, second)
            three = statements(world, monkeypatch, second, third)
            assert len(three) == len(two) < MOST_OF_A_RUN + MOST_OF_A_GROUP, "\n".join(three)


@pytest.mark.parametrize("layout", ["native"])
def test_a_device_with_nothing_to_do_is_left_alone(world, plant, monkeypatch):
    statements(world, monkeypatch)
    assert not plant.requests
