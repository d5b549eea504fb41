"""Buttons that change nothing, or not all, and say so: unreachable, busy, not allowed, without a
reason."""

import pytest
from mill_world import ARCHIVE, FETCH, READ, World
from plant.plant import Plant
from steps import dose, dose_all, once, run_to_the_end, taken

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user

from odoo.addons.mrp_plc_batch.models.plc_device_turn import PlcDevice

pytestmark = pytest.mark.parametrize("layout", ["native"])

LOCK_SPACE = 0x504C43
ENDINGS = ("action_reset", "action_cancel")


@pytest.fixture
def two(world, plant):
    """Two orders: one being dosed, one sent."""
    world.orders(2)
    world.cron(FETCH)
    dose(plant, world)
    return world.states()


@pytest.fixture
def second(db, two):
    """Another mill, whose PLC doses an order."""
    with Plant("native", manual=True, speed=1000.0) as plant:
        mill = World(db, plant, "native", name="Second Mill PLC", connection_timeout=0.2)
        mill.orders()
        mill.cron(FETCH)
        dose(plant, mill)
        yield mill


def press_on_both(world, second, button, **context):
    """A button on the devices of two mills (start over), or on all of their batches."""
    context = {"reason": "new shift", "stopped_at_plc": True, **context}
    with world.device() as device:
        devices = device.with_context(**context) | device.browse(second.device_id)
        records = devices if button == "action_start_over" else devices.batch_ids
        return getattr(records, button)()


def assert_nothing_changed(world, two):
    assert world.states() == two
    assert not world.histories()


@pytest.mark.parametrize("fault", ["refuse", "silent", "cut"])
def test_plc_that_cannot_be_asked(world, plant, two, fault):
    world.set_device(connection_timeout=0.2)
    plant.fault(fault)
    for button in ENDINGS:
        with pytest.raises(UserError, match="Feed Mill PLC") as refused:
            world.press(button, stopped_at_plc=True)
        assert "tried again" not in str(refused.value)  # no clock presses a button
    with pytest.raises(UserError, match="then press it again"):
        world.device_button("action_start_over", reason="new shift")
    assert_nothing_changed(world, two)
    plant.clear(fault)
    world.press("action_cancel")  # whatever the back-off says
    assert len(world.histories()) == 2


def test_connection_cut_in_the_middle_of_a_withdrawal(world, plant, two):
    """The number is 0 already: the next read puts it back, as the batch is still sent."""
    writes = []

    def cut(request):
        writes.append(request.kind == "write")
        return "cut" if sum(writes) == 1 and writes[-1] else None

    plant.intercept = cut
    with pytest.raises(UserError):
        world.press("action_reset", stopped_at_plc=True)
    plant.intercept = None
    assert_nothing_changed(world, two)
    assert plant.write_record(2).is_blank
    world.clear_back_off()
    world.cron(READ)
    assert plant.write_record(2).batch_no == 2
    assert world.states() == two


def test_device_held_by_somebody_else(world, plant, two):
    asked = len(plant.requests)
    with world.db.env() as other:
        other.cr.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [LOCK_SPACE, world.device_id])
        for button in (*ENDINGS, "action_park", "action_unpark", "action_retry", "action_accept"):
            with pytest.raises(UserError, match="Nothing was changed"):
                world.press(button)
        for button in ("action_start_over", "action_read_now", "action_send_now"):
            with pytest.raises(UserError, match="Nothing was changed"):
                world.device_button(button, reason="new shift")
        world.cron(FETCH, READ, ARCHIVE)
    assert_nothing_changed(world, two)
    assert len(plant.requests) == asked


@pytest.mark.parametrize(
    "button", [*ENDINGS, "action_start_over", "action_park", "action_retry", "action_accept"]
)
def test_one_of_two_devices_held_by_somebody_else(world, plant, two, second, button):
    before = second.states()
    told, asked = len(world.events()), len(plant.requests)
    with world.db.env() as other:
        other.cr.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [LOCK_SPACE, second.device_id])
        with pytest.raises(UserError, match="Second Mill PLC. Nothing was changed"):
            press_on_both(world, second, button)
    assert_nothing_changed(world, two)
    assert_nothing_changed(second, before)
    assert (len(world.events()), len(plant.requests)) == (told, asked)


def test_histories_of_two_devices_one_of_them_held_by_somebody_else(world, plant, two, second):
    def histories():
        """{id: acknowledged} of both mills."""
        found = [*world.histories("acknowledged"), *second.histories("acknowledged")]
        return {history["id"]: history["acknowledged"] for history in found}

    for mill in (world, second):
        mill.press("action_cancel")
    before = histories()
    assert sorted(before.values()) == [False, False, True]
    with world.db.env() as env, world.db.env() as other:
        other.cr.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [LOCK_SPACE, second.device_id])
        with pytest.raises(UserError, match="Nothing was changed"):
            env["mo.histories"].browse(before).action_cleared_at_plc()
    assert histories() == before


@pytest.mark.parametrize("button", [*ENDINGS, "action_start_over"])
def test_second_of_two_plcs_that_cannot_be_asked(world, plant, two, second, button):
    """What was done of the first stays done, as its PLC was told; and it is said."""
    before = second.states()
    second.plant.fault("refuse")
    done = "Second Mill PLC(.|\n)*Before that it was done on Feed Mill PLC, and stays so"
    with pytest.raises(UserError, match=done):
        press_on_both(world, second, button)
    assert_nothing_changed(second, before)
    if button == "action_reset":
        assert set(world.states().values()) == {("staged", None)}
    else:
        assert not world.batches()
    assert plant.write_record(1).is_blank and plant.write_record(2).is_blank


@pytest.mark.parametrize("button", [*ENDINGS, "action_start_over"])
def test_first_of_two_plcs_that_cannot_be_asked(world, plant, two, second, button):
    before = second.states()
    plant.fault("refuse")
    with pytest.raises(UserError) as refusal:
        press_on_both(world, second, button)
    assert "Before that" not in refusal.value.args[0]
    assert_nothing_changed(world, two)
    assert_nothing_changed(second, before)


def test_order_held_by_somebody_else(world, plant, two):
    with world.db.env() as other:
        other.cr.execute("SELECT id FROM mrp_production FOR UPDATE")
        for button in ENDINGS:
            with pytest.raises(UserError, match="Somebody else is just changing"):
                world.press(button, stopped_at_plc=True)
    assert_nothing_changed(world, two)


def test_reset_refused_for_one_order_costs_the_others_nothing(world, plant, two):
    """What was withdrawn before goes out again; it is not called lost by the PLC."""
    dosed, sent = two
    with pytest.raises(UserError, match=f"The PLC is dosing {dosed}"):
        world.press("action_reset")
    assert world.states() == {dosed: ("running", 1), sent: ("staged", None)}
    world.cron(READ, FETCH, READ)
    assert world.states() == {dosed: ("running", 1), sent: ("sent", 2)}
    assert not any(batch["error_code"] for batch in world.batches())
    run_to_the_end(plant, world, 2)
    assert taken(plant) == [dosed, sent]


def test_an_order_that_is_cancelled_while_its_reset_asks_the_plc(world, plant):
    """It is not opened again."""
    (order_id,) = world.orders()
    world.cron(FETCH)
    dose_all(plant)
    cancel = "UPDATE mrp_production SET state = 'cancel' WHERE id = %s"
    once(plant, lambda request: request.kind == "write", lambda: world.sql(cancel, order_id))
    with pytest.raises(UserError, match="cannot be dosed again"):
        world.press("action_reset")
    with world.order(order_id) as order:
        assert order.state == "cancel"
    batch = world.one_batch("state", "acknowledged")
    assert (batch["state"], batch["acknowledged"]) == ("done", True)


@pytest.mark.parametrize("button", [*ENDINGS, "action_accept", "action_retry", "action_park"])
def test_button_on_a_batch_that_is_archived_meanwhile(world, plant, monkeypatch, button):
    """Archived between the click and the device's lock: it stays completed, and is shown."""
    world.orders()
    world.cron(FETCH)
    dose_all(plant)
    world.cron(READ)
    wait_for_the_lock = PlcDevice._button_turn

    def archived_first(devices):
        monkeypatch.undo()
        world.cron(ARCHIVE)
        return wait_for_the_lock(devices)

    monkeypatch.setattr(PlcDevice, "_button_turn", archived_first)
    world.press(button)
    assert world.one_history("status")["status"] == "completed"


def test_without_a_reason_they_ask_for_one(world, plant, two):
    for button in (*ENDINGS, "action_accept"):
        action = world.press(button, reason="")
        assert action["res_model"] == "mo.batch.ending"
    action = world.device_button("action_start_over")
    assert_nothing_changed(world, two)
    with world.db.env() as env:
        wizard = env[action["res_model"]].browse(action["res_id"])
        with pytest.raises(UserError, match="reason"):
            wizard.action_confirm()
        wizard.note = "new shift"
        wizard.action_confirm()
    assert not world.batches()
    assert all("new shift" in history["notes"] for history in world.histories("notes"))


def test_rights(world, plant, two, layout):
    """A user looks, parks and retries; the rest is a manager's."""
    with world.device() as device:
        group = "mrp_plc_batch.group_plc_user"
        user = new_test_user(device.env, f"operator_{device.id}", groups=group)
    ids = [batch["id"] for batch in world.batches()]
    with world.db.env(user) as env:
        batches = env["mo.batch"].with_context(reason="I want to").browse(ids)
        device = env["plc.device"].with_context(reason="I want to").browse(world.device_id)
        for button in (*ENDINGS, "action_accept"):
            with pytest.raises(AccessError):
                getattr(batches, button)()
        for button in ("action_start_over", "action_send_now", "action_test_connection"):
            with pytest.raises(AccessError):
                getattr(device, button)()
        with pytest.raises(AccessError):
            env["mo.histories"].action_cleared_at_plc()
        with pytest.raises(AccessError):
            batches.write({"state": "done"})
        device.action_read_now()
        batches.action_retry()
        batches.action_park()
        batches.action_unpark()
    assert_nothing_changed(world, two)
