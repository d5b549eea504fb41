import json
from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, new_test_user, tagged

from ..controllers.main import PlcController
from .common import MillCase

RETRY = "/api/admin/manual/retry-push-odoo/"


@tagged("post_install", "-at_install")
class TestControllers(MillCase, HttpCase):
    """Monitoring, and the doors for scripts of the old service."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.key = cls.api_key(cls.plc_user)
        tasks = cls.env["ir.cron"].search([("model_id.model", "=", "mo.batch")])
        tasks.nextcall = fields.Datetime.now()  # however old the database is

    @classmethod
    def api_key(cls, user):
        tomorrow = fields.Datetime.now() + timedelta(days=1)
        return cls.env["res.users.apikeys"].with_user(user)._generate("rpc", "test", tomorrow)

    def call(self, path, key=None, method="GET"):
        headers = {"Authorization": f"Bearer {key or self.key}"}
        response = self.url_open(path, headers=headers, method=method)
        body = (
            response.json()
            if response.headers["Content-Type"].startswith("application/json")
            else {}
        )
        return response.status_code, body

    def routes(self):
        """{path: method} of every route of ours, from the controllers themselves."""
        found = {}
        for value in vars(PlcController).values():
            routing = getattr(value, "original_routing", None)
            for route in routing and routing["routes"] or ():
                (method,) = routing["methods"]
                found[route.replace("<path:mo_id>", "NO/SUCH")] = method
        return found

    def test_every_route_asks_for_a_key_and_keeps_no_session(self):
        routes = self.routes()
        self.assertEqual(len(routes), 3)
        for path, method in routes.items():
            with self.subTest(path=path):
                response = self.url_open(path, method=method)
                self.assertNotEqual(response.status_code, 200)
                self.assertEqual(self.call(path, "wrong", method)[0], 401)
                headers = {"Authorization": f"Bearer {self.key}"}
                response = self.url_open(path, headers=headers, method=method)
                self.assertNotIn("session_id", response.headers.get("Set-Cookie", ""))

    def test_every_route_for_each_kind_of_user(self):
        """200 or, of an order that is not there, 404; 403 without the group."""
        users = {
            "portal": (new_test_user(self.env, "guest", groups="base.group_portal"), False),
            "clerk": (new_test_user(self.env, "clerk", groups="mrp.group_mrp_user"), False),
            "other company": (self.new_stranger(), True),
            "user": (self.plc_user, True),
            "manager": (self.plc_manager, True),
        }
        self.failed_batch("SECRET/1")
        for kind, (user, is_allowed) in users.items():
            key = self.api_key(user)
            for path, method in self.routes().items():
                with self.subTest(kind=kind, path=path):
                    status, body = self.call(path, key, method)
                    self.assertIn(status, (200, 404, 503) if is_allowed else (403,))
                    if kind not in ("user", "manager"):
                        self.assertNotIn("SECRET", json.dumps(body))

    def test_a_stranger_cannot_retry_by_name(self):
        self.failed_batch("SECRET/1")
        stranger = self.new_stranger()
        self.assertEqual(self.call(RETRY + "SECRET/1", self.api_key(stranger), "POST")[0], 404)

    def test_health_is_ok_and_has_no_address(self):
        self.env["mo.batch"].search([]).unlink()
        self.device.sudo().host = "plc.secret.example"
        status, body = self.call("/mrp_plc_batch/health")
        self.assertEqual((status, body["status"]), (200, "ok"))
        names = ["fetch_orders", "read_plc", "archive_completed"]
        self.assertEqual([task["name"] for task in body["tasks"]], names)
        self.assertTrue(
            all(task["active"] and task["next"].endswith("Z") for task in body["tasks"])
        )
        device = next(d for d in body["devices"] if d["code"] == self.device.code)
        self.assertEqual((device["state"], device["queue"], device["failed"]), ("unknown", 0, 0))
        self.assertNotIn("secret", json.dumps(body))

    def test_health_asks_for_a_person(self):
        def status():
            self.env.flush_all()
            return self.call("/mrp_plc_batch/health")[0]

        self.assertEqual(status(), 200)
        self.device.paused = True
        self.assertEqual(status(), 503)
        self.device.write({"paused": False, "state": "offline"})
        self.assertEqual(status(), 503)
        self.device.state = "online"
        self.env.ref("mrp_plc_batch.ir_cron_read_plc").active = False
        self.assertEqual(status(), 503)

    def failed_batch(self, name="MO/GONE"):
        return self.env["mo.batch"].create(
            {
                "mo_id": name,
                "device_id": self.device.id,
                "batch_no": self.env["mo.batch"].search_count([]) + 1,
                "status_manufacturing": True,
                "actual_weight_quantity_finished_goods": 1000,
            }
        )

    def test_failed_batches_and_their_retry(self):
        self.failed_batch()
        with self.assertLogs("odoo.addons.mrp_plc_batch", "WARNING"):
            status, body = self.call(RETRY + "MO/GONE", method="POST")
        self.assertEqual(status, 422)
        self.assertEqual((body["success"], body["error_code"]), (False, "mo_not_found"))
        self.assertTrue(body["error_message"] and body["error_action"])
        status, body = self.call("/api/admin/failed-to-push")
        self.assertEqual((status, body["count"]), (200, 1))
        batch = body["batches"][0]
        self.assertEqual(batch["mo_id"], "MO/GONE")
        self.assertEqual(batch["error_code"], "mo_not_found")
        self.assertTrue(batch["next_retry_at"].endswith("Z"))

    def test_a_retry_that_helps(self):
        order = self.make_order()
        self.make_batch(
            order, {103: 300.0}, finished=True, actual_weight_quantity_finished_goods=990
        )
        status, body = self.call(RETRY + order.name, method="POST")
        self.assertEqual(
            (status, body),
            (
                200,
                {
                    "success": True,
                    "mo_id": order.name,
                    "archived": True,
                },
            ),
        )
        self.assertEqual(order.state, "done")

    def test_unknown_and_ambiguous(self):
        self.assertEqual(self.call(RETRY + "NO/SUCH", method="POST")[0], 404)
        # the database knows no NUL
        self.assertEqual(self.call(RETRY + "NO%00SUCH", method="POST")[0], 404)
        self.failed_batch("TWICE")
        self.failed_batch("TWICE")
        self.assertEqual(self.call(RETRY + "TWICE", method="POST")[0], 409)

    def test_what_a_retry_cannot_help_is_refused_with_the_next_step(self):
        self.failed_batch().write({"state": "staged", "status_manufacturing": False})
        self.env.flush_all()
        status, body = self.call(RETRY + "MO/GONE", method="POST")
        self.assertEqual(status, 422)
        self.assertIn("fetches orders", body["error_message"])
