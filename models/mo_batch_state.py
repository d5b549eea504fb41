"""A batch's life: the one table of states and events. Every change of state goes through it.

The README's diagram is made from it. `history` is the end: the batch is archived.
"""

STATES = [
    ("staged", "Staged"),
    ("sent", "Sent"),
    ("running", "Running"),
    ("done", "Dosed"),
    ("failed", "Failed"),
    ("parked", "Parked"),
]

# event: {state: new state}
TRANSITIONS = {
    # body read back, name written, order still open
    "send": {"staged": "sent"},
    # the order was cancelled, deleted or done by a person before the PLC took it
    "lose_order": {"staged": "failed", "sent": "failed", "parked": "parked"},
    # a READ record was believed: still dosing
    "run": {"sent": "running", "running": "running", "failed": "failed", "parked": "parked"},
    # a READ record was believed: finished (or corrected afterwards)
    "finish": {
        "sent": "done",
        "running": "done",
        "done": "done",
        "failed": "failed",
        "parked": "parked",
    },
    # the slot no longer names an order that was not finished
    "forget": {"sent": "failed", "running": "failed", "parked": "parked"},
    # Odoo's side refused
    "refuse": {
        "sent": "sent",
        "running": "running",
        "done": "failed",
        "failed": "failed",
        "parked": "parked",
    },
    # Odoo's side took it (after a refusal: a retry)
    "accept": {
        "sent": "sent",
        "running": "running",
        "done": "done",
        "failed": "done",
        "parked": "parked",
    },
    "park": {
        "staged": "parked",
        "sent": "parked",
        "running": "parked",
        "done": "parked",
        "failed": "parked",
    },
    "unpark_finished": {"parked": "done"},
    "unpark_forgotten": {"parked": "failed"},
    "unpark_staged": {"parked": "staged"},
    "unpark_sent": {"parked": "sent"},
    "unpark_running": {"parked": "running"},
    "unpark_failed": {"parked": "failed"},
}


def next_state(state, event):
    """The state after an event.

    :raises ValueError: the table knows no such event in this state
    """
    try:
        return TRANSITIONS[event][state]
    except KeyError:
        raise ValueError(f"a {state} batch knows no {event}") from None
