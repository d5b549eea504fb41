from odoo.exceptions import AccessError, UserError

from .common import MillCase


class TestFirstSteps(MillCase):
    """From an empty database to the first finished batch."""

    def done(self):
        steps = self.env["plc.device"].with_user(self.plc_user).get_first_steps()["steps"]
        return [step["done"] for step in steps]

    def setUp(self):
        super().setUp()
        self.env["mo.batch"].search([]).unlink()
        self.env.cr.execute("DELETE FROM mo_histories")

    def test_step_by_step(self):
        self.device.picking_type_ids = False
        self.mill.silos[103].product_id = False
        others = self.env["plc.device"].search([("id", "!=", self.device.id)])
        (others + self.device).active = False
        self.assertEqual(self.done(), [False] * 6)
        self.device.active = True
        self.assertEqual(self.done(), [True, False, False, False, False, False])
        self.device._set_picking_types([(6, 0, self.mill.picking_type.ids)])
        self.device.last_seen = "2026-01-01"
        self.assertEqual(self.done(), [True, True, True, False, False, False])
        self.mill.silos[103].product_id = self.mill.products["POLLARD ANGSA"]
        batch = self.make_batch(self.make_order(), {103: 300.0}, finished=True)
        self.assertEqual(self.done(), [True] * 5 + [False])
        batch._archive_completed()
        self.assertEqual(self.done(), [])

    def test_each_step_leads_somewhere(self):
        for step in self.env["plc.device"].with_user(self.plc_user).get_first_steps()["steps"]:
            self.assertEqual(step["action"]["type"], "ir.actions.act_window")

    def test_the_sample_plant_is_for_administrators_of_an_empty_database(self):
        with self.assertRaises(AccessError):
            self.env["plc.device"].with_user(self.plc_manager).action_load_sample_plant()
        admin = self.env["plc.device"].with_user(self.env.ref("base.user_admin"))
        with self.assertRaisesRegex(UserError, "a PLC already"):
            admin.action_load_sample_plant()
