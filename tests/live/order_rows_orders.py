"""Rows of the table of orders: stock, warehouses, recipes and operation types."""

from order_case import Row

from odoo.fields import Command

BY_HAND = {"TOXIN BINDER": 0.5, "CaCO3": 20.0, "GARAM": 2.5}  # kg in 1,000 kg


def reserve(order):
    order.action_assign()
    assert order.reservation_state == "assigned"


def unreserve(order):
    order.do_unreserve()
    assert not any(order.move_raw_ids.mapped("quantity"))


def no_stock(mill):
    for product in mill.bom.bom_line_ids.product_id:
        mill.stock(product, -100_000.0)


def some_by_hand_are_missing(mill):
    mill.stock(mill.line("CaCO3").product_id, -99_995.0)


def by_product(mill):
    product = mill.env["product.product"].create({"name": "DUST", "is_storable": True})
    mill.bom.byproduct_ids = [
        Command.create(
            {
                "product_id": product.id,
                "product_qty": 20.0,
                "product_uom_id": mill.env.ref("uom.product_uom_kgm").id,
            }
        )
    ]


def by_product_was_made(case, order):
    dust = order.move_byproduct_ids
    assert dust.state == "done"
    assert abs(dust.quantity - 20.0 * order.qty_produced / 1000.0) < 0.02


def routing(mill):
    workcenter = mill.env["mrp.workcenter"].create({"name": "Mixer"})
    mill.bom.operation_ids = [
        Command.create({"name": name, "workcenter_id": workcenter.id, "time_cycle_manual": 5.0})
        for name in ("Mix", "Cool")
    ]


def start_work(order):
    order.workorder_ids[0].button_start()


def finish_work(order):
    order.workorder_ids[0].button_start()
    order.workorder_ids[0].button_finish()


def work_is_finished(case, order):
    assert order.workorder_ids.mapped("state") == ["done", "done"]


def product_by_lot(mill):
    mill.bom.product_tmpl_id.tracking = "lot"


def product_and_ingredients_by_lot(mill):
    product_by_lot(mill)
    for number in (102, 103, 105, 109, 110, 111, 114, 115):
        mill.silo(number).product_id.tracking = "lot"
        mill.lot(number, f"LOT-{number}")


def one_lot_was_made(case, order):
    finished = order.move_finished_ids.move_line_ids
    assert len(finished.lot_id) == 1
    assert abs(sum(finished.mapped("quantity")) - order.qty_produced) < 0.01


def lot_chosen(order):
    order.lot_producing_ids = order.env["stock.lot"].create(
        {"name": f"MINE-{order.id}", "product_id": order.product_id.id}
    )


def chosen_lot_was_made(case, order):
    lot = order.move_finished_ids.move_line_ids.lot_id
    assert lot.name == f"MINE-{order.id}"


def hand_tracked(mill):
    product = mill.line("CaCO3").product_id
    product.tracking = "lot"
    lot = mill.env["stock.lot"].create({"name": "CHALK", "product_id": product.id})
    mill.stock(product, 1_000.0, lot=lot)


def warehouse(steps):
    def setup(mill):
        house = mill.env["stock.warehouse"].create(
            {
                "name": f"Mill {mill.device.code}",
                "code": f"H{mill.device.id}",
                "manufacture_steps": steps,
            }
        )
        mill.device.picking_type_ids.plc_device_id = False
        house.manu_type_id.plc_device_id = mill.device
        mill.bom.picking_type_id = house.manu_type_id
        for product in mill.bom.bom_line_ids.product_id:
            mill.stock(product, 100_000.0, house.lot_stock_id)

    return setup


def pick(order):
    pickings = order.picking_ids.filtered(lambda p: p.location_dest_id == order.location_src_id)
    assert pickings
    pickings.action_assign()
    pickings.move_ids.picked = True
    pickings._action_done()
    assert pickings.mapped("state") == ["done"]


def stored_picking_follows(case, order):
    moves = order.move_finished_ids.move_dest_ids
    assert moves and sum(moves.mapped("product_uom_qty")) > 0


def highlighted(order):
    order.move_raw_ids.filtered(lambda move: move.product_id.name == "CaCO3").write(
        {"manual_consumption": True}
    )


def auto_print(*names):
    def setup(mill):
        mill.device.picking_type_ids.write({f"auto_print_{name}": True for name in names})

    return setup


def auto_print_lot(mill):
    auto_print("generated_mrp_lot", "done_mrp_lot")(mill)
    product_and_ingredients_by_lot(mill)


def backorder(policy):
    def setup(mill):
        mill.device.picking_type_ids.create_backorder = policy

    return setup


def consumption(policy):
    def setup(mill):
        mill.bom.consumption = policy

    return setup


def produced(kg):
    def check(case, order):
        assert order.qty_produced == kg
        for name, planned in BY_HAND.items():
            assert abs(case.moves(order, name).quantity - planned * kg / 1000.0) < 0.011

    return check


ORDER_ROWS = [
    Row("reserved", confirmed=reserve),
    Row("not reserved", confirmed=unreserve),
    Row("no stock at all", setup=no_stock),
    Row("hand-dosed component not there", setup=some_by_hand_are_missing),
    Row("by-products", setup=by_product, check=by_product_was_made),
    Row("work orders", setup=routing, check=work_is_finished),
    Row(
        "work order started meanwhile", setup=routing, meanwhile=start_work, check=work_is_finished
    ),
    Row("work order done meanwhile", setup=routing, meanwhile=finish_work, check=work_is_finished),
    Row("product by lot", setup=product_by_lot, check=one_lot_was_made),
    Row(
        "product by lot, not reserved",
        setup=product_by_lot,
        confirmed=unreserve,
        check=one_lot_was_made,
    ),
    Row(
        "product and ingredients by lot",
        setup=product_and_ingredients_by_lot,
        check=one_lot_was_made,
    ),
    Row(
        "product by lot, lot chosen",
        setup=product_by_lot,
        confirmed=lot_chosen,
        check=chosen_lot_was_made,
    ),
    Row("hand-dosed component by lot", setup=hand_tracked, confirmed=reserve),
    Row("highlighted consumption", confirmed=highlighted),
    Row("two steps, not picked", setup=warehouse("pbm")),
    Row("two steps, picked", setup=warehouse("pbm"), confirmed=pick),
    Row(
        "three steps, picked",
        setup=warehouse("pbm_sam"),
        confirmed=pick,
        check=stored_picking_follows,
    ),
    Row("three steps, not picked", setup=warehouse("pbm_sam"), check=stored_picking_follows),
    Row(
        "components required, not picked",
        setup=warehouse("pbm"),
        device={"require_components": True},
        skipped="components are not all there",
    ),
    Row(
        "components required, picked",
        setup=warehouse("pbm_sam"),
        device={"require_components": True},
        confirmed=pick,
    ),
    Row("components required, in stock", device={"require_components": True}),
    Row(
        "components required, no stock",
        setup=no_stock,
        device={"require_components": True},
        skipped="components are not all there",
    ),
    *(
        Row(
            f"{name}, backorder {policy}",
            setup=backorder(policy),
            finish={"weight": kg},
            check=produced(kg),
        )
        for policy in ("ask", "always", "never")
        for name, kg in (("underweight", 812.34), ("overweight", 1187.66))
    ),
    Row(
        "auto-print",
        setup=auto_print(
            "done_production_order",
            "done_mrp_product_labels",
            "mrp_reception_report",
            "mrp_reception_report_labels",
            "generated_mrp_lot",
            "done_mrp_lot",
        ),
    ),
    Row("auto-print of lots", setup=auto_print_lot, check=one_lot_was_made),
    *(
        Row(
            f"consumption {policy}",
            setup=consumption(policy),
            running=lambda plant: plant.dose(1, 113, 40.0),
        )
        for policy in ("flexible", "warning", "strict")
    ),
]
