from collections import Counter
from datetime import timedelta
from unittest.mock import patch

from odoo import fields

from ..models.plc_device_task import PlcDevice
from .common import MillCase

TASKS = ("_cron_fetch_orders", "_cron_read_plc", "_cron_archive_completed")


class TestNamedDevices(MillCase):
    """A scheduled action whose code names its devices, as where several hosts share them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second = cls.device.copy({"host": "127.0.0.1"})
        cls.third = cls.device.copy({"host": "127.0.0.1"})

    def served(self, *devices):
        """[names of the devices that had their turn], of each task."""
        named = self.env["plc.device"].browse(device.id for device in devices)
        self.env.flush_all()
        self.env.invalidate_all()
        for task in TASKS:
            names = []

            def note(device, *_args, names=names):
                names.append(device.name)
                return Counter()

            with patch.object(PlcDevice, "_guarded_task", note):
                getattr(self.env["mo.batch"], task)(devices=named)
            yield sorted(names)

    def test_one_that_is_deleted_costs_the_others_nothing(self):
        deleted, kept = self.second, self.device | self.third
        deleted.unlink()
        expected = sorted(kept.mapped("name"))
        self.assertEqual(list(self.served(self.device, deleted, self.third)), [expected] * 3)
        self.assertEqual(list(self.served(deleted)), [[]] * 3)

    def test_one_that_is_archived_is_not_served(self):
        self.second.active = False
        self.assertEqual(list(self.served(self.device, self.second)), [[self.device.name]] * 3)
        self.assertEqual(list(self.served(self.second)), [[]] * 3)


class TestSharedTasks(MillCase):
    """Of the scheduled actions that share a task, health and banner tell of the worst."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["plc.device"].search([("id", "!=", cls.device.id)]).active = False
        cls.cron = cls.env.ref("mrp_plc_batch.ir_cron_read_plc")
        cls.cron.code = f"model._cron_read_plc(env['plc.device'].browse({cls.device.ids}))"
        cls.cron.name = "Read the first half"
        cls.share = cls.cron.copy({"name": "Read the second half"})
        ours = cls.env["ir.cron"].search([("model_id.model", "=", "mo.batch")])
        ours.write({"active": True, "nextcall": fields.Datetime.now()})

    def told(self):
        """(status, entry of the task, lines of the banner)"""
        devices = self.env["plc.device"].with_user(self.plc_user)
        health = devices._get_health()
        names = [task["name"] for task in health["tasks"]]
        self.assertEqual(names, ["fetch_orders", "read_plc", "archive_completed"])
        banner = [line["text"] for line in devices.get_banner()]
        return health["status"], health["tasks"][1], banner

    def test_all_is_well(self):
        status, task, banner = self.told()
        self.assertEqual((status, banner), ("ok", []))
        facts = {"name": "read_plc", "active": True, "failing": False, "late": False}
        self.assertEqual(task, task | facts)
        self.assertEqual(set(task), {*facts, "last", "next"})

    def test_one_is_off(self):
        self.share.active = False
        status, task, banner = self.told()
        self.assertEqual((status, task["active"]), ("attention", False))
        self.assertEqual(banner, ["Switched off: “Read the second half”."])

    def test_one_is_late(self):
        for late in (self.cron, self.share):
            due = fields.Datetime.now() - timedelta(hours=1)
            (self.cron | self.share).nextcall = fields.Datetime.now()
            late.nextcall = due
            status, task, (banner,) = self.told()
            self.assertEqual((status, task["late"]), ("attention", True))
            self.assertEqual(task["next"], due.isoformat() + "Z")
            self.assertIn(f"Late: “{late.name}”, due at", banner)

    def test_one_is_late_by_its_own_interval(self):
        self.share.write(
            {"interval_number": 1, "nextcall": fields.Datetime.now() - timedelta(minutes=4)}
        )
        self.assertTrue(self.told()[1]["late"])
        self.share.interval_type = "hours"
        self.assertFalse(self.told()[1]["late"])

    def test_data_are_old_by_the_shortest_interval(self):
        """Also where the action that was installed has made room for others."""
        (self.cron | self.share).write({"interval_number": 7, "interval_type": "minutes"})
        self.share.interval_number = 2
        self.assertEqual(self.device._read_interval_minutes(), 2)
        self.share.active = False
        self.assertEqual(self.device._read_interval_minutes(), 7)
        self.cron.unlink()
        self.share.write({"active": True, "interval_number": 30})
        self.assertEqual(self.device._read_interval_minutes(), 30)
        self.share.unlink()
        self.assertEqual(self.device._read_interval_minutes(), 5)

    def test_one_breaks_off_again_and_again(self):
        self.share.failure_count = 2
        self.assertEqual(self.told()[0], "ok")
        self.share.failure_count = 3
        status, task, banner = self.told()
        self.assertEqual((status, task["failing"]), ("attention", True))
        self.assertEqual(banner, ["Broken off several times in a row: “Read the second half”."])

    def test_one_that_is_off_is_worse_than_one_that_is_late(self):
        self.cron.active = False
        self.share.nextcall = fields.Datetime.now() - timedelta(hours=1)
        _status, task, banner = self.told()
        self.assertEqual((task["active"], task["late"]), (False, False))
        self.assertEqual(banner, ["Switched off: “Read the first half”."])

    def test_none_is_left(self):
        (self.cron | self.share).unlink()
        status, task, banner = self.told()
        self.assertEqual((status, task["active"], task["next"]), ("attention", False, None))
        self.assertEqual(banner, ["Switched off: “read_plc”."])
