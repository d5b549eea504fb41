from odoo import fields, models

from .plc_tolerance import DEFAULTS


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
    default_silent_after = fields.Integer(
        "Silent after (minutes)", default_model="plc.device", default=15
    )
    default_retry_limit = fields.Integer("Retries", default_model="plc.device", default=5)

    def action_open_plc_scheduled_actions(self):
        """The three scheduled actions, for those who may change them."""
        action = self.env["ir.actions.act_window"]._for_xml_id("base.ir_cron_act")
        ours = [("model_id.model", "=", "mo.batch")]
        return dict(action, domain=ours, context={"active_test": False})
