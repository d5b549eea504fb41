"""From an empty database to the first finished batch, against a plant; then the sample plant."""

from plant.plant import Plant

STEPS = ".o_plc_first_steps"
DONE = "[...document.querySelectorAll('.o_plc_step_done strong')].map((title) => title.innerText)"
KG = 15.0


def set_up(person, port):
    """What the steps ask for; the panel is looked at by the caller."""
    kg = person.call_kw("ir.model.data", "check_object_reference", "uom", "product_uom_kgm")[1]
    names = ("FIRST FEED", "CORN", "BRAN")
    feed, *ingredients = person.call_kw(
        "product.product",
        "create",
        [{"name": name, "is_storable": True, "uom_id": kg} for name in names],
    )
    (template,) = person.call_kw("product.product", "read", [feed], ["product_tmpl_id"])
    lines = [
        [0, 0, {"product_id": product, "product_qty": quantity}]
        for product, quantity in zip(ingredients, (10, 5), strict=True)
    ]
    bom = {
        "product_tmpl_id": template["product_tmpl_id"][0],
        "product_qty": KG,
        "product_uom_id": kg,
        "bom_line_ids": lines,
    }
    (bom_id,) = person.call_kw("mrp.bom", "create", [bom])
    (type_id,) = person.call_kw(
        "stock.picking.type", "search", [["code", "=", "mrp_operation"]], limit=1
    )
    (layout,) = person.call_kw("plc.layout", "search", [["name", "ilike", "native"]], limit=1)
    device = {
        "name": "First PLC",
        "code": "PLC01",
        "host": "127.0.0.1",
        "port": port,
        "layout_id": layout,
        "picking_type_ids": [[4, type_id]],
    }
    (device_id,) = person.call_kw("plc.device", "create", [device])
    return device_id, ingredients, {"product_id": feed, "bom_id": bom_id, "product_qty": KG}


def wait_for_steps(person, *titles):
    person.wait_for(f"JSON.stringify({DONE}) === JSON.stringify({list(titles)})")


def test_to_the_first_finished_batch(newcomer):
    with Plant("native", speed=1000.0) as plant:
        newcomer.visit("action-mrp_plc_batch.action_plc_board")
        newcomer.wait_for_text("First steps", STEPS)
        newcomer.wait_for_text("Load the Sample Plant", STEPS)
        assert newcomer.run(DONE) == []
        device, ingredients, order = set_up(newcomer, plant.port)
        wait_for_steps(newcomer, "Memory map", "Device")
        assert "Load the Sample Plant" not in newcomer.text(STEPS)
        newcomer.call_kw("plc.device", "action_test_connection", [device])
        wait_for_steps(newcomer, "Memory map", "Device", "Test")
        silos = [
            {"device_id": device, "number": number, "code": f"silo{number}", "name": name}
            | {"product_id": product}
            for number, name, product in zip((101, 102), "AB", ingredients, strict=True)
        ]
        newcomer.call_kw("plc.silo", "create", silos)
        wait_for_steps(newcomer, "Memory map", "Device", "Test", "Silos")
        (order_id,) = newcomer.call_kw("mrp.production", "create", [order])
        newcomer.call_kw("mrp.production", "action_confirm", [order_id])
        newcomer.call_kw("plc.device", "action_send_now", [device])
        wait_for_steps(newcomer, "Memory map", "Device", "Test", "Silos", "First order")
        newcomer.wait_for("document.querySelectorAll('.o_plc_card').length >= 10")

        def read():
            newcomer.call_kw("plc.device", "action_read_now", [device])
            newcomer.call_kw("plc.device", "action_archive_now", [device])
            return newcomer.call_kw("mo.histories", "search_count", [["status", "=", "completed"]])

        while not read():
            pass
        newcomer.wait_for(f"!document.querySelector('{STEPS}')")
        assert newcomer.is_same_page()
    (found,) = newcomer.call_kw("mrp.production", "read", [order_id], ["state"])
    assert found["state"] == "done"
