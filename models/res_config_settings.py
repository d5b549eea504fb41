from odoo import fields, models
from odoo.exceptions import ValidationError

from .plc_device_link import MOST_QUIET_SECONDS
from .plc_event import MOST_EVENT_DAYS
from .plc_tolerance import DEFAULTS

PLC_NUMBERS = [
    *("plc_event_days", "plc_quiet_seconds"),
    *("plc_tolerance_warning", "plc_tolerance_out", "plc_tolerance_kg"),
    *("default_silent_after", "default_retry_limit"),
]


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    plc_event_days = fields.Integer(
        "Keep events (days)",
        config_parameter="mrp_plc_batch.event_days",
        default=90,
        help="Events of a batch are kept with its history; all others are deleted after so long.",
    )
    plc_quiet_seconds = fields.Integer(
        "Silence after a broken write (seconds)",
        config_parameter="mrp_plc_batch.quiet_seconds",
        default=60,
        help="A write that was cut off may still reach the PLC; nobody speaks to it meanwhile.",
    )
    plc_tolerance_warning = fields.Float(
        "Warning above (%)",
        config_parameter="mrp_plc_batch.tolerance_warning",
        default=DEFAULTS["warning"],
    )
    plc_tolerance_out = fields.Float(
        "Out above (%)", config_parameter="mrp_plc_batch.tolerance_out", default=DEFAULTS["out"]
    )
    plc_tolerance_kg = fields.Float(
        "Always allowed (kg)",
        config_parameter="mrp_plc_batch.tolerance_kg",
        default=DEFAULTS["kg"],
    )
    plc_shift_tz = fields.Selection(
        related="company_id.partner_id.tz",
        readonly=False,
        string="Time zone of the shifts",
        help="It says which shift a dose was on when that is archived, and for good. Empty: that of"
        " the company's working hours.",
    )
    default_silent_after = fields.Integer(
        "Silent after (minutes)",
        default_model="plc.device",
        default=15,
        help="So long without progress is shown as an error; 0: never.",
    )
    default_retry_limit = fields.Integer(
        "Retries",
        default_model="plc.device",
        default=5,
        help="After so many failures in a row the responsible user gets an activity; 0: at the"
        " first one.",
    )

    def set_values(self):
        self._check_plc_numbers()
        return super().set_values()

    def _check_plc_numbers(self):
        """Odoo keeps no number of 0 here: what was typed as 0 would silently become the default
        again. Only what was typed is looked at: Odoo's own code saves settings, too.

        :raises ValidationError: a number that is none
        """
        as_before = self.default_get(PLC_NUMBERS)
        for settings in self:
            if all(settings[name] == as_before.get(name) for name in PLC_NUMBERS):
                continue
            if not 1 <= settings.plc_event_days <= MOST_EVENT_DAYS:
                raise ValidationError(
                    self.env._(
                        "Events of the PLCs are kept for at least 1 day, and at most %s days.",
                        MOST_EVENT_DAYS,
                    )
                )
            if not 1 <= settings.plc_quiet_seconds <= MOST_QUIET_SECONDS:
                raise ValidationError(
                    self.env._(
                        "The silence after a broken write lasts at least 1 second, since the write"
                        " may still reach the PLC, and at most %s seconds.",
                        MOST_QUIET_SECONDS,
                    )
                )
            warning, out = settings.plc_tolerance_warning, settings.plc_tolerance_out
            if not 0 < warning <= out or settings.plc_tolerance_kg < 0:
                raise ValidationError(
                    self.env._(
                        "The tolerances of all doses must be above 0 %, the warning's not above the"
                        " other one; what is always allowed cannot be below 0 kg."
                    )
                )
            if settings.default_silent_after < 0 or settings.default_retry_limit < 0:
                raise ValidationError(
                    self.env._(
                        "The minutes of silence and the number of retries cannot be below 0."
                    )
                )

    def action_open_plc_scheduled_actions(self):
        """The three scheduled actions, for those who may change them."""
        action = self.env["ir.actions.act_window"]._for_xml_id("base.ir_cron_act")
        ours = [("model_id.model", "=", "mo.batch")]
        return dict(action, domain=ours, context={"active_test": False})
