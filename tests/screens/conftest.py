"""Screens of a real Odoo with workers, in real browsers; dev/test has started it on the demo."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from person import Person  # noqa: E402


def _at_work(site="PLC_SITE", **size):
    with Person(site, **size) as person:
        yield person
    assert not person.errors


@pytest.fixture
def watcher():
    yield from _at_work()


@pytest.fixture
def colleague():
    yield from _at_work()


@pytest.fixture
def phone():
    """Somebody who walks through the plant with a telephone."""
    yield from _at_work(width=390, height=844)


@pytest.fixture
def newcomer():
    """Somebody in front of a database in which nothing is set up."""
    yield from _at_work("PLC_EMPTY_SITE")


@pytest.fixture
def onlooker():
    """Somebody else there."""
    yield from _at_work("PLC_EMPTY_SITE")


@pytest.fixture
def visitor():
    """Somebody in front of another empty database, who only wants to look."""
    yield from _at_work("PLC_VISITED_SITE")
