from odoo import fields, models
from odoo.tools import float_round

from ..plc import Record, rules
from ..plc.rules import Expectation, Meaning
from .mo_batch_error import BatchError, kg_in_words


class MoBatch(models.Model):
    """A batch and its slot: what is written there, and what is believed of what is read."""

    _inherit = "mo.batch"

    def _to_record(self):
        """The WRITE record of this batch, number left out."""
        self.ensure_one()
        return Record(
            mo_id=self.mo_id,
            recipe=self.recipe or "",
            finished_goods=self.finished_goods or "",
            consumption=self.consumption,
            quantities={line.silo_number: line.consumption for line in self.line_ids},
        )

    def _doses_in_words(self, field):
        """ "SILO A 300.00 kg, SILO C 20.00 kg": what is above 0, for logs and events."""
        return ", ".join(
            f"{line.silo_id.name or line.silo_number} {line[field]:.2f} kg"
            for line in self.line_ids
            if line[field]
        )

    def _sent(self):
        """Those that the PLC may not have taken yet: a parked one is looked after as if it were
        not (R9)."""

        def state(batch):
            return batch.previous_state or "sent" if batch.state == "parked" else batch.state

        return self.filtered(lambda batch: state(batch) == "sent")

    def _fail_if_order_closed(self):
        """R10, before the PLC took it: cancelled, deleted or done by a person. No slot is kept.

        :return: True when the order is closed and the batch has failed
        """
        self.ensure_one()
        error = self._order_closed_error()
        if not error:
            return False
        error.action = self.env._(
            "The PLC has not taken it, and nothing was dosed. Cancel the batch; what is still to be"
            " dosed needs a new order."
        )
        self._transition("lose_order")
        self.write({"holds_slot": False, "previous_state": self.state == "parked" and "failed"})
        self._set_error(error)
        return True

    def _expectation(self, layout, dosed):
        """
        :param dosed: {silo number: kg stored}, without those at 0
        """
        self.ensure_one()
        return Expectation(
            number=self.batch_no,
            name=layout.cut("mo_id", self.mo_id),
            read_found=self.read_found or None,
            quantities=dosed,
            pending={int(silo): kg for silo, kg in (self.pending_values or {}).items()},
            limit=self.device_id.max_quantity,
            planned=self.consumption,
            finished=self.status_manufacturing,
            seen_finished=self.status_manufacturing and bool(self.taken_at),
            rounding=10 ** -self._kg_digits(),
        )

    def _learn(self, verdict, image, again, lines):
        """Keep what a look at the slot says.

        :param again: the second look at a record that seems finished (R5)
        :param lines: its `mo.batch.line` records, or None where the doses are those stored
        :return: whether anything was written
        """
        self.ensure_one()
        meaning = verdict.meaning
        if meaning is Meaning.FINISHED:
            if rules.agree(image, again):
                return self._store_values(image.read, lines)
            # caught in the middle of a write: the next cycle looks again
            return self._note_taken() or self._watch_silence(
                self.env._(
                    "Slot %s says that it is finished, but two looks at it still differ; its values"
                    " are believed once they stand still.",
                    self.batch_no,
                )
            )
        if meaning is Meaning.RUNNING:
            return self._store_values(image.read, lines) or self._watch_silence()
        if meaning is Meaning.DOUBTFUL:
            if not self.status_manufacturing:
                self._note_taken()
            return self._doubt(verdict, image)
        if self.status_manufacturing:
            return False
        if meaning is Meaning.FORGOTTEN:
            return self._forget(self._left_behind(image))
        if meaning is Meaning.QUIET:
            return self._note_taken() or self._watch_silence()
        # a restarted PLC has lowered its flag, and may take it again or not
        return meaning is Meaning.UNTAKEN and bool(self.taken_at) and self._watch_silence()

    def _is_settled(self, meaning, image, again):
        """R6: finished and stored, so that the PLC may be told. Where the slot no longer names
        the batch, it was cut off between blanking the slot and saying so."""
        self.ensure_one()
        if meaning is Meaning.FINISHED:
            return rules.agree(image, again)
        if meaning in (Meaning.RUNNING, Meaning.DOUBTFUL):
            return False
        return self.status_manufacturing

    def _kg_digits(self):
        """Decimal digits of the kg that Odoo keeps."""
        return self.env["decimal.precision"].precision_get("Product Unit")

    def _store_values(self, record, lines):
        """Keep what the PLC reports, and mark the order as out of date, if anything changed.

        :param lines: its `mo.batch.line` records, or None where the doses are those stored
        :return: whether anything was written
        """
        self.ensure_one()
        digits = self._kg_digits()
        changed = lines is not None and self._store_quantities(self._doses_found(record), lines)
        if record.status_manufacturing and not self.read_found:
            changed |= self._store_zeros(record)
        vals = {
            "status_manufacturing": record.status_manufacturing,
            "status_operation": record.status_operation,
            "actual_weight_quantity_finished_goods": float_round(
                record.actual_weight or 0.0, precision_digits=digits
            ),
        }
        vals = {name: value for name, value in vals.items() if self[name] != value}
        if self.pending_values:
            vals["pending_values"] = False
        if not self.taken_at:
            vals["taken_at"] = fields.Datetime.now()
        if changed or vals.keys() - {"pending_values", "taken_at"}:
            vals.update(
                last_read_from_plc=fields.Datetime.now(), update_odoo=False, next_retry_at=False
            )
            self._clear_error(codes=("plc_silent",))
        if vals:
            self.write(vals)
        state, error_code = self.state, self.error_code
        self._clear_error(codes=("plc_data", "plc_unreachable", "plc_timeout", "plc_protocol"))
        self._transition("finish" if record.status_manufacturing else "run")
        return bool(vals) or (state, error_code) != (self.state, self.error_code)

    def _doses_found(self, record):
        """{silo number: kg} of a READ record, as Odoo keeps them."""
        digits = self._kg_digits()
        return {
            silo: float_round(kg, precision_digits=digits) for silo, kg in record.quantities.items()
        }

    def _is_dosed_since(self, record, dosed):
        """Whether a READ record has other doses than those stored.

        :param dosed: {silo number: kg stored}, without those at 0
        """
        return any(dosed.get(silo, 0.0) != kg for silo, kg in self._doses_found(record).items())

    def _store_quantities(self, found, lines):
        """:return: whether any line changed"""
        lines = {line.silo_number: line for line in lines}
        changed = False
        to_create = []
        for number, kg in found.items():
            line = lines.get(number)
            if line and line.actual_consumption != kg:
                line._store_dose(kg)
                changed = True
            elif not line and kg > 0:
                to_create.append(
                    {
                        "batch_id": self.id,
                        "silo_id": self.device_id._silo_numbered(number).id,
                        "silo_number": number,
                        "actual_consumption": kg,
                    }
                )
        if to_create:
            self.env["mo.batch.line"].create(to_create)
        return changed or bool(to_create)

    def _store_zeros(self, record):
        """A batch that a script made knows no plan: what its order asks for and no silo dosed is
        none of it, and not what the recipe says.

        :return: whether any line was made
        """
        self._find_orders()
        known = self.line_ids
        moves = self.production_id.move_raw_ids
        asked = moves.filtered(lambda move: move._plc_hand_source() == "recipe").product_id
        asked -= known.product_id
        left_out = self.device_id.silo_ids.filtered(
            lambda silo: (
                silo.product_id in asked
                and silo.number in record.quantities
                and silo.number not in known.mapped("silo_number")
            )
        )
        known.create([{"batch_id": self.id, "silo_id": silo.id} for silo in left_out])
        return bool(left_out)

    def _note_taken(self):
        """:return: whether this is the first time that the PLC is seen to have taken it"""
        self.ensure_one()
        if self.taken_at:
            return False
        self.taken_at = fields.Datetime.now()
        return True

    def _forget(self, reason=None):
        """R7: memory wiped, CPU replaced; what was dosed is unknown. A person decides.

        :param reason: how it was lost, in words; else its slot no longer names it
        """
        self.ensure_one()
        self._transition("forget")
        self.write({"forgotten": True, "holds_slot": False})
        self._set_error(
            BatchError(
                "plc_data",
                self.env._("The PLC has lost the order %s.", self.mo_id),
                reason
                or self.env._(
                    "Slot %s no longer names it; what was dosed is unknown.", self.batch_no
                ),
                self.env._(
                    "Look at the plant, then reset the batch to dose it again, or cancel it."
                ),
            ),
            kind="read",
        )
        return True

    def _left_behind(self, image):
        """What the READ record says of a batch that its WRITE record does not name any more, in
        words; or None. It was finished, and cleared at the PLC before Odoo looked."""
        name = self.device_id.layout_id._to_plc().cut("mo_id", self.mo_id)
        is_left = rules.is_orphan(image) and rules.names(image.read, name)
        if not is_left or image.read.mapped() == self.read_found:
            return None
        return self.env._(
            "Slot %(slot)s no longer names it, but reports it as finished: %(kg)s. That was not put"
            " into its order.",
            slot=self.batch_no,
            kg=kg_in_words(image.read.quantities) or "-",
        )

    def _doubt(self, verdict, image):
        """R4: not believed, so not stored and never repaired; raw bytes go into the event."""
        self.ensure_one()
        if verdict.fallen or self.pending_values:  # two cycles in a row
            self.pending_values = verdict.fallen
        doubt = verdict.doubt
        # elsewhere it stands inside of a sentence; here it is one
        reason = self.env._(doubt.template, **doubt.params)  # pylint: disable=W8120
        action = self.env._(
            "Nothing was stored. It is read again in the next cycle; if it stays so,"
            " compare the memory map with the PLC's data blocks."
        )
        if doubt.template in (rules.DOUBT_LIMIT, rules.DOUBT_WEIGHT_LIMIT):
            action = self.env._(
                "Nothing was stored. Was so much dosed? Then raise the limit a silo and batch on"
                " the device; the next read takes it. Else look at the plant."
            )
        if doubt.template == rules.DOUBT_AGAIN:
            reason = self.env._(
                "%(reason)s. Its first run had dosed %(doses)s",
                reason=reason,
                doses=self._doses_in_words("actual_consumption") or "-",
            )
            action = self.env._(
                "Look at the plant. What the second run doses is told when it ends; one of the two"
                " runs is not in stock then: correct that by hand."
            )
        self._set_error(
            BatchError(
                "plc_data",
                self.env._(
                    "Slot %(slot)s: what the PLC reports for %(order)s is not believed.",
                    slot=self.batch_no,
                    order=self.mo_id,
                ),
                f"{reason[:1].upper()}{reason[1:]}.",
                action,
            ),
            kind="data",
            payload=f"{image.raw_write.hex()} {image.raw_read.hex()}",
        )
        return True
