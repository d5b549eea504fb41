"""One row of the table of orders: how it differs from a plain order, and how it is run."""

from collections.abc import Callable
from dataclasses import dataclass, field

import ledgers
from mill_world import ARCHIVE, FETCH, READ, World

OPEN = ("draft", "confirmed", "waiting", "partially_available", "assigned")


class Mill:
    """The mill's records by their names, for a row's set-up."""

    def __init__(self, device):
        self.device, self.env = device, device.env
        self.bom = self.env["mrp.bom"].search(
            [
                ("product_tmpl_id.name", "=", "CATTLE FEED 1B"),
                ("picking_type_id", "in", device.picking_type_ids.ids),
            ]
        )
        self.source = device.picking_type_ids.default_location_src_id

    def silo(self, number):
        return self.device.silo_ids.filtered(lambda silo: silo.number == number)

    def line(self, name):
        return self.bom.bom_line_ids.filtered(lambda line: line.product_id.name == name)

    def product(self, name, **vals):
        """A new ingredient, with stock at the orders' source."""
        product = self.env["product.product"].create({"name": name, "is_storable": True, **vals})
        self.stock(product, 10_000.0)
        return product

    def place(self, number, kg=0.0):
        """A stock location of its own for a silo."""
        silo = self.silo(number)
        silo.location_id = self.env["stock.location"].create(
            {"name": f"{silo.name} {self.device.code}", "location_id": self.source.id}
        )
        if kg:
            self.stock(silo.product_id, kg, silo.location_id)

    def lot(self, number, name, kg=10_000.0):
        """A lot of a silo's ingredient, set on the silo and in stock where it doses from."""
        silo = self.silo(number)
        silo.lot_id = self.env["stock.lot"].create({"name": name, "product_id": silo.product_id.id})
        if kg:
            self.stock(silo.product_id, kg, silo.location_id, silo.lot_id)

    def stock(self, product, kg, location=None, lot=None):
        self.env["stock.quant"]._update_available_quantity(
            product, location or self.source, kg, lot_id=lot
        )


@dataclass
class Row:
    """How an order and its plant differ from a plain order.

    `setup(mill)` before the order is made, `confirmed(order)` after; `running(plant)` and
    `meanwhile(order)` after the first doses, `finished(plant)` before the last read;
    `repair(mill)` between an archiving that is refused with `refused` and the one that succeeds;
    `check(case, order)` at the end.
    """

    name: str
    setup: Callable | None = None
    confirmed: Callable | None = None
    running: Callable | None = None
    meanwhile: Callable | None = None
    finished: Callable | None = None
    repair: Callable | None = None
    check: Callable | None = None
    device: dict = field(default_factory=dict)
    order: dict = field(default_factory=dict)
    finish: dict = field(default_factory=dict)  # how the PLC ends the order
    doses: dict = field(default_factory=dict)  # {silo: ingredient} where it is not the current one
    skipped: str = ""  # a word of the reason why it is not sent
    refused: str = ""  # the error code that the first archiving ends with
    closes: bool = True


class Case:
    """A row on its way through fetch, dose, read and archive."""

    def __init__(self, row, db, plant, layout):
        self.row, self.plant = row, plant
        self.world = World(db, plant, layout, **row.device)
        with self.world.device() as device:
            if row.setup:
                row.setup(Mill(device))
        self.order_id = self.world.orders(**row.order)[0]
        with self.world.order(self.order_id) as order:
            if row.confirmed:
                row.confirmed(order)
            self.name = order.name
            self.planned = order.product_qty
            self.before = ledgers.of_stock(order)

    def run(self):
        self.world.cron(FETCH)
        if self.row.skipped:
            self.check_skipped()
        else:
            self.run_at_plant()

    def run_at_plant(self):
        row, world, plant = self.row, self.world, self.plant
        plant.step()
        plant.step(0.31)
        world.cron(READ)
        self.check_running()
        if row.running:
            row.running(plant)
            world.cron(READ)
            self.check_running()
        if row.meanwhile:
            with world.order(self.order_id) as order:
                row.meanwhile(order)
        plant.finish_now(**row.finish)
        if row.finished:
            row.finished(plant)
        world.cron(READ, ARCHIVE)
        if row.refused:
            assert world.one_batch("error_code")["error_code"] == row.refused
            if row.repair:
                with world.device() as device:
                    row.repair(Mill(device))
                world.clear_back_off()
                world.cron(READ, ARCHIVE)
        if row.closes:
            self.check_closed()
        if row.check:
            with world.order(self.order_id) as order:
                row.check(self, order)

    def check_skipped(self):
        assert not self.world.batches()
        with self.world.order(self.order_id) as order:
            assert self.row.skipped in order.plc_skip_reason
            assert order.state == "confirmed"
            if self.row.check:
                self.row.check(self, order)

    def check_running(self):
        """What the PLC reports by now is in the batch and in the order's move lines."""
        with self.world.order(self.order_id) as order:
            batch = order.plc_batch_ids
            assert batch.state == "running" or batch.error_code
            if batch.error_code:
                return
            names = set(batch.line_ids.product_id.mapped("name"))
            ledgers.assert_agree(
                batch=ledgers.of_batch(order, batch), order=ledgers.of_moves(order, names, OPEN)
            )
            on_plc = self.plant.read_record(1).quantities
            for line in batch.line_ids:
                assert abs(line.actual_consumption - on_plc[line.silo_number]) < ledgers.CENT

    def check_closed(self):
        """The batch is history, the order is done, and the three ledgers agree."""
        assert not self.world.batches()
        with self.world.order(self.order_id) as order:
            (history,) = order.env["mo.histories"].search([("production_id", "=", order.id)])
            assert (history.status, history.acknowledged) == ("completed", True)
            assert order.state == "done"
            assert order.product_qty == self.planned
            names = set(history.line_ids.product_id.mapped("name"))
            ledgers.assert_agree(
                plant=ledgers.of_plant(self, order),
                history=ledgers.of_history(order, history),
                moves=ledgers.of_moves(order, names, ["done"]),
                stock=ledgers.taken(self.before, ledgers.of_stock(order), names),
            )
            assert not order.env["mrp.production"].search(
                [("id", "!=", order.id), ("origin", "=", order.name)]
            )
            assert len(order.production_group_id.production_ids) == 1  # no backorder

    def history(self, order):
        return order.env["mo.histories"].search([("mo_id", "=", self.name)])

    def moves(self, order, name):
        return order.move_raw_ids.filtered(lambda move: move.product_id.name == name)
