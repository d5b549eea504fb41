"""Who may do what: every model and public method of the addon × every kind of user.

Models and methods are taken from the registry, so that a new one fails here until somebody has
said who may use it.
"""

import inspect

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user

from .common import MillCase

ADDON = "odoo.addons.mrp_plc_batch."
KINDS = ("public", "portal", "employee", "other company", "user", "manager")
NOBODY = dict.fromkeys(KINDS, "")
FACTS = {**NOBODY, "user": "r", "manager": "r"}
SET_UP = {**NOBODY, "user": "r", "manager": "crwd"}
SHARED = {**SET_UP, "other company": "r"}  # not a company's: memory maps, reasons
MODELS = {
    "mo.batch": FACTS,
    "mo.batch.line": FACTS,
    "mo.histories": FACTS,
    "mo.histories.line": FACTS,
    "plc.event": FACTS,
    "plc.device": SET_UP,
    "plc.silo": SET_UP,
    "plc.silo.changeover": FACTS,
    "plc.silo.change.over": {**NOBODY, "manager": "crw"},
    # anybody's who is in the group; whether he may change the order is asked when it is confirmed
    "plc.hand.entry": {**NOBODY, **dict.fromkeys(("other company", "user", "manager"), "crw")},
    "plc.hand.entry.line": {
        **NOBODY,
        **dict.fromkeys(("other company", "user", "manager"), "crwd"),
    },
    "plc.dose.report": FACTS,
    "plc.shift": SHARED,
    "plc.material.use": {**NOBODY, **dict.fromkeys(("other company", "user", "manager"), "crw")},
    "plc.material.use.line": {
        **NOBODY,
        **dict.fromkeys(("other company", "user", "manager"), "crwd"),
    },
    "plc.layout": SHARED,
    "plc.layout.field": SHARED,
    "plc.reason": SHARED,
    "mo.batch.ending": {**NOBODY, "manager": "crw"},
}
USERS = {"user", "manager"}
MANAGERS = {"manager"}
METHODS = {
    "mo.batch": {
        "action_retry": USERS,
        "action_park": USERS,
        "action_unpark": USERS,
        "action_accept": MANAGERS,
        "action_reset": MANAGERS,
        "action_cancel": MANAGERS,
        "message_subscribe": USERS,
    },
    "mo.histories": {"action_cleared_at_plc": MANAGERS},
    "plc.device": {
        "action_read_now": USERS,
        "action_archive_now": USERS,
        "action_test_connection": MANAGERS,
        "action_send_now": MANAGERS,
        "action_start_over": MANAGERS,
        "get_banner": USERS,
        "get_board_devices": USERS,
        "get_first_steps": USERS,
        "action_load_sample_plant": set(),
        "get_plant_board": USERS,
    },
    "mo.batch.ending": {"action_confirm": MANAGERS},
    "plc.silo.change.over": {"action_confirm": MANAGERS},
    "plc.hand.entry": {"action_confirm": USERS, "action_all_as_planned": USERS},
}
WIZARDS = {
    "mo.batch.ending",
    "plc.silo.change.over",
    "plc.hand.entry",
    "plc.hand.entry.line",
    "plc.material.use",
    "plc.material.use.line",
}  # a record is its maker's own
OPENS = "action_open_"  # opens a screen, whose own rights decide
CRUD = {"create", "write", "unlink", "copy_data"}
# Overrides of Odoo's own buttons and hooks, which have rights of their own.
ODOOS = {"mrp.production", "res.config.settings"}


class TestRightsMatrix(MillCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {
            "public": cls.env.ref("base.public_user"),
            "portal": new_test_user(cls.env, "guest", groups="base.group_portal"),
            "employee": new_test_user(cls.env, "clerk", groups="mrp.group_mrp_manager"),
            "other company": cls.new_stranger(),
            "user": cls.plc_user,
            "manager": cls.plc_manager,
        }
        cls.device.paused = True  # no traffic: rights are asked first
        order = cls.make_order()
        batch = cls.make_batch(order, {103: 10.0})
        history = batch._copy_to_history("cancelled")
        history.acknowledged = True
        cls.records = {
            "mo.batch": batch,
            "mo.batch.line": batch.line_ids[:1],
            "mo.histories": history,
            "mo.histories.line": history.line_ids[:1],
            "plc.event": cls.device._log_event("read", "test", batch=batch),
            "plc.device": cls.device,
            "plc.silo": cls.mill.silos[101],
            "plc.silo.changeover": cls.mill.silos[101].changeover_ids,
            "plc.dose.report": cls.env["plc.dose.report"].browse(history.line_ids[:1].id),
            "plc.shift": cls.env["plc.shift"].create({"name": "Lunch", "start": 12.0}),
            "plc.layout": cls.device.layout_id.copy(),
            "plc.reason": cls.env["plc.reason"].create({"name": "Because"}),
        }
        cls.records["plc.layout.field"] = cls.records["plc.layout"].field_ids[:1]
        cls.values = {
            "mo.batch": {"mo_id": "X", "device_id": cls.device.id},
            "mo.batch.line": {"batch_id": batch.id},
            "mo.histories": {"mo_id": "X", "status": "failed", "archived_at": "2026-01-01"},
            "mo.histories.line": {"history_id": history.id},
            "plc.event": {"kind": "read", "message": "X"},
            "plc.device": {"name": "X", "code": "X", "layout_id": cls.device.layout_id.id},
            "plc.silo": {"device_id": cls.device.id, "number": 9, "code": "X", "name": "X"},
            "plc.dose.report": {"mo_id": "X"},
            "plc.shift": {"name": "X", "start": 1.0},
            "plc.material.use": {},
            "plc.material.use.line": {"use_id": cls.env["plc.material.use"].create({}).id},
            "plc.hand.entry": {"production_id": order.id},
            "plc.hand.entry.line": {
                "entry_id": cls.env["plc.hand.entry"].create({"production_id": order.id}).id,
                "product_id": cls.mill.products["GARAM"].id,
            },
            "plc.silo.changeover": {"silo_id": cls.mill.silos[101].id, "date": "2026-01-01"},
            "plc.silo.change.over": {
                "silo_id": cls.mill.silos[101].id,
                "product_id": cls.mill.products["KOPRA"].id,
            },
            "plc.layout": {
                "name": "X",
                "slot_size": 170,
                "field_ids": [
                    Command.create(values)
                    for values in cls.device.layout_id.field_ids.read(
                        ["role", "silo_number", "address", "datatype", "scale"], load=False
                    )
                ],
            },
            "plc.reason": {"name": "X"},
            "mo.batch.ending": {"ending": "cancel"},
        }

    def ours(self):
        """{model: {public methods that our classes define}}"""
        found = {}
        for name, model_class in self.env.registry.items():
            if model_class._abstract:
                continue
            for parent in model_class.mro():
                if not getattr(parent, "__module__", "").startswith(ADDON):
                    continue
                methods = found.setdefault(name, set())
                methods |= {
                    key
                    for key, value in vars(parent).items()
                    if inspect.isfunction(value)
                    and not key.startswith("_")
                    and not getattr(value, "_api_private", False)
                }
        return found

    def is_allowed(self, act):
        """Whether `act` gets past the rights; a refusal for another reason is past them."""
        try:
            with self.env.cr.savepoint():
                act()
                self.env.flush_all()
                raise UserError("undo")
        except AccessError:
            return False
        except UserError:
            return True

    def test_every_model_and_method_has_been_thought_of(self):
        own = {
            name
            for name in self.ours()
            if name.startswith(("plc.", "mo.")) and not self.env[name]._abstract
        }
        self.assertEqual(own, set(MODELS))
        for name, methods in self.ours().items():
            if name not in ODOOS:
                methods = {method for method in methods - CRUD if not method.startswith(OPENS)}
                self.assertEqual(methods, set(METHODS.get(name, {})), name)

    def test_records(self):
        for name, expected in MODELS.items():
            for kind in KINDS:
                user = self.users[kind]
                model = self.env[name].with_user(user)
                record = self.records.get(name, self.env[name]).with_user(user)
                acts = {
                    "c": lambda model=model, name=name: model.create(dict(self.values[name])),
                    "r": record.read,
                    "w": lambda record=record: record.write({}),
                    "d": record.unlink,
                }
                if name == "plc.layout.field":
                    acts.pop("c")  # made with its layout
                if name in WIZARDS:
                    acts = {"c": acts["c"]}
                allowed = {letter for letter, act in acts.items() if self.is_allowed(act)}
                wanted = set(expected[kind]) & set(acts)
                self.assertEqual(allowed, wanted, f"{name} as {kind}")

    def test_search_group_and_export_show_no_more_than_reading(self):
        for name, expected in MODELS.items():
            if name not in self.records:
                continue
            for kind in KINDS:
                if "r" in expected[kind]:
                    continue
                record = self.records[name].with_user(self.users[kind])
                with self.subTest(model=name, kind=kind):
                    with self.assertRaises(UserError):  # AccessError is one
                        record.export_data(["id"])
                    if kind == "other company":  # may read its own
                        self.assertFalse(record.search([]))
                        (group,) = record.formatted_read_group([], [], ["__count"])
                        self.assertEqual(group["__count"], 0)
                        continue
                    with self.assertRaises(AccessError):
                        record.search([])
                    with self.assertRaises(AccessError):
                        record.formatted_read_group([], [], ["__count"])

    def test_public_methods(self):
        for name, methods in METHODS.items():
            if name not in self.records:
                continue  # the wizard: its records are their maker's own
            for method, allowed in methods.items():
                for kind in KINDS:
                    record = self.records[name].with_user(self.users[kind])
                    act = getattr(record.with_context(reason="test"), method)
                    with self.subTest(method=f"{name}.{method}", kind=kind):
                        self.assertEqual(self.is_allowed(act), kind in allowed)

    def test_the_address_is_nowhere_to_be_found(self):
        self.device.host = "10.11.12.13"
        device = self.device.with_user(self.users["user"])
        for field in ("host", "port", "rack", "slot"):
            with self.assertRaises(AccessError):
                device.read([field])
            with self.assertRaises(AccessError):
                device.search([(field, "!=", False)])
            with self.assertRaises(AccessError):
                device.formatted_read_group([], [field], ["__count"])
            with self.assertRaises(AccessError):
                device.search([], order=field)
            self.assertNotIn(field, device.fields_get())
        self.assertNotIn("10.11.12.13", str(device.read()))
        self.assertNotIn("10.11.12.13", str(device.copy_data()))
        self.assertFalse(self.device.copy_data()[0].get("host"))
