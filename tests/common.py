from odoo import Command
from odoo.tests import TransactionCase, new_test_user

from .mill import make_mill, make_orders


class MillCase(TransactionCase):
    """The mill of `tests/data`, without its PLC: for rules that need no wire."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mill = make_mill(cls.env, stock=10_000.0)
        cls.device = cls.mill.device
        cls.plc_user = new_test_user(cls.env, "operator", groups="mrp_plc_batch.group_plc_user")
        cls.plc_manager = new_test_user(
            cls.env, "engineer", groups="mrp_plc_batch.group_plc_manager"
        )

    @classmethod
    def make_batch(cls, order, actuals, finished=False, **vals):
        """A batch of an order as the read task leaves it: {silo number: kg} stored."""
        reason, doses = order._plc_assign_silos(cls.device)
        assert not reason, reason
        planned = {silo.number: (product, kg) for silo, product, kg in doses}
        lines = []
        for number in sorted({*planned, *actuals}):
            product, kg = planned.get(number, (cls.mill.silos[number].product_id, 0.0))
            line = cls.device._prepare_line_vals(cls.mill.silos[number], product, kg)
            line["actual_consumption"] = actuals.get(number, 0.0)
            lines.append(Command.create(line))
        return cls.env["mo.batch"].create(
            {
                "mo_id": order.name,
                "device_id": cls.device.id,
                "batch_no": 1,
                "status_manufacturing": finished,
                "state": "done" if finished else "running",
                "last_read_from_plc": "2026-01-01 00:00:00",
                "line_ids": lines,
                **vals,
            }
        )

    @classmethod
    def new_stranger(cls):
        """An operator of another company."""
        other = cls.env["res.company"].create({"name": "Other mill"})
        return new_test_user(
            cls.env,
            "stranger",
            groups="mrp_plc_batch.group_plc_user",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )

    @classmethod
    def make_order(cls, recipe="CATTLE FEED 1B", **vals):
        return make_orders(cls.device, recipe, **vals)


class GuardCase(MillCase):
    def setUp(self):
        super().setUp()
        self.order = self.make_order()
        self.batch = self.make_batch(self.order, {103: 300.0, 102: 100.0}, batch_no=3)

    def read_again(self, finished=True, **actuals):
        """The read task has stored other values."""
        for line in self.batch.line_ids:
            kg = actuals.get(f"silo{line.silo_number}", line.actual_consumption)
            line.write({"actual_consumption": kg, "was_dosed": line.was_dosed or kg > 0})
        self.batch.write(
            {"update_odoo": False, "status_manufacturing": finished, "next_retry_at": False}
        )
        if finished:
            self.batch._transition("finish")

    def refused(self, step):
        with self.assertLogs("odoo.addons.mrp_plc_batch", "WARNING"):
            self.assertFalse(step())
        return self.batch.error_code
