"""In which language the tasks keep what they say."""

from odoo.exceptions import UserError
from odoo.tests import new_test_user

from .common import GuardCase

CANCELLED = {"id_ID": "tidak dapat diperbarui", "en_US": "cannot be updated"}


class TestLanguage(GuardCase):
    def setUp(self):
        super().setUp()
        self.env["res.lang"]._activate_lang("id_ID")
        self.device.lang = "id_ID"
        self.batch.write({"status_manufacturing": True, "state": "done"})
        self.order.with_context(plc_force=True).action_cancel()

    def said(self, act):
        """In which language the batch says why, after an act that is refused."""
        with self.assertLogs("odoo.addons.mrp_plc_batch", "WARNING"):
            act()
        return [lang for lang, words in CANCELLED.items() if words in self.batch.error_message]

    def archive(self):
        self.env["mo.batch"]._cron_archive_completed(devices=self.device)

    def test_scheduled_actions_speak_the_devices(self):
        self.assertEqual(self.said(self.archive), ["id_ID"])

    def test_a_language_that_was_removed_costs_nothing(self):
        self.env["res.lang"].search([("code", "=", "id_ID")]).active = False
        self.assertEqual(self.said(self.archive), ["en_US"])

    def test_a_person_keeps_their_own(self):
        operator = new_test_user(
            self.env, "plc_en", "mrp_plc_batch.group_plc_user,mrp.group_mrp_user", lang="en_US"
        )
        batch = self.batch.with_user(operator).with_context(lang="en_US")
        self.assertEqual(self.said(batch.action_retry), ["en_US"])

    def test_names_in_the_history_are_the_plants_whoever_archives(self):
        """Else figures by ingredient or shift would be in two halves."""
        order = self.make_order()
        batch = self.make_batch(order, {103: 300.0}, finished=True, batch_no=2)
        ingredient = batch.line_ids.filtered("actual_consumption").product_id
        ingredient.with_context(lang="id_ID").name = "DEDAK"
        shift = self.env["plc.shift"].create({"name": "Any", "start": 0.0})
        self.env["plc.shift"].search([("id", "!=", shift.id)]).active = False
        shift.with_context(lang="id_ID").name = "Semua"
        batch.with_context(lang="en_US")._archive_completed()
        line = order.plc_history_ids.line_ids.filtered("actual_consumption")
        self.assertEqual((line.product_name, line.shift), ("DEDAK", "Semua"))

    def test_names_that_the_plc_is_told_are_the_plants_whoever_sends(self):
        order = self.make_order()
        order.product_id.with_context(lang="id_ID").name = "PAKAN"
        order = order.with_context(lang="en_US")
        record = self.device.with_context(lang="en_US")._prepare_record(order, [])
        self.assertEqual((record.recipe, record.finished_goods), ("PAKAN", "PAKAN"))

    def test_a_refusal_is_whole_sentences(self):
        """Not put together from parts, whose order is another one elsewhere."""
        self.env["ir.module.module"]._load_module_terms(["mrp_plc_batch"], ["id_ID"])
        self.batch.write({"status_manufacturing": False, "state": "running"})
        order = self.order.with_context(lang="id_ID")
        with self.assertRaises(UserError) as refused:
            order.unlink()
        self.assertTrue(
            refused.exception.args[0].startswith(f"Anda tidak dapat menghapus {self.order.name}. ")
        )
        device = self.device.with_context(lang="id_ID")
        with self.assertRaises(UserError) as refused:
            device.action_archive()
        self.assertTrue(
            refused.exception.args[0].startswith(
                f"Anda tidak dapat mengarsipkan {self.device.name} sekarang. "
            )
        )
