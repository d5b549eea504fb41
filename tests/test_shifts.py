from lxml import etree

from odoo.fields import Command

from .common import MillCase


class TestShifts(MillCase):
    """Each dose keeps the shift it was dosed on."""

    def archived(self, *moments):
        """The doses of a history that is archived now."""
        history = self.env["mo.histories"].create(
            {
                "mo_id": "H",
                "company_id": self.env.company.id,
                "device_id": self.device.id,
                "status": "completed",
                "archived_at": "2026-01-07",
                "acknowledged": True,
                "dose_ids": [
                    Command.create(
                        {"consumption": 100.0, "actual_consumption": 100.0, "dosed_at": moment}
                    )
                    for moment in moments
                ],
            }
        )
        return history.dose_ids.sorted("dosed_at")

    def set_zone(self, zone):
        self.env["res.config.settings"].create({"plc_shift_tz": zone}).execute()

    def test_the_setting_names_the_shift_of_what_is_archived_after_it(self):
        self.set_zone("UTC")
        before = self.archived("2026-01-05 23:00:00")
        self.assertEqual(before.shift, "Night")
        self.set_zone("Asia/Jakarta")  # 06:00
        self.assertEqual(self.env["res.config.settings"].create({}).plc_shift_tz, "Asia/Jakarta")
        after = self.archived("2026-01-05 23:00:00")
        self.assertEqual((before.shift, after.shift), ("Night", "Morning"))

    def test_a_manager_sees_and_sets_it_on_the_screen(self):
        view = self.env.ref("mrp_plc_batch.res_config_settings_view_form")
        self.assertTrue(etree.fromstring(view.arch).findall(".//field[@name='plc_shift_tz']"))
        self.assertFalse(self.env["res.config.settings"]._fields["plc_shift_tz"].readonly)
