"""Whose time it is: a profile told in shares, so that a ratio can be understood."""

import cProfile
import pstats
from collections import Counter

OURS = "/mrp_plc_batch/"
OWNERS = (  # what a file's name has in it; the first that fits
    ("/mrp_plc_batch/plc/", "the wire"),
    ("/snap7/", "the wire"),
    (OURS, "this addon"),
    ("/odoo/addons/", "Odoo's stock and orders"),
    ("/odoo/", "Odoo's ORM"),
)
BUILT_IN = "~"


def shares(function, steps=None):
    """Whose time a call takes: {"shares": by whose code it is, "steps": by what is done}.

    :param steps: {what is done, in words: name of the addon's function that does it}
    """
    profile = cProfile.Profile()
    profile.runcall(function)
    stats = pstats.Stats(profile).stats
    told = {"shares": _in_words(_by_owner(stats))}
    if steps:
        told["steps"] = _in_words(_by_step(stats, steps))
    return told


def _in_words(spent):
    """ "Odoo's ORM 50 %, SQL 30 %, this addon 8 %, …"."""
    return ", ".join(f"{what} {100 * part:.0f} %" for what, part in spent.most_common())


def _by_step(stats, steps):
    """What a step takes with all that it calls; of functions called alike, the outermost."""
    total = max(row[3] for row in stats.values())
    spent = Counter()
    for (file, _line, name), (_calls, _own_calls, _own, cumulated, _callers) in stats.items():
        for what, step in steps.items():
            if name == step and OURS in file:
                spent[what] = max(spent[what], cumulated / total)
    return spent


def _by_owner(stats):
    """What a function spends itself. What is built into Python counts for who calls it."""
    spent = Counter()
    for (file, _line, name), row in stats.items():
        _calls, _own_calls, own, _cumulated, callers = row
        owner = _owner(file, name)
        if owner or file != BUILT_IN:
            spent[owner or "Python"] += own
            continue
        for (caller_file, _caller_line, caller_name), timing in callers.items():
            spent[_owner(caller_file, caller_name) or "Python"] += timing[2]
    total = spent.total()
    return Counter({owner: part / total for owner, part in spent.items()})


def _owner(file, name):
    if file == BUILT_IN:
        if "psycopg2" in name:
            return "SQL"
        return "the wire" if "socket" in name or "select" in name else None
    return next((owner for part, owner in OWNERS if part in file), None)
