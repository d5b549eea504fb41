"""What each kind of row may show at most, by the key in it. Read by dev/readme, without Odoo."""

BARS = {
    "read": {"sql": 6},
    "wire": {"ratio": 1.25},
    "cycle": {"ratio": 3},
    "sync": {"ratio": 0.45, "sql": 60},
    "same": {"sql": 0},
    "archive": {"ratio": 1.05},
    "history": {"sql": 20},
    "fetch": {"ratio": 1.5, "sql": 25},
    "tasks": {"ratio": 1.1},
    "quiet": {"sql": 6},
    "pages": {"ratio": 1.5},
    "devices": {"ratio": 1.15},
    "far": {"ratio": 0.2},  # devices behind a round trip of 5 ms
    "sick": {"delay_in_time_outs": 1},
    "later": {"ratio": 1.05},  # the runs after the one that found the sick
    "dead": {"run_in_time_outs": 60},
    "old_way": {"ratio": 0.1},
    "cycles": {"mib_more": 20, "descriptors_more": 0, "connections_left": 0},
}
