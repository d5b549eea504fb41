"""Silos come and go; what they have dosed stays told by their names."""

from odoo.exceptions import UserError

from .common import GuardCase


class TestSiloDeleting(GuardCase):
    def setUp(self):
        super().setUp()
        self.silo = self.mill.silos[103]

    def archive(self):
        self.read_again()
        self.batch.holds_slot = False  # and the PLC was told
        self.assertTrue(self.batch._archive_completed())

    def refused_for(self, records, name):
        with self.assertRaises(UserError) as refusal:
            records.unlink()
        self.assertIn(name, str(refusal.exception))

    def test_after_it_has_dosed(self):
        self.archive()
        name = self.silo.name
        self.silo.unlink()
        line = self.order.plc_history_ids.line_ids.filtered(lambda line: line.silo_number == 103)
        self.assertEqual((line.silo_name, line.silo_id.id), (name, False))
        self.assertEqual(line.actual_consumption, 300.0)

    def test_with_its_device(self):
        self.archive()
        self.mill.picking_type.plc_device_id = False
        self.device.unlink()
        history = self.order.plc_history_ids
        self.assertTrue(history.equipment_id_batch)
        self.assertFalse(history.device_id)
        self.assertEqual(len(history.line_ids.mapped("silo_name")), len(history.line_ids))

    def test_what_still_needs_it(self):
        self.refused_for(self.silo, self.order.name)
        self.archive()
        open_order = self.make_order()
        open_order.move_raw_ids[0].plc_silo_id = self.silo
        self.refused_for(self.silo, open_order.name)
        self.mill.picking_type.plc_device_id = False
        self.refused_for(self.device, open_order.name)
        open_order.move_raw_ids[0].plc_silo_id = False
        line = self.order.bom_id.bom_line_ids[0]
        line.plc_silo_id = self.silo
        self.refused_for(self.silo, self.order.bom_id.display_name)
