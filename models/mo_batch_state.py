"""A batch's life: the one table of states and events. Every change of state goes through it.

The README's table is made from it. `HISTORY` is the end: the batch is archived.
"""

STATES = [
    ("staged", "Staged"),
    ("sent", "Sent"),
    ("running", "Running"),
    ("done", "Dosed"),
    ("failed", "Failed"),
    ("parked", "Parked"),
]
HISTORY = "history"

# event: (what it means, {state: new state})
TRANSITIONS = {
    "send": ("the recipe stands in the slot, the order is still open", {"staged": "sent"}),
    "lose_order": (
        "the order was cancelled, deleted or done by a person before the PLC took it",
        {"staged": "failed", "sent": "failed", "parked": "parked"},
    ),
    "recall": (
        "its area was withdrawn for the sake of another order",
        {"sent": "staged", "parked": "parked"},
    ),
    "run": (
        "a READ record was believed, and is not finished",
        {"sent": "running", "running": "running", "failed": "failed", "parked": "parked"},
    ),
    "finish": (
        "a READ record was believed, and is finished; or a script says so",
        {
            "staged": "done",
            "sent": "done",
            "running": "done",
            "done": "done",
            "failed": "failed",
            "parked": "parked",
        },
    ),
    "forget": (
        "the slot no longer names an order that was not finished",
        {"sent": "failed", "running": "failed", "parked": "parked"},
    ),
    "refuse": (
        "Odoo's side refused it, or nothing was dosed, or the PLC reports a failure",
        {
            "sent": "sent",
            "running": "running",
            "done": "failed",
            "failed": "failed",
            "parked": "parked",
        },
    ),
    "sync": (
        "the order carries the values",
        {
            "sent": "sent",
            "running": "running",
            "done": "done",
            "failed": "done",
            "parked": "parked",
        },
    ),
    "accept": ("a manager closes with what was dosed before the PLC failed", {"failed": "done"}),
    "weigh": (
        "what is weighed by hand, and its device waits for, was entered",
        {"failed": "done", "done": "done", "parked": "parked"},
    ),
    "park": (
        "a person sets it aside",
        {
            "staged": "parked",
            "sent": "parked",
            "running": "parked",
            "done": "parked",
            "failed": "parked",
        },
    ),
    "unpark_finished": ("back, finished meanwhile", {"parked": "done"}),
    "unpark_forgotten": ("back, forgotten by the PLC meanwhile", {"parked": "failed"}),
    "unpark_staged": ("back to where it was", {"parked": "staged"}),
    "unpark_sent": ("back to where it was", {"parked": "sent"}),
    "unpark_running": ("back to where it was", {"parked": "running"}),
    "unpark_failed": ("back to where it was", {"parked": "failed"}),
    "reset": (
        "a manager has it dosed again; it waits without a slot",
        {state: "staged" for state, _label in STATES},
    ),
    "archive": (
        "completed, or ended by a person",
        {state: HISTORY for state, _label in STATES},
    ),
}


def next_state(state, event):
    """The state after an event.

    :raises ValueError: the table knows no such event in this state
    """
    _meaning, moves = TRANSITIONS[event]
    if state not in moves:
        raise ValueError(f"a {state} batch knows no {event}")
    return moves[state]
