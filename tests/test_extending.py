import re
from unittest.mock import patch

from odoo.tools import file_open

from .common import MillCase

METHOD = re.compile(r"^``([a-z.]+)\.(_\w+)``", re.MULTILINE)


class TestExtending(MillCase):
    """What the README gives to who builds upon this addon."""

    def test_methods_are_there(self):
        with file_open("mrp_plc_batch/README.rst") as file:
            section = file.read().split("\nExtending it\n")[1].split("\nFigures\n")[0]
        methods = METHOD.findall(section)
        self.assertEqual(len(methods), section.count("\n``") - section.count("\n``_check"))
        for model, name in methods:
            self.assertTrue(callable(getattr(self.env[model], name)), f"{model}.{name}")

    def test_errors_of_ones_own(self):
        batch = self.make_batch(self.make_order(), {103: 300.0})
        model = type(batch)
        field = model._fields["error_code"]
        own = patch.dict(field._selection, {"too_wet": "Too wet"})
        cleared = patch.object(model, "_sync_error_codes", lambda batch: ("too_wet",))
        with own:
            batch.error_code = "too_wet"
            self.assertTrue(batch.can_retry)
            with patch.object(model, "_error_codes_for_a_person", lambda batch: ("too_wet",)):
                batch.invalidate_recordset(["can_retry"])
                self.assertFalse(batch.can_retry)
            batch._process_batch_consumption()
            self.assertEqual(batch.error_code, "too_wet")
            with cleared:
                batch._process_batch_consumption()
            self.assertFalse(batch.error_code)
