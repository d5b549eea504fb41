from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form

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

    def test_an_order_that_is_not_sent_says_why(self):
        order = self.make_order()
        order.plc_skip_reason = "No silo holds CORN."
        steps = self.env["plc.device"].with_user(self.plc_user).get_first_steps()["steps"]
        self.assertEqual([step["done"] for step in steps[-2:]], [True, False])
        self.assertIn(f"{order.name} is not sent: No silo holds CORN.", steps[-1]["text"])

    def test_a_new_device_is_proposed_what_is_free(self):
        free = self.mill.picking_type.copy({"name": "Second mixer", "plc_device_id": False})
        self.env["stock.picking.type"].search(
            [("code", "=", "mrp_operation"), ("id", "!=", free.id)]
        ).active = False
        manager = self.env["plc.device"].with_user(self.plc_manager)
        self.device.code = "PLC01"
        proposed = manager.default_get(["code", "picking_type_ids"])
        self.assertNotEqual(proposed["code"], "PLC01")
        vals = {"name": "Second", "layout_id": self.device.layout_id.id}
        second = manager.create(vals | proposed)
        self.assertEqual(second.picking_type_ids, free)
        # a proposal to a person: a script that names none means none
        second._set_picking_types([Command.clear()])
        self.assertFalse(manager.create(vals).picking_type_ids)

    def test_a_new_silo_is_proposed_the_next_number_of_the_map(self):
        others = self.env["plc.device"].search([("id", "!=", self.device.id)])
        others.active = False
        self.device.silo_ids.filtered(lambda silo: silo.number in (102, 104)).unlink()
        silos = self.env["plc.silo"].with_user(self.plc_manager)
        with Form(silos) as form:
            self.assertEqual(form.device_id, self.device)
            self.assertEqual((form.number, form.code, form.name), (102, "silo102", "SILO 102"))
            form.name = "BRAN"
            form.number = 104
            self.assertEqual((form.code, form.name), ("silo104", "BRAN"))
        self.assertEqual(self.device._free_silo_number(), 102)

    def test_each_step_leads_somewhere(self):
        for step in self.env["plc.device"].with_user(self.plc_user).get_first_steps()["steps"]:
            action = step["action"]
            if isinstance(action, str):
                action = self.env.ref(action).sudo().read()[0]
            self.assertEqual(action["type"], "ir.actions.act_window")

    def test_the_sample_plant_is_for_administrators_of_an_empty_database(self):
        with self.assertRaises(AccessError):
            self.env["plc.device"].with_user(self.plc_manager).action_load_sample_plant()
        admin = self.env["plc.device"].with_user(self.env.ref("base.user_admin"))
        with self.assertRaisesRegex(UserError, "a PLC already"):
            admin.action_load_sample_plant()

    def test_the_sample_plant_is_the_main_company_s(self):
        admin, device = self.env.ref("base.user_admin"), self.env["plc.device"]
        device.search([]).active = False
        other = self.env["res.company"].create({"name": "Other mill"})
        admin.company_ids += other
        main = self.env.ref("base.main_company")
        for companies, can_load in ((main + other, True), (other, False)):
            seen = device.with_user(admin).with_context(allowed_company_ids=companies.ids)
            self.assertEqual(seen.get_first_steps()["can_load"], can_load)
