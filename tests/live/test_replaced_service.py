"""What went wrong with the service that this addon replaces, line by line: what was read."""

import pytest
from mill_world import ARCHIVE, FETCH, READ
from steps import assert_closed_with, dose, dose_all, killed_at, taken

from odoo.exceptions import ValidationError

from odoo.addons.mrp_plc_batch.plc import Slots
from odoo.addons.mrp_plc_batch.tests.mill import consumed, rows

SILOS = [int(row["number"]) for row in rows("silos.csv")]
LIQUIDS = (114, 115)


def sent(world):
    (order_id,) = world.orders()
    world.cron(FETCH)
    return order_id


def in_history(world):
    lines = world.history_lines("silo_number", "actual_consumption")
    return {line["silo_number"]: round(line["actual_consumption"], 2) for line in lines}


@pytest.mark.parametrize("kg", [381.25, 327.68, 655.36, 825.0])
def test_16_bit_values_read_as_signed_or_overflown(world, plant, kg):
    sent(world)
    plant.step()
    plant.finish_now()
    plant.change_read(1, quantities={103: kg})
    world.cron(READ, ARCHIVE)
    assert in_history(world)[103] == kg


@pytest.mark.parametrize("kg", [72_196.60, 1.10])
def test_shifted_words_of_silo_110_are_not_repaired(world, plant, kg):
    order_id = sent(world)
    plant.step()
    plant.finish_now()
    plant.change_read(1, silo_ids={110: 109}, quantities={110: kg})
    world.cron(READ, ARCHIVE)
    batch = world.one_batch("error_code", "error_reason", "dosed")
    assert batch["error_code"] == "plc_data" and "silo 110 is 109" in batch["error_reason"]
    assert not batch["dosed"] and not world.histories()
    with world.order(order_id) as order:
        assert not consumed(order)


@pytest.mark.parametrize(
    "change",
    [{"datatype": "WORDS"}, {"address": "2"}, {"address": "9999"}, {"silo_number": 101}],
)
def test_faults_of_the_map_are_found_when_it_is_saved(world, change):
    """A data type nobody knows, two silos on one address, one outside the slot, one named twice."""
    with world.device() as device:
        layout = device.layout_id.copy()
        field = layout.field_ids.filtered(
            lambda field: field.role == "silo_quantity" and field.silo_number == 102
        )
        with pytest.raises(ValidationError):
            field.write(change)
            device.env.flush_all()
        device.env.cr.rollback()


def test_30_slots_over_a_map_of_10(world, plant):
    with world.device() as device:
        device.layout_id = device.layout_id.copy({"slot_count": 30})
    sent(world)
    assert not world.batches()
    device = world.device_fields("state", "last_error")
    assert device["state"] == "offline" and "refused access to data block" in device["last_error"]


def test_every_silo_of_the_map_is_read(world, plant):
    sent(world)
    plant.step()
    plant.finish_now()
    doses = {silo: silo / 10 for silo in SILOS}
    plant.change_read(1, quantities=doses)
    world.silo(112, lot_id=False)
    world.cron(READ, ARCHIVE)
    assert in_history(world) == doses


def test_correction_down_to_zero_arrives(world, plant):
    order_id = sent(world)
    dose(plant, world, kg=400.0)
    plant.finish_now()
    plant.change_read(1, quantities={102: 0.0})
    world.cron(READ, ARCHIVE)
    assert in_history(world)[102] == 0.0
    with world.order(order_id) as order:
        kopra = order.move_raw_ids.filtered(lambda move: move.product_id.name == "KOPRA")
        assert order.state == "done" and kopra.quantity == 0.0


def test_all_zeros_can_be_archived_by_a_person(world, plant):
    order_id = sent(world)
    plant.step()
    plant.finish_now(rest=False, weight=0.0)
    world.cron(READ, ARCHIVE)
    batch = world.one_batch("error_code", "acknowledged")
    assert batch["error_code"] == "nothing_dosed" and batch["acknowledged"]
    world.press("action_cancel")
    assert world.one_history("status")["status"] == "cancelled"
    with world.order(order_id) as order:
        assert order.state != "done"


def test_early_sync_does_not_stand_for_the_last_values(world, plant):
    """Finished after an early sync, and the task that archives comes before the next read."""
    sent(world)
    name = next(iter(world.states()))
    dose(plant, world)
    assert world.one_batch("update_odoo")["update_odoo"]
    plant.finish_now()
    world.cron(ARCHIVE)
    assert not world.histories()
    killed_at(world, READ, Slots, "blank")  # stored and synced, not acknowledged
    world.cron(ARCHIVE, READ)
    assert_closed_with(world, plant, name)


def test_flag_set_already_and_values_that_differ(world, plant):
    """Whatever the flag says, what is archived is what is stored."""
    sent(world)
    name = next(iter(world.states()))
    dose_all(plant)
    world.cron(READ)
    world.sql(
        "DELETE FROM stock_move_line WHERE plc_silo_id IN"
        " (SELECT id FROM plc_silo WHERE device_id = %s)",
        world.device_id,
    )
    world.cron(ARCHIVE)
    assert_closed_with(world, plant, name)


def test_actuals_keep_their_hundredths(world, plant):
    """Neither cut to whole kg nor truncated: the scales' 0.01 kg, rounded half up."""
    sent(world)
    plant.step()
    plant.finish_now()
    plant.change_read(1, quantities={103: 299.99, 102: 150.01, 110: 107.07})
    world.cron(READ, ARCHIVE)
    found = in_history(world)
    assert (found[103], found[102], found[110]) == (299.99, 150.01, 107.07)


def test_weight_0_closes_with_the_plan_and_says_so(world, plant):
    order_id = sent(world)
    plant.step()
    plant.finish_now(weight=0.0)
    world.cron(READ, ARCHIVE)
    assert "Weight not reported" in world.one_history("notes")["notes"]
    with world.order(order_id) as order:
        assert order.state == "done" and order.qty_produced == 1000.0


def test_weight_never_changes_the_orders_target(world, plant):
    order_id = sent(world)
    plant.step()
    plant.finish_now(weight=871.5)
    world.cron(READ, ARCHIVE)
    with world.order(order_id) as order:
        assert (order.product_qty, order.qty_produced) == (1000.0, 871.5)


def test_retry_and_reset_know_the_liquids(world, plant):
    order_id = sent(world)
    dose_all(plant)
    with world.db.env() as other:
        other.cr.execute("SELECT id FROM mrp_production WHERE id = %s FOR UPDATE", [order_id])
        world.cron(READ)
    assert world.one_batch("error_code")["error_code"] == "mo_locked"
    doses = plant.read_record(1).quantities
    batch_ids = [batch["id"] for batch in world.batches()]
    world.button("action_reset", batch_ids, reason="try the second run")
    world.cron(FETCH)
    assert all(plant.write_record(1).quantities[silo] for silo in LIQUIDS)
    dose_all(plant)
    world.cron(READ)
    world.press("action_retry")
    last = [h for h in world.histories("status", "line_ids") if h["status"] == "completed"]
    with world.db.env() as env:
        lines = env["mo.histories.line"].browse(last[0]["line_ids"])
        found = {line.silo_number: line.actual_consumption for line in lines}
    assert all(found[silo] == pytest.approx(doses[silo], abs=0.006) for silo in LIQUIDS)
    assert len(taken(plant)) == 2
