import logging
from collections import Counter
from datetime import timedelta

from odoo import fields, models
from odoo.fields import Domain

from ..plc import rules
from ..plc.rules import Meaning

_logger = logging.getLogger(__name__)


class PlcDevice(models.Model):
    """Task 2: one read, what it means, and what follows from it (R4 to R7)."""

    _inherit = "plc.device"

    def _task_read(self, begun=None):
        """Read the PLC once, store what changed, update the orders, acknowledge what is finished.

        The wire and the stock never wait for each other: read, then apply and commit, then
        acknowledge.

        :param begun: what `_begin_group` has begun of it, or None
        :return: Counter for the log
        :raises PlcError: the wire failed; what was stored and applied stays so
        """
        self.ensure_one()
        totals = Counter()
        work = begun.work if begun else self._open_work()[self]
        open_batches, histories = work.batches, work.histories
        batches = self._at_plc(open_batches)
        if batches or histories:
            in_use = {*batches.mapped("batch_no"), *histories.mapped("batch_no")}
            with self._looked_at(begun) as (slots, images, latency):
                self._acknowledge_histories(slots, images, histories)
                batches = self._at_plc(batches)  # an area may have been withdrawn with one of them
                settled, untaken = self._take_in(slots, images, batches, work.dosed)
                self._look_after_untaken(slots, untaken, in_use, work.closed)
                totals += self._sync_due(open_batches)
                self._acknowledge_batches(slots, images, settled)
                given_up = batches.filtered("forgotten").mapped("batch_no")
                self._acknowledge_orphans(slots, images, in_use.difference(given_up))
            self._note_contact(latency)
        else:
            totals += self._sync_due(open_batches)
        return totals

    def _at_plc(self, batches):
        """Those of some batches that the PLC is asked about."""
        return batches.filtered(lambda b: b.holds_slot and b.state != "staged")

    # ------------------------------------------------------------------
    # What the PLC says
    # ------------------------------------------------------------------

    def _take_in(self, slots, images, batches, dosed):
        """Judge each batch's slot and store what is believed. Writes no order, and no PLC.

        :param dosed: {batch id: {silo number: kg stored}}
        :return: (finished batches to acknowledge, {batch not taken by the PLC: Meaning})
        """
        layout = self.layout_id._to_plc()
        on_the_map = batches.filtered(lambda batch: batch.batch_no in images)
        verdicts = {
            batch: rules.judge_write(images[batch.batch_no].write, layout.cut("mo_id", batch.mo_id))
            for batch in on_the_map
        }
        taken = on_the_map.filtered(lambda batch: not verdicts[batch] or batch.status_manufacturing)
        for batch in taken:
            expected = batch._expectation(layout, dosed[batch.id])
            verdicts[batch] = rules.judge(images[batch.batch_no], expected)
        lines = self._lines_of(
            taken.filtered(
                lambda batch: (
                    verdicts[batch].meaning in (Meaning.RUNNING, Meaning.FINISHED)
                    and batch._is_dosed_since(images[batch.batch_no].read, dosed[batch.id])
                )
            )
        )
        finished = [b.batch_no for b, v in verdicts.items() if v.meaning is Meaning.FINISHED]
        again = self._read_again(slots, finished)
        news = self._give_up_slots_off_the_map(batches - on_the_map)
        settled, untaken = batches.browse(), {}
        for batch, verdict in verdicts.items():
            number, meaning = batch.batch_no, verdict.meaning
            news |= batch._learn(verdict, images[number], again.get(number), lines.get(batch))
            if batch._is_settled(meaning, images[number], again.get(number)):
                settled |= batch
            elif meaning in (Meaning.UNTAKEN, Meaning.NUMBERLESS):
                untaken[batch] = meaning
        if news:
            batches._tell_out_of_tolerance()
            # only then: a commit empties the cache, which a quiet cycle would have to fill again
            self._commit(durable=True)
        return settled, untaken

    def _lines_of(self, batches):
        """{batch: its lines}, in one query; of each of them, if it has none."""
        line = self.env["mo.batch.line"]
        names = ["batch_id", "silo_number", "consumption", "actual_consumption", "was_dosed"]
        names += ["warning_kg", "out_kg", "grade"]  # a new value is graded
        found = line.search_fetch([("batch_id", "in", batches.ids)], names)
        return dict.fromkeys(batches, line) | found.grouped("batch_id")

    def _give_up_slots_off_the_map(self, batches):
        """Batches with a number that the memory map does not have, as a script may make them.

        :return: whether there were any
        """
        for batch in batches:
            if batch.status_manufacturing:
                batch.write({"acknowledged": True, "holds_slot": False})
            else:
                batch._forget()
        return bool(batches)

    def _read_again(self, slots, numbers):
        """R5: the second whole look at what seems finished."""
        if not numbers:
            return {}
        return self._by_slot(
            slots.read_slots({1, *numbers} if self._is_area() else numbers).values()
        )

    def _look_after_untaken(self, slots, untaken, in_use, closed):
        """R10: withdraw an order that was closed in Odoo. R2: write a number that is missing.

        :param in_use: slots that somebody here had when they were read
        :param closed: ids of the batches whose order seems to be closed
        """
        numbers_down = sorted(untaken, key=lambda batch: -batch.batch_no)  # R13: slot 1 last
        for batch in numbers_down:
            meaning = untaken[batch]
            lost = meaning is Meaning.NUMBERLESS and self._lost_number_reason(batch, in_use)
            if lost:
                batch._forget(lost)
                self._commit()
                continue
            if not batch._sent():
                continue
            # what is about to be given to the PLC is looked at once more
            in_doubt = batch.id in closed or meaning is Meaning.NUMBERLESS
            if in_doubt and batch._order_closed_error():
                if self._withdraw(slots, batch):
                    batch._tell_withdrawn()
                    if batch.taken_at:
                        batch._forget(
                            self.env._(
                                "Its order was closed in Odoo, so it was withdrawn; what was dosed"
                                " before is unknown."
                            )
                        )
                    else:
                        batch._fail_if_order_closed()
                    self._commit(durable=True)
                    slots.blank_name(batch.batch_no)
            elif meaning is Meaning.NUMBERLESS:
                if not self._is_area() or batch.batch_no == 1:
                    self._tell_number(batch)
                slots.write_number(batch.batch_no)

    def _tell_number(self, batch):
        """Once a batch: a person at the PLC may have taken the number away, to no avail."""
        text = self.env._(
            "Slot %s named the order without its number, which was written again. To stop an order,"
            " cancel its batch here.",
            batch.batch_no,
        )
        if not batch.event_ids._have_told(text):
            self._log_event("send", text, batch=batch)
            self._commit()

    def _lost_number_reason(self, batch, in_use):
        """Why a batch without its number does not get it back, in words; or False: what the PLC
        had taken would be dosed again from the start (R7)."""
        if self._is_area() and 1 not in in_use:  # R13: its flag spoke for all
            return self.env._(
                "Slot 1, which speaks for its area, was cleared at the PLC; what was dosed is"
                " unknown."
            )
        if batch.taken_at:
            return self.env._(
                "The PLC had taken it, and slot %s has no number and no flag any more; what was"
                " dosed is unknown.",
                batch.batch_no,
            )
        return False

    # ------------------------------------------------------------------
    # What Odoo is told
    # ------------------------------------------------------------------

    def _sync_due(self, batches):
        """Put stored values into the orders: what changed, and what was refused and is due."""
        now = fields.Datetime.now()
        due = batches.filtered(
            lambda batch: (
                not batch._is_unsent()
                and (
                    batch.error_code == "mo_locked"
                    or not batch.update_odoo
                    and (batch.last_read_from_plc or batch.status_manufacturing)
                )
                and batch._is_retry_due(now)
            )
        )
        if not due:
            return Counter()
        synced = self._in_steps(due, lambda batches: batches._process_batch_consumption())
        return Counter({"synced": len(synced), "not synced": len(due) - len(synced)})

    # ------------------------------------------------------------------
    # What the PLC is told
    # ------------------------------------------------------------------

    def _acknowledge_batches(self, slots, images, batches):
        """R6: finished and stored, so the PLC is told and the slot is given back."""
        layout = self.layout_id._to_plc()
        for batch in batches:
            image = images[batch.batch_no]
            name = layout.cut("mo_id", batch.mo_id)
            if not self._acknowledge(slots, batch.batch_no, name, image):
                continue
            batch.write({"acknowledged": True, "holds_slot": False})
            self._log_event(
                "acknowledge",
                self.env._("Values stored, slot %s given back.", batch.batch_no),
                batch=batch,
            )
            self._commit()

    def _has_archived_within(self, minutes, taken_until):
        """Whether something that the PLC had taken by then was archived lately."""
        domain = Domain("device_id", "=", self.id) & Domain("taken_at", "<=", taken_until)
        last = self.env["mo.histories"].search(domain, order="archived_at desc", limit=1)
        age = last and fields.Datetime.now() - last.archived_at
        return bool(last) and age < timedelta(minutes=minutes)

    def _open_histories(self):
        """Archived before the PLC was told; they hold their slots until it is."""
        return self.env["mo.histories"].search(self._open_histories_domain())

    def _open_histories_domain(self):
        return Domain("device_id", "in", self.ids) & Domain("acknowledged", "=", False)

    def _acknowledge_histories(self, slots, images, histories):
        """R6: open histories come first in every read, batches or not.

        R8: one that was cancelled while the PLC dosed it keeps its slot until the PLC finishes
        it, or no longer names it; its kg go to the notes, never silently to stock.

        :return: the histories whose PLC was told now
        """
        layout = self.layout_id._to_plc()
        told = histories.browse()
        for history in histories:
            image = images.get(history.batch_no)
            if not image or history._is_settled_at_plc(self, slots, image):
                name = layout.cut("mo_id", history.mo_id)
                if image and not self._acknowledge(slots, history.batch_no, name, image):
                    continue
                history.acknowledged = True
                text = self.env._("Slot %s given back.", history.batch_no)
                history._log_event("acknowledge", text)
                self._commit()
                told |= history
        return told

    def _slots_in_use(self, opened=None):
        """Numbers of the slots that sent batches and open histories have.

        :param opened: its open histories, where they are known
        """
        opened = self._open_histories() if opened is None else opened
        sent = self.batch_ids.filtered(lambda batch: batch.holds_slot and batch.state != "staged")
        return set(sent.mapped("batch_no") + opened.mapped("batch_no"))
