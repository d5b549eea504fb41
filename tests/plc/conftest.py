"""The wire side is tested without Odoo, against real S7 servers on free ports."""

import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(ROOT / ".dev" / "hypothesis")
sys.path[:0] = [str(HERE), str(ROOT / "dev"), str(ROOT)]

from plant import Plant, layout_named  # noqa: E402
from servers import RecordingServer  # noqa: E402

from plc import Session, Slots  # noqa: E402

# A loaded machine is no failure.
settings.register_profile(
    "here", deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("here")


@pytest.fixture(params=["native", "word_map"])
def layout_name(request):
    return request.param


@pytest.fixture
def layout(layout_name):
    return layout_named(layout_name)


@pytest.fixture
def server(layout):
    """An S7 server with both areas of the layout, no byte more, that remembers its requests."""
    with RecordingServer(layout) as running:
        yield running


@pytest.fixture
def session(server):
    with Session("127.0.0.1", server.port, name="PLC01") as opened:
        yield opened


@pytest.fixture
def slots(session, layout):
    return Slots(session, layout)


@pytest.fixture
def plant(layout_name):
    """A plant that does nothing but at ``step()``, and then doses up to 10 kg a second."""
    with Plant(layout_name, manual=True, speed=10) as running:
        yield running
    assert running.violations == []


@pytest.fixture
def plant_slots(plant):
    with Session("127.0.0.1", plant.port, timeout=1) as session:
        yield Slots(session, plant.layout)
