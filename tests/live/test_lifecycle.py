"""The addon comes, is updated with data in it, goes without a trace that breaks Odoo, and comes
again."""

import pytest
from mill_world import ARCHIVE, FETCH, READ, World

MODULE = 'env["ir.module.module"].search([("name", "=", "mrp_plc_batch")])'
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
