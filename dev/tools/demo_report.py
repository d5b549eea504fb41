"""What the demo prints, and the comparison that decides whether it went well.

Four places must tell the same of each silo: the plant's own ledger, the PLC's memory, the history
and the stock moves of the order.
"""

import json

TOLERANCE = 0.0051  # kg: the database keeps two digits, the PLC up to seven significant ones


def batch_line(batch):
    dosed = sum(batch.line_ids.mapped("actual_consumption"))
    state = "finished" if batch.status_manufacturing else batch.state
    carried = sum(carried_by(batch.production_id).values())
    line = f"{batch.mo_id}  slot {batch.batch_no:2}  {state:9}"
    line += f" planned {batch.consumption:8.2f}  dosed {dosed:8.2f}  in the order {carried:8.2f} kg"
    return f"{line}  {batch.error_message or ''}".rstrip()


def silo_lines(batch):
    """(order, silo number) → line, for the silos that have dosed."""
    carried = carried_by(batch.production_id)
    return {
        (batch.mo_id, line.silo_number): (
            f"{batch.mo_id}    {line.silo_number} {line.silo_id.name:12} planned"
            f" {line.consumption:8.2f}  dosed {line.actual_consumption:8.2f}"
            f"  in the order {carried.get(line.silo_number, 0.0):8.2f} kg"
        )
        for line in batch.line_ids
        if line.actual_consumption
    }


def history_line(history):
    dosed = sum(history.line_ids.mapped("actual_consumption"))
    state = history.status + ("" if history.acknowledged else " (PLC not told yet)")
    weight = history.actual_weight_quantity_finished_goods
    return (
        f"{history.mo_id}  slot {history.batch_no:2}  history: {state}, {dosed:.2f} kg dosed,"
        f" weight {weight:.2f} kg, order {history.production_id.state}"
    )


def carried_by(production):
    """Silo number → kg that the order's move lines carry, read with SQL."""
    production.env.cr.execute(
        """
        SELECT silo.number, sum(line.quantity)
          FROM stock_move_line line
          JOIN stock_move move ON move.id = line.move_id
          JOIN plc_silo silo ON silo.id = line.plc_silo_id
         WHERE move.raw_material_production_id = %s AND move.state != 'cancel'
         GROUP BY silo.number
        """,
        [production.id or 0],
    )
    return {number: float(kg) for number, kg in production.env.cr.fetchall()}


def read_ledger(path):
    """Order as the PLC knows it → the plant's entry about its end."""
    entries = [json.loads(line) for line in path.read_text().splitlines()]
    return {entry["mo_id"]: entry for entry in entries if entry["event"] == "finished"}


def stuck(cycle):
    """Why each batch that is left is left."""
    for batch in cycle.batches():
        yield f"{batch.mo_id} is {batch.state}: {batch.error_message or 'no error'}"
    if cycle.device.last_error:
        yield f"{cycle.device.name}: {cycle.device.last_error}"


def compare(cycle, ended):
    """Print the table of batches and silos; answers what is wrong, in words."""
    problems, orders = [], set()
    for history in cycle.histories():
        order = cycle.plc.layout.cut("mo_id", history.mo_id)
        orders.add(order)
        problems += _compare_order(history, cycle.plc.dosed(history.mo_id), ended.get(order))
    problems += [f"{order} was dosed, but is not in the history" for order in ended.keys() - orders]
    if not orders:
        problems.append("no batch reached the history")
    return problems


def _compare_order(history, in_plc, entry):
    order = history.mo_id
    print(
        f"\n{order}  {history.finished_goods}  slot {history.batch_no}  {history.status},"
        f" {history.production_id.qty_produced:.2f} kg produced"
    )
    if not entry:
        return [f"{order} is in the history, but the plant did not finish it"]
    problems = list(_closed(history, entry))
    carried = carried_by(history.production_id)
    dosed = {line.silo_number: line for line in history.line_ids}
    reported = {int(silo): kg for silo, kg in entry["quantities"].items()}
    for silo in sorted(
        {silo for silo, kg in (reported | in_plc | carried).items() if kg} | set(dosed)
    ):
        line = dosed.get(silo)
        kept = line.actual_consumption if line else 0.0
        values = [in_plc.get(silo, 0.0), kept, carried.get(silo, 0.0)]
        name = line.silo_name if line else f"silo {silo}"
        print(
            f"  {silo} {name:12} planned {line.consumption if line else 0:8.2f}  dosed in the PLC"
            f" {values[0]:8.2f}  history {values[1]:8.2f}  order {values[2]:8.2f} kg"
        )
        truth = reported.get(silo, 0.0)
        if any(abs(value - truth) > TOLERANCE for value in values):
            problems.append(f"{order}, {name}: the plant dosed {truth:.2f} kg")
    return problems


def _closed(history, entry):
    """What is wrong with how an order ended."""
    production = history.production_id
    if history.status != "completed":
        yield f"{history.mo_id} is {history.status} in the history"
    if not history.acknowledged:
        yield f"{history.mo_id}: the PLC was not told that its values are stored"
    if production.state != "done":
        yield f"{history.mo_id}: the order is {production.state}, not done"
    if entry["weight"] and abs(production.qty_produced - entry["weight"]) > TOLERANCE:
        yield (
            f"{history.mo_id}: {production.qty_produced:.2f} produced,"
            f" but the plant weighed {entry['weight']:.2f} kg"
        )
