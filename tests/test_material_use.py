from datetime import timedelta

from odoo import fields

from .common import MillCase


class TestMaterialUseAfterAMove(MillCase):
    """What a silo dosed from a stock location that it has no more is used all the same."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.silo = cls.mill.silos[103]
        cls.source = cls.mill.picking_type.default_location_src_id
        cls.old, cls.new = cls.env["stock.location"].create(
            [{"name": name, "location_id": cls.source.id} for name in ("Old bin", "New bin")]
        )
        cls.env["stock.quant"]._update_available_quantity(cls.silo.product_id, cls.old, 1000.0)

    def dose(self):
        batch = self.make_batch(self.make_order(), {103: 300.0}, finished=True)
        batch.actual_weight_quantity_finished_goods = 1000.0
        self.assertTrue(batch._archive_completed())

    def lines(self, **vals):
        use = self.env["plc.material.use"].with_user(self.plc_user)
        until = fields.Datetime.now() + timedelta(minutes=1)
        use = use.create({"device_id": self.device.id, "date_to": until, **vals})
        use.action_open_lines()
        return use.line_ids

    def test_doses_from_the_former_location_are_counted(self):
        self.silo.location_id = self.old
        self.dose()
        for location in (self.new, self.env["stock.location"]):
            self.silo.location_id = location
            row = self.lines().filtered(lambda line: line.location_id == self.old)
            self.assertEqual((row.silo_names, row.device_id), (self.silo.name, self.device))
            self.assertEqual((row.opening, row.received, row.other), (1000.0, 0.0, 0.0))
            self.assertEqual((row.dosed, row.closing), (300.0, 700.0))
        long_ago = self.lines(date_from="2020-01-01", date_to="2020-01-02")
        self.assertNotIn(self.old, long_ago.location_id)

    def test_a_location_that_another_silo_has_now_is_there_once(self):
        self.silo.location_id = self.old
        self.dose()
        self.silo.location_id = self.new
        self.mill.silos[104].location_id = self.old
        row = self.lines().filtered(
            lambda line: line.location_id == self.old and line.product_id == self.silo.product_id
        )
        self.assertEqual((len(row), row.dosed), (1, 300.0))

    def test_what_an_order_takes_from_its_own_source_is_no_silos(self):
        """A silo without a location: what lies there is the warehouse's."""
        self.dose()
        self.silo.location_id = self.new
        self.assertNotIn(self.source, self.lines().location_id)
