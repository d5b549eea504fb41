"""200 orders through three PLCs that refuse, fall silent, cut answers, forget the weight and dose
too much, by a seed: nothing is dosed twice, nothing is lost, and the ledgers agree."""

import random
from collections import Counter, defaultdict

import pytest
from ledgers import CENT
from mill_world import ARCHIVE, FETCH, READ, World
from plant.plant import Plant

from odoo.addons.mrp_plc_batch.tests.mill import make_orders, make_small_recipe

ORDERS = 200
DEVICES = (
    ("native", {"fill_policy": "drain"}),
    ("word_map", {"fill_policy": "rolling"}),
    ("native", {"fill_policy": "rolling", "finished_quantity": "consumed"}),
)
FAULTS = ("refuse", "silent", "cut", "weight0", "overrun")
ROUNDS_WITH_FAULTS = 20
MOST_ROUNDS = 150
LOST_ANSWERS = 0.02  # of all requests, while there are faults


class Mills:
    """Three mills of one database, their plants, and the chance that rules them."""

    def __init__(self, db, plants, seed):
        self.db, self.plants, self.chance = db, plants, random.Random(seed)
        self.stormy = True
        self.worlds = []
        for plant, (layout, vals) in zip(plants, DEVICES, strict=True):
            plant.intercept = self.lose_answers
            self.worlds.append(World(db, plant, layout, connection_timeout=0.2, **vals))
        with db.env() as env:
            self.orders = []
            for index, device in enumerate(self.devices(env)):
                make_small_recipe(device)
                count = ORDERS // len(DEVICES) + (index < ORDERS % len(DEVICES))
                self.orders.append(make_orders(device, "SMALL", count).ids)

    def devices(self, env):
        return env["plc.device"].browse([world.device_id for world in self.worlds])

    def lose_answers(self, _request):
        if self.stormy and self.chance.random() < LOST_ANSWERS:
            return self.chance.choice(["cut", "silent"])
        return None

    def change_weather(self):
        for plant in self.plants:
            for fault in FAULTS:
                plant.clear(fault)
            if self.stormy and self.chance.random() < 0.6:
                plant.fault(self.chance.choice(FAULTS))

    def round(self):
        """Some dosing at each plant, and each scheduled action once, in any order."""
        self.change_weather()
        for plant in self.plants:
            for _ in range(self.chance.randrange(24) if self.stormy else 48):
                plant.step(self.chance.choice([0.001, 1.0]))
        tasks = [FETCH, READ, ARCHIVE]
        self.chance.shuffle(tasks)
        for task in tasks:
            with self.db.env() as env:
                getattr(env["mo.batch"], task)(devices=self.devices(env))
        for world in self.worlds:
            world.clear_back_off()

    def is_settled(self):
        with self.db.env() as env:
            orders = env["mrp.production"].browse(sum(self.orders, []))
            open_histories = env["mo.histories"].search_count([("acknowledged", "=", False)])
            return not (
                self.devices(env).batch_ids
                or open_histories
                or orders.filtered(lambda order: order.state != "done")
            )


@pytest.fixture
def mills(own_db):
    plants = [
        Plant(layout, manual=True, speed=1000.0, seed=n) for n, (layout, _) in enumerate(DEVICES)
    ]
    for plant in plants:
        plant.start()
    yield Mills(own_db, plants, seed=7)
    for plant in plants:
        plant.stop()


def test_nothing_lost_and_nothing_twice(mills):
    for _ in range(ROUNDS_WITH_FAULTS):
        mills.round()
        assert_says_why(mills)
    with mills.db.env() as env:
        told = env["plc.event"].search([("kind", "=", "connection"), ("severity", "=", "error")])
        assert told.device_id == mills.devices(env)
    mills.stormy = False
    for _ in range(MOST_ROUNDS):
        mills.round()
        if mills.is_settled():
            break
    assert_says_why(mills)
    for plant, world, order_ids in zip(mills.plants, mills.worlds, mills.orders, strict=True):
        assert not plant.violations
        with world.device() as device:
            assert_ledgers_agree(plant, device, order_ids)
        for slot in range(1, plant.layout.slot_count + 1):
            read = plant.read_record(slot)
            assert plant.write_record(slot).is_blank
            assert not read.batch_no or read.status_read_data


def assert_says_why(mills):
    """What is in the queue goes on by itself, or says what is wrong, why, and what to do."""
    with mills.db.env() as env:
        for batch in mills.devices(env).batch_ids:
            if batch.error_code or batch.state == "failed":
                assert batch.error_message and batch.error_reason and batch.error_action


def assert_ledgers_agree(plant, device, order_ids):
    """Dosed once, archived once, closed once, with the same kg by order and ingredient."""
    orders = device.env["mrp.production"].browse(order_ids)
    names = Counter(orders.mapped("name"))
    assert Counter(e["mo_id"] for e in plant.ledger if e["event"] == "taken") == names
    assert set(orders.mapped("state")) == {"done"}
    histories = device.env["mo.histories"].search([("device_id", "=", device.id)])
    assert Counter(histories.mapped("mo_id")) == names
    assert set(histories.mapped("status")) == {"completed"}
    assert all(histories.mapped("acknowledged"))
    totals = defaultdict(Counter)
    dosed = {e["mo_id"]: e for e in plant.ledger if e["event"] == "finished"}
    products = {silo.number: silo.product_id for silo in device.silo_ids}
    for history in histories:
        order = history.production_id
        for line in history.line_ids:
            kg = dosed[order.name]["quantities"][str(line.silo_number)]
            product = products[line.silo_number]
            posted = sum(
                order.move_raw_ids.move_line_ids.filtered(
                    lambda ml, product=product: ml.product_id == product and ml.state == "done"
                ).mapped("quantity")
            )
            assert line.product_id == product
            assert 4 < kg < 13 and abs(kg - line.actual_consumption) < CENT, (
                order.name,
                product.name,
            )
            assert abs(kg - posted) < CENT, (order.name, product.name)
            totals[product.name].update(plant=kg, history=line.actual_consumption, stock=posted)
        weight = dosed[order.name]["weight"]
        assert abs(history.actual_weight_quantity_finished_goods - weight) < CENT
        assert order.qty_produced > 0
    for product, kg in totals.items():
        assert max(kg.values()) - min(kg.values()) < CENT * len(orders), product
