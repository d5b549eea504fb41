"""Tests with real commits, real processes and a real S7 server.

Each test gets a database of its own, copied from the template that dev/test prepared.
"""

import contextlib
import os
import subprocess
import sys
import uuid
from dataclasses import replace
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "dev"), str(Path(__file__).parent)]
sys.path.append(str(ROOT / "tests" / "chaos"))  # the network that has faults
sys.path.append(str(ROOT / "tests" / "bench"))  # mills whose statements are counted

import odoo  # noqa: E402
from odoo import SUPERUSER_ID, api  # noqa: E402
from odoo.modules.registry import Registry  # noqa: E402

# The addons path is known from here on; what follows imports from the addon.
odoo.tools.config.parse_config(["-c", os.environ["PLC_ODOO_RC"]], setup_logging=False)
odoo.modules.module.initialize_sys_path()

from mill_world import World  # noqa: E402
from plant.layouts import layout_named  # noqa: E402
from plant.plant import Plant  # noqa: E402


class Database:
    """A copy of the template, with environments that really commit."""

    def __init__(self, template=None):
        template = template or os.environ["PLC_TEMPLATE_DB"]
        self.name = f"{template}_{uuid.uuid4().hex[:8]}"
        _createdb(self.name, template)

    @contextlib.contextmanager
    def env(self, user=None):
        """An environment; commits at the end, rolls back after an exception."""
        with Registry(self.name).cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            if user:
                env = env(user=user.id, su=False)
            yield env

    def run(self, script, *args, **options):
        """Start `script` (Python, with `env` and `args`) in an Odoo process of its own."""
        return subprocess.Popen(
            [sys.executable, Path(__file__).parent / "worker.py", self.name, script, *args],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **options,
        )

    def reconnect(self):
        """Give up pooled connections, so that the database's settings are read anew."""
        odoo.sql_db.close_db(self.name)

    def reload(self):
        """Forget the models: a process of its own has changed the modules."""
        Registry.delete(self.name)
        self.reconnect()

    def drop(self):
        Registry.delete(self.name)
        odoo.sql_db.close_db(self.name)
        _sql(f'DROP DATABASE "{self.name}" WITH (FORCE)')


def _sql(statement):
    connection = odoo.sql_db.db_connect("postgres")
    with contextlib.closing(connection.cursor()) as cr:
        cr._cnx.autocommit = True
        cr.execute(statement)


def _createdb(name, template):
    _sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')


@pytest.fixture(scope="session")
def db():
    """One database for all tests, each with a mill of its own in it."""
    database = Database()
    yield database
    database.drop()


@pytest.fixture
def own_db():
    """A database for one test, that does to it what would disturb others."""
    database = Database()
    yield database
    database.drop()


@pytest.fixture(params=["native", "word_map"])
def layout(request):
    return request.param


@pytest.fixture
def plant(layout):
    """A PLC whose program moves only when a test says so."""
    with Plant(layout, manual=True, speed=1000.0) as running:
        yield running
    assert not running.violations


@pytest.fixture
def area_plant(layout):
    """A PLC that takes the whole area when slot 1 is valid."""
    area = replace(layout_named(layout), write_handshake="area")
    with Plant(area, manual=True, speed=1000.0) as running:
        yield running
    assert not running.violations


@pytest.fixture
def area_world(db, area_plant, layout):
    mill = World(db, area_plant, layout)
    with mill.device() as device:
        device.layout_id = device.layout_id.copy({"write_handshake": "area"})
    return mill


@pytest.fixture
def world(db, plant, layout):
    return World(db, plant, layout)
