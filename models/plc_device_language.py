from odoo import SUPERUSER_ID, fields, models


class PlcDevice(models.Model):
    """In which language scheduled actions, which have none of their own, keep errors and events."""

    _inherit = "plc.device"

    lang = fields.Selection(
        lambda self: self.env["res.lang"].get_installed(),
        "Language",
        default=lambda self: self.env.lang,
        help="Scheduled actions keep errors and events as text in this language; what a person"
        " does is kept in that person's. Names in the history are kept in it, whoever archives.",
    )

    def _in_its_company(self):
        device = super()._in_its_company()
        if self.env.uid != SUPERUSER_ID:
            return device
        return device.with_context(lang=device._plant_lang())

    def _plant_lang(self):
        """Its language; the caller's where it has none, or one that was removed since."""
        installed = dict(self.env["res.lang"].get_installed())
        return self.lang if self.lang in installed else self.env.lang
