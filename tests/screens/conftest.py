"""Screens of a real Odoo with workers, in real browsers; dev/test has started it on the demo."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "dev"))

from tools.browser import Browser  # noqa: E402

SITE, DATABASE = os.environ["PLC_SITE"], os.environ["PLC_SITE_DB"]


class Person(Browser):
    """Somebody who is logged in, at a screen of their own."""

    def __init__(self, login="admin", **kwargs):
        super().__init__(**kwargs)
        self._login = login

    def __enter__(self):
        super().__enter__()
        self.log_in(SITE, DATABASE, self._login, self._login)
        return self

    def visit(self, path):
        self.open(f"{SITE}/odoo/{path}")
        self.run("window.plcSamePage = true")

    def is_same_page(self):
        """Nobody has reloaded it."""
        return self.run("window.plcSamePage === true")


@pytest.fixture
def watcher():
    with Person() as person:
        yield person
    assert not person.errors


@pytest.fixture
def colleague():
    with Person() as person:
        yield person
    assert not person.errors
