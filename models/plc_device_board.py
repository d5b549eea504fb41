from odoo import api, fields, models

BATCH_FIELDS = (
    "batch_no",
    "holds_slot",
    "mo_id",
    "finished_goods",
    "state",
    "taken_at",
    "last_read_from_plc",
    "status_manufacturing",
    "status_operation",
    "forgotten",
    "error_code",
    "error_message",
    "error_action",
    "next_retry_at",
)


class PlcDevice(models.Model):
    """The plant board: one device on one page, for the screen of a control room."""

    _inherit = "plc.device"

    def get_plant_board(self):
        """User: what the plant board shows of this device, as plain data; no address is in it.

        :return: dict with `now` (a browser's own clock may be wrong), `device`, `banner`, `cards`
            (what is stuck without a slot, a card a slot in their order, what waits without one);
            weights are kg, times are UTC
        """
        self.ensure_one()
        self.check_access("read")
        batches = self.env["mo.batch"].search_fetch([("device_id", "=", self.id)], BATCH_FIELDS)
        histories = self._open_histories()
        holders = {history.batch_no: history for history in histories}
        holders |= {batch.batch_no: batch for batch in batches if batch.holds_slot}
        running = self._board_running(batches)
        numbers = sorted({*range(1, self.layout_id.slot_count + 1), *holders})
        slotless = batches.filtered(lambda batch: not batch.holds_slot)
        stuck = slotless.filtered(lambda batch: batch.error_code and batch.state != "parked")
        return {
            "now": fields.Datetime.to_string(fields.Datetime.now()),
            "device": self._board_device(),
            "banner": [
                *self._banner_of_copy(),
                *self._banner_of_tasks(),
                *self._banner_of_device(),
            ],
            "cards": [
                *(batch._board_vals() for batch in stuck),
                *(self._board_card(number, holders.get(number), running) for number in numbers),
                *(batch._board_vals() for batch in slotless - stuck),
            ],
        }

    @api.model
    def get_board_devices(self):
        """User: the devices that have a board: id and name."""
        self.check_access("read")
        return self.search_read([], ["name"])

    def _board_device(self):
        return {
            "id": self.id,
            "name": self.name,
            "state": self.state,
            "paused": self.paused,
            "last_seen": fields.Datetime.to_string(self.last_seen),
            "read_minutes": self._read_interval_minutes(),
        }

    def _board_running(self, batches):
        """The batch that the PLC doses now: it works one order at a time."""
        running = batches.filtered(lambda batch: batch.state == "running")
        return running.sorted(lambda batch: str(batch.last_read_from_plc or batch.taken_at))[-1:]

    def _board_card(self, number, holder, running):
        """:param holder: who has the slot: a batch, an open history, or None"""
        if not holder:
            return {"slot": number, "kind": "free"}
        if holder._name == "mo.histories":
            return {
                "slot": number,
                "kind": "closing",
                "id": holder.id,
                "order": holder.mo_id,
                "product": holder.product_name or holder.finished_goods or "",
            }
        return holder._board_vals(number, is_large=holder in running)
