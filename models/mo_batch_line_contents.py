from odoo import fields, models
from odoo.exceptions import UserError


class MoBatchLine(models.Model):
    """Which ingredient, lot and place a dose is of: what its silo held when it was dosed."""

    _inherit = "mo.batch.line"

    dosed_at = fields.Datetime("First dose", help="When a read first saw it above 0.")
    planned_product_id = fields.Many2one(
        "product.product",
        "Ordered ingredient",
        ondelete="restrict",
        help="What the order asks for; another one is dosed where the silo was changed over.",
    )

    def _store_dose(self, kg):
        """What a read saw; the first time that it is above 0 decides what was dosed."""
        self.ensure_one()
        vals = {"actual_consumption": kg}
        if kg > 0 and not self.was_dosed:
            vals.update(was_dosed=True, dosed_at=fields.Datetime.now())
        self.write(vals)

    def _is_substitute(self):
        self.ensure_one()
        return bool(self.planned_product_id) and self.planned_product_id != self.product_id

    def _silo_by_now(self):
        """One that was set up after it had dosed is known by its number."""
        self.ensure_one()
        return self.silo_id or self.batch_id.device_id._silo_numbered(self.silo_number)

    def _contents_by_now(self):
        """(product, lot): until a dose has an ingredient and a lot, what its silo is set to."""
        self.ensure_one()
        silo = self._silo_by_now()
        product = self.product_id or silo.product_id
        lot = self.lot_id
        if (
            not lot
            and product.tracking not in (False, "none")
            and silo.lot_id.product_id == product
        ):
            lot = silo.lot_id
        return product, lot

    def _refresh_from_silo(self):
        """Until a dose has an ingredient and a lot, it takes what its silo is set to by now."""
        for line in self:
            product, lot = line._contents_by_now()
            if not line.silo_id:
                silo = line._silo_by_now()
                line.write({"silo_id": silo.id, "location_id": silo.location_id.id})
            if product != line.product_id:
                line.product_id = product
            if lot != line.lot_id:
                line.lot_id = lot

    def _lacks_lot(self):
        return not self.lot_id and self.product_id.tracking not in (False, "none")

    def _check_lots_known(self, silo, date):
        """:raises UserError: a dose from before `date` waits for the lot of what left the silo"""
        for line in self:
            if (
                line.was_dosed
                and line._lacks_lot()
                and line.product_id != silo.product_id
                and not line._is_dosed_since(date)
            ):
                raise UserError(
                    self.env._(
                        "%(order)s was dosed with %(product)s from %(silo)s, whose lot is not"
                        " known. Set the lot of %(silo)s first, then change it over; or say that"
                        " the change was before that dose.",
                        order=line.batch_id.mo_id,
                        product=line.product_id.display_name,
                        silo=silo.name,
                    )
                )

    def _is_dosed_since(self, date):
        """Whether the first dose was seen after a moment."""
        return bool(self.dosed_at) and self.dosed_at > date

    def _take_contents(self, date, refilled):
        """These lines of one silo, which has just been changed.

        A line that is sent and not dosed yet takes what the silo holds now; so does one that was
        dosed since `date`, and its order is brought up to date. An earlier one only gets what
        nobody knew until now: its ingredient, or the lot of the same ingredient.

        :param refilled: whether the ingredient changed, not the lot or place alone
        """
        for line in self:
            batch = line.batch_id
            if not line.was_dosed:
                if batch.status_manufacturing:
                    continue  # dosed nothing, and never will
                # what is not sent yet is planned again when it is: see `mo.batch._plan_again`
                vals = line._undosed_vals(refilled and not batch._is_unsent())
            elif line._is_dosed_since(date):
                vals = line._contents_vals(refilled)
            else:
                line._refresh_from_silo()
                if batch.error_code in ("no_silo", "lot_required"):
                    batch.next_retry_at = False  # it may have waited for that
                continue
            vals = {name: value for name, value in vals.items() if line[name].id != value}
            if vals:
                line.write(vals)
                line._tell_contents(vals)
            if vals and line.was_dosed:
                batch.write({"update_odoo": False, "next_retry_at": False})

    def _follow_silos(self):
        """Lot and place as they are when it is sent: the silo may have changed after the batch was
        planned, before there were lines to tell of it."""
        for line in self.filtered("silo_id"):
            vals = line._undosed_vals(refilled=False)
            vals = {name: value for name, value in vals.items() if line[name].id != value}
            if vals:
                line.write(vals)

    def _undosed_vals(self, refilled):
        return {**self._contents_vals(refilled), "location_id": self.silo_id.location_id.id}

    def _contents_vals(self, refilled):
        """An order that doses one of the silo's alternatives keeps it while only the lot of the
        silo's own ingredient changes."""
        silo = self.silo_id
        product = silo.product_id if refilled and silo.product_id else self.product_id
        lot = silo.lot_id if silo.product_id == product else silo.lot_id.browse()
        return {"product_id": product.id, "lot_id": lot.id}

    def _tell_contents(self, vals):
        """An event in the batch's trail; a warning where it gets what its order does not ask."""
        if not {"product_id", "lot_id"} & vals.keys():
            return
        silo = self.silo_id
        text = self.env._(
            "%(silo)s holds %(contents)s.", silo=silo.name, contents=silo._contents_in_words()
        )
        substitute = self._is_substitute()
        if substitute:
            text += " " + self.env._(
                "The order asks for %s; it gets what is in the silo.",
                self.planned_product_id.display_name,
            )
        severity = "warning" if substitute else "info"
        self.batch_id._log_event("changeover", text, severity=severity)

    def _start_afresh(self):
        """Nothing was dosed: the order's ingredients again, from what the silos hold now."""
        self.write({"actual_consumption": 0.0, "was_dosed": False, "dosed_at": False})
        for line in self:
            product = line.planned_product_id or line.product_id
            silo = line.silo_id
            line.write(
                {
                    "product_id": product.id,
                    "lot_id": silo.lot_id.id if silo.product_id == product else False,
                    "location_id": silo.location_id.id,
                }
            )


class MoBatch(models.Model):
    _inherit = "mo.batch"

    def _is_unsent(self):
        self.ensure_one()
        return "staged" in (self.state, self.state == "parked" and self.previous_state)
