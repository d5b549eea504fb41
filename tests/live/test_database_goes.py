"""A database that takes too long or goes away in the middle of a run: the next one goes on."""

import contextlib
import os

import psycopg2
import pytest
from mill_world import FETCH, World
from processes import fork, wait
from steps import assert_closed_with, run_to_the_end, taken

from odoo.addons.mrp_plc_batch.plc import Slots

pytestmark = pytest.mark.parametrize("layout", ["native"])


def test_statement_time_out_in_a_run(own_db, plant, layout):
    """No fault of the program's: no event, and the next run sends."""
    world = World(own_db, plant, layout)
    world.orders()
    world.sql(
        """CREATE FUNCTION too_long() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN RAISE EXCEPTION 'too long' USING ERRCODE = '57014'; END $$;
           CREATE TRIGGER too_long BEFORE INSERT ON mo_batch
           FOR EACH ROW EXECUTE FUNCTION too_long()"""
    )
    world.cron(FETCH)
    assert not world.events() and not world.batches()
    assert world.device_fields("state")["state"] != "offline"
    world.sql("DROP TRIGGER too_long ON mo_batch")
    run_to_the_end(plant, world, 1)
    assert world.one_history("status")["status"] == "completed"


END_THE_LOCK = """
SELECT pg_terminate_backend(a.pid, 1000) FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid
 WHERE l.locktype = 'advisory' AND a.datname = current_database()"""


class Held:
    """A run of the fetch in a process of its own, held just before it writes the body."""

    def __init__(self, world):
        self._here, self._there = os.pipe(), os.pipe()
        self._pid = fork(self._run, world)
        os.read(self._here[0], 1)

    def _run(self, world):
        write_body = Slots.write_body

        def held(*args):
            os.write(self._here[1], b".")
            os.read(self._there[0], 1)
            write_body(*args)

        Slots.write_body = held
        with contextlib.suppress(psycopg2.Error):  # of its lost connection
            world.cron(FETCH)

    def go_on(self):
        os.write(self._there[1], b".")
        assert wait(self._pid) == [0]


def test_a_run_that_lost_its_lock_writes_nothing_more(world, plant):
    """Its connection with the lock is gone, so another run has the PLC: one dose, not two."""
    (name,) = world.names(world.orders())
    held = Held(world)
    world.sql(END_THE_LOCK)
    world.cron(FETCH)
    plant.step()
    assert taken(plant) == [name]
    held.go_on()
    plant.step()
    assert taken(plant) == [name] and not plant.violations
    run_to_the_end(plant, world, 1)
    assert_closed_with(world, plant, name)
