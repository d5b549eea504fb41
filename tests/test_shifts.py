import ast
from datetime import date, datetime

from lxml import etree

from odoo.fields import Command

from .common import MillCase


class TestShifts(MillCase):
    """Each dose keeps the shift it was dosed on, and the day on which that shift began."""

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

    def test_shifts_follow_the_companys_clock(self):
        company = self.env.company
        company.partner_id.tz = "Asia/Jakarta"  # UTC+7
        shifts = self.env["plc.shift"]._shifts_at(
            company,
            [
                datetime(2026, 1, 5, 22, 59),  # 05:59
                datetime(2026, 1, 5, 23, 0),  # 06:00
                datetime(2026, 1, 5, 7, 0),  # 14:00
                datetime(2026, 1, 5, 15, 0),  # 22:00
                False,
            ],
        )
        names = [name for name, _day in shifts]
        self.assertEqual(names, ["Night", "Morning", "Afternoon", "Night", False])
        self.env["plc.shift"].create(
            [
                {"name": "Day", "start": 7.5, "company_id": company.id},
                {"name": "Dark", "start": 19.5, "company_id": company.id},
            ]
        )
        shifts = self.env["plc.shift"]._shifts_at(company, [datetime(2026, 1, 5, 0, 29)])
        self.assertEqual(shifts[0][0], "Dark")

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

    def test_a_night_belongs_to_the_day_on_which_it_began(self):
        self.set_zone("Asia/Jakarta")
        doses = self.archived(
            "2026-01-05 14:59:00",  # 21:59 of the 5th
            "2026-01-05 15:00:00",  # 22:00
            "2026-01-05 22:59:00",  # 05:59 of the 6th
            "2026-01-05 23:00:00",  # 06:00
        )
        monday, tuesday = date(2026, 1, 5), date(2026, 1, 6)
        self.assertEqual(
            [(dose.shift, dose.shift_day) for dose in doses],
            [
                ("Afternoon", monday),
                ("Night", monday),
                ("Night", monday),
                ("Morning", tuesday),
            ],
        )

    def test_without_shifts_it_is_the_day_of_the_company(self):
        self.set_zone("Asia/Jakarta")
        self.env["plc.shift"].search([]).active = False
        (dose,) = self.archived("2026-01-05 22:59:00")
        self.assertEqual((dose.shift, dose.shift_day), (False, date(2026, 1, 6)))

    def test_two_nights_are_two_columns_of_the_favourite(self):
        self.set_zone("UTC")
        first = ("2026-01-05 22:30:00", "2026-01-05 23:00:00", "2026-01-06 05:00:00")
        doses = self.archived(*first, "2026-01-06 23:00:00")
        self.env.flush_all()
        context = ast.literal_eval(self.env.ref("mrp_plc_batch.filter_this_week").context)
        for group_by in (
            context["pivot_row_groupby"] + context["pivot_column_groupby"],
            context["graph_groupbys"],
        ):
            cells = self.env["plc.dose.report"].formatted_read_group(
                [("history_id", "=", doses.history_id.id)], group_by, ["dosed:sum"]
            )
            self.assertEqual(sorted(cell["dosed:sum"] for cell in cells), [100.0, 300.0])
