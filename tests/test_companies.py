"""A plant of one company is nobody else's business, and is worked in its own company."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user

from .common import MillCase
from .mill import make_mill, make_orders


class TestCompanies(MillCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.other_company = cls.env["res.company"].create({"name": "Other Mill"})
        cls.other_env = cls.env(
            context={**cls.env.context, "allowed_company_ids": cls.other_company.ids}
        )
        cls.other_mill = make_mill(cls.other_env, stock=10_000.0)
        cls.other_device = cls.other_mill.device
        cls.stranger = new_test_user(
            cls.env,
            "stranger",
            groups="mrp_plc_batch.group_plc_manager,stock.group_stock_user",
            company_id=cls.other_company.id,
            company_ids=[(6, 0, cls.other_company.ids)],
        )

    def other_order(self):
        return make_orders(self.other_device)

    def other_batch(self, order, actuals, **vals):
        mill, self.__class__.mill = self.mill, self.other_mill
        device, self.__class__.device = self.device, self.other_device
        try:
            return self.make_batch(order, actuals, **vals)
        finally:
            self.__class__.mill, self.__class__.device = mill, device

    def test_everything_has_its_company(self):
        order = self.make_order()
        batch = self.make_batch(order, {103: 300.0})
        history = batch._copy_to_history("cancelled")
        self.device._log_event("send", "sent", batch=batch)
        for record in (
            self.device,
            self.mill.silos[101],
            batch,
            batch.line_ids,
            history,
            history.line_ids,
            batch.event_ids,
        ):
            with self.subTest(record._name):
                self.assertEqual(record.company_id, self.company)
                seen = record.with_user(self.stranger)
                self.assertFalse(seen.search([("id", "in", record.ids)]))
                with self.assertRaises(AccessError):
                    seen.read(["display_name"])
                own = record.with_user(self.plc_user)
                self.assertEqual(own.search([("id", "in", record.ids)]), own)

    def test_buttons_reach_no_other_company(self):
        batch = self.make_batch(self.make_order(), {103: 300.0})
        history = batch._copy_to_history("cancelled", acknowledged=False)
        seen = batch.with_user(self.stranger).with_context(reason="mine now")
        for act in (
            seen.action_retry,
            seen.action_park,
            seen.action_unpark,
            seen.action_cancel,
            seen.action_reset,
            seen.action_accept,
            history.with_user(self.stranger).action_cleared_at_plc,
            self.device.with_user(self.stranger).with_context(reason="x").action_start_over,
            self.device.with_user(self.stranger).action_read_now,
            self.device.with_user(self.stranger).action_test_connection,
        ):
            with self.subTest(act.__name__), self.assertRaises(AccessError):
                act()

    def test_silos_devices_and_orders_do_not_mix(self):
        with self.assertRaises(UserError):
            self.make_order().plc_device_id = self.other_device
        with self.assertRaises(UserError):
            self.mill.picking_type.plc_device_id = self.other_device
        location = self.other_mill.picking_type.default_location_src_id
        with self.assertRaises(UserError):
            self.mill.silos[101].location_id = location

    def test_a_memory_map_of_anothers_plc_is_not_changed(self):
        """Maps belong to no company; what a plant's silos mean is its own company's to say."""
        layout = self.device.layout_id.copy()
        self.device.layout_id = layout
        size = layout.slot_size
        for act in (
            lambda map: map.write({"slot_size": size + 2}),
            lambda map: map.field_ids[:1].write({"scale": 1.0}),
            lambda map: map.field_ids[:1].unlink(),
        ):
            with self.assertRaises(UserError) as raised:
                act(layout.with_user(self.stranger))
            self.assertIn("Duplicate it", raised.exception.args[0])
            self.assertNotIn(self.device.name, raised.exception.args[0])
        layout.with_user(self.stranger).copy().slot_size = size + 2
        layout.with_user(self.plc_manager).slot_size = size + 2

    def test_an_order_of_another_company_with_the_same_name_is_not_taken(self):
        name = "MO/SAME/NAME"
        self.other_order().name = name
        batch = self.env["mo.batch"].create(
            {
                "mo_id": name,
                "device_id": self.device.id,
                "batch_no": 1,
                "status_manufacturing": True,
                "actual_weight_quantity_finished_goods": 1000.0,
            }
        )
        self.assertFalse(batch.production_id)
        with self.assertLogs("odoo.addons.mrp_plc_batch", "WARNING"):
            batch._archive_completed()
        self.assertEqual(batch.error_code, "mo_not_found")
        own = self.make_order(name=name)
        batch._archive_completed()
        self.assertFalse(batch.exists())
        self.assertEqual(own.state, "done")

    def test_tasks_work_in_the_devices_company(self):
        order = self.other_order()
        batch = self.other_batch(order, {103: 300.0, 102: 100.0}, finished=True)
        both = self.device | self.other_device
        own = self.make_order()
        own_batch = self.make_batch(own, {103: 200.0}, finished=True)
        self.assertEqual(self.env.company, self.company)
        self.env["mo.batch"]._cron_archive_completed(devices=both)
        self.assertFalse((batch | own_batch).exists())
        for done, company in ((order, self.other_company), (own, self.company)):
            self.assertEqual(done.state, "done")
            self.assertEqual(done.move_raw_ids.company_id, company)
            self.assertEqual(done.move_raw_ids.move_line_ids.company_id, company)
            history = self.env["mo.histories"].search([("production_id", "=", done.id)])
            self.assertEqual(history.company_id, company)
        turn = self.other_device._in_its_company().env
        self.assertEqual((turn.company, turn.companies), (self.other_company,) * 2)

    def test_codes_are_unique_in_a_company_only(self):
        self.other_device.code = self.device.code

    def test_a_device_moves_to_another_company_with_nothing_of_the_old_one(self):
        """Else no order of its operation type could be made any more."""
        device = self.other_device
        with self.assertRaisesRegex(UserError, "belongs to another company"), self.cr.savepoint():
            device.company_id = self.company
        closed = self.other_order()
        closed.action_cancel()
        kind = device.picking_type_ids
        device.picking_type_ids = [Command.clear()]
        silo = device.silo_ids[:1]
        silo.location_id = self.other_mill.picking_type.default_location_src_id
        with self.assertRaisesRegex(UserError, "belongs to another company"), self.cr.savepoint():
            device.company_id = self.company
        silo.location_id = False
        device.company_id = self.company
        self.assertEqual(silo.company_id, self.company)
        new = self.env["plc.device"].create(
            {
                "name": "New PLC",
                "code": "NEW",
                "company_id": self.other_company.id,
                "layout_id": device.layout_id.id,
            }
        )
        new.picking_type_ids = kind
        self.assertEqual(closed.plc_device_id, device)  # which PLC has dosed an order stays true

    def test_shifts_of_all_companies_are_not_one_companys_to_change(self):
        mine = self.env["plc.shift"].with_user(self.stranger)
        shared = self.env["plc.shift"].search([("company_id", "=", False)])
        self.assertTrue(shared)
        own = mine.create({"name": "Own", "start": 6.0, "company_id": self.other_company.id})
        for change in (
            lambda: mine.create({"name": "Lunch", "start": 12.0}),
            lambda: shared[0].with_user(self.stranger).write({"start": 7.0}),
            lambda: shared[0].with_user(self.stranger).write({"company_id": self.other_company.id}),
            lambda: shared[0].with_user(self.stranger).unlink(),
            lambda: (
                shared[0]
                .with_user(self.stranger)
                .update_field_translations("name", {"en_US": "Night"})
            ),
            lambda: own.write({"company_id": False}),
        ):
            with self.assertRaisesRegex(UserError, "have the shifts"), self.cr.savepoint():
                change()
        self.assertEqual(
            self.env["plc.shift"].search([("company_id", "=", False)]).mapped("start"),
            shared.mapped("start"),
        )

    def test_an_order_that_went_to_another_company_is_not_touched(self):
        order = self.make_order()
        batch = self.make_batch(order, {103: 300.0}, holds_slot=False)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE mrp_production SET company_id = %s WHERE id = %s",
            [self.other_company.id, order.id],
        )
        self.env.invalidate_all(flush=False)
        button = batch.with_user(self.plc_manager).with_context(reason="gone", cancel_order=True)
        button.action_cancel()
        self.assertFalse(batch.exists())
        self.assertEqual((order.state, order.plc_dispatch), ("confirmed", "auto"))
        history = self.env["mo.histories"].search([("mo_id", "=", order.name)])
        self.assertEqual(history.status, "failed")
