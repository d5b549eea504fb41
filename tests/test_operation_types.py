from odoo.fields import Command

from .common import MillCase


class TestOperationTypes(MillCase):
    """Which operation types a device doses for."""

    def test_operation_types_in_each_form_that_odoo_takes(self):
        kept = self.device.picking_type_ids
        other = self.device.copy({"host": False})
        other.picking_type_ids = False
        self.assertFalse(other.picking_type_ids)
        one = kept.copy({"sequence_code": "PLC2"})
        for form in (one, one.ids, tuple(one.ids), [Command.set(one.ids)], [(4, one.id)]):
            with self.subTest(form):
                other.picking_type_ids = form
                self.assertEqual(other.picking_type_ids, one)
                other.picking_type_ids = [(5,)]
                self.assertFalse(other.picking_type_ids)
