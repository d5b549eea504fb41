"""Odoo's own tests of the modules that the addon builds on, with the addon installed.

    python -m tools.suites DATABASE MODULE…

Most of them are made to run while only their own module is loaded. Here they run with everything
loaded, which is what a user has; some fail then, with or without the addon. So they run twice, and
what fails only with the addon counts.
"""

import os
import re
import sys

from . import databases, odoo_run
from .paths import DEV, LOGS, PYTHON
from .processes import run
from .terminal import say

MODULES = ("mrp", "mrp_account")
STARTED = re.compile(r"Starting (\w+\.test\w+) \.\.\.")
FAILED = re.compile(r"(?:ERROR|FAIL): (?:Subtest )?(\w+\.test\w+)")


def compare():
    """(tests that are as good as without the addon, tests that fail only with it)."""
    tree = odoo_run.prepare()
    _started, before = _results(tree, databases.base(tree), "without the addon")
    started, after = _results(tree, databases.addon(tree), "with the addon")
    for name in sorted(after - before):
        print(f"fails only with the addon: {name}; see .dev/log/suites-with-the-addon.log")
    return len(started - (after - before)), len(after - before)


def _results(tree, template, what):
    say(f"suites: Odoo's own tests of {' and '.join(MODULES)}, {what}")
    name = databases.temporary("suites")
    databases.copy(template, name)
    log = LOGS / f"suites-{what.replace(' ', '-')}.log"
    log.unlink(missing_ok=True)
    environment = {**os.environ, **odoo_run.environment(tree, with_tools=True)}
    try:
        command = [PYTHON, "-m", "tools.suites", name, log, *MODULES]
        run(command, cwd=DEV, env=environment)
    finally:
        databases.drop(name)
    text = log.read_text(errors="replace")
    return set(STARTED.findall(text)), set(FAILED.findall(text))


def main(database, log, *modules):
    """Run the tests in this process, which is Odoo's."""
    import odoo
    from odoo.modules.registry import Registry
    from odoo.tests import loader

    odoo.tools.config.parse_config(
        ["-d", database, "--max-cron-threads", "0", "--logfile", log], setup_logging=True
    )
    Registry(database)
    # Only now: while modules are loaded, Odoo itself would run the tests, without the addon.
    odoo.tools.config["test_enable"] = True
    odoo.tools.config["test_tags"] = ",".join(f"/{module}" for module in modules)
    loader.run_suite(loader.make_suite(modules, "at_install"))
    loader.run_suite(loader.make_suite(modules, "post_install"))


if __name__ == "__main__":
    main(*sys.argv[1:])
