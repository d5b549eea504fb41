"""Screens of a real Odoo with workers, in real browsers; dev/test has started it on the demo."""

import os

import pytest
from tools.browser import Browser

KEYS = {"Tab": 9, "Enter": 13, "Escape": 27}


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

    def press(self, key):
        """A key, as from a keyboard."""
        params = {"key": key, "code": key, "windowsVirtualKeyCode": KEYS[key]}
        down = {"type": "keyDown", "text": "\r"} if key == "Enter" else {"type": "rawKeyDown"}
        self.call("Input.dispatchKeyEvent", **down, **params)
        self.call("Input.dispatchKeyEvent", type="keyUp", **params)

    def heard(self, selector, role):
        """[(name, description)] of all with a role in an element, as a screen reader says them."""
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        found = self.call("Accessibility.queryAXTree", nodeId=node, role=role)["nodes"]
        return [
            tuple(node.get(part, {}).get("value", "") for part in ("name", "description"))
            for node in found
            if not node["ignored"]
        ]

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
