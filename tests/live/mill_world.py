"""The feed mill in a live database, in sentences."""

import contextlib

from odoo.addons.mrp_plc_batch.tests.mill import make_mill, make_orders

FETCH, READ, ARCHIVE = "_cron_fetch_orders", "_cron_read_plc", "_cron_archive_completed"


class World:
    """One mill in a database that other mills may share, and what people and scheduled actions
    do to it. Every method is a transaction of its own."""

    def __init__(self, db, plant, layout, **device):
        self.db, self.plant = db, plant
        with db.env() as env:
            env["ir.config_parameter"].set_param("mrp_plc_batch.quiet_seconds", "0")
            self.device_id = make_mill(
                env, layout=layout, port=plant.port, stock=100_000.0, **device
            ).device.id

    @contextlib.contextmanager
    def device(self):
        """The device, in a transaction that commits at the end."""
        with self.db.env() as env:
            yield env["plc.device"].browse(self.device_id)

    def orders(self, count=1, recipe="CATTLE FEED 1B", **vals):
        """Confirmed orders; their ids."""
        with self.device() as device:
            return make_orders(device, recipe, count, **vals).ids

    @contextlib.contextmanager
    def order(self, order_id):
        """An order, in a transaction that commits at the end."""
        with self.db.env() as env:
            yield env["mrp.production"].browse(order_id)

    def silo(self, number, **vals):
        """Change a silo; the name of its ingredient."""
        with self.device() as device:
            silo = device.silo_ids.filtered(lambda silo: silo.number == number)
            silo.write(vals)
            return silo.product_id.name

    def cron(self, *tasks):
        """Run scheduled actions for this mill, one after the other."""
        for task in tasks:
            with self.device() as device:
                getattr(device.env["mo.batch"], task)(devices=device)

    def button(self, name, batch_ids, **context):
        with self.db.env() as env:
            return getattr(env["mo.batch"].with_context(**context).browse(batch_ids), name)()

    def press(self, name, **context):
        """A button on every batch of the mill."""
        context.setdefault("reason", "as the test wants it")
        return self.button(name, [batch["id"] for batch in self.batches()], **context)

    def device_button(self, name, **context):
        with self.device() as device:
            return getattr(device.with_context(**context), name)()

    def cleared_at_plc(self):
        """The button on every history of the mill."""
        with self.device() as device:
            histories = device.env["mo.histories"].search([("device_id", "=", device.id)])
            histories.action_cleared_at_plc()

    def set_device(self, **vals):
        with self.device() as device:
            device.write(vals)

    def set_order(self, order_id, **vals):
        with self.order(order_id) as order:
            order.write(vals)

    def sql(self, query, *params):
        """What happens to the database behind Odoo's back."""
        with self.db.env() as env:
            env.cr.execute(query, params)

    def names(self, order_ids):
        with self.db.env() as env:
            return env["mrp.production"].browse(order_ids).mapped("name")

    def script(self, **vals):
        """A batch made by a superuser's script; its id."""
        with self.db.env() as env:
            return env["mo.batch"].create({"device_id": self.device_id, **vals}).id

    def batches(self, *names):
        with self.device() as device:
            names = names or ("mo_id", "state", "batch_no", "error_code")
            return device.env["mo.batch"].search([("device_id", "=", device.id)]).read(names)

    def one_batch(self, *names):
        (batch,) = self.batches(*names)
        return batch

    def states(self):
        """{order: (state, slot or None)} of the batches."""
        rows = self.batches("mo_id", "state", "batch_no", "holds_slot")
        return {
            row["mo_id"]: (row["state"], row["batch_no"] if row["holds_slot"] else None)
            for row in rows
        }

    def one_history(self, *names):
        (history,) = self.histories(*names)
        return history

    def histories(self, *names):
        with self.device() as device:
            return device.env["mo.histories"].search([("device_id", "=", device.id)]).read(names)

    def history_lines(self, *names):
        with self.device() as device:
            lines = device.env["mo.histories.line"].search(
                [("history_id.device_id", "=", device.id), ("source", "=", "silo")]
            )
            return lines.read(names)

    def events(self, *names):
        with self.device() as device:
            events = device.env["plc.event"].search([("device_id", "=", device.id)], order="id")
            return events.read(names or ("kind", "severity", "message", "mo_id"))

    def device_fields(self, *names):
        with self.device() as device:
            return device.read(names)[0]

    def clear_back_off(self):
        """As if the hours of waiting were over."""
        with self.device() as device:
            device.batch_ids.next_retry_at = False
            device.write({"next_try_at": False, "quiet_until": False})
