from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..plc.layout_check import BAD_SCALE, MOST_SCALE

ROLES = [
    ("batch_no", "Slot number"),
    ("mo_id", "Order"),
    ("recipe", "Recipe"),
    ("finished_goods", "Finished goods"),
    ("consumption", "Planned quantity"),
    ("silo_id", "Silo number"),
    ("silo_quantity", "Silo quantity"),
    ("status_manufacturing", "Finished"),
    ("status_operation", "Failed"),
    ("actual_weight", "Actual weight"),
    ("status_read_data", "Taken / stored"),
]


SAVING = object()  # in the context while a whole map is saved; nobody outside can say it


class PlcLayoutField(models.Model):
    _name = "plc.layout.field"
    _description = "PLC memory map field"
    _order = "layout_id, sequence, id"

    layout_id = fields.Many2one("plc.layout", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer(default=10)
    role = fields.Selection(ROLES, required=True)
    silo_number = fields.Integer("Silo")
    address = fields.Char(
        required=True, help="Byte offset in the slot; with .bit for BOOL, such as 168.0."
    )
    datatype = fields.Char(
        required=True,
        help="BOOL, BYTE, INT, UINT, DINT, UDINT, WORD, DWORD, REAL, LREAL,"
        " STRING[n], or FSTRING[n] for an Array[1..n] of Char.",
    )
    scale = fields.Float(
        default=1.0, digits=(16, 6), help="Stored integer = value × scale, rounded."
    )

    @api.model_create_multi
    def create(self, vals_list):
        self._check_scales(vals_list)
        records = super().create(vals_list)
        records.layout_id._check_may_change()
        records._check_layouts(records.layout_id)
        return records

    def write(self, vals):
        layouts = self.layout_id
        layouts._check_may_change()
        self._check_scales([vals])
        result = super().write(vals)
        (self.layout_id - layouts)._check_may_change()
        self._check_layouts(layouts | self.layout_id)
        return result

    def unlink(self):
        layouts = self.layout_id
        layouts._check_may_change()
        result = super().unlink()
        self._check_layouts(layouts)
        return result

    def _check_scales(self, vals_list):
        """Odoo fails at a float that it cannot round, before the map is looked at.

        :raises ValidationError: a scale is no number that a map can have
        """
        for vals in vals_list:
            scale = vals.get("scale")
            if isinstance(scale, int | float) and not abs(scale) <= MOST_SCALE:
                field = vals.get("address") or ", ".join(self.mapped("address"))
                raise ValidationError(self.env._(BAD_SCALE, field=field))

    def _check_layouts(self, layouts):
        """A field changed by itself is judged with its whole map. Changed together with others,
        through the layout, it is the layout that judges, once all are in their new place."""
        if self.env.context.get("plc_layout_saving") is not SAVING:
            layouts._check_memory_map()
