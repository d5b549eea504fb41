"""Reading Odoo's log: the results of its tests, and complaints that no test expected."""

import re

from .paths import ADDON

RECORD = re.compile(
    r"^\d{4}-\d\d-\d\d \S+ \d+ (?P<level>[A-Z]+) (?P<database>\S+) (?P<logger>\S+): (?P<text>.*)$"
)
FAILURE = re.compile(r"^\S+ \S+ \d+ ERROR \S+ \S+: (FAIL|ERROR): (Subtest )?(?P<test>\S+)")
COUNT = re.compile(r"Module \w+: \d+ failures?, \d+ errors? of \d+ tests")
RESULT = re.compile(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests when loading")
# Loggers that speak about a module's files without being the module's own.
GENERAL = (
    "odoo.modules",
    "odoo.tools",
    "odoo.orm",
    "odoo.models",
    "odoo.fields",
    "odoo.registry",
    "odoo.addons.base",
)
COMPLAINTS = ("WARNING", "ERROR", "CRITICAL")


def results(lines):
    """(passed, failed) tests; Odoo's own closing line counts each failed subtest."""
    found = next(filter(None, map(RESULT.search, lines)), None)
    if not found:
        return 0, 0
    names = {FAILURE.match(record)["test"] for record in failures(lines)}
    bad = len(names) or int(found[1]) + int(found[2])
    return max(int(found[3]) - bad, 0), bad


def complaints(lines):
    """The warnings and errors that are about the addon.

    Those that a test expects are not in the log: `assertLogs` keeps them out.
    """
    return [record for record in _records(lines) if _is_about_addon(record)]


def failures(lines):
    """The records in which Odoo tells about failed tests, each with its traceback."""
    return [record for record in _records(lines) if FAILURE.match(record)]


def _records(lines):
    """Log records with the lines that belong to them (tracebacks) as one text each."""
    record = []
    for line in lines:
        if RECORD.match(line) and record:
            yield "\n".join(record)
            record = []
        record.append(line)
    if record:
        yield "\n".join(record)


def _is_about_addon(record):
    head = RECORD.match(record.partition("\n")[0])
    if not head or head["level"] not in COMPLAINTS or COUNT.match(head["text"]):
        return False
    if head["logger"].startswith(f"odoo.addons.{ADDON}"):
        return True
    if head["logger"] == "py.warnings":
        return f"/{ADDON}/" in record
    return head["logger"].startswith(GENERAL) and ADDON in record
