"""The addon comes, is updated with data in it, goes without a trace that breaks Odoo, and comes
again."""

from datetime import timedelta

import pytest
from mill_world import ARCHIVE, FETCH, READ, World
from steps import assert_closed_with, dose_all

MODULE = 'env["ir.module.module"].search([("name", "=", "mrp_plc_batch")])'
NEIGHBOURS = """
modules = env["ir.module.module"].search(
    [("name", "in", ("mrp_account", "stock_account", "product_expiry", "mrp_subcontracting"))]
)
assert len(modules) == 4
modules.button_immediate_install()
"""
AN_ORDER_WITHOUT_US = """
from odoo import Command
kg = env.ref("uom.product_uom_kgm")
feed, corn = env["product.product"].create(
    [{"name": name, "is_storable": True, "uom_id": kg.id} for name in ("FEED", "CORN")]
)
bom = env["mrp.bom"].create({
    "product_tmpl_id": feed.product_tmpl_id.id,
    "bom_line_ids": [Command.create({"product_id": corn.id, "product_qty": 1})],
})
order = env["mrp.production"].create({"product_id": feed.id, "bom_id": bom.id, "product_qty": 5})
order.action_confirm()
order.button_mark_done()
assert order.state == "done", order.state
env["mrp.production"].search([]).read()
env["stock.move.line"].search([]).read()
left = env["ir.model.data"].search([("module", "=", "mrp_plc_batch")])
assert not left, left.mapped("complete_name")
assert not env["ir.config_parameter"].search([("key", "like", "mrp_plc_batch")])
env.cr.execute(
    "SELECT table_name, column_name FROM information_schema.columns"
    " WHERE table_schema = 'public' AND column_name LIKE 'plc\\\\_%' OR table_name LIKE 'plc\\\\_%'"
    " OR table_name LIKE 'mo\\\\_batch%' OR table_name LIKE 'mo\\\\_histories%'"
)
assert not env.cr.fetchall()
"""


def run(db, script):
    process = db.run(script)
    said, _ = process.communicate(timeout=300)
    assert process.returncode == 0, said[-3000:]
    ours = [line for line in said.splitlines() if "WARNING" in line and "mrp_plc_batch" in line]
    assert not ours, ours


@pytest.mark.parametrize("layout", ["native"])
def test_updated_removed_and_installed_again(own_db, plant, layout):
    world = World(own_db, plant, layout)
    world.orders(2)
    world.cron(FETCH)
    plant.step()
    plant.finish_now()
    world.cron(READ, ARCHIVE)
    assert len(world.batches()) == 1 and len(world.histories("mo_id")) == 1
    with world.device() as device:
        device.env.ref("mrp_plc_batch.ir_cron_read_plc").interval_number = 2
        device.env["ir.config_parameter"].set_param("mrp_plc_batch.tolerance_kg", "0.5")

    run(own_db, f"{MODULE}.button_immediate_upgrade()")
    own_db.reload()
    assert len(world.batches()) == 1 and len(world.histories("mo_id")) == 1
    with world.device() as device:
        assert device.env.ref("mrp_plc_batch.ir_cron_read_plc").interval_number == 2
    plant.step()
    plant.finish_now()
    world.cron(READ, ARCHIVE)
    assert len(world.histories("mo_id")) == 2

    run(own_db, f"{MODULE}.button_immediate_uninstall()")
    run(own_db, AN_ORDER_WITHOUT_US)
    run(own_db, f"{MODULE}.button_immediate_install()")
    own_db.reload()
    with own_db.env() as env:
        assert env.ref("mrp_plc_batch.layout_native").slot_count == 10
        assert not env["mo.histories"].search([])


def subcontract(env, product):
    """A recipe that a subcontractor works by, and an order of its own operation type."""
    partner = env["res.partner"].create({"name": "Toll mill"})
    feed = product.copy({"name": "TOLL FEED"})
    env["mrp.bom"].create(
        {
            "product_tmpl_id": feed.product_tmpl_id.id,
            "type": "subcontract",
            "subcontractor_ids": partner.ids,
            "bom_line_ids": [(0, 0, {"product_id": product.id, "product_qty": 1.0})],
        }
    )
    warehouse = env["stock.warehouse"].search([("company_id", "=", env.company.id)], limit=1)
    receipt = env["stock.picking"].create(
        {
            "partner_id": partner.id,
            "picking_type_id": warehouse.in_type_id.id,
            "move_ids": [(0, 0, {"product_id": feed.id, "product_uom_qty": 100.0})],
        }
    )
    receipt.action_confirm()
    order = env["mrp.production"].search([("product_id", "=", feed.id)])
    assert order.state == "confirmed" and order.picking_type_id == warehouse.subcontracting_type_id
    return order.id


@pytest.mark.parametrize("layout", ["native"])
def test_beside_expiry_dates_and_subcontracting(own_db, plant, layout):
    """An expiring lot is dosed and posted; a subcontractor's order is none of the mill's."""
    run(own_db, NEIGHBOURS)
    own_db.reload()
    world = World(own_db, plant, layout)
    with world.device() as device:
        env = device.env
        silo = device.silo_ids.filtered(lambda silo: silo.number == 103)
        ingredient = silo.product_id.copy(
            {"name": "EXPIRING", "tracking": "lot", "use_expiration_date": True}
        )
        lines = env["mrp.bom.line"].search([("product_id", "=", silo.product_id.id)])
        lines.product_id = ingredient
        expired = env.cr.now() - timedelta(days=1)
        lot = env["stock.lot"].create(
            {"name": "L1", "product_id": ingredient.id, "expiration_date": expired}
        )
        silo.write({"product_id": ingredient.id, "lot_id": lot.id})
        lot_id, toll_id = lot.id, subcontract(env, ingredient)
    (name,) = world.names(world.orders())
    world.cron(FETCH)
    dose_all(plant)
    world.cron(READ, ARCHIVE)
    batch = world.one_batch("error_code", "error_reason", "state")
    assert (batch["error_code"], batch["state"]) == ("odoo_error", "failed")
    assert "asked a question" in batch["error_reason"]
    assert "onfirm" in batch["error_reason"], "Odoo wants an expired lot confirmed, and it is said"
    with own_db.env() as env:
        env["stock.lot"].browse(lot_id).expiration_date = env.cr.now() + timedelta(days=90)
    world.clear_back_off()
    world.cron(ARCHIVE)
    assert_closed_with(world, plant, name)
    with world.order(toll_id) as toll:
        assert toll.state == "confirmed" and not toll.plc_device_id and not toll.plc_skip_reason


def test_the_sample_plant_on_an_empty_database(own_db):
    """A button brings it, without Odoo's demo data, and it speaks to nobody yet."""
    with own_db.env() as env:
        env["plc.device"].with_user(env.ref("base.user_admin")).action_load_sample_plant()
    with own_db.env() as env:
        devices = env["plc.device"].search([])
        assert devices.mapped("code") == ["PLC01", "PLC02"] and all(devices.mapped("paused"))
        assert len(devices[0].silo_ids) == 15
        assert env["mrp.production"].search_count([("state", "=", "confirmed")]) >= 10
        assert env["mo.batch"].search_count([("error_code", "!=", False)]) >= 3
    with own_db.env() as env:  # the README's ten minutes
        batch = env["mo.batch"].search([("mo_id", "=", "MIX/00203")])
        assert (batch.state, batch.error_code) == ("parked", "lot_required")
        assert "no lot of it is set on BIN 5" in batch.error_reason
        silo = batch.line_ids.silo_id.filtered(lambda silo: silo.name == "BIN 5")
        assert not silo.lot_id
        lot = {"name": "VM-2026-01", "product_id": silo.product_id.id}
        silo.lot_id = env["stock.lot"].create(lot)
        batch_id = batch.id
    for button in ("action_unpark", "action_retry"):
        with own_db.env() as env:
            getattr(env["mo.batch"].browse(batch_id), button)()
    with own_db.env() as env:
        history = env["mo.histories"].search([("batch_id_was", "=", batch_id)])
        assert (history.status, history.production_id.state) == ("completed", "done")
