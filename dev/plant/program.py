"""The PLC's program: takes a slot, doses silo after silo, reports, goes on to the next.

P1 Take: a WRITE record with a number and flag 0 is copied, its flag raised and its READ record
   begun, all in one cycle. (A program with a gap between the two is not safe.)
P2 Dose: the READ record's quantities are running totals; at the end the weight and ``finished``.
P3 The READ flag belongs to Odoo; it is lowered by the fresh READ record of the slot's next order.

In the ``area`` dialect slot 1 speaks for all: with it, the slots 1, 2, 3 … up to the first blank
one are taken in one cycle, and then dosed in sequence.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import takewhile

from plc import Record

from .memory import Area
from .watch import Watch, is_valid

DOSING_ERROR = 0.015  # a silo doses up to this much too much or too little
OVERRUN = 1.2  # what the fault `overrun` makes of one silo's dose
STEP = 2  # digits: the scales weigh 0.01 kg


@dataclass
class Order:
    """The order being dosed: kg to reach and kg dosed, by silo."""

    slot: int
    record: Record  # as taken
    targets: dict[int, float]
    dosed: dict[int, float]


class Program:
    """One PLC program over its two areas. ``faults`` may change at any time.

    ``endless`` never finishes an order, ``keepflag`` never lowers a READ flag.
    ``tell(event, slot, **facts)`` is called at ``taken``, ``dosed`` (a silo is through) and
    ``finished``. All calls are made under the plant's lock.
    """

    def __init__(
        self,
        write_area: Area,
        read_area: Area,
        watch: Watch,
        faults: set[str],
        tell: Callable[..., None],
        seed: int,
    ):
        self.order: Order | None = None
        self._write = write_area
        self._read = read_area
        self._watch = watch
        self._faults = faults
        self._tell = tell
        self._seed = seed
        self._last = 0  # the slot taken last
        self._waiting: list[tuple[int, Record]] = []  # taken with the area, not begun yet
        self._layout = write_area.layout

    def cycle(self, kg: float) -> None:
        """Run once; ``kg`` is what can be dosed in the time since the last cycle."""
        if self.order is None:
            if not self._waiting:
                self._take_next()
            if self._waiting:
                number, record = self._waiting.pop(0)
                self.order = Order(number, record, self._targets(number, record), {})
        elif self._dose(kg) and "endless" not in self._faults:
            self.finish()

    def _take_next(self) -> None:
        numbers = self._next_numbers()
        for number in numbers:
            self._watch.on_take(number)
        if not numbers or self._watch.violations:
            return
        self._last = numbers[0]
        self._write.change(numbers[0], status_read_data=True)
        for number in numbers:
            self._begin_read_record(number, self._write.record(number))

    def _next_numbers(self) -> list[int]:
        """The slots to take in this cycle: one, or those of the area, or none."""
        count = self._layout.slot_count
        if self._layout.write_handshake == "area":
            everyone = range(1, count + 1) if is_valid(self._write.record(1)) else ()
            return list(takewhile(lambda number: self._write.record(number).batch_no, everyone))
        around = ((self._last + step) % count + 1 for step in range(count))
        return [number for number in around if is_valid(self._write.record(number))][:1]

    def _begin_read_record(self, number: int, record: Record) -> None:
        flag = "keepflag" in self._faults and self._read.record(number).status_read_data
        fresh = replace(record, quantities={}, actual_weight=0.0, status_read_data=flag)
        self._read.put(number, fresh)
        self._waiting.append((number, record))
        planned = {str(silo): kg for silo, kg in record.quantities.items() if kg}
        self._tell("taken", number, planned=planned, consumption=record.consumption)

    def _targets(self, number: int, record: Record) -> dict[int, float]:
        """What each silo will really dose: by the seed, some more and some less than planned."""
        chance = random.Random(f"{self._seed}/{number}/{record.mo_id}")
        targets = {
            silo: round(kg * (1 + chance.uniform(-DOSING_ERROR, DOSING_ERROR)), STEP)
            for silo, kg in record.quantities.items()
            if kg
        }
        if "overrun" in self._faults:
            silo = chance.choice(list(targets))
            targets[silo] = round(record.quantities[silo] * OVERRUN, STEP)
        return targets

    def _dose(self, kg: float) -> bool:
        """Dose up to ``kg``, silo after silo; True when nothing is left to dose."""
        order = self.order
        for silo, target in order.targets.items():
            before = order.dosed.get(silo, 0.0)
            if before >= target:
                continue
            dose = min(kg, target - before)
            kg -= dose
            order.dosed[silo] = before + dose
            if target - order.dosed[silo] > 10**-STEP / 2:
                break
            order.dosed[silo] = target
            self._report()
            self._tell("dosed", order.slot, silo=silo)
        self._report()
        return all(order.dosed.get(silo, 0.0) >= kg for silo, kg in order.targets.items())

    def _report(self) -> None:
        totals = {silo: round(kg, STEP) for silo, kg in self.order.dosed.items()}
        self._read.put(self.order.slot, Record(quantities=totals), ("silo_quantity",))

    def set_dose(self, number: int, silo: int, kg: float) -> None:
        """Set a running total in a READ record by hand, of the order being dosed or after."""
        record = self._read.record(number)
        quantities = {**record.quantities, silo: kg}
        self._read.put(number, replace(record, quantities=quantities), ("silo_quantity",))
        if self.order and self.order.slot == number:
            self.order.dosed[silo] = kg
        else:
            self._tell("corrected", number, silo=silo)

    def finish(self, weight: float | None = None, failed: bool = False) -> None:
        """End the order with what it has dosed; the weight follows from the doses if not given."""
        order = self.order
        if weight is None:
            weight = 0.0 if "weight0" in self._faults else self._weight()
        end = Record(status_manufacturing=True, status_operation=failed, actual_weight=weight)
        self._read.put(
            order.slot, end, ("actual_weight", "status_operation", "status_manufacturing")
        )
        self.order = None
        self._tell("finished", order.slot, failed=failed)

    def finish_all(self, **end) -> None:
        """Dose what is left at once, and end the order."""
        self._dose(float("inf"))
        self.finish(**end)

    def _weight(self) -> float:
        """kg of finished goods: the plan, by hand or not, scaled as the doses were."""
        record = self.order.record
        planned, dosed = sum(record.quantities.values()), sum(self.order.dosed.values())
        return round((record.consumption or planned) * dosed / planned, STEP)

    def open_orders(self) -> list[tuple[int, str]]:
        """Return (slot, order): the one being dosed, then those taken with the area."""
        at_work = [(self.order.slot, self.order.record.mo_id)] if self.order else []
        return at_work + [(number, record.mo_id) for number, record in self._waiting]

    def reset(self) -> None:
        """Forget everything, as after a cold restart."""
        self.order = None
        self._last = 0
        self._waiting.clear()
