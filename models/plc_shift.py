from datetime import timedelta

import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class PlcShift(models.Model):
    """A shift of the plant: from its hour until the next one begins, round the clock."""

    _name = "plc.shift"
    _description = "Shift"
    _order = "start, id"

    name = fields.Char(required=True, translate=True)
    start = fields.Float(
        "Begins", required=True, help="Hour of the day, in the time zone that the settings say."
    )
    company_id = fields.Many2one("res.company", index=True, help="Empty: every company's.")
    active = fields.Boolean(default=True)

    @api.constrains("start")
    def _check_start(self):
        if any(not 0 <= shift.start < 24 for shift in self):
            raise ValidationError(self.env._("A shift begins between 0:00 and 23:59."))

    @api.model_create_multi
    def create(self, vals_list):
        shifts = super().create(vals_list)
        shifts._check_may_change()
        return shifts

    def write(self, vals):
        """Translations come here, too."""
        self._check_may_change()
        super().write(vals)
        self._check_may_change()
        return True

    @api.ondelete(at_uninstall=False)
    def _unlink_except_shared(self):
        self._check_may_change()

    def _check_may_change(self):
        """:raises UserError: plants of companies that the caller does not work in have them, too"""
        self.check_access("write")
        if self.env.su or all(shift.company_id for shift in self):
            return
        # sudo: of companies that the caller does not work in
        devices = self.env["plc.device"].sudo().with_context(active_test=False).search([])
        if devices.company_id - self.env.user.company_ids:
            raise UserError(
                self.env._(
                    "Plants of other companies have the shifts without a company, too. Make some"
                    " of your own company: it has those alone then."
                )
            )

    @api.model
    def _shifts_at(self, company, moments):
        """(name, day) of the shift at each moment: a night belongs to the day on which it began.

        Where no shifts are set up, the name is False. A company that has shifts of its own has
        these alone.

        :param moments: naive datetimes in UTC, or False
        """
        shifts = self.search_fetch(
            [("company_id", "in", (company.id, False))], ["name", "start", "company_id"]
        )
        shifts = shifts.filtered("company_id") or shifts
        # Odoo's own way: it knows zones by names that the host may not know any more
        zone = pytz.timezone(company.partner_id.tz or company.resource_calendar_id.tz or "UTC")

        def shift_at(moment):
            if not moment:
                return False, False
            local = pytz.utc.localize(moment).astimezone(zone)
            hour = local.hour + local.minute / 60 + local.second / 3600
            begun = shifts.filtered(lambda shift: shift.start <= hour)
            day = local.date()
            if shifts and not begun:  # the last one of yesterday
                day -= timedelta(days=1)
            return (begun or shifts)[-1:].name, day

        return [shift_at(moment) for moment in moments]
