"""Whose time it is: a profile told in shares, so that a ratio can be understood."""

import cProfile
import pstats
from collections import Counter

OWNERS = (  # what a file's name has in it; the first that fits
    ("/mrp_plc_batch/plc/", "the wire"),
    ("/snap7/", "the wire"),
    ("/mrp_plc_batch/", "this addon"),
    ("/odoo/addons/", "Odoo's stock and orders"),
    ("/odoo/", "Odoo's ORM"),
)
BUILT_IN = "~"


def shares(function):
    """ "Odoo's ORM 50 %, SQL 30 %, this addon 8 %, …": of the time that a function spends itself,
    by whose code it is. What is built into Python counts for who calls it."""
    profile = cProfile.Profile()
    profile.runcall(function)
    spent = Counter()
    for (file, _line, name), row in pstats.Stats(profile).stats.items():
        _calls, _own_calls, own, _cumulated, callers = row
        owner = _owner(file, name)
        if owner or file != BUILT_IN:
            spent[owner or "Python"] += own
            continue
        for (caller_file, _caller_line, caller_name), timing in callers.items():
            spent[_owner(caller_file, caller_name) or "Python"] += timing[2]
    total = spent.total()
    return ", ".join(f"{owner} {100 * part / total:.0f} %" for owner, part in spent.most_common())


def _owner(file, name):
    if file == BUILT_IN:
        if "psycopg2" in name:
            return "SQL"
        return "the wire" if "socket" in name or "select" in name else None
    return next((owner for part, owner in OWNERS if part in file), None)
