"""Orders of 15 dosed lines in a mill, and what the PLC reports of them."""

import contextlib
import re

from figures import counted, seconds
from mill_world import FETCH, READ
from reading import mill

from odoo.fields import Command

ORDERS = 20
RECIPE = "FIFTEEN"
CASES = ("reserved", "unreserved", "lots")
STOCK_OR_MRP = re.compile(r'\b(FROM|JOIN|UPDATE|INTO)\s+"?(stock|mrp)_', re.IGNORECASE)


@contextlib.contextmanager
def order_mill(database, case, count=ORDERS):
    """A mill with `count` orders of 15 silos each, sent to the PLC.

    :param case: "reserved": Odoo has reserved stock for them; "unreserved"; "lots": reserved from
        lots, each ingredient tracked
    """
    with mill(database, count, 0) as (world, plant):
        with world.device() as device:
            make_recipe(device)
            if case == "lots":
                give_lots(device)
        order_ids = world.orders(count, recipe=RECIPE)
        with world.device() as device:
            orders = device.env["mrp.production"].browse(order_ids)
            orders.do_unreserve() if case == "unreserved" else orders.action_assign()
        world.cron(FETCH)
        yield world, plant


def make_recipe(device):
    """FIFTEEN: 1,000 kg, something from each silo."""
    env = device.env
    kg = env.ref("uom.product_uom_kgm")
    product = env["product.product"].create({"name": RECIPE, "is_storable": True, "uom_id": kg.id})
    env["mrp.bom"].create(
        {
            "product_tmpl_id": product.product_tmpl_id.id,
            "product_qty": 1000,
            "product_uom_id": kg.id,
            "picking_type_id": device.picking_type_ids[:1].id,
            "bom_line_ids": [
                Command.create({"product_id": silo.product_id.id, "product_qty": 60 + n})
                for n, silo in enumerate(device.silo_ids)
            ],
        }
    )


def give_lots(device):
    """Ingredients with expiry dates, and a lot of each in its silo."""
    env, location = device.env, device.picking_type_ids[:1].default_location_src_id
    products = device.silo_ids.product_id
    env["stock.quant"].search([("product_id", "in", products.ids)]).unlink()
    products.write({"tracking": "lot", "use_expiration_date": True, "expiration_time": 365})
    for silo in device.silo_ids:
        lot = env["stock.lot"].create({"name": silo.code, "product_id": silo.product_id.id})
        env["stock.quant"]._update_available_quantity(lot.product_id, location, 100_000, lot_id=lot)
        silo.lot_id = lot


def dose(world, plant, kg):
    """The PLC has taken every order and reports so many kg from each silo, and a bit more from the
    next; the read task runs until the orders carry that."""
    ids = {silo: silo for silo in plant.layout.silo_numbers}
    doses = {silo: kg + silo % 100 for silo in ids}
    for batch in world.batches("mo_id", "batch_no"):
        slot = batch["batch_no"]
        plant.change_write(slot, status_read_data=True)
        plant.change_read(slot, batch_no=slot, mo_id=batch["mo_id"], silo_ids=ids, quantities=doses)
    world.cron(READ, READ)
    with world.device() as device:
        batches = device.batch_ids
        if not all(batches.mapped("update_odoo")):
            raise RuntimeError(f"not in sync: {batches.mapped('error_message')}")
        found = [(line.silo_number, line.actual_consumption) for line in batches.line_ids]
        if any(abs(stored - doses[silo]) > 0.005 for silo, stored in found):
            raise RuntimeError(f"the PLC reports {doses}, stored is {found}")


def same_values_again(world):
    """The statements on tables of stock and orders that one more read runs."""
    with counted() as statements:
        world.cron(READ)
    return [text for text in statements if STOCK_OR_MRP.search(text)]


class Cycle:
    """Something that is done to the mill's batches in a transaction that is then undone, so that
    each round and each rival begins with the same database."""

    def __init__(self, world):
        self.world = world
        self.statements = []  # how many, a round each

    def batches(self, env):
        return env["mo.batch"].search([("device_id", "=", self.world.device_id)])

    def undone(self, prepare, act):
        """Seconds that `act` takes on the batches, the writing to the database included."""
        with self.world.db.env() as env:
            batches = self.batches(env)
            prepare(batches)
            env.flush_all()
            env.invalidate_all()
            with counted() as statements:
                # what waits for the commit, too, such as messages in an order's chatter
                taken = seconds(lambda: (act(batches), env.cr.flush()))
            self.statements.append(len(statements))
            env.cr.rollback()
        return taken

    def kept(self, prepare, act):
        """The same, and it stays."""
        with self.world.device() as device:
            batches = self.batches(device.env)
            prepare(batches)
            device.env.flush_all()
            act(batches)


def report(batches, kg, finished=False):
    """As the read task leaves them: so many kg from each silo, and a bit more from the next."""
    for line in batches.line_ids:
        line.write({"actual_consumption": kg + line.silo_number % 100, "was_dosed": True})
    batches.write(
        {
            "update_odoo": False,
            "state": "done" if finished else "running",
            "status_manufacturing": finished,
            "holds_slot": not finished,
            "acknowledged": finished,
            "actual_weight_quantity_finished_goods": 1000.0 if finished else 0.0,
        }
    )
