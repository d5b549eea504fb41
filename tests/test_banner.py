import json
from datetime import timedelta

from odoo import fields

from .common import MillCase


class TestBanner(MillCase):
    """What is said above the queue when something has stopped, and what to press."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["plc.device"].search([("id", "!=", cls.device.id)]).active = False
        names = ("read_plc", "archive_completed", "fetch_orders")
        cls.crons = cls.env["ir.cron"].union(
            *(cls.env.ref(f"mrp_plc_batch.ir_cron_{name}") for name in names)
        )
        cls.crons.nextcall = fields.Datetime.now()

    def banner(self, user=None):
        return self.env["plc.device"].with_user(user or self.plc_user).get_banner()

    def texts(self, user=None):
        return [line["text"] for line in self.banner(user)]

    def test_nothing_to_say(self):
        self.assertEqual(self.banner(), [])

    def test_a_device_that_is_paused_offline_or_unknown(self):
        self.make_batch(self.make_order(), {})
        self.assertIn("has not answered yet", self.texts()[0])
        self.device.state = "offline"
        self.assertIn("does not answer; in its queue: 1.", self.texts()[0])
        self.device.paused = True
        (line,) = self.banner()
        self.assertIn("is paused", line["text"])
        self.assertEqual(line["action"]["res_id"], self.device.id)

    def test_a_trouble_that_goes_on_is_the_same_one(self):
        self.device.paused = True
        (before,) = self.banner()
        self.make_batch(self.make_order(), {})
        (now,) = self.banner()
        self.assertNotEqual(now["text"], before["text"])
        self.assertEqual(now["key"], before["key"])

    def test_scheduled_actions_that_are_off_or_late(self):
        self.crons[0].active = False
        self.crons[1].nextcall = fields.Datetime.now() - timedelta(hours=1)
        off, late = self.banner()
        self.assertIn("Switched off: “PLC: read", off["text"])
        self.assertIn("Late: “PLC: close", late["text"])
        self.assertFalse(off["action"])  # an operator may not see them
        off, _late = self.banner(self.env.ref("base.user_admin"))
        self.assertEqual(off["action"]["res_model"], "ir.cron")
        found = self.env["ir.cron"].with_context(**off["action"]["context"])
        self.assertIn(self.crons[0], found.search(off["action"]["domain"]))

    def test_a_scheduler_that_stands_still_is_said_once(self):
        self.crons.nextcall = fields.Datetime.now() - timedelta(hours=1)
        (line,) = self.banner()
        self.assertIn("Late: all three", line["text"])

    def test_a_neutralized_copy(self):
        self.env["ir.config_parameter"].set_param("database.is_neutralized", "True")
        self.assertIn("neutralized copy", self.texts()[0])

    def test_no_address(self):
        self.device.host = "plc.secret.example"
        self.device.state = "offline"
        self.assertNotIn("secret", json.dumps(self.banner(self.plc_manager)))

    def test_a_plc_that_answers_and_takes_nothing(self):
        """R11 is about what was taken; a wrong memory map or a CPU in STOP never takes anything."""
        self.device.write({"state": "online", "silent_after": 15})
        sent_at = fields.Datetime.now() - timedelta(minutes=20)
        batch = self.make_batch(self.make_order(), {}, state="sent", sent_at=sent_at)
        (line,) = self.banner()
        self.assertIn("has taken no order for 15 minutes; in its queue: 1.", line["text"])
        taken = self.make_batch(self.make_order(), {}, taken_at=sent_at, batch_no=2)
        self.assertEqual(self.banner(), [])  # its turn comes after that one
        taken.write({"status_manufacturing": True, "last_read_from_plc": fields.Datetime.now()})
        self.assertEqual(self.banner(), [])  # it has only just ended
        taken.last_read_from_plc = sent_at
        (line,) = self.banner()
        taken._move_to_history("completed")
        self.assertEqual(self.banner(), [])  # it was at that one until now
        history = self.env["mo.histories"].search([("device_id", "=", self.device.id)])
        history.write({"archived_at": sent_at, "acknowledged": False})
        self.assertEqual(self.banner(), [])  # cancelled, and still being dosed
        history.acknowledged = True
        (line,) = self.banner()
        for vals in ({"silent_after": 0}, {"silent_after": 25}):
            self.device.write(vals)
            self.assertEqual(self.banner(), [])
        self.device.silent_after = 15
        batch.taken_at = fields.Datetime.now()
        self.assertEqual(self.banner(), [])

    def test_two_devices_in_the_same_blocks_of_one_plc(self):
        twin = self.device.copy({"name": "Twin PLC", "code": "TWIN", "host": self.device.host})
        (line,) = self.banner()
        self.assertIn(f"{self.device.name}, Twin PLC", line["text"])
        self.assertNotIn(self.device.host, json.dumps(line))
        twin.port = 1102
        self.assertEqual(self.banner(), [])
