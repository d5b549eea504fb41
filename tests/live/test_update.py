"""From the version before, with its data, to this one."""

import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from conftest import Database
from mill_world import ARCHIVE, READ, World

ROOT = Path(__file__).resolve().parents[2]
FIRST = "3babe90"  # the first version that was in use; taken while no release is tagged

FILL = """
from odoo.addons.mrp_plc_batch.tests.mill import make_mill, make_orders
env["ir.config_parameter"].set_param("mrp_plc_batch.quiet_seconds", "0")
device = make_mill(env, port=int(args[0]), stock=100_000.0).device
silo = device.silo_ids.filtered(lambda silo: silo.number == 103)
for number, state in enumerate(("staged", "sent", "running", "done", "failed", "parked"), 1):
    order = make_orders(device)
    batch = env["mo.batch"].create({
        "mo_id": order.name, "device_id": device.id, "batch_no": number, "state": state,
        "status_manufacturing": state in ("done", "failed"),
        "actual_weight_quantity_finished_goods": 1000 if state in ("done", "failed") else 0,
        "previous_state": "sent" if state == "parked" else False,
        "line_ids": [(0, 0, {"silo_id": silo.id, "consumption": 300,
                             "actual_consumption": 0 if number < 3 else 299.5})],
    })
    batch._copy_to_history("cancelled", acknowledged=True)
    device._log_event("read", f"as {state}", batch=batch)
env.cr.commit()
"""


def version_before():
    """The newest tag that this commit comes from, else the first version in use."""
    tag = git("describe", "--tags", "--abbrev=0", "HEAD")
    for name in filter(None, (tag, FIRST)):
        if git("cat-file", "-t", f"{name}^{{commit}}"):
            return name
    return None


def git(*arguments):
    result = subprocess.run(["git", "-C", ROOT, *arguments], capture_output=True, check=False)
    return result.stdout.decode(errors="replace").strip() if result.returncode == 0 else ""


@pytest.fixture
def before(tmp_path):
    """A configuration in which the addon is that of the version before."""
    name = version_before()
    if not name:
        pytest.skip("this clone has no version before this one: neither a tag nor its history")
    archive = subprocess.run(
        ["git", "-C", ROOT, "archive", name], capture_output=True, check=True
    ).stdout
    folder = tmp_path / "addons" / "mrp_plc_batch"
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
    config = tmp_path / "odoo.conf"
    lines = Path(os.environ["PLC_ODOO_RC"]).read_text().splitlines()
    paths = next(line for line in lines if line.startswith("addons_path"))
    ours, *odoo = paths.partition(" = ")[2].split(",")
    assert (Path(ours) / "mrp_plc_batch").is_dir()
    changed = ",".join((str(folder.parent), *odoo))
    config.write_text("\n".join(lines).replace(paths, f"addons_path = {changed}"))
    return config


def odoo(database, *arguments, config=None):
    config = config or os.environ["PLC_ODOO_RC"]
    command = [sys.executable, "-m", "odoo", "-c", config, "-d", database.name, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    ours = [line for line in done.stderr.splitlines() if "WARNING" in line and "plc" in line]
    assert not ours, ours


@pytest.mark.parametrize("layout", ["native"])
def test_with_data_in_it(before, plant, layout):
    database = Database(os.environ["PLC_BASE_DB"])
    try:
        odoo(database, "-i", "mrp_plc_batch", "--stop-after-init", config=before)
        environment = {**os.environ, "PLC_ODOO_RC": str(before)}
        filling = database.run(FILL, str(plant.port), env=environment)
        said, _ = filling.communicate(timeout=300)
        assert filling.returncode == 0, said[-3000:]
        odoo(database, "-u", "mrp_plc_batch", "--stop-after-init")
        world = object.__new__(World)
        world.db, world.plant = database, plant
        with database.env() as env:
            (device,) = env["plc.device"].search([])
            world.device_id = device.id
        states = sorted(batch["state"] for batch in world.batches())
        assert states == ["done", "failed", "parked", "running", "sent", "staged"]
        assert len(world.histories("status")) == 6
        told = [event["message"] for event in world.events()]
        assert {f"as {state}" for state in states} <= set(told)
        world.cron(READ, ARCHIVE)
        assert not [event for event in world.events() if "internal" in event["message"]]
        assert sorted(h["status"] for h in world.histories("status")).count("completed") == 2
    finally:
        database.drop()
