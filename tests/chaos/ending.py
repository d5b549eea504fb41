"""How a story of a mill ends: its plant and network are in order again, people press the buttons
that the batches ask for, and then everything has to be told and the plant goes on as ever."""

from accounts import check_is_stored
from dosing import check_is_named
from mill_world import FETCH, READ
from mills import SLOTS, refusable
from people import BUTTONS, REASON, garble_back, rename_back
from strangers import strange_order_gone
from torn import mend
from verdicts import HUNG, Disagreement

ROUNDS = 12  # in which people bring a mill to an end
SETTLED_WITHOUT_PEOPLE = 2
AN_HOUR_LATER = """
UPDATE mo_batch SET taken_at = taken_at - interval '1 hour',
       last_read_from_plc = last_read_from_plc - interval '1 hour' WHERE device_id = %s"""


def to_its_end(here):
    here.proxy.clear()
    here.hurry(False)
    for back in (mend, rename_back, garble_back, strange_order_gone):
        back(here, 0)
    for fault in ("weight0", "overrun"):
        here.plant.clear(fault)
    here.small_orders(1)  # so that Odoo speaks to the PLC at all
    for _ in range(SETTLED_WITHOUT_PEOPLE):
        here.cycle()
        here.ledger.check()
        check_is_named(here.ledger)
    _check_parked_in_nobodys_way(here)
    for _ in range(ROUNDS):
        here.sql(AN_HOUR_LATER, here.device_id)  # so that what does not move has to say so
        here.clear_back_off()
        here.cron(READ)
        _press_what_is_asked_for(here)
        here.cycle()
        here.ledger.check()
        if here.ledger.is_settled() and not _sent_again(here):
            break
    here.ledger.check_settled()
    if _sent_again(here):
        raise Disagreement(HUNG, f"nobody sends {_sent_again(here)} again, and nobody says why")
    _let_them_have_their_turn(here)
    _check_plant_goes_on(here)
    _check_nothing_is_asked(here)


def _press_what_is_asked_for(here):
    """A person takes what is stuck out of the queue, and clears what the PLC has dropped."""
    refusable(lambda: here.press("action_unpark"))
    is_area = here.plant.layout.write_handshake == "area"
    for batch in here.batches("id", "mo_id", "state", "error_code", "taken_at"):
        # who cleared slot 1 at the PLC has lowered the flag of the whole area
        dropped = is_area and batch["taken_at"]
        if dropped or batch["error_code"] or batch["state"] == "failed":
            said = refusable(lambda b=batch: here.button("action_cancel", [b["id"]], reason=REASON))
            if said:
                raise Disagreement(HUNG, f"{batch} cannot be cancelled: {said}")
    here.ledger.check()
    if here.ledger.open_histories():
        BUTTONS["cleared at the PLC"](here, 0)


def _check_parked_in_nobodys_way(here):
    here.ledger.check()
    if not here.ledger.batches or not _all_parked_without_slot(here.ledger):
        return
    here.clear_back_off()
    here.cron(FETCH)
    here.ledger.check()
    if _all_parked_without_slot(here.ledger) and here.ledger.waiting:
        raise Disagreement(HUNG, f"parked batches keep {here.ledger.waiting} waiting")


def _all_parked_without_slot(ledger):
    parked = [b for b in ledger.batches if b["state"] == "parked" and not b["holds_slot"]]
    return parked == ledger.batches and not ledger.open_histories()


def _sent_again(here):
    """Orders that a person wants to be sent again, and that do not say why they wait."""
    with here.db.env() as env:
        orders = env["mrp.production"].browse(here.order_ids).exists()
        return orders.filtered(
            lambda order: (
                order.plc_dispatch == "again"
                and order.state in ("confirmed", "progress", "to_close")
                and not order.plc_batch_ids
                and not order.plc_skip_reason
            )
        ).mapped("name")


def _let_them_have_their_turn(here):
    """Orders that found no slot and say so are older than what is asked for next; those that stay
    have another reason."""
    before = None
    while here.ledger.passed_over and here.ledger.passed_over != before:
        before = here.ledger.passed_over
        here.cycle()
        here.ledger.check()


def _check_plant_goes_on(here):
    """As many orders as there are slots: none is held by what was before."""
    orders = here.small_orders(SLOTS)
    here.cron(FETCH)
    _check_parked_are_read(here)
    here.cycle()
    here.ledger.check_settled()
    with here.db.env() as env:
        left = env["mrp.production"].browse(orders).filtered(lambda order: order.state != "done")
        if left:
            reasons = left.mapped("plc_skip_reason")
            raise Disagreement(HUNG, f"{left.mapped('name')} find no slot: {reasons}")


def _check_parked_are_read(here):
    """R9, of what the PLC is dosing."""
    here.plant.step()
    here.plant.step(0.011)
    here.press("action_park")
    here.cron(READ)
    here.ledger.check()
    check_is_stored(here.ledger)
    here.press("action_unpark")


def _check_nothing_is_asked(here):
    """R14: a PLC that has nothing of ours is left alone."""
    here.proxy.watch()
    here.cron(READ)
    if here.proxy.requests:
        raise Disagreement(HUNG, "nothing is open, and the PLC is asked all the time")
