"""The three test cases of the service this addon replaces, on a real S7 server with commits."""

import pytest
from mill_world import ARCHIVE, FETCH, READ, World

from odoo.addons.mrp_plc_batch.tests.mill import consumed, recipe


def test_normal_flow(world, plant):
    """Fetch, dose, sync while running, archive; the queue is empty and the history has it."""
    order_id = world.orders()[0]
    world.cron(FETCH)
    assert world.one_batch("state", "batch_no") | {"id": 0} == {
        "id": 0,
        "state": "sent",
        "batch_no": 1,
    }
    plant.step()  # takes the order
    plant.step(0.1)  # doses 100 kg
    world.cron(READ)
    batch = world.one_batch("state", "update_odoo", "status_manufacturing")
    assert (batch["state"], batch["update_odoo"]) == ("running", True)
    assert not batch["status_manufacturing"]
    with world.order(order_id) as order:
        assert order.state == "progress"
        dosed = sum(plant.read_record(1).quantities.values())
        assert 0 < dosed < 500
        assert sum(consumed(order).values()) == pytest.approx(dosed, abs=0.02)
    plant.finish_now()
    world.cron(READ, ARCHIVE)
    assert not world.batches()
    (history,) = world.histories("status", "acknowledged", "production_id", "notes")
    assert history["status"] == "completed" and history["acknowledged"]
    reported = plant.ledger[-1]["quantities"] if plant.ledger[-1]["quantities"] else {}
    lines = world.history_lines("silo_number", "product_name", "actual_consumption")
    assert {line["silo_number"] for line in lines} == set(recipe("CATTLE FEED 1B"))
    for line in lines:
        kg = reported[str(line["silo_number"])]
        assert line["actual_consumption"] == pytest.approx(kg, abs=0.006)
    with world.order(order_id) as order:
        assert order.state == "done"
        posted = consumed(order)
        for line in lines:
            kg = line["actual_consumption"]
            assert posted[line["product_name"]] == pytest.approx(kg, abs=0.001)
        assert posted["CaCO3"] == pytest.approx(20 * order.qty_produced / 1000, abs=0.01)
    assert plant.write_record(1).is_blank and plant.read_record(1).status_read_data


def test_read_at_every_moment(world, plant):
    """What only goes up is never doubted, whatever the scales say in between."""
    world.orders()
    world.cron(FETCH)
    plant.step()
    for _ in range(30):
        plant.step(0.0237)  # 23.7 kg
        world.cron(READ, READ)
    plant.finish_now()
    world.cron(READ, ARCHIVE)
    assert [history["status"] for history in world.histories("status")] == ["completed"]
    assert {event["severity"] for event in world.events("severity")} == {"info"}


def dosed_batch(world, plant):
    order_id = world.orders()[0]
    world.cron(FETCH)
    plant.step()
    plant.finish_now()
    return order_id


def assert_done_by_itself(world, order_id):
    world.cron(READ, ARCHIVE)
    assert not world.batches()
    with world.order(order_id) as order:
        assert order.state == "done"


def test_order_row_held_by_another_transaction(world, plant):
    order_id = dosed_batch(world, plant)
    with world.db.env() as other:
        other.cr.execute("SELECT id FROM mrp_production WHERE id = %s FOR UPDATE", [order_id])
        world.cron(READ, ARCHIVE)
        batch = world.one_batch(
            "update_odoo", "error_code", "error_message", "error_action", "retry_count"
        )
        assert not batch["update_odoo"]
        assert batch["error_code"] == "mo_locked" and batch["retry_count"] == 0
        assert "in use" in batch["error_message"] and batch["error_action"]
    assert_done_by_itself(world, order_id)


def test_statement_that_times_out(own_db, plant, layout):
    world = World(own_db, plant, layout)
    order_id = dosed_batch(world, plant)
    with world.db.env() as env:
        env.cr.execute(
            """CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$
               BEGIN PERFORM pg_sleep(5); RETURN NEW; END $$;
               CREATE TRIGGER slow BEFORE INSERT ON stock_move_line
               FOR EACH ROW EXECUTE FUNCTION slow();"""
        )
        env.cr.execute(f'ALTER DATABASE "{world.db.name}" SET statement_timeout = 500')
    world.db.reconnect()
    world.cron(READ)
    batch = world.one_batch("update_odoo", "error_code", "error_reason", "state")
    assert (batch["update_odoo"], batch["error_code"]) == (False, "odoo_error")
    assert "timeout" in batch["error_reason"]
    with world.db.env() as env:
        env.cr.execute("DROP TRIGGER slow ON stock_move_line")
        env.cr.execute(f'ALTER DATABASE "{world.db.name}" RESET statement_timeout')
    world.db.reconnect()
    assert_done_by_itself(world, order_id)


def test_missing_lot(world, plant):
    with world.device() as device:
        device.silo_ids.filtered(lambda silo: silo.number == 103).product_id.tracking = "lot"
    order_id = dosed_batch(world, plant)
    world.cron(READ)
    batch = world.one_batch("update_odoo", "error_code", "error_reason", "error_action", "state")
    assert (batch["update_odoo"], batch["error_code"]) == (False, "lot_required")
    assert "SILO C" in batch["error_reason"] and batch["state"] == "failed"
    with world.device() as device:
        silo = device.silo_ids.filtered(lambda silo: silo.number == 103)
        silo.lot_id = device.env["stock.lot"].create(
            {"name": "P-1", "product_id": silo.product_id.id}
        )
    assert_done_by_itself(world, order_id)
    with world.order(order_id) as order:
        move_line = order.move_raw_ids.move_line_ids.filtered(
            lambda line: line.plc_silo_id.number == 103
        )
        assert move_line.lot_id.name == "P-1"


def test_order_gone(world, plant, layout):
    gone = f"MO/GONE/{layout}"
    batch_id = world.script(
        mo_id=gone,
        batch_no=1,
        status_manufacturing=True,
        actual_weight_quantity_finished_goods=1000.0,
    )
    for retries in (1, 2):
        world.clear_back_off()
        world.cron(ARCHIVE)
        batch = world.one_batch("state", "error_code", "error_message", "retry_count")
        assert (batch["state"], batch["error_code"]) == ("failed", "mo_not_found")
        assert gone in batch["error_message"] and batch["retry_count"] == retries
    world.orders(2)
    world.cron(FETCH)
    assert len(world.batches()) == 1  # it keeps the queue from draining
    world.button("action_park", [batch_id])
    world.cron(FETCH)
    assert sorted(b["state"] for b in world.batches()) == ["parked", "sent", "sent"]
    world.button("action_unpark", [batch_id])
    gone_id = world.orders(name=gone)[0]
    world.clear_back_off()
    world.cron(ARCHIVE)
    with world.order(gone_id) as order:
        assert order.state == "done"
    assert [history["mo_id"] for history in world.histories("mo_id")] == [gone]
