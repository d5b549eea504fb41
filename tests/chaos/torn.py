"""A READ record that is looked at while the PLC is writing it (R5): for two requests one of its
quantities is another one."""

from dosing import TORN
from people import silos_with_kg, waited_for
from strangers import one

LOOKS = 2  # requests: one whole look at most, of which each area is one


def tear(mill, choice):
    """Once a story: two in a row would be two whole looks that agree.

    :return: False where no finished record is waited for
    """
    if mill.was_torn:
        return True
    slots = [s for s in waited_for(mill) if s not in mill.garbled]
    slots = [s for s in slots if mill.plant.read_record(s).status_manufacturing]
    slot = one(slots, choice)
    silo = slot and one(silos_with_kg(mill, slot), choice)
    if not silo:
        return False
    mill.was_torn = True
    mill.torn = {"slot": slot, "silo": silo, "looks": LOOKS}
    mill.torn["kg"] = mill.plant.read_record(slot).quantities[silo]
    mill.plant.change_read(slot, quantities={silo: TORN})
    return True


def look(mill):
    """A request is about to read."""
    if mill.torn:
        mill.torn["looks"] -= 1
        if not mill.torn["looks"]:
            mend(mill)


def mend(mill, _choice=0):
    """The PLC has written the whole record."""
    torn, mill.torn = mill.torn, None
    found = torn and mill.plant.read_record(torn["slot"]).quantities[torn["silo"]]
    if found and abs(found - TORN) < 0.01:  # a REAL, or hundredths; else it was wiped since
        mill.plant.change_read(torn["slot"], quantities={torn["silo"]: torn["kg"]})
