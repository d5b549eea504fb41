"""Two companies' plants in one run of the scheduled actions, each valued by its own company."""

import pytest
from mill_world import ARCHIVE, FETCH, READ
from plant.plant import Plant

from odoo.addons.mrp_plc_batch.tests.mill import make_mill, make_orders, make_small_recipe

INSTALL = (
    "env['ir.module.module'].search([('name', '=', 'mrp_account')]).button_immediate_install()"
)
COSTS = {"KOPRA": (2.0, 7.0), "POLLARD ANGSA": (3.0, 11.0)}  # a kg, in each company


@pytest.fixture
def plants():
    kind = {"manual": True, "speed": 1000.0}
    with Plant("native", **kind) as one, Plant("word_map", **kind) as two:
        yield one, two
    assert not one.violations + two.violations


def mill_of(env, company, plant, cost):
    env = env(context={"allowed_company_ids": company.ids})
    if not env["stock.warehouse"].search([("company_id", "=", company.id)]):
        env["stock.warehouse"].create({"name": company.name, "code": "OM"})
    mill = make_mill(env, layout=plant.layout_name, port=plant.port, stock=1000.0)
    product = make_small_recipe(mill.device).product_tmpl_id
    product.categ_id = env["product.category"].create(
        {"name": "Feeds", "property_cost_method": "average"}
    )
    for name in COSTS:
        mill.products[name].standard_price = COSTS[name][cost]
    return mill


def test_each_device_works_and_values_in_its_own_company(own_db, plants):
    process = own_db.run(INSTALL)
    output, _ = process.communicate()
    assert process.returncode == 0, output
    one, two = plants
    one.layout_name, two.layout_name = "native", "word_map"
    with own_db.env() as env:
        env["ir.config_parameter"].set_param("mrp_plc_batch.quiet_seconds", "0")
        companies = env.company | env["res.company"].create({"name": "Other Mill"})
        devices = env["plc.device"]
        order_ids = []
        for index, (company, plant) in enumerate(zip(companies, plants, strict=True)):
            mill = mill_of(env, company, plant, index)
            devices |= mill.device.with_env(env)
            order_ids += make_orders(mill.device, "SMALL").ids
        device_ids = devices.ids
    for task in (FETCH, READ, ARCHIVE):
        if task == READ:
            for plant in plants:
                plant.step()
                plant.finish_now()
        with own_db.env() as env:
            getattr(env["mo.batch"], task)(devices=env["plc.device"].browse(device_ids))
    with own_db.env() as env:
        assert not env["mo.batch"].search([])
        for index, order in enumerate(env["mrp.production"].browse(order_ids)):
            assert order.state == "done"
            moves = order.move_raw_ids
            assert (
                moves.company_id == order.move_finished_ids.company_id == companies_of(env)[index]
            )
            for move in moves:
                cost = COSTS[move.product_id.name][index]
                assert move.value == pytest.approx(move.quantity * cost, abs=0.01)
            made = sum(moves.mapped("value"))
            assert made and sum(order.move_finished_ids.mapped("value")) == pytest.approx(
                made, abs=0.05
            )


def companies_of(env):
    return env["res.company"].search([], order="id")
