from odoo import Command
from odoo.tests import HttpCase, tagged

from .common import MillCase

ACTION = "/odoo/action-mrp_plc_batch.action_mo_batch"


@tagged("-standard", "plc_tour", "post_install", "-at_install")
class TestTours(MillCase, HttpCase):
    """What people do all day, in a real browser. They need Chromium: `dev/test tour`."""

    def test_an_operator_rescues_a_stuck_batch(self):
        silo = self.mill.silos[103]
        ingredient = silo.product_id.copy({"name": "POLLARD TRACKED", "tracking": "lot"})
        silo.product_id = ingredient
        order = self.make_order(confirm=False)
        order.move_raw_ids.filtered(
            lambda move: move.product_id.name == "POLLARD ANGSA"
        ).product_id = ingredient
        order.action_confirm()
        batch = self.make_batch(order, {103: 300.0}, finished=True)
        with self.assertLogs("odoo.addons.mrp_plc_batch", "WARNING"):
            batch._archive_completed()
        self.assertEqual(batch.error_code, "lot_required")
        silo.lot_id = self.env["stock.lot"].create({"name": "L1", "product_id": ingredient.id})
        self.start_tour(f"{ACTION}_failed", "plc_operator_rescues", login="operator")
        self.assertEqual(order.state, "done")
        self.assertEqual(order.move_raw_ids.move_line_ids.lot_id.name, "L1")

    def test_a_manager_cancels_with_a_reason(self):
        order = self.make_order()
        self.make_batch(order, {}, state="staged")
        self.start_tour(ACTION, "plc_manager_cancels", login="engineer")
        self.assertEqual(order.state, "cancel")
        self.assertEqual(order.plc_history_ids.user_id, self.plc_manager)

    def test_an_order_shows_its_batch(self):
        self.make_batch(self.make_order(), {103: 100.0}, batch_no=4)
        kept_back = self.make_order()
        kept_back.plc_dispatch = "never"
        url = "/odoo/action-mrp.mrp_production_action"
        self.start_tour(url, "plc_order_shows_batch", login="operator")
        self.assertEqual(kept_back.plc_dispatch, "again")

    def test_settings_and_the_interval(self):
        admin = self.env.ref("base.user_admin")
        admin.group_ids = [Command.link(self.env.ref("mrp.group_mrp_manager").id)]
        url = "/odoo/action-mrp.action_mrp_configuration"
        self.start_tour(url, "plc_settings_and_interval", login="admin")
        get_param = self.env["ir.config_parameter"].get_param
        self.assertEqual(get_param("mrp_plc_batch.event_days"), "30")
        self.assertEqual(self.env.ref("mrp_plc_batch.ir_cron_read_plc").interval_number, 10)

    def test_an_engineer_changes_a_silo_over_in_mid_queue(self):
        dosed, waiting = self.make_order(count=2)
        first = self.make_batch(dosed, {103: 300.0, 102: 150.0})
        second = self.make_batch(waiting, {}, batch_no=2, state="sent")
        silo = self.mill.silos[102]
        url = f"/odoo/action-mrp_plc_batch.action_plc_silo/{silo.id}"
        self.start_tour(url, "plc_change_over", login="engineer")
        names = [
            batch.line_ids.filtered(lambda line: line.silo_id == silo).product_id.name
            for batch in (first, second)
        ]
        self.assertEqual(names, ["KOPRA", "BSJ"])

    def test_an_operator_enters_by_hand_and_the_order_closes(self):
        self.device.require_by_hand = True
        order = self.make_order()
        batch = self.make_batch(order, {103: 300.0}, finished=True)
        with self.assertLogs("odoo.addons.mrp_plc_batch", "WARNING"):
            batch._archive_completed()
        self.start_tour(ACTION, "plc_by_hand", login="operator")
        self.assertEqual(order.state, "done")
        lines = order.plc_history_ids.hand_line_ids
        self.assertEqual(set(lines.mapped("source")), {"hand"})
        self.assertEqual(lines.weighed_by_id, self.plc_user)

    def test_hostile_text_is_shown_as_text(self):
        """A name with markup in it, as a PLC or a person may write one."""
        name = "<img src=x onerror=window.plcHacked=1>"
        order = self.make_order()
        order.name = name
        batch = self.make_batch(order, {103: 1.0}, finished_goods=name)
        batch._set_error(batch._odoo_error(name))
        self.device._log_event("orphan", name, severity="warning", batch=batch)
        self.start_tour(ACTION, "plc_hostile_text", login="operator")
