"""What is wrong with a batch: in words, when it is tried again, and who is asked."""

from odoo import fields
from odoo.tests import new_test_user

from ..models.mo_batch_error import ERROR_CODES, BatchError, back_off_minutes
from ..plc import errors
from .common import GuardCase

# nobody has to do something first, or trying again is what they do next
RETRY_HELPS = (
    *("plc_unreachable", "plc_timeout", "plc_protocol", "mo_not_found", "mo_locked"),
    *("no_silo", "unit_mismatch", "lot_required", "odoo_error"),
)


class TestErrorCodes(GuardCase):
    """Every code is reached, and says what, why and what to do."""

    def line(self, number):
        return self.batch.line_ids.filtered(lambda line: line.silo_number == number)

    def sync(self):
        self.refused(self.batch._process_batch_consumption)

    def archive(self, **vals):
        self.batch.write({"status_manufacturing": True, "state": "done", **vals})
        self.refused(self.batch._archive_completed)

    def mo_not_found(self):
        self.order.with_context(plc_force=True).unlink()
        self.sync()
        return [], ["looked for again by itself", "Cancel the batch", "park it"]

    def mo_cancelled(self):
        self.order.with_context(plc_force=True).action_cancel()
        self.sync()
        return ["cancelled"], ["cancel the batch"]

    def mo_done(self):
        self.order.with_context(
            plc_force=True, skip_backorder=True, skip_consumption=True
        ).button_mark_done()
        self.sync()
        return ["closed"], ["cancel the batch"]

    def no_silo(self):
        self.mill.silos[112].product_id = False
        self.line(103).copy({"batch_id": self.batch.id, "silo_number": 112}).write(
            {"silo_id": self.mill.silos[112].id, "product_id": False, "actual_consumption": 5.0}
        )
        self.sync()
        return ["5.00 kg"], ["Set the ingredient of SILO L"]

    def unit_mismatch(self):
        product = self.mill.products["KOPRA"]
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE product_template SET uom_id = %s WHERE id = %s",
            [self.env.ref("uom.product_uom_litre").id, product.product_tmpl_id.id],
        )
        self.env.invalidate_all()
        self.sync()
        return ["KOPRA", "nothing in common with kg"], ["unit"]

    def lot_required(self):
        self.mill.products["KOPRA"].tracking = "lot"
        self.sync()
        return ["SILO B"], ["Set the current lot of SILO B"]

    def odoo_error(self):
        self.order.write({"state": "draft"})
        self.sync()
        return ["not confirmed"], ["Confirm the order"]

    def mo_locked(self):
        self.batch._set_error(self.batch._locked_error())
        return ["changing it"], ["next cycle"]

    def plc_failure(self):
        self.archive(status_operation=True)
        return ["What was dosed"], ["accept the batch", "reset", "cancel"]

    def nothing_dosed(self):
        self.batch.line_ids.write({"actual_consumption": 0.0})
        self.archive()
        return ["weight"], ["Reset the batch", "cancel"]

    def not_weighed(self):
        self.device.require_by_hand = True
        self.archive(actual_weight_quantity_finished_goods=400.0)
        return ["GARAM"], ["Press By Hand"]

    def plc_silent(self):
        self.batch.write(
            {"taken_at": fields.Datetime.now(), "last_read_from_plc": "2026-01-01 00:00:00"}
        )
        self.assertTrue(self.batch._watch_silence())
        self.assertEqual(self.batch.state, "running")
        return ["slot 3", "15 minutes"], ["cancel the batch", "reset"]

    def plc_data(self):
        self.batch._forget()
        return ["Slot 3"], ["reset the batch", "cancel"]

    def plc_unreachable(self):
        self.batch._set_error(errors.PlcUnreachable(device=self.device.name))
        return [], ["power, network"]

    def plc_timeout(self):
        self.batch._set_error(
            errors.PlcTimeout(errors.TIMEOUT_SILENT, device=self.device.name, seconds=3)
        )
        return ["3 seconds"], ["power, network"]

    def plc_protocol(self):
        self.batch._set_error(errors.PlcProtocol(device=self.device.name))
        return [], ["PUT/GET"]

    def test_each_code_in_words(self):
        self.batch.unlink()
        for code, _label in ERROR_CODES:
            with self.subTest(code), self.cr.savepoint() as savepoint:
                self.order = self.make_order()
                self.batch = self.make_batch(self.order, {103: 300.0, 102: 100.0}, batch_no=3)
                name = self.order.name
                reason, action = getattr(self, code)()
                batch = self.batch
                self.assertEqual(batch.error_code, code)
                subject = self.device.name if code in WIRE else name
                self.assertIn(subject, batch.error_message)
                self.assertNotIn("%(", batch.error_message + batch.error_reason)
                for word in reason:
                    self.assertIn(word, batch.error_reason)
                for word in action:
                    self.assertIn(word, batch.error_action)
                self.assertTrue(batch.error_reason and batch.error_action)
                card = batch._board_vals()
                self.assertEqual(card["retry"], batch.can_retry)
                self.assertEqual(batch.can_retry, code in RETRY_HELPS)
                self.assertNotIn("127.0.0.1", f"{batch.error_message}{batch.error_reason}")
                event = batch.event_ids[:1]
                self.assertIn(batch.error_message, event.message)
                savepoint.rollback()
                self.env.invalidate_all(flush=False)

    def test_wire_errors_have_codes_of_the_list(self):
        kinds = [errors.PlcError]
        for kind in kinds:
            kinds += kind.__subclasses__()
        self.assertLessEqual({kind.code for kind in kinds}, dict(ERROR_CODES).keys())


WIRE = ("plc_unreachable", "plc_timeout", "plc_protocol")


class TestRetries(GuardCase):
    def fail(self, times=1):
        """The sync is refused so often; minutes until the next retry after each."""
        self.mill.products["KOPRA"].tracking = "lot"
        waits = []
        for _ in range(times):
            self.refused(self.batch._process_batch_consumption)
            waits.append((self.batch.next_retry_at - self.batch.last_error_at).seconds // 60)
        return waits

    def test_back_off_follows_the_interval_and_ends_at_an_hour(self):
        self.assertEqual(self.fail(6), [0, 5, 15, 35, 60, 60])
        self.assertEqual([back_off_minutes(n, 1) for n in range(1, 8)], [0, 1, 3, 7, 15, 31, 60])
        self.assertEqual(back_off_minutes(10**6, 5), 60)

    def test_hourly_once_a_person_was_asked(self):
        self.device.retry_limit = 3
        self.assertEqual(self.fail(4), [0, 5, 60, 60])
        self.batch.retry_count = 0
        self.device.retry_limit = 1
        self.assertEqual(self.fail(2), [0, 60])

    def test_back_off_of_another_interval(self):
        cron = self.env.ref("mrp_plc_batch.ir_cron_read_plc")
        cron.interval_number = 2
        self.assertEqual(self.fail(4), [0, 2, 6, 14])
        cron.unlink()
        self.batch.retry_count = 0
        self.assertEqual(self.fail(2), [0, 5])

    def test_waits_until_it_is_due(self):
        self.fail(2)
        self.assertFalse(self.device._sync_due(self.device.batch_ids))
        self.batch.next_retry_at = fields.Datetime.now()
        self.mill.products["KOPRA"].tracking = "none"
        self.assertEqual(self.device._sync_due(self.device.batch_ids)["synced"], 1)

    def test_news_from_the_plc_do_not_wait(self):
        self.fail(3)
        self.mill.products["KOPRA"].tracking = "none"
        self.batch.update_odoo = False
        record = self.batch._to_record()
        record.quantities[103] = 311.0
        self.assertTrue(self.batch._store_values(record, self.batch.line_ids))
        self.assertFalse(self.batch.next_retry_at)
        self.assertEqual(self.device._sync_due(self.device.batch_ids)["synced"], 1)

    def test_success_starts_the_count_anew(self):
        self.fail(4)
        self.assertEqual(self.batch.retry_count, 4)
        self.mill.products["KOPRA"].tracking = "none"
        self.batch._process_batch_consumption()
        self.assertEqual((self.batch.retry_count, self.batch.error_code), (0, False))
        self.assertFalse(self.batch.next_retry_at or self.batch.error_message)
        self.assertEqual(self.fail(1), [0])

    def test_another_transaction_is_not_counted(self):
        self.fail(2)
        for _ in range(5):
            self.batch._set_error(self.batch._locked_error())
        self.assertEqual((self.batch.retry_count, self.batch.error_code), (2, "mo_locked"))
        self.assertLessEqual(self.batch.next_retry_at, fields.Datetime.now())

    def test_after_the_limit_one_person_is_asked_once(self):
        for groups in ("mrp_plc_batch.group_plc_user", "base.group_user"):
            with self.subTest(groups):
                user = new_test_user(self.env, groups.split(".")[1], groups=groups)
                self.device.write({"responsible_id": user.id, "retry_limit": 2})
                self.batch.retry_count = 0
                self.batch.activity_ids.unlink()
                self.fail(1)
                self.assertFalse(self.batch.activity_ids)
                self.assertEqual(self.fail(5)[1:], [60] * 4)
                (activity,) = self.batch.activity_ids
                self.assertEqual(activity.user_id, user)
                self.assertIn(self.order.name, activity.summary)
                self.assertIn("SILO B", activity.note)
                self.assertEqual(self.batch.error_code, "lot_required")

    def test_a_limit_of_none_asks_at_once(self):
        self.device.write({"responsible_id": self.plc_user.id, "retry_limit": 0})
        self.fail(3)
        self.assertEqual(len(self.batch.activity_ids), 1)

    def test_nobody_is_responsible(self):
        self.device.write({"responsible_id": False, "retry_limit": 1})
        self.fail(4)
        self.assertFalse(self.batch.activity_ids)

    def test_a_limit_that_is_lowered_asks_about_what_has_failed_as_often(self):
        self.device.write({"responsible_id": self.plc_user.id, "retry_limit": 5})
        self.fail(3)
        manager = self.device.with_user(self.plc_manager)
        manager.retry_limit = 4
        self.assertFalse(self.batch.activity_ids)
        for limit in (2, 1):
            manager.retry_limit = limit
            self.assertEqual(self.batch.activity_ids.user_id, self.plc_user)
            self.assertEqual(len(self.batch.activity_ids), 1)
        self.assertEqual(self.fail(2), [60, 60])
        self.assertEqual(len(self.batch.activity_ids), 1)

    def test_who_becomes_responsible_is_asked_about_what_waits_for_one(self):
        self.device.write({"responsible_id": False, "retry_limit": 2})
        self.fail(3)
        manager = self.device.with_user(self.plc_manager)
        for user in (self.plc_user, self.plc_manager):  # the second is told by the first
            manager.responsible_id = user
            self.assertEqual(self.batch.activity_ids.user_id, self.plc_user)

    def test_an_event_tells_what_changed_not_each_retry(self):
        self.fail(4)
        errors_told = self.batch.event_ids.filtered(lambda event: event.severity == "error")
        self.assertEqual(len(errors_told), 1)
        self.order.write({"state": "draft"})
        self.refused(self.batch._process_batch_consumption)
        self.refused(self.batch._process_batch_consumption)
        errors_told = self.batch.event_ids.filtered(lambda event: event.severity == "error")
        self.assertEqual(len(errors_told), 2)

    def test_another_doubt_is_told_too_with_its_bytes(self):
        doubts = (
            ("silo 103 fell from 300.00 kg.", "00"),
            ("silo 103 fell from 310.00 kg.", "01"),  # the same, with other quantities
            ("silo 102 fell from 310.00 kg.", "02"),
            ("the id beside silo 102 is 4711.", "03"),
            ("the id beside silo 102 is -4.7e+20.", "04"),
            ("it names 'MO/1' in slot 1.", "05"),
            ("it names 'MO/2' in slot 1.", "06"),
        )
        for reason, payload in (*doubts, *doubts):  # by turns
            error = BatchError("plc_data", "Not believed.", reason, "Read again.")
            self.batch._set_error(error, kind="data", payload=payload)
        told = self.batch.event_ids.filtered(lambda event: event.kind == "data")
        self.assertEqual(sorted(told.mapped("payload")), ["00", "02", "03", "05"])

    def test_another_refusal_by_odoo_is_told_too(self):
        for words in ("first reason", "second reason", "second reason"):
            self.batch._set_error(self.batch._odoo_error(words))
        told = self.batch.event_ids.filtered(lambda event: event.severity == "error")
        self.assertEqual(len(told), 2)
