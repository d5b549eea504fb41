"""A silo that recipes, orders or stock go by is not deleted, and says why."""

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

    def test_what_it_has_dosed_needs_it(self):
        self.refused_for(self.silo, self.order.name)
        self.archive()
        self.refused_for(self.silo, self.order.name)
        self.mill.picking_type.plc_device_id = False
        self.refused_for(self.device, "Archive it instead")

    def test_what_names_it(self):
        silo = self.env["plc.silo"].create(
            {"device_id": self.device.id, "number": 199, "code": "new", "name": "NEW"}
        )
        move = self.order.move_raw_ids.filtered(lambda move: move.product_id.name == "GARAM")
        move.plc_silo_id = silo
        self.refused_for(silo, self.order.name)
        move.plc_silo_id = False
        line = self.order.bom_id.bom_line_ids[0]
        line.plc_silo_id = silo
        self.refused_for(silo, self.order.bom_id.display_name)
        line.plc_silo_id = False
        silo.unlink()
        self.assertFalse(silo.exists())
