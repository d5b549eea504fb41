"""The pivot of doses ÷ Odoo's own of as many stock move lines."""

from big_history import LINES, fill
from conftest import Database
from figures import counted, in_turn, ratio
from growth import small_mill

ROWS = 100_000
MEASURES = {  # as the pivot opens, and with as many as Odoo's
    "as it opens": ("planned", "dosed", "deviation", "out_count", "deviation_cost"),
    "two measures": ("planned", "dosed"),
}
MOVE_MEASURES = ("quantity", "quantity_product_uom")


def bench_pivot(_database, options):
    """Of the same number of rows, groups and columns, for an ordinary user."""
    own = Database()
    try:
        with small_mill(own) as world:
            fill(world, ROWS // LINES)
            _fill_moves(world)
            for what, measures in MEASURES.items():
                yield _row(world, what, measures, options.rounds)
    finally:
        own.drop()


def _row(world, what, measures, rounds):
    pivots = [
        lambda: _pivot(world, "plc.dose.report", "silo", measures),
        lambda: _pivot(world, "stock.move.line", "product_id", MOVE_MEASURES),
    ]
    groups = [pivot() for pivot in pivots]
    if groups[0] != groups[1]:
        raise RuntimeError(f"not the same number of groups: {groups}")
    with counted() as statements:
        pivots[0]()
    what = f"pivot of {ROWS:,} doses, {what} ÷ of stock move lines"
    return ratio("pivot", what, *in_turn(*pivots, rounds), sql=len(statements))


def _pivot(world, model, row, measures):
    """As the web client asks: rows by ingredient, columns by day, and the totals of both.

    :return: number of groups in each of the four
    """
    sets = [[], [row], ["date:day"], [row, "date:day"]]
    aggregates = ["__count", *(f"{name}:sum" for name in measures)]
    with world.db.env() as env:
        records = env[model].with_user(env.ref("base.user_admin"))
        domain = [("company_id", "=", records.env.company.id), ("date", "!=", False)]
        found = records.formatted_read_grouping_sets(domain, sets, aggregates)
    return [len(groups) for groups in found]


def _fill_moves(world):
    """A done stock move line for each dose: of one product a silo, at the same time."""
    with world.device() as device:
        env = device.env
        env.cr.execute(
            """INSERT INTO stock_move_line (product_id, product_uom_id, location_id,
                      location_dest_id, company_id, state, quantity, quantity_product_uom, picked,
                      date, create_date, write_date)
               SELECT (%(products)s)[silo_number - 100], %(unit)s, %(place)s, %(place)s,
                      company_id, 'done', actual_consumption, actual_consumption, true,
                      date, date, date
                 FROM mo_histories_line""",
            {
                "products": device.silo_ids.product_id.ids[:LINES],
                "unit": env["uom.uom"]._plc_kg().id,
                "place": env.ref("stock.stock_location_stock").id,
            },
        )
    with world.db.env() as env:
        env.cr.execute("ANALYZE stock_move_line")
