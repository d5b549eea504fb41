"""What went wrong with the service that this addon replaces, line by line: what was sent."""

import pytest
from mill_world import ARCHIVE, FETCH, READ
from processes import fork, wait
from steps import assert_closed_with, dose_all, once, run_to_the_end, taken

from odoo.addons.mrp_plc_batch.controllers.main import PlcController
from odoo.addons.mrp_plc_batch.tests.mill import recipe


def test_batch_whose_order_is_gone_blocks_neither_queue_nor_plant(world, plant, layout):
    """Parked or cancelled, it lets the queue drain, and the history keeps it."""
    gone = f"MO/NEVER/{layout}"
    world.script(mo_id=gone, batch_no=3, status_manufacturing=True)
    (name,) = world.names(world.orders())
    world.cron(ARCHIVE, READ, FETCH)
    assert world.one_batch("error_code")["error_code"] == "mo_not_found"
    world.press("action_cancel", reason="it is gone")
    assert world.one_history("mo_id")["mo_id"] == gone
    world.cron(FETCH)
    run_to_the_end(plant, world, 1)
    assert_closed_with(world, plant, name)


def test_order_of_a_cancelled_batch_is_not_fetched_again(world, plant):
    world.orders()
    world.cron(FETCH)
    world.press("action_cancel")
    world.cron(FETCH, READ, FETCH)
    plant.step()
    assert not world.batches() and not taken(plant)


def test_390_requests_a_queue_and_half_recipes(world, plant):
    """A full queue of 10 orders: whole bodies, numbers last, and a dozen requests each."""
    world.orders(10)
    seen = []

    def look(_request):
        seen.extend(slot for slot in range(1, 11) if plant.write_record(slot).batch_no)
        assert all(plant.write_record(slot).quantities[103] == 300.0 for slot in seen)

    plant.intercept = look
    world.cron(FETCH)
    plant.intercept = None
    assert len(world.batches()) == 10 and seen
    assert len(plant.requests) <= 10 * 12


@pytest.mark.parametrize("write", [1, 2, 3, 4, 5])
def test_order_half_written_when_the_network_dropped_is_not_started(world, plant, write):
    """Cut off at any write before the number: the PLC finds nothing valid; then it goes out."""
    (name,) = world.names(world.orders())
    writes = []

    def cut(request):
        writes.append(request.kind == "write")
        return "cut" if writes[-1] and sum(writes) == write else None

    plant.intercept = cut
    world.cron(FETCH)
    plant.intercept = None
    plant.step()
    started = bool(taken(plant))
    assert started == (plant.write_record(1).batch_no == 1)
    if started:  # the number itself was the last write: the whole recipe was there
        assert plant.write_record(1).quantities[103] == recipe("CATTLE FEED 1B")[103]
    world.clear_back_off()
    run_to_the_end(plant, world, 1)
    assert_closed_with(world, plant, name)


def test_read_flag_of_the_last_batch_is_tried_again(world, plant):
    """Archived, and its acknowledgement was cut off: the next read tells the PLC."""
    (name,) = world.names(world.orders())
    world.cron(FETCH)
    dose_all(plant)
    once(plant, lambda request: request.kind == "write", lambda: "cut")
    world.cron(READ, ARCHIVE)
    assert not world.batches() and not plant.read_record(1).status_read_data
    world.clear_back_off()
    world.cron(READ)
    assert plant.read_record(1).status_read_data
    assert world.one_history("acknowledged")["acknowledged"]
    assert_closed_with(world, plant, name)


def test_names_cut_to_16_characters(world, plant, layout):
    """A long name is matched by its cut form, and kept whole; a recipe's look does not matter."""
    name = f"PLANT 7/ORDERS OF THE YEAR/{layout}/00001"
    world.orders(name=name)
    world.cron(FETCH)
    assert plant.write_record(1).mo_id == plant.layout.cut("mo_id", name) != name
    run_to_the_end(plant, world, 1)
    assert world.one_history("mo_id", "status")["mo_id"] == name


def test_liquid_set_points_are_written(world, plant):
    world.orders()
    world.cron(FETCH)
    quantities = plant.write_record(1).quantities
    assert (quantities[114], quantities[115]) == (40.0, 30.0)


def test_api_without_login_and_health_guessed_from_the_log(world, layout):
    """Every route asks for an API key; a task's health is what its scheduled action says."""
    routes = [
        method.original_routing["auth"]
        for method in vars(PlcController).values()
        if hasattr(method, "original_routing")
    ]
    assert routes and set(routes) == {"bearer"}
    with world.device() as device:
        cron = device.env.ref("mrp_plc_batch.ir_cron_read_plc")
        cron.active = False
        stopped = [task for task in device._get_task_status() if not task["active"]]
        cron.active = True
    assert len(stopped) == 1


def test_two_runs_at_once_send_an_order_once(world, plant):
    (name,) = world.names(world.orders())
    assert wait(fork(world.cron, FETCH), fork(world.cron, FETCH)) == [0, 0]
    run_to_the_end(plant, world, 1)
    assert taken(plant) == [name]
