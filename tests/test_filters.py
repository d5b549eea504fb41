from datetime import datetime, timedelta

from lxml import etree

from odoo.tests import freeze_time
from odoo.tools.safe_eval import safe_eval

from .common import MillCase
from .doses import NOW, make_histories

TODAY, WEEK = datetime(2026, 6, 10), datetime(2026, 6, 7)
LAST_WEEK = WEEK - timedelta(weeks=1)
SKIPPED_IN = ("confirmed", "progress", "to_close")
ARCHIVED = {"archived": lambda row: not row.active}
# What each filter promises, said again in Python: {model: {filter: condition}}.
PROMISES = {
    "mo.batch": {
        "stuck": lambda row: bool(row.error_message),
        "running": lambda row: row.state == "running",
        "waiting": lambda row: row.state in ("staged", "sent"),
        "parked": lambda row: row.state == "parked",
        "out": lambda row: "out" in row.line_ids.mapped("grade"),
        "today": lambda row: row.create_date >= TODAY,
        # Odoo keeps a batch's activities in one cache for all users, so they are searched
        "activities_my": lambda row: bool(
            row.env["mail.activity"].search_count(
                [
                    ("res_model", "=", row._name),
                    ("res_id", "=", row.id),
                    ("user_id", "=", row.env.uid),
                ]
            )
        ),
    },
    "mo.histories": {
        "completed": lambda row: row.status == "completed",
        "cancelled": lambda row: row.status == "cancelled",
        "failed": lambda row: row.status == "failed",
        "out": lambda row: "out" in row.dose_ids.mapped("grade"),
        "open": lambda row: not row.acknowledged,
        "today": lambda row: row.archived_at >= TODAY,
    },
    "plc.device": {
        "offline": lambda row: row.state == "offline",
        "paused": lambda row: row.paused,
        **ARCHIVED,
    },
    "plc.event": {
        "errors": lambda row: row.severity == "error",
        "warnings": lambda row: row.severity == "warning",
        "buttons": lambda row: row.kind == "button",
        "wire": lambda row: row.kind in ("connection", "data", "orphan"),
        "today": lambda row: row.create_date >= TODAY,
    },
    "plc.layout": ARCHIVED,
    "plc.reason": ARCHIVED,
    "plc.shift": ARCHIVED,
    "plc.silo": {"empty": lambda row: not row.product_id, **ARCHIVED},
    "plc.silo.changeover": {
        "changed": lambda row: bool(row.previous_product_id or row.previous_lot_id),
    },
    "plc.dose.report": {
        "silo": lambda row: row.source == "silo",
        "by_hand": lambda row: row.source in ("hand", "order", "recipe"),
        "recipe_only": lambda row: row.source == "recipe",
        "completed": lambda row: row.status == "completed",
        "whole": lambda row: not row.history_id.status_operation,
        "out": lambda row: row.grade == "out",
        "warning": lambda row: row.grade == "warning",
        "this_week": lambda row: WEEK <= row.date < WEEK + timedelta(weeks=1),
        "last_week": lambda row: LAST_WEEK <= row.date < WEEK,
    },
    "mrp.production": {
        "plc_skipped": lambda row: (
            row.plc_skip_reason
            and row.plc_device_id
            and row.state in SKIPPED_IN
            and not row.plc_batch_ids
        ),
    },
}


@freeze_time(NOW)
class TestFilters(MillCase):
    """Every filter finds what it says, for each kind of person who has the menu."""

    @classmethod
    def setUpClass(cls):
        """With one row at least of each kind that a filter tells apart."""
        super().setUpClass()
        histories = make_histories(cls.mill)
        histories[-1].status = "cancelled"
        cls.make_devices()
        orders = cls.make_order(count=6)
        running = cls.make_batch(orders[0], {103: 100.0}, batch_no=1)
        stuck = cls.make_batch(orders[1], {103: 999.0}, batch_no=2, finished=True)
        stuck._set_error(stuck._odoo_error("No."))
        cls.make_batch(orders[2], {}, batch_no=3, state="sent")
        cls.make_batch(orders[3], {}, state="staged", holds_slot=False, batch_no=0)
        parked = cls.make_batch(orders[4], {}, batch_no=5, state="parked")
        for user, batch in ((cls.plc_user, running), (cls.plc_manager, parked)):
            batch.activity_schedule("mail.mail_activity_data_todo", user_id=user.id)
        (orders[4:]).plc_skip_reason = "No silo holds it."  # the parked one has its batch
        elsewhere = cls.make_order()  # once for a PLC, and for none by now
        elsewhere.write({"plc_skip_reason": "No silo holds it.", "plc_device_id": False})
        for kind, severity in (("read", "info"), ("orphan", "warning"), ("button", "error")):
            cls.device._log_event(kind, "test", severity=severity)
        events = cls.env["plc.event"].search([("device_id", "=", cls.device.id)], order="id")
        cls.env.flush_all()
        for table, ids in (("mo_batch", (parked + stuck).ids), ("plc_event", events[:1].ids)):
            cls.env.cr.execute(
                f"UPDATE {table} SET create_date = %s WHERE id = ANY(%s)",  # noqa: S608
                [TODAY - timedelta(seconds=1), ids],
            )
        cls.env.invalidate_all()

    @classmethod
    def make_devices(cls):
        for number, vals in enumerate(({"state": "offline"}, {"paused": True}, {"active": False})):
            cls.device.copy({"name": f"PLC {number}", "code": f"T{number}", **vals})
        cls.env.ref("mrp_plc_batch.layout_native").copy({"name": "Old", "active": False})
        cls.env["plc.reason"].create({"name": "Old", "active": False})
        cls.env["plc.shift"].create({"name": "Old", "start": 12.0, "active": False})
        cls.mill.silos[101].product_id = False
        cls.mill.silos[110].active = False
        cls.mill.silos[102].product_id = cls.mill.products["BSJ"]

    def readers(self, model):
        """Each kind of person who finds this model in a menu."""
        for user in (self.plc_user, self.plc_manager):
            menus = self.env["ir.ui.menu"].with_user(user)
            seen = menus.sudo().browse(menus._visible_menu_ids())
            actions = seen.mapped("action")
            if any(
                action._name == "ir.actions.act_window" and action.res_model == model
                for action in actions
                if action
            ):
                yield user

    def filters(self):
        """(model with a user, node) of every filter of ours, as that user's screen gets it."""
        data = self.env["ir.model.data"].search(
            [("module", "=", "mrp_plc_batch"), ("model", "=", "ir.ui.view")]
        )
        views = self.env["ir.ui.view"].browse(data.mapped("res_id"))
        for view in views.filtered(lambda view: view.type == "search"):
            ours = {
                node.get("name")
                for node in etree.fromstring(view.arch_db).iter("filter")
                if not node.get("position")
            }
            users = list(self.readers(view.model))
            self.assertTrue(users, view.model)
            for user in users:
                model = self.env[view.model].with_user(user)
                wanted = [(view.inherit_id.id or view.id, "search")]
                arch = model.get_views(wanted)["views"]["search"]["arch"]
                nodes = {node.get("name"): node for node in etree.fromstring(arch).iter("filter")}
                self.assertLessEqual(ours, nodes.keys(), view.name)
                yield from ((model, nodes[name]) for name in sorted(ours))

    def known(self, model, with_archived):
        rows = model.with_context(active_test=False).search([])
        return rows if with_archived or "active" not in rows else rows.filtered("active")

    def test_each_finds_what_it_says(self):
        seen = set()
        for model, node in self.filters():
            if not node.get("domain"):
                continue
            name = node.get("name")
            seen.add((model._name, name))
            rows = self.known(model, name == "archived")
            wanted = rows.filtered(PROMISES[model._name][name])
            domain = safe_eval(node.get("domain"), {"uid": model.env.uid})
            with self.subTest(filter=f"{model._name}.{name}", user=model.env.user.login):
                self.assertEqual(model.search(domain), wanted)
                self.assertTrue(wanted, "there is no row to be found")
                self.assertTrue(rows - wanted, "there is no row to be left out")
        promised = {(model, name) for model, names in PROMISES.items() for name in names}
        self.assertEqual(seen, promised)

    def test_each_grouping_has_every_row_once(self):
        seen = 0
        for model, node in self.filters():
            group_by = safe_eval(node.get("context") or "{}").get("group_by")
            if node.get("date"):
                group_by = f"{node.get('date')}:month"
            if not group_by:
                continue
            seen += 1
            with self.subTest(group_by=f"{model._name}.{group_by}", user=model.env.user.login):
                groups = model.formatted_read_group([], [group_by], ["__count"])
                self.assertTrue(groups)
                self.assertEqual(sum(group["__count"] for group in groups), model.search_count([]))
                for group in groups:  # and it opens with as many rows as it says
                    self.assertEqual(model.search_count(group["__extra_domain"]), group["__count"])
        self.assertGreater(seen, 40)
