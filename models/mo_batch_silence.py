from datetime import timedelta

from odoo import fields, models

from .mo_batch_error import BatchError


class MoBatch(models.Model):
    """R11: what the PLC has taken and does not go on with."""

    _inherit = "mo.batch"

    def _watch_silence(self, reason=None):
        """R11: taken and unchanged for too long. Its state stays: this is only said.

        :param reason: what it does instead, in words
        :return: whether anything was written
        """
        self.ensure_one()
        minutes = self.device_id.silent_after
        if self.error_code or minutes <= 0 or self._has_moved_within(minutes):
            return False
        if not self.dosed and self._waits_its_turn(minutes):
            return False
        self._set_error(
            BatchError(
                "plc_silent",
                self.env._("%s makes no progress.", self.mo_id),
                reason
                or self.env._(
                    "The PLC took it from slot %(slot)s, and nothing has changed for"
                    " %(minutes)s minutes.",
                    slot=self.batch_no,
                    minutes=minutes,
                ),
                self.env._(
                    "Look at the plant. If it goes on, this message goes away by itself. Was it"
                    " stopped at the PLC? Then cancel the batch, or reset it to dose it again."
                ),
            ),
            kind="read",
        )
        return True

    def _waits_its_turn(self, minutes):
        """Whether another order that was taken before it moves, or did until lately. An order that
        was taken after it shows that the PLC has dropped it.

        In the `area` dialect all are taken at once: there any other counts, and one that stands
        still half dosed is the sign for all that wait behind it.
        """
        self.ensure_one()
        device = self.device_id
        others = device.batch_ids.filtered("taken_at") - self
        if device.layout_id.write_handshake == "area":
            if any(other.dosed and not other.status_manufacturing for other in others):
                return True
            taken_until = fields.Datetime.now()
        else:
            taken_until = self.taken_at
        before = others.filtered(lambda other: other.taken_at <= taken_until)
        return any(
            other._has_moved_within(minutes) for other in before
        ) or device._has_archived_within(minutes, taken_until)

    def _stuck_in_slot(self, image):
        """Why its slot does not come free by itself, in words for the orders that wait for it; or
        False."""
        self.ensure_one()
        if self.error_code not in ("plc_data", "plc_silent"):
            return False
        return self.env._(
            "Slot %(slot)s of %(device)s is held by %(order)s, which does not go on: %(reason)s"
            " See what to do on its batch, in the queue.",
            slot=self.batch_no,
            device=self.device_id.name,
            order=self.mo_id,
            reason=self.error_reason,
        )

    def _has_moved_within(self, minutes):
        self.ensure_one()
        moved_at = self.last_read_from_plc or self.taken_at
        return fields.Datetime.now() - moved_at < timedelta(minutes=minutes)
