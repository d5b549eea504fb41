"""Finished records that name an order which is still to be sent, and are not of that sending."""

import pytest
from mill_world import ARCHIVE, FETCH, READ
from steps import assert_closed_with, dose_all, run_to_the_end, taken

pytestmark = pytest.mark.parametrize("layout", ["native"])


def orphans(world):
    return [event["message"] for event in world.events() if event["kind"] == "orphan"]


def test_a_reset_order_whose_first_run_ends_after_all(world, plant):
    """Reset before Odoo had seen any kg of it: no history tells of that run, its events do."""
    world.orders()
    world.cron(FETCH)
    run_to_the_end(plant, world, 1)  # from now on the database has a history of its PLC
    (name,) = world.names(world.orders())
    world.cron(FETCH)
    plant.step()
    world.press("action_reset", stopped_at_plc=True)
    assert world.states() == {name: ("staged", None)}
    plant.finish_now()
    world.cron(FETCH, READ)
    assert world.states() == {name: ("sent", 1)}
    (told,) = orphans(world)
    assert name in told
    plant.step()
    assert taken(plant).count(name) == 2
    run_to_the_end(plant, world, 1)
    assert_closed_with(world, plant, name, times=2)


def test_a_new_database_whose_orders_are_called_as_those_of_another(world, plant):
    (order_id,) = world.orders()
    (name,) = world.names([order_id])
    plant.change_read(1, batch_no=1, mo_id=name, quantities={102: 500.0}, status_manufacturing=True)
    world.cron(FETCH, READ, ARCHIVE)
    assert len(orphans(world)) == 1 and plant.read_record(1).status_read_data
    assert world.states() == {name: ("sent", 1)}
    dose_all(plant)
    world.cron(READ, ARCHIVE)
    assert_closed_with(world, plant, name)
