from odoo import models
from odoo.tools import float_round

from ..plc import rules
from ..plc.rules import Expectation, Meaning
from .mo_batch_error import kg_in_words


class MoHistories(models.Model):
    """An open history and its slot: the PLC is not done with the order, or was not told yet."""

    _inherit = "mo.histories"

    def _is_settled_at_plc(self, device, slots, image):
        """Whether the PLC is done with this order, so that it may be told and the slot reused.

        :param image: SlotImage of its slot, as read in this turn
        """
        self.ensure_one()
        expected = self._expectation()
        verdict = rules.judge(image, expected)
        meaning = verdict.meaning
        if meaning is Meaning.FINISHED:
            return self._take_in_news(device, slots, image)
        if meaning is Meaning.DOUBTFUL:
            self._note_doubt(device, verdict.doubt, image)
            return False
        if self.status_manufacturing:
            return True
        is_over = meaning is Meaning.FORGOTTEN
        if meaning in (Meaning.UNTAKEN, Meaning.NUMBERLESS):
            # a restarted PLC offers itself a cancelled order again
            is_over = device._withdraw(slots, self)
        if is_over and rules.is_orphan(image) and rules.names(image.read, self._name_at_plc()):
            # finished before its WRITE record was changed at the PLC
            doubt = rules.doubt_about(image.read, expected)
            if doubt:
                self._note_doubt(device, doubt, image)
                return False
            return self._take_in_news(device, slots, image)
        if is_over:
            self._note_dropped()
        return is_over

    def _note_dropped(self):
        """Cancelled while it was dosed, and gone from the PLC without an end."""
        if not self.taken_at:
            return
        carried = self.update_odoo and self.production_id.state not in (False, "cancel")
        text = self.env._(
            "The PLC dropped %(order)s; what was dosed last is unknown. Known, and %(where)s:"
            " %(doses)s.",
            order=self.mo_id,
            where=self.env._("in its order") if carried else self.env._("not in stock"),
            doses=kg_in_words(self._dosed()) or "-",
        )
        self.notes = self._notes_with(text)
        self._log_event("read", text, severity="warning")

    def _take_in_news(self, device, slots, image):
        """What a finished record says that is not known yet is told, before the PLC is.

        :return: whether there was nothing to tell, or it was told
        """
        text = self._late_news(image.read)
        if not text:
            return True
        if not rules.agree(image, device._read_again(slots, [self.batch_no])[self.batch_no]):
            return False
        self._note_late_values(text)
        device._commit(durable=True)  # before the PLC is told
        return True

    def _name_at_plc(self):
        return self.device_id.layout_id._to_plc().cut("mo_id", self.mo_id)

    def _judge(self, image):
        """What its slot says of it."""
        return rules.judge(image, self._expectation())

    def _expectation(self):
        device = self.device_id
        finished = self.status_manufacturing
        return Expectation(
            number=self.batch_no,
            name=self._name_at_plc(),
            read_found=self.read_found or None,
            quantities={},
            pending={},
            limit=device.max_quantity,
            planned=self.consumption,
            finished=finished,
            seen_finished=finished and (self.status != "completed" or bool(self.taken_at)),
        )

    def _stuck_in_slot(self, image):
        """Why its slot does not come free by itself, in words for the orders that wait for it; or
        False."""
        self.ensure_one()
        verdict = self._judge(image)
        names = {"slot": self.batch_no, "device": self.device_id.name, "order": self.mo_id}
        if verdict.meaning is Meaning.DOUBTFUL:
            return self.env._(
                "Slot %(slot)s of %(device)s is kept for %(order)s, which is archived: what the"
                " PLC reports for it is not believed (%(reason)s). Clear it at the PLC, then say so"
                " on its history.",
                reason=self._doubt_in_words(verdict.doubt),
                **names,
            )
        if self.status_manufacturing:
            return False  # the next read gives it back
        return self.env._(
            "Slot %(slot)s of %(device)s is kept for %(order)s, which is archived, until the PLC"
            " is done with it. Was it stopped at the PLC? Then clear it there, and say so on its"
            " history.",
            **names,
        )

    def _late_news(self, record):
        """What a finished record says that this history does not know, in words; or nothing.

        P2: the PLC may correct a finished record until it is told that Odoo has it, and an order
        can be closed before that.
        """
        if not self.status_manufacturing or not (self.status == "completed" or self.finished_at):
            text = self._finished_late(record)
        elif self._knows(record):
            return ""
        else:
            before = self._in_words(self._dosed(), self.actual_weight_quantity_finished_goods)
            text = self.env._(
                "The PLC corrected %(order)s after it was closed: %(doses)s; weight %(weight).2f"
                " kg. Stock keeps what the order was closed with: %(known)s; weight"
                " %(known_weight).2f kg. Correct the stock by hand if the PLC is right.",
                order=self.mo_id,
                known=before["doses"],
                known_weight=before["weight"],
                **self._in_words(record.quantities, record.actual_weight),
            )
        # said before a crash, or before an acknowledgement that did not arrive
        return "" if text in (self.notes or "") else text

    def _finished_late(self, record):
        """What was dosed after it was archived: the rest of an order that was cancelled, or all of
        one that is dosed again."""
        found = self._in_words(record.quantities, record.actual_weight)
        if self.finished_at:
            return self.env._(
                "The PLC dosed %(order)s once more after it was archived. Not in stock: %(doses)s;"
                " weight %(weight).2f kg.",
                order=self.mo_id,
                **found,
            )
        is_in_order = self.update_odoo and self.production_id.state not in (False, "cancel")
        carried = self._dosed() if is_in_order else {}
        if not any(carried.values()):
            return self.env._(
                "The PLC finished %(order)s after it was cancelled. Not in stock: %(doses)s;"
                " weight %(weight).2f kg.",
                order=self.mo_id,
                **found,
            )
        missing = {
            silo: max(round(kg - carried.get(silo, 0.0), 2), 0.0)
            for silo, kg in record.quantities.items()
        }
        return self.env._(
            "The PLC finished %(order)s after it was cancelled, with %(doses)s; weight"
            " %(weight).2f kg. Its order carries %(carried)s of that. Not in stock: %(missing)s.",
            order=self.mo_id,
            carried=kg_in_words(carried),
            missing=kg_in_words(missing) or "-",
            **found,
        )

    def _knows(self, record):
        """Whether the doses and the weight of a finished record are those of this history."""
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        found = {n: float_round(kg, precision_digits=digits) for n, kg in record.quantities.items()}
        found["weight"] = float_round(record.actual_weight or 0.0, precision_digits=digits)
        known = {**self._dosed(), "weight": self.actual_weight_quantity_finished_goods}
        return all(found.get(key, 0.0) == known.get(key, 0.0) for key in found | known)

    def _dosed(self):
        return {line.silo_number: line.actual_consumption for line in self.line_ids}

    def _in_words(self, quantities, weight):
        return {"doses": kg_in_words(quantities) or "-", "weight": weight or 0.0}

    def _note_late_values(self, text):
        """What Odoo learned too late: into the notes and an event, never silently to stock."""
        self.write({"notes": self._notes_with(text), "status_manufacturing": True})
        self._log_event("read", text, severity="warning")

    def _notes_with(self, text):
        return "\n".join(filter(None, [self.notes, text]))

    def _note_taken_out(self):
        """Their order is dosed afresh: what these runs put into it was just taken out again."""
        for history in self:
            if not (history.update_odoo and any(history._dosed().values())):
                continue
            text = self.env._(
                "%(order)s is dosed again. What this run had put into the order was taken out of"
                " it, and is not in stock: %(doses)s.",
                order=history.mo_id,
                doses=history._in_words(history._dosed(), 0.0)["doses"],
            )
            history.write({"update_odoo": False, "notes": history._notes_with(text)})
            history._log_event("send", text, severity="warning")

    def _note_doubt(self, device, doubt, image):
        """R4: said once, with the raw bytes, whatever its kg become; the slot is kept."""
        text = self.env._(
            "Slot %(slot)s: what the PLC reports for %(order)s is not believed, so its slot is not"
            " given back: %(reason)s. Clear it at the PLC, then say so on its history.",
            slot=self.batch_no,
            order=self.mo_id,
            reason=self._doubt_in_words(doubt),
        )
        if not self.event_ids._have_told(text):
            payload = f"{image.raw_write.hex()} {image.raw_read.hex()}"
            self._log_event("data", text, severity="error", payload=payload)
            if doubt.template == rules.DOUBT_AGAIN:
                self.status_manufacturing = False  # whatever it ends with is news
            device._commit()

    def _doubt_in_words(self, doubt):
        return self.env._(doubt.template, **doubt.params)  # pylint: disable=W8120

    def _log_event(self, kind, message, severity="info", payload=None):
        event = self.device_id._log_event(
            kind, message, severity=severity, mo_id=self.mo_id, payload=payload
        )
        event.history_id = self
