"""The feed mill of `tests/data`, built into a database: one device, 15 silos, three recipes."""

import csv
from pathlib import Path
from types import SimpleNamespace

from odoo.fields import Command

DATA = Path(__file__).parent / "data"


def rows(name):
    with open(DATA / name, newline="") as stream:
        return list(csv.DictReader(stream))


def make_mill(env, layout="native", host="127.0.0.1", port=102, stock=0.0, **device):
    """Build a mill with products, recipes and an operation type of its own.

    :param stock: kg of every ingredient put into the source location
    :return: namespace with device, silos {number}, products {name}, boms {name}, picking_type
    """
    warehouse = env["stock.warehouse"].search([("company_id", "=", env.company.id)], limit=1)
    index = env["plc.device"].with_context(active_test=False).search_count([]) + 1
    picking_type = warehouse.manu_type_id.copy(
        {"name": "Feed Mill", "sequence_code": f"M{index}", "sequence_id": False}
    )
    products = _make_products(env)
    plc = env["plc.device"].create(
        {
            "name": "Feed Mill PLC",
            "code": f"PLC{index:02}",
            "host": host,
            "port": port,
            "layout_id": env.ref(f"mrp_plc_batch.layout_{layout}").id,
            "picking_type_ids": [Command.link(picking_type.id)],
            "connection_timeout": 1.0,
            **device,
        }
    )
    silos = env["plc.silo"].create(
        [
            {
                "device_id": plc.id,
                "number": int(row["number"]),
                "name": row["name"],
                "code": row["code"],
                "product_id": products[row["ingredient"]].id,
                "alternative_product_ids": [
                    Command.set([products[name].id for name in _alternatives(row)])
                ],
            }
            for row in rows("silos.csv")
        ]
    )
    boms = _make_boms(env, products, picking_type)
    if stock:
        env["stock.quant"].create(
            [
                {
                    "product_id": product.id,
                    "location_id": picking_type.default_location_src_id.id,
                    "quantity": stock,
                }
                for product in products.values()
            ]
        )
    return SimpleNamespace(
        device=plc,
        silos={silo.number: silo for silo in silos},
        products=products,
        boms=boms,
        picking_type=picking_type,
    )


def _alternatives(row):
    names = (name.strip() for name in row["alternative_ingredients"].split(";"))
    return [name for name in names if name]


def _make_products(env):
    """{name: product} of every ingredient and every feed; in bulk, as each test needs them."""
    units = {}
    for row in rows("recipes.csv"):
        units.setdefault(row["finished_goods"], "kg")
        units[row["ingredient"]] = row["uom"]
    for row in rows("silos.csv"):
        for name in (row["ingredient"], *_alternatives(row)):
            units.setdefault(name, "kg")
    kg, unit = env.ref("uom.product_uom_kgm").id, env.ref("uom.product_uom_unit").id
    products = env["product.product"].create(
        [
            {
                "name": name,
                "is_storable": True,
                "uom_id": kg if uom == "kg" else unit,
                "standard_price": 2.0,
            }
            for name, uom in units.items()
        ]
    )
    return {product.name: product for product in products}


def _make_boms(env, products, picking_type):
    """{feed: recipe}."""
    lines = {}
    sizes = {}
    for row in rows("recipes.csv"):
        ingredient = products[row["ingredient"]]
        sizes[row["finished_goods"]] = float(row["batch_quantity_kg"])
        lines.setdefault(row["finished_goods"], []).append(
            Command.create(
                {
                    "product_id": ingredient.id,
                    "product_qty": float(row["quantity"]),
                    "product_uom_id": ingredient.uom_id.id,
                }
            )
        )
    boms = env["mrp.bom"].create(
        [
            {
                "product_tmpl_id": products[name].product_tmpl_id.id,
                "product_qty": sizes[name],
                "product_uom_id": env.ref("uom.product_uom_kgm").id,
                "picking_type_id": picking_type.id,
                "consumption": "flexible",
                "bom_line_ids": commands,
            }
            for name, commands in lines.items()
        ]
    )
    return dict(zip(lines, boms, strict=True))


def make_orders(device, recipe="CATTLE FEED 1B", count=1, kg=1000.0, confirm=True, **vals):
    """Manufacturing orders of a recipe on a device's operation type, confirmed."""
    bom = device.env["mrp.bom"].search(
        [
            ("product_tmpl_id.name", "=", recipe),
            ("picking_type_id", "in", device.picking_type_ids.ids),
        ]
    )
    orders = device.env["mrp.production"].create(
        [
            {
                "product_id": bom.product_tmpl_id.product_variant_id.id,
                "product_qty": kg,
                "bom_id": bom.id,
                "picking_type_id": bom.picking_type_id.id,
                **vals,
            }
            for _ in range(count)
        ]
    )
    if confirm:
        orders.action_confirm()
    return orders


def recipe(name):
    """{silo number: kg} of a recipe of `tests/data`."""
    return {
        int(row["silo"]): float(row["quantity"])
        for row in rows("recipes.csv")
        if row["finished_goods"] == name and row["silo"]
    }


def consumed(order):
    """{product name: kg} that the order's components carry, as posted or about to be."""
    return {
        move.product_id.name: round(move.quantity, 2)
        for move in order.move_raw_ids
        if move.picked and move.state != "cancel"
    }


def make_small_recipe(device):
    """SMALL: 10 kg from silo 102 and 5 kg from silo 103; for tests of many orders."""
    env = device.env
    silos = {silo.number: silo for silo in device.silo_ids}
    kg = env.ref("uom.product_uom_kgm")
    product = env["product.product"].create({"name": "SMALL", "is_storable": True, "uom_id": kg.id})
    return env["mrp.bom"].create(
        {
            "product_tmpl_id": product.product_tmpl_id.id,
            "product_qty": 1000,
            "product_uom_id": kg.id,
            "picking_type_id": device.picking_type_ids[:1].id,
            "bom_line_ids": [
                Command.create({"product_id": silos[number].product_id.id, "product_qty": qty})
                for number, qty in ((102, 10.0), (103, 5.0))
            ],
        }
    )
