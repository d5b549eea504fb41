from odoo import SUPERUSER_ID, fields, models


class PlcDevice(models.Model):
    """In which language scheduled actions, which have none of their own, keep errors and events."""

    _inherit = "plc.device"

    lang = fields.Selection(
        lambda self: self.env["res.lang"].get_installed(),
        "Language",
        default=lambda self: self.env.lang,
        help="Scheduled actions keep errors and events as text in this language; what a person"
        " does is kept in that person's.",
    )

    def _in_its_company(self):
        device = super()._in_its_company()
        if self.env.uid != SUPERUSER_ID or not device.lang:
            return device
        installed = dict(self.env["res.lang"].get_installed())  # it may have been removed since
        return device.with_context(lang=device.lang) if device.lang in installed else device
