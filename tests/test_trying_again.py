"""What people do about a batch that is stuck, and what becomes of it then."""

from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError

from ..models.mo_batch_error import BatchError
from .common import GuardCase
from .mill import consumed


class TestTryingAgain(GuardCase):
    def setUp(self):
        super().setUp()
        self.kopra = self.mill.products["KOPRA"]
        self.silo = self.mill.silos[102]

    def lack_lot(self, times=3):
        self.kopra.tracking = "lot"
        self.batch.write({"status_manufacturing": True, "state": "done"})
        for _ in range(times):
            self.assertEqual(self.refused(self.batch._archive_completed), "lot_required")
        return self.env["stock.lot"].create({"product_id": self.kopra.id})

    def test_what_the_plc_failed_at_is_in_the_order_all_the_same(self):
        self.batch.write({"status_manufacturing": True, "status_operation": True, "state": "done"})
        self.assertEqual(self.refused(self.batch._archive_completed), "plc_failure")
        self.assertTrue(self.batch.update_odoo)
        dosed = {name: kg for name, kg in consumed(self.order).items() if kg}
        self.assertEqual(dosed, {"POLLARD ANGSA": 300.0, "KOPRA": 100.0})
        # a later sync does not take it for dosed: that is a manager's decision
        self.batch.line_ids[0].actual_consumption += 1
        self.batch.write({"update_odoo": False, "next_retry_at": False})
        self.device._sync_due(self.device.batch_ids)
        self.assertEqual((self.batch.state, self.batch.error_code), ("failed", "plc_failure"))
        self.assertTrue(self.batch.update_odoo)
        batch = self.batch.with_user(self.plc_manager).with_context(reason="enough of it")
        batch.action_accept()
        self.assertEqual(self.order.plc_history_ids.status, "completed")

    def test_a_person_does_not_wait_for_the_next_retry(self):
        lot = self.lack_lot()
        self.assertFalse(self.batch._is_retry_due())
        self.env.cr.execute("UPDATE plc_silo SET lot_id = %s", [lot.id])  # nobody was told of it
        self.env.invalidate_all()
        self.device.with_user(self.plc_user).action_archive_now()
        self.assertEqual(self.order.state, "done")

    def test_who_was_asked_is_asked_once_and_told_that_it_is_well_again(self):
        self.device.write({"retry_limit": 1, "responsible_id": self.plc_manager.id})
        lot = self.lack_lot(times=2)
        self.assertEqual(len(self.batch.activity_ids), 1)
        self.batch.retry_count = 0  # as after a change of the limit
        self.assertEqual(self.refused(self.batch._archive_completed), "lot_required")
        self.assertEqual(len(self.batch.activity_ids), 1)
        self.silo.lot_id = lot
        self.assertTrue(self.batch._process_batch_consumption())
        self.assertFalse(self.batch.activity_ids)

    def test_what_the_plc_reports_is_not_tried_again_but_read(self):
        """Nothing waits for Odoo, whether all of it is in the order or nothing was ever stored."""
        self.batch._set_error(BatchError("plc_data", "Not believed.", "Why.", "Read again."))
        for vals, helps in (
            ({"update_odoo": False}, True),
            ({"update_odoo": True}, False),
            ({"update_odoo": False, "last_read_from_plc": False}, False),
        ):
            self.batch.write(vals)
            self.assertEqual(self.batch.can_retry, helps)

    def test_what_was_missing_is_tried_with_the_next_run(self):
        self.silo.lot_id = self.lack_lot()
        self.assertTrue(self.batch._is_retry_due())
        self.assertTrue(self.batch._archive_completed())

    def test_the_lot_of_an_alternative_comes_with_changing_over(self):
        self.silo.write(
            {
                "product_id": self.mill.products["CGF"].id,
                "alternative_product_ids": [Command.link(self.kopra.id)],
            }
        )
        self.batch.line_ids.filtered(lambda line: line.silo_id == self.silo).product_id = self.kopra
        lot = self.lack_lot(times=1)
        self.assertIn("Change SILO B over to KOPRA and its lot", self.batch.error_action)
        self.silo.write({"product_id": self.kopra.id, "lot_id": lot.id})
        self.assertTrue(self.batch._archive_completed())

    def test_of_many_those_are_tried_that_it_helps(self):
        parked = self.make_batch(self.make_order(), {103: 10.0}, batch_no=4, state="parked")
        both = (self.batch + parked).with_user(self.plc_user)
        action = both.action_retry()
        self.assertTrue(self.batch.update_odoo)
        self.assertFalse(parked.update_odoo)
        self.assertIn(f"{parked.mo_id} is parked. Unpark it", action["params"]["message"])
        with self.assertRaisesRegex(UserError, f"{parked.mo_id} is parked"):
            parked.with_user(self.plc_user).action_retry()

    def test_a_plc_that_never_comes_back(self):
        """Its last order is stored, and nobody can tell it."""
        self.batch.write({"status_manufacturing": True, "state": "done"})
        self.assertTrue(self.batch._archive_completed())
        history = self.order.plc_history_ids
        self.assertFalse(history.acknowledged)
        manager = self.device.with_user(self.plc_manager)
        words = f"Slot 3 still has {history.mo_id}.*Cleared at the PLC on that history"
        with self.assertRaisesRegex(UserError, words):
            manager.active = False
        history.with_user(self.plc_manager).action_cleared_at_plc()
        manager.active = False
        self.assertEqual(history.status, "completed")

    def test_an_activity_for_oneself_and_for_a_colleague(self):
        for user in (self.plc_user, self.plc_manager):
            batch = self.batch.with_user(self.plc_user)
            activity = batch.activity_schedule(
                "mail.mail_activity_data_todo", user_id=user.id, summary="Look at the scale"
            )
            self.assertEqual(activity.user_id, user)
            activity.with_user(user).action_feedback()
        self.assertFalse(self.batch.activity_ids)
        stranger = self.new_stranger()
        with self.assertRaises(AccessError):
            self.batch.with_user(stranger).message_subscribe(stranger.partner_id.ids)

    def test_what_a_person_has_planned_is_no_question_to_who_is_responsible(self):
        """Who is asked by Odoo's own queue of mails: one that hangs would cost the PLC its turn."""
        self.plc_manager.write({"email": "engineer@mill.example", "notification_type": "email"})
        self.device.write({"retry_limit": 2, "responsible_id": self.plc_manager.id})
        self.env["mail.activity"].create(
            {
                "res_model_id": self.env["ir.model"]._get_id("mo.batch"),
                "res_id": self.batch.id,
                "user_id": self.plc_user.id,
                "summary": "look at the scale",
            }
        )
        with patch.object(type(self.env["mail.mail"]), "send_after_commit") as sent:
            self.lack_lot(times=2)
        asked = self.batch.activity_ids.filtered("automated")
        self.assertEqual(asked.user_id, self.plc_manager)
        mail = self.env["mail.mail"].search(
            [("recipient_ids", "in", self.plc_manager.partner_id.ids)]
        )
        self.assertEqual((mail.state, sent.called), ("outgoing", False))
