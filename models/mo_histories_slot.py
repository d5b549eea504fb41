from odoo import models

from ..plc import rules
from ..plc.rules import Expectation, Meaning


class MoHistories(models.Model):
    """An open history and its slot: the PLC is not done with the order, or was not told yet."""

    _inherit = "mo.histories"

    def _is_settled_at_plc(self, device, slots, image, layout):
        """Whether the PLC is done with this order, so that it may be told and the slot reused.

        :param image: SlotImage of its slot, as read in this turn
        """
        self.ensure_one()
        if self.status_manufacturing:
            return True
        expected = Expectation(
            number=self.batch_no,
            name=layout.cut("mo_id", self.mo_id),
            read_found=self.read_found or None,
            quantities={},
            pending={},
            limit=device.max_quantity,
            planned=self.consumption,
        )
        meaning = rules.judge(image, expected).meaning
        if meaning is Meaning.FORGOTTEN:
            return True
        if meaning in (Meaning.UNTAKEN, Meaning.NUMBERLESS):
            # a restarted PLC offers itself a cancelled order again
            return device._withdraw(slots, self)
        if meaning is not Meaning.FINISHED:
            return False
        if not rules.agree(image, device._read_again(slots, [self.batch_no])[self.batch_no]):
            return False
        self._note_late_values(image.read)
        device._commit()  # before the PLC is told
        return True

    def _note_late_values(self, record):
        """What the PLC dosed into a cancelled order: into the notes and an event, not to stock."""
        doses = ", ".join(f"{silo}: {kg:.2f} kg" for silo, kg in record.quantities.items() if kg)
        text = self.env._(
            "The PLC finished %(order)s after it was cancelled. Not in stock: %(doses)s; weight"
            " %(weight).2f kg.",
            order=self.mo_id,
            doses=doses or "-",
            weight=record.actual_weight or 0.0,
        )
        notes = "\n".join(filter(None, [self.notes, text]))
        self.write({"notes": notes, "status_manufacturing": True})
        self._log_event("read", text, severity="warning")

    def _log_event(self, kind, message, severity="info"):
        event = self.device_id._log_event(kind, message, severity=severity, mo_id=self.mo_id)
        event.history_id = self
