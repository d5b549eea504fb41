from collections import defaultdict
from typing import NamedTuple

from odoo import models
from odoo.fields import Domain
from odoo.tools import SQL


class Work(NamedTuple):
    """What the read task needs to know of a device before its PLC is asked."""

    batches: models.BaseModel  # all of them
    histories: models.BaseModel  # the open ones
    closed: set  # ids of sent batches whose orders are not to be dosed any more (R10)
    dosed: dict  # {batch id: {silo number: kg stored}}, zeros left out


class PlcDevice(models.Model):
    """Task 2: what is open, in two statements however many devices, slots and histories."""

    _inherit = "plc.device"

    def _open_work(self):
        """{device in its company: Work}"""
        if not self:
            return {}
        batch = self.env["mo.batch"]
        columns = [name for name, field in batch._fields.items() if field.store and field.prefetch]
        batches = batch.search_fetch([("device_id", "in", self.ids)], columns)
        histories, closed, dosed = self._beside_the_queue(batches)
        batches = defaultdict(batch.browse, batches.grouped("device_id"))
        histories = defaultdict(histories.browse, histories.grouped("device_id"))
        return {
            device: Work(
                batches[device].with_env(device.env).with_prefetch(),
                histories[device].with_env(device.env).with_prefetch(),
                closed,
                dosed,
            )
            for device in (device._in_its_company() for device in self)
        }

    def _beside_the_queue(self, batches):
        """(open histories, ids of batches whose order is closed, doses)

        Who acts on them looks again: at doses before they are overwritten, at an order before its
        batch is withdrawn.
        """
        histories, closed, dosed = [], set(), defaultdict(dict)
        query = self._beside_the_queue_sql(batches)
        for record_id, silo, kg, model in self.env.execute_query(query):
            if model == "mo.histories":
                histories.append(record_id)
            elif model == "mo.batch":
                closed.add(record_id)
            else:
                dosed[record_id][silo] = kg
        return self.env["mo.histories"].browse(histories), closed, dosed

    def _beside_the_queue_sql(self, batches):
        """Three searches in one statement: every cycle of every device asks for all of it, and most
        find next to nothing. Orders are looked at while the PLC may not have taken them."""
        histories = self.env["mo.histories"]._search(self._open_histories_domain())
        line = self.env["mo.batch.line"]
        dosed = line._search(
            Domain("batch_id.device_id", "in", self.ids) & Domain("actual_consumption", ">", 0)
        )
        columns = ("batch_id", "silo_number", "actual_consumption")
        dose = (line._field_to_sql(line._table, name, dosed) for name in columns)
        searches = [
            histories.select("mo_histories.id", "0", "0", "'mo.histories'"),
            dosed.select(*dose, "'mo.batch.line'"),
        ]
        sent = batches._sent()
        if sent:
            closed = sent._search(
                Domain("id", "in", sent.ids) & sent._order_closed_domain(self.company_id)
            )
            searches.append(closed.select("mo_batch.id", "0", "0", "'mo.batch'"))
        return SQL(" UNION ALL ").join(searches)
