"""A memory map that nobody could use is refused in words."""

from odoo.exceptions import UserError, ValidationError
from odoo.tests import new_test_user

from .common import MillCase


class TestLayout(MillCase):
    def test_a_scale_that_odoo_could_not_even_round(self):
        self.device.active = False  # its map may be changed
        layout = self.device.layout_id.copy()
        field = layout.field_ids.filtered(lambda f: f.role == "silo_quantity")[0]
        for scale in (1e303, -1e303, float("inf"), float("nan"), 1e10, 0.0):
            with self.subTest(scale), self.assertRaisesRegex(ValidationError, "the scale must be"):
                field.write({"scale": scale})
            with self.subTest(scale), self.assertRaisesRegex(ValidationError, "the scale must be"):
                layout.copy({"field_ids": [(0, 0, {**field.copy_data()[0], "scale": scale})]})

    def test_a_copy_is_called_as_who_makes_it_says(self):
        layout = self.device.layout_id
        self.assertEqual(layout.copy().name, f"{layout.name} (copy)")
        self.assertEqual(layout.copy({"name": "Line 2"}).name, "Line 2")

    def test_one_that_a_device_has_is_not_deleted(self):
        layout = self.device.layout_id
        self.device.active = False  # has it all the same
        with self.assertRaisesRegex(UserError, "Feed Mill PLC has it") as raised:
            layout.unlink()
        self.assertIn(layout.name, raised.exception.args[0])
        with self.assertRaisesRegex(UserError, "a PLC of another company has it"):
            layout.with_user(self.manager_elsewhere()).unlink()
        copy = layout.copy()
        copy.unlink()
        self.assertFalse(copy.exists())

    def manager_elsewhere(self):
        company = self.env["res.company"].create({"name": "Other mill"})
        group = "mrp_plc_batch.group_plc_manager"
        vals = {"company_id": company.id, "company_ids": [(6, 0, company.ids)]}
        return new_test_user(self.env, "elsewhere", groups=group, **vals)


class TestDeleteDevice(MillCase):
    def test_its_operation_types_are_taken_from_it_first(self):
        types = self.device.picking_type_ids
        with self.assertRaisesRegex(UserError, "doses the orders of") as raised:
            self.device.unlink()
        self.assertIn(types.display_name, raised.exception.args[0])
        types.plc_device_id = False
        self.device.unlink()
        self.assertFalse(self.device.exists())
