from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

CONTENTS = ("product_id", "lot_id", "location_id")


class PlcSilo(models.Model):
    """What a silo holds, since when, and what that means for the doses in the queue.

    The ingredient, lot and location of a dose are those at the time it was dosed, that is when
    a read first saw it above 0. `write` is the one door: the wizard goes through it, too.
    """

    _inherit = "plc.silo"

    changeover_ids = fields.One2many("plc.silo.changeover", "silo_id", "Change-overs")

    @api.model_create_multi
    def create(self, vals_list):
        silos = super().create(vals_list)
        now = fields.Datetime.now()
        silos.filtered("product_id")._record_changeovers({}, now)
        return silos

    def write(self, vals):
        """With `plc_changeover_date` in the context, a change of ingredient or lot counts from
        then on, which may lie in the past but not before the change before it; else from now on.
        `plc_changeover_note` is kept with it.
        """
        if "number" in vals:
            self.filtered(lambda silo: silo.number != vals["number"])._check_not_at_plc()
        if not set(CONTENTS) & vals.keys():
            return super().write(vals)
        before = {silo: (silo.product_id, silo.lot_id) for silo in self}
        places = {silo: silo.location_id for silo in self}
        result = super().write(vals)
        now = fields.Datetime.now()
        date = fields.Datetime.to_datetime(self.env.context.get("plc_changeover_date")) or now
        changed = self.filtered(lambda silo: (silo.product_id, silo.lot_id) != before[silo])
        if changed:
            changed._check_changeover_date(date, now)
            changed._record_changeovers(before, date)
        moved = self.filtered(lambda silo: silo.location_id != places[silo])
        if changed or moved:
            (changed | moved)._tell_queue(before, date)
        return result

    def _check_not_at_plc(self):
        """:raises UserError: the PLC has an order that names a silo by its number of now"""
        batches = self.env["mo.batch"].search(
            [
                ("device_id", "in", self.device_id.ids),
                ("holds_slot", "=", True),
                ("state", "!=", "staged"),
            ]
        )
        for line in batches.line_ids.filtered(lambda line: line.silo_id in self):
            raise UserError(
                self.env._(
                    "The PLC has %(order)s, which doses from %(silo)s by its number %(number)s."
                    " Change the number when it is archived.",
                    order=line.batch_id.mo_id,
                    silo=line.silo_id.name,
                    number=line.silo_number,
                )
            )

    def _check_changeover_date(self, date, now):
        """:raises ValidationError: in the future, or before the silo's latest change"""
        if date > now:
            raise ValidationError(self.env._("A change-over is recorded once it has happened."))
        latest = self.env["plc.silo.changeover"]._read_group(
            [("silo_id", "in", self.ids)], ["silo_id"], ["date:max"]
        )
        for silo, last in latest:
            if last > date:
                raise ValidationError(
                    self.env._(
                        "%(silo)s was changed over after that, at %(date)s.",
                        silo=silo.name,
                        date=fields.Datetime.context_timestamp(self, last).strftime(
                            "%Y-%m-%d %H:%M:%S"
                        ),
                    )
                )

    def _record_changeovers(self, before, date):
        """:param before: {silo: (product, lot)} until now; a new silo is not in it"""
        note = self.env.context.get("plc_changeover_note")
        nothing = (self.env["product.product"], self.env["stock.lot"])
        # sudo: facts; that the caller may write these silos has just been checked
        self.env["plc.silo.changeover"].sudo().create(
            [
                {
                    "silo_id": silo.id,
                    "date": date,
                    "product_id": silo.product_id.id,
                    "lot_id": silo.lot_id.id,
                    "previous_product_id": before.get(silo, nothing)[0].id,
                    "previous_lot_id": before.get(silo, nothing)[1].id,
                    "user_id": self.env.uid,
                    "note": note,
                }
                for silo in self
            ]
        )

    # ------------------------------------------------------------------
    # The queue
    # ------------------------------------------------------------------

    def _tell_queue(self, before, date):
        """Let the doses that are still to come, and those since `date`, have what is in the silos.

        :param before: {silo: (product, lot)} until now
        """
        # sudo: facts; that the caller may write these silos has just been checked
        lines = self.env["mo.batch.line"].sudo().search([("silo_id", "in", self.ids)])
        for silo, own in lines.grouped("silo_id").items():
            product, lot = before[silo]
            own._check_lots_known(silo, date)
            own._take_contents(date, refilled=silo.product_id != product)
            if (product, lot) != (silo.product_id, silo.lot_id):
                silo._tell_histories(date)

    def _tell_histories(self, date):
        """What is archived stands as it was recorded; that it came too late is said beside it."""
        late = (
            self.env["mo.histories.line"]
            .sudo()  # as in _tell_queue
            .search([("silo_id", "=", self.id), ("dosed_at", ">", date)])
        )
        late = late.filtered(
            lambda line: (line.product_id, line.lot_id) != (self.product_id, self.lot_id)
        )
        for line in late:
            line.history_id._log_event(
                "changeover",
                self.env._(
                    "%(silo)s held %(contents)s when this was dosed. That was entered after it was"
                    " archived, and is not in its record or in stock.",
                    silo=self.name,
                    contents=self._contents_in_words(),
                ),
                severity="warning",
            )

    def _contents_in_words(self):
        """ "KOPRA, lot 24-113": for events and errors."""
        self.ensure_one()
        if not self.product_id:
            return self.env._("nothing")
        if not self.lot_id:
            return self.product_id.display_name
        return self.env._(
            "%(product)s, lot %(lot)s", product=self.product_id.display_name, lot=self.lot_id.name
        )
