"""What was dosed, told three times: by the plant, by the history and by the stock.

Each ledger is {(ingredient, lot, location): kg}, names where they are names to people, so that a
difference can be read.
"""

from collections import defaultdict

CENT = 0.0101  # kg; two roundings to 0.01 may differ by one


def reported(plant, name):
    """{silo number: kg} of an order's last entry in the plant's own ledger."""
    entries = [entry for entry in plant.ledger if entry["mo_id"] == name]
    return {int(silo): kg for silo, kg in entries[-1]["quantities"].items()}


def key(product, lot, location):
    return (product.name, lot.name or "", location.complete_name)


def of_plant(case, order):
    """The plant's kg, with what the silos were set to; told by the silos, not by the batch."""
    silos = {
        silo.number: silo for silo in order.env["plc.device"].browse(case.world.device_id).silo_ids
    }
    ledger = defaultdict(float)
    for number, kg in reported(case.plant, case.name).items():
        silo = silos[number]
        product = silo.product_id
        if number in case.row.doses:
            product = order.move_raw_ids.product_id.filtered(
                lambda p, name=case.row.doses[number]: p.name == name
            )
        lot = silo.lot_id if product.tracking != "none" else silo.lot_id.browse()
        ledger[key(product, lot, silo.location_id or order.location_src_id)] += kg
    return _without_zeros(ledger)


def of_history(order, history):
    ledger = defaultdict(float)
    for line in history.line_ids:
        location = line.location_id or order.location_src_id
        ledger[key(line.product_id, line.lot_id, location)] += line.actual_consumption
    return _without_zeros(ledger)


def of_batch(order, batch):
    ledger = defaultdict(float)
    for line in batch.line_ids:
        location = line.location_id or order.location_src_id
        ledger[key(line.product_id, line.lot_id, location)] += line.actual_consumption
    return _without_zeros(ledger)


def of_moves(order, names, states):
    """What the order's move lines carry of these ingredients, whoever wrote them."""
    kg_unit = order.env.ref("uom.product_uom_kgm")
    ledger = defaultdict(float)
    for line in order.move_raw_ids.move_line_ids:
        if line.product_id.name in names and line.picked and line.state in states:
            kg = line.product_uom_id._compute_quantity(line.quantity, kg_unit, round=False)
            ledger[key(line.product_id, line.lot_id, line.location_id)] += kg
    return _without_zeros(ledger)


def of_stock(order):
    """What lies in the order's warehouse now, in kg."""
    kg_unit = order.env.ref("uom.product_uom_kgm")
    ledger = defaultdict(float)
    quants = order.env["stock.quant"].search(
        [
            ("location_id", "child_of", order.location_src_id.ids),
            (
                "product_id",
                "in",
                (order.move_raw_ids.product_id | order.plc_device_id.silo_ids.product_id).ids,
            ),
        ]
    )
    for quant in quants:
        kg = quant.product_uom_id._compute_quantity(quant.quantity, kg_unit, round=False)
        ledger[key(quant.product_id, quant.lot_id, quant.location_id)] += kg
    return dict(ledger)


def taken(before, after, names):
    """What left the stock between two looks at it, of these ingredients."""
    return _without_zeros(
        {
            item: before.get(item, 0.0) - after.get(item, 0.0)
            for item in {*before, *after}
            if item[0] in names
        }
    )


def assert_agree(**ledgers):
    """All of them name the same ingredients, lots and locations, with the same kg."""
    (first, expected), *others = ledgers.items()
    for name, ledger in others:
        for item in sorted({*expected, *ledger}):
            a, b = expected.get(item, 0.0), ledger.get(item, 0.0)
            assert abs(a - b) < CENT, f"{item}: {first} says {a:.3f} kg, {name} says {b:.3f} kg"


def _without_zeros(ledger):
    return {item: kg for item, kg in ledger.items() if abs(kg) > 0.004}
