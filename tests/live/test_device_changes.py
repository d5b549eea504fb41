"""What a manager changes on a device while a fetch has its PLC: who commits later starts afresh."""

import pytest
from mill_world import FETCH
from psycopg2.errors import SerializationFailure
from steps import once, run_to_the_end, taken

from odoo.exceptions import UserError

pytestmark = pytest.mark.parametrize("layout", ["native"])


def while_asked(world, plant, kind, change):
    """A fetch, and a change in another transaction at its first such request."""
    once(plant, lambda request: request.kind == kind, change)
    world.cron(FETCH)


@pytest.fixture
def other_map(world):
    """Another memory map, the same for the PLC."""
    with world.device() as device:
        return device.layout_id.copy().id


def test_paused_while_a_recipe_is_written(world, plant):
    """People are on their way to the plant: nothing gets valid any more."""
    names = world.names(world.orders(2))
    while_asked(world, plant, "write", lambda: world.set_device(paused=True))
    plant.step()
    assert not taken(plant)
    assert world.states() == {names[0]: ("staged", 1), names[1]: ("staged", 2)}
    assert not [event for event in world.events() if event["kind"] == "error"]
    world.set_device(paused=False)
    run_to_the_end(plant, world, 2)
    assert taken(plant) == names


def test_archived_while_the_plc_is_asked(world, plant):
    """It is read no more, so nothing may be dosed by it, nor wait there for ever."""
    world.orders()
    while_asked(world, plant, "read", lambda: world.set_device(active=False))
    assert not world.batches() and plant.write_record(1).is_blank
    with pytest.raises(UserError, match="is archived"):
        world.device_button("action_send_now")
    world.set_device(active=True)
    run_to_the_end(plant, world, 1)


def test_another_map_while_the_plc_is_asked(world, plant, other_map):
    """What one map has written is not looked for by another: the run begins afresh, by the new
    one, and here that asks for a data block which this PLC does not have."""
    with world.device() as device:
        shipped = device.layout_id.id
        device.layout_id.browse(other_map).write_db = 9
    world.orders()
    while_asked(world, plant, "read", lambda: world.set_device(layout_id=other_map))
    assert {request.db for request in plant.requests if request.kind == "write"} <= {9}
    assert "block" in world.device_fields("last_error")["last_error"]
    world.set_device(layout_id=shipped)
    world.clear_back_off()
    run_to_the_end(plant, world, 1)


@pytest.mark.parametrize("change", ["map of the device", "map itself", "archive"])
def test_changed_across_the_commit_of_the_fetch(world, plant, other_map, change):
    """A change that began before an order was staged, and ends after it, is refused."""
    with world.device() as device:
        shipped = device.layout_id.id
        device.layout_id = other_map
    world.orders()

    def act(device):
        if change == "map itself":
            device.layout_id.slot_count = 9
        else:
            device.write({"active": False} if change == "archive" else {"layout_id": shipped})

    with world.device() as device:
        assert not device.batch_ids  # its snapshot stands
        world.cron(FETCH)
        with pytest.raises(SerializationFailure):
            act(device)
        device.env.cr.rollback()
        with pytest.raises(UserError, match="You cannot (change|archive)"):
            act(device)
        device.env.cr.rollback()
    assert world.one_batch("state")["state"] == "sent"
