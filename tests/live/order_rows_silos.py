"""Rows of the table of orders: which silo doses what, in which unit, from which lot and place."""

from order_case import Row

from odoo.fields import Command


def silo_on_recipe(mill):
    mill.line("KOPRA").plc_silo_id = mill.silo(101)
    mill.silo(101).product_id = False


def silo_on_order(order):
    move = order.move_raw_ids.filtered(lambda move: move.product_id.name == "KOPRA")
    move.plc_silo_id = order.plc_device_id.silo_ids.filtered(lambda silo: silo.number == 112)


def alternative(mill):
    mill.silo(102).write(
        {
            "product_id": False,
            "alternative_product_ids": [Command.set(mill.line("CGF").product_id.ids)],
        }
    )
    mill.silo(105).write(
        {
            "product_id": mill.silo(112).product_id.id,
            "alternative_product_ids": [Command.set(mill.line("KOPRA").product_id.ids)],
        }
    )


def second_silo(mill):
    mill.silo(101).write({"product_id": mill.silo(102).product_id.id, "sequence": 1})


def two_silos_with_places(mill):
    second_silo(mill)
    mill.place(101, 60.0)
    mill.place(102, 500.0)


def first_of_two_silos_with_a_place(mill):
    second_silo(mill)
    mill.place(101, 60.0)


def kit(mill):
    molasses = mill.line("TETES")
    kit = mill.env["product.product"].create({"name": "LIQUIDS KIT"})
    mill.env["mrp.bom"].create(
        {
            "product_tmpl_id": kit.product_tmpl_id.id,
            "type": "phantom",
            "bom_line_ids": [
                Command.create({"product_id": mill.silo(114).product_id.id, "product_qty": 40}),
                Command.create({"product_id": mill.silo(115).product_id.id, "product_qty": 30}),
            ],
        }
    )
    molasses.write(
        {
            "product_id": kit.id,
            "product_qty": 1,
            "product_uom_id": mill.env.ref("uom.product_uom_unit").id,
        }
    )
    mill.line("FML").unlink()


def kit_was_dosed(case, order):
    assert case.moves(order, "TETES").quantity and case.moves(order, "FML").quantity
    assert not case.moves(order, "LIQUIDS KIT")


def twice_on_recipe(mill):
    line = mill.line("KOPRA")
    line.copy({"bom_id": mill.bom.id, "product_qty": 50, "sequence": line.sequence + 1})


def both_lines_have_their_share(case, order):
    moves = case.moves(order, "KOPRA")
    small, large = sorted(moves.mapped("quantity"))
    assert len(moves) == 2 and abs(large - 3 * small) < 0.05


def one_gram_line(mill):
    mill.line("SAWIT").write(
        {"product_qty": 0.22, "product_uom_id": mill.env.ref("uom.product_uom_ton").id}
    )
    mill.line("CGF").write(
        {"product_qty": 10_000, "product_uom_id": mill.env.ref("uom.product_uom_gram").id}
    )


def kept_in_grams(mill):
    gram = mill.env.ref("uom.product_uom_gram")
    product = mill.product("GRAMS", uom_id=gram.id)
    mill.stock(product, 90_000_000.0)
    mill.line("CGF").write(
        {"product_id": product.id, "product_qty": 10_000, "product_uom_id": gram.id}
    )
    mill.silo(105).product_id = product


def kept_in_tonnes(mill):
    tonne = mill.env.ref("uom.product_uom_ton")
    product = mill.product("TONNES", uom_id=tonne.id)
    mill.line("CGF").write({"product_id": product.id})
    mill.silo(105).product_id = product


def tracked(number):
    def setup(mill):
        mill.silo(number).product_id.tracking = "lot"
        mill.lot(number, f"LOT-{number}")

    return setup


def all_tracked(mill):
    for number in (102, 103, 105, 109, 110, 111, 114, 115):
        tracked(number)(mill)


def two_silos_two_lots(mill):
    second_silo(mill)
    mill.silo(101).product_id.tracking = "lot"
    mill.place(101)
    mill.place(102)
    mill.lot(101, "OLD", kg=60.0)
    mill.lot(102, "NEW")


def two_lots_were_posted(case, order):
    lots = case.moves(order, "KOPRA").move_line_ids.lot_id.mapped("name")
    assert sorted(lots) == ["NEW", "OLD"]


def lot_is_missing(mill):
    mill.silo(103).product_id.tracking = "lot"
    mill.lot(103, "LATE")
    mill.silo(103).lot_id = False


def set_lot(mill):
    silo = mill.silo(103)
    silo.lot_id = mill.env["stock.lot"].search(
        [("name", "=", "LATE"), ("product_id", "=", silo.product_id.id)]
    )


def added_and_marked(case, order):
    move = case.moves(order, "BSJ")
    assert move.plc_added and move.state == "done" and abs(move.quantity - 12.5) < 0.01


SILO_ROWS = [
    Row("plain"),
    Row("silo named on the recipe's line", setup=silo_on_recipe, doses={101: "KOPRA"}),
    Row("silo named on the order's line", confirmed=silo_on_order, doses={112: "KOPRA"}),
    Row("alternatives", setup=alternative, doses={105: "KOPRA", 102: "CGF"}),
    Row("several silos, no stock location", setup=second_silo),
    Row("several silos, stock locations", setup=two_silos_with_places),
    Row("several silos, one stock location", setup=first_of_two_silos_with_a_place),
    Row("kit", setup=kit, check=kit_was_dosed),
    Row("one ingredient on two lines", setup=twice_on_recipe, check=both_lines_have_their_share),
    Row(
        "substitute dosed",
        running=lambda plant: plant.dose(1, 113, 12.5),
        check=added_and_marked,
    ),
    Row("zero at the end", finished=lambda plant: plant.dose(1, 115, 0.0)),
    Row(
        "correction down after an early sync",
        finished=lambda plant: (plant.dose(1, 102, 0.0), plant.dose(1, 103, 120.4)),
    ),
    Row("order lines in g and t", setup=one_gram_line),
    Row("ingredient kept in g", setup=kept_in_grams),
    Row("ingredient kept in t", setup=kept_in_tonnes, skipped="TONNES"),
    Row("tracked ingredient, one lot", setup=tracked(103)),
    Row("every ingredient tracked", setup=all_tracked),
    Row("two silos, two lots", setup=two_silos_two_lots, check=two_lots_were_posted),
    Row("lot set later", setup=lot_is_missing, refused="lot_required", repair=set_lot),
]
