"""A read cycle in which nothing changed costs a constant number of statements and no write."""

import re

import pytest
from mill_world import FETCH, READ

from odoo.sql_db import Cursor

WRITES = re.compile(
    r"\s*(INSERT INTO|UPDATE|DELETE FROM)\s+\"?(mo_batch|mo_histories|stock_|mrp_)", re.IGNORECASE
)


def statements(world, monkeypatch):
    """The statements of one read cycle, in all of its cursors."""
    seen = []
    execute = Cursor.execute

    def listening(cursor, query, *args, **kwargs):
        result = execute(cursor, query, *args, **kwargs)
        seen.append(cursor._obj.query.decode())
        return result

    with monkeypatch.context() as patch, world.device() as device:
        patch.setattr(Cursor, "execute", listening)
        device.env["mo.batch"]._cron_read_plc(devices=device)
    return seen


@pytest.mark.parametrize("layout", ["native"])
def test_unchanged_cycle(world, plant, monkeypatch):
    counts = {}
    for orders in (1, 10):
        world.orders(orders)
        world.cron(FETCH)
        plant.step()
        plant.step(0.1)
        world.cron(READ)
        seen = statements(world, monkeypatch)
        counts[orders] = len(seen)
        assert not [query for query in seen if WRITES.match(query)]
        assert len(world.batches()) == orders
        with world.device() as device:
            device.batch_ids.unlink()
            device.env["mrp.production"].search([("plc_device_id", "=", device.id)]).write(
                {"plc_dispatch": "never"}
            )
        plant.wipe()
    assert counts[1] == counts[10], "\n".join(seen)
    print(f"unchanged read cycle: {counts[1]} statements")
