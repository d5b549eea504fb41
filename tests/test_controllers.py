import json
from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, new_test_user, tagged

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

    def test_no_key_no_answer(self):
        for path in ("/mrp_plc_batch/health", "/api/admin/failed-to-push"):
            self.assertNotEqual(self.url_open(path).status_code, 200)
            self.assertEqual(self.call(path, key="wrong")[0], 401)

    def test_a_user_without_the_group_is_refused(self):
        clerk = new_test_user(self.env, "clerk", groups="mrp.group_mrp_user")
        for path in ("/mrp_plc_batch/health", "/api/admin/failed-to-push"):
            self.assertEqual(self.call(path, key=self.api_key(clerk))[0], 403)
        self.assertEqual(self.call(RETRY + "X", self.api_key(clerk), "POST")[0], 403)

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
        self.failed_batch("TWICE")
        self.failed_batch("TWICE")
        self.assertEqual(self.call(RETRY + "TWICE", method="POST")[0], 409)

    def test_what_a_retry_cannot_help_is_refused_with_the_next_step(self):
        self.failed_batch().write({"state": "staged", "status_manufacturing": False})
        self.env.flush_all()
        status, body = self.call(RETRY + "MO/GONE", method="POST")
        self.assertEqual(status, 422)
        self.assertIn("fetches orders", body["error_message"])
