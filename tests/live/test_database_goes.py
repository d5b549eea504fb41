"""A database that takes too long or goes away in the middle of a run: the next one goes on."""

import pytest
from mill_world import FETCH, World
from steps import run_to_the_end

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
