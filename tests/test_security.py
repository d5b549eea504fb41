"""Who may do what: facts are not forged over RPC, and addresses stay with PLC administrators."""

from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import new_test_user

from .common import GuardCase

FACTS = ("mo.batch", "mo.batch.line", "mo.histories", "mo.histories.line", "plc.event")
ADDRESS = ("host", "port", "rack", "slot")
SETUP = ("plc.device", "plc.layout", "plc.layout.field", "plc.silo", "plc.reason")


class SecurityCase(GuardCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.nobody = new_test_user(cls.env, "clerk", groups="base.group_user")
        cls.mrp_user = new_test_user(cls.env, "worker", groups="mrp.group_mrp_manager")
        cls.portal = new_test_user(cls.env, "portal user", groups="base.group_portal")
        cls.public = cls.env.ref("base.public_user")
        cls.device.host = "10.9.8.7"

    def setUp(self):
        super().setUp()
        self.history = self.batch._copy_to_history("cancelled", "notes")
        self.device._log_event("send", "sent", batch=self.batch)
        self.facts = {
            "mo.batch": self.batch,
            "mo.batch.line": self.batch.line_ids[:1],
            "mo.histories": self.history,
            "mo.histories.line": self.history.line_ids[:1],
            "plc.event": self.batch.event_ids[:1],
        }

    def rpc(self, user, model, method, *args, **kwargs):
        """As the web client and /json/2 call: private methods are no methods."""
        return call_kw(self.env[model].with_user(user), method, args, kwargs)


class TestFacts(SecurityCase):
    def test_facts_are_read_only_for_everyone(self):
        for user in (self.plc_user, self.plc_manager):
            for model, record in self.facts.items():
                with self.subTest(f"{user.login} {model}"):
                    ids = record.ids
                    self.assertTrue(self.rpc(user, model, "read", ids, ["display_name"]))
                    vals = self.rpc(user, model, "copy_data", ids)[0]
                    for method, args in {
                        "write": (ids, {"company_id": self.env.company.id}),
                        "create": ([vals],),
                        "unlink": (ids,),
                        "copy": (ids,),
                    }.items():
                        with self.assertRaises(AccessError, msg=method):
                            self.rpc(user, model, method, *args)

    def test_facts_are_not_forged_through_others(self):
        for user in (self.plc_user, self.plc_manager):
            order = self.order.with_user(user)
            with self.subTest(user.login):
                with self.assertRaises(AccessError):
                    order.write({"plc_batch_ids": [(1, self.batch.id, {"update_odoo": True})]})
                    self.env.flush_all()
                with self.assertRaises(AccessError):
                    order.write({"plc_batch_ids": [(2, self.batch.id)]})
                with self.assertRaises(AccessError):
                    self.device.with_user(user).write({"batch_ids": [(2, self.batch.id)]})

    def test_private_methods_are_no_rpc(self):
        for model, method in {
            "mo.batch": "_set_error",
            "plc.device": "_plc_session",
            "mrp.production": "_plc_take_back",
            "mo.histories": "_log_event",
        }.items():
            with self.subTest(method), self.assertRaises(AccessError):
                self.rpc(self.plc_manager, model, method, self.facts["mo.batch"].ids)
        for method in ("_process_batch_consumption", "_archive_completed", "_cron_read_plc"):
            with self.subTest(method), self.assertRaises(AccessError):
                self.rpc(self.plc_manager, "mo.batch", method, self.batch.ids)

    def test_who_has_no_plc_group_sees_nothing(self):
        for user in (self.nobody, self.mrp_user, self.portal, self.public):
            for model in (*FACTS, *SETUP):
                with self.subTest(f"{user.login} {model}"):
                    for method, args in {
                        "search_read": ([],),
                        "search_count": ([],),
                        "read": (self.env[model].search([], limit=1).ids, ["id", "display_name"]),
                        "create": ([{}],),
                    }.items():
                        with self.assertRaises(AccessError, msg=method):
                            self.rpc(user, model, method, *args)

    def test_an_mrp_user_works_on_orders_as_before(self):
        order = self.make_order().with_user(self.mrp_user)
        self.env.invalidate_all()
        ours = [name for name in order.fields_get() if name.startswith("plc_")]
        self.assertIn("plc_dispatch", ours)
        order.read(ours)  # as scripts do, which name no fields
        order.action_assign()
        order.product_qty = 900.0
        with self.assertRaises(UserError):
            self.order.with_user(self.mrp_user).action_cancel()
        order.action_cancel()

    def test_a_plc_user_does_not_configure(self):
        field = self.device.layout_id.field_ids[:1]
        reason = self.env["plc.reason"].search([], limit=1)
        for record in (self.device, self.device.layout_id, field, self.mill.silos[101], reason):
            with self.subTest(record._name):
                record.with_user(self.plc_user).read(["display_name"])
                for method, args in {"write": ({},), "unlink": ()}.items():
                    with self.assertRaises(AccessError, msg=method):
                        getattr(record.with_user(self.plc_user), method)(*args)
                with self.assertRaises(AccessError):
                    record.with_user(self.plc_user).copy()


class TestButtons(SecurityCase):
    def test_managers_buttons(self):
        for model, record, buttons in (
            ("mo.batch", self.batch, ("action_accept", "action_reset", "action_cancel")),
            (
                "plc.device",
                self.device,
                ("action_test_connection", "action_send_now", "action_start_over"),
            ),
            ("mo.histories", self.history, ("action_cleared_at_plc",)),
        ):
            for button in buttons:
                for user in (self.plc_user, self.mrp_user, self.nobody, self.portal):
                    with self.subTest(f"{button} {user.login}"), self.assertRaises(AccessError):
                        self.rpc(user, model, button, record.ids, context={"reason": "because"})

    def test_a_history_of_a_device_that_is_gone(self):
        history = self.history
        history.write({"device_id": False, "acknowledged": True})
        self.assertTrue(history.with_user(self.plc_manager).action_cleared_at_plc())

    def test_users_buttons(self):
        for model, record, buttons in (
            ("mo.batch", self.batch, ("action_retry", "action_park", "action_unpark")),
            ("plc.device", self.device, ("action_read_now", "action_archive_now")),
        ):
            for button in buttons:
                for user in (self.mrp_user, self.nobody, self.portal):
                    with self.subTest(f"{button} {user.login}"), self.assertRaises(AccessError):
                        self.rpc(user, model, button, record.ids)

    def test_a_user_retries_and_parks(self):
        batch = self.batch.with_user(self.plc_user)
        batch.action_retry()
        self.assertTrue(batch.update_odoo)
        batch.action_park()
        self.assertEqual(batch.state, "parked")
        batch.action_unpark()
        self.assertEqual(batch.state, "running")
        buttons = self.batch.event_ids.filtered(lambda event: event.kind == "button")
        self.assertEqual(buttons.user_id, self.plc_user)
        batch.action_unpark()
        told = self.batch.event_ids.filtered(lambda event: event.kind == "button")
        self.assertEqual(told, buttons, "nothing was unparked")

    def test_the_wizard_is_no_way_around(self):
        wizard = (
            self.env["mo.batch.ending"]
            .with_user(self.plc_manager)
            .create({"ending": "cancel", "batch_ids": self.batch.ids, "note": "x"})
        )
        with self.assertRaises(AccessError):
            wizard.with_user(self.plc_user).action_confirm()
        with self.assertRaises(AccessError):
            self.env["mo.batch.ending"].with_user(self.plc_user).create({"ending": "cancel"})


class TestAddress(SecurityCase):
    """Host, port, rack and slot are for PLC administrators, by whatever way."""

    def test_administrators_see_it(self):
        device = self.device.with_user(self.plc_manager)
        self.assertEqual(device.host, "10.9.8.7")
        self.assertEqual(device.search([("host", "=", "10.9.8.7")]), device)

    def test_users_do_not(self):
        self.plc_user.group_ids += self.env.ref("base.group_allow_export")
        device = self.device.with_user(self.plc_user)
        self.assertFalse(set(ADDRESS) & device.fields_get().keys())
        self.assertFalse(set(ADDRESS) & device.read()[0].keys())
        model, batches = device.browse(), self.batch.with_user(self.plc_user).browse()
        for name in ADDRESS:
            ways = {
                "read": lambda n=name: device.read([n]),
                "attribute": lambda n=name: device[n],
                "mapped": lambda n=name: device.mapped(n),
                "search": lambda n=name: model.search([(n, "!=", False)]),
                "count": lambda n=name: model.search_count([(n, "=", 102)]),
                "through a batch": lambda n=name: batches.search([(f"device_id.{n}", "!=", 0)]),
                "order": lambda n=name: model.search([], order=n),
                "group": lambda n=name: model.formatted_read_group([], [n], ["__count"]),
                "aggregate": lambda n=name: model.formatted_read_group([], [], [f"{n}:max"]),
                "export": lambda n=name: device.export_data([n]),
                "export through a batch": lambda n=name: self.batch.with_user(
                    self.plc_user
                ).export_data([f"device_id/{n}"]),
                "web_read": lambda n=name: device.web_read({n: {}}),
                "onchange": lambda n=name: device.onchange({}, [n], {n: {}}),
                "write": lambda n=name: device.write({n: 1}),
            }
            for way, act in ways.items():
                with self.subTest(f"{name} {way}"), self.assertRaises(AccessError):
                    act()

    def test_a_copy_has_none(self):
        copy = self.device.with_user(self.plc_manager).copy()
        self.assertFalse(copy.host)
        self.assertEqual((copy.port, copy.rack, copy.slot), (102, 0, 1))

    def test_texts_carry_the_name_never_the_address(self):
        self.device.write({"host": "127.0.0.1", "port": 1, "connection_timeout": 0.2})
        with self.assertLogs("odoo.addons.mrp_plc_batch", "WARNING") as log:
            result = self.device.with_user(self.plc_user).action_read_now()
        texts = [
            *log.output,
            str(result),
            self.device.last_error,
            *self.env["plc.event"].search([("device_id", "=", self.device.id)]).mapped("message"),
        ]
        for text in texts:
            self.assertNotIn("127.0.0.1", text)
        self.assertTrue(any("Feed Mill PLC" in text for text in texts))

    def test_the_chatter_keeps_it_too(self):
        self.device.write({"host": "10.1.1.1", "paused": True})
        self.env.flush_all()
        bodies = self.device.message_ids.mapped("body")
        tracked = self.device.message_ids.sudo().tracking_value_ids
        values = tracked.mapped("new_value_char") + tracked.mapped("old_value_char")
        self.assertFalse([text for text in (*bodies, *values) if text and "10." in text])

    def test_no_button_connects_elsewhere(self):
        for context in ({"host": "10.6.6.6"}, {"default_host": "10.6.6.6"}):
            with self.subTest(context), self.assertLogs("odoo.addons.mrp_plc_batch", "WARNING"):
                self.device.write({"host": "127.0.0.1", "port": 1, "state": "unknown"})
                self.device.with_user(self.plc_user).with_context(**context).action_read_now()
                self.assertEqual(self.device.host, "127.0.0.1")
