from odoo import fields, models


class PlcReason(models.Model):
    _name = "plc.reason"
    _description = "Reason for ending a batch"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
