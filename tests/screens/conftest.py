"""Screens of a real Odoo with workers, in real browsers; dev/test has started it on the demo."""

import os

import pytest
from tools.browser import Browser


class Person(Browser):
    """Somebody who is logged in, at a screen of their own."""

    def __init__(self, site="PLC_SITE", login="admin"):
        super().__init__()
        self._site, self._database = os.environ[site], os.environ[f"{site}_DB"]
        self._login = login

    def __enter__(self):
        super().__enter__()
        self.log_in(self._site, self._database, self._login, self._login)
        return self

    def visit(self, path):
        self.open(f"{self._site}/odoo/{path}")
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


@pytest.fixture
def newcomer():
    """Somebody in front of a database in which nothing is set up."""
    with Person("PLC_EMPTY_SITE") as person:
        yield person
    assert not person.errors
