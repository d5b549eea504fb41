"""A memory map that nobody could use is refused in words."""

from odoo.exceptions import ValidationError

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
