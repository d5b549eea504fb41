from odoo import api, fields, models
from odoo.exceptions import UserError


class MoBatch(models.Model):
    """What every person at the plant may press: retry, park, unpark. They never ask."""

    _inherit = "mo.batch"

    can_retry = fields.Boolean(
        compute="_compute_can_retry", help="Trying again may help, where something is wrong."
    )

    def action_retry(self):
        """User: put the values into the order now and, if finished, close and archive it.

        :raises UserError: with the next step, where trying again can help none of them
        """
        self._check_may("mrp_plc_batch.group_plc_user")
        tried, refusals = self.browse(), []
        with self.device_id._button_turn():
            for device, batches in self.exists().grouped("device_id").items():
                own = batches._in_company_of(device)
                hopeless = own.filtered(lambda batch: batch._retry_refusal())
                refusals += [batch._retry_refusal() for batch in hopeless]
                helped = own - hopeless
                helped._log_button(self.env._("Retry"))
                for batch in helped:
                    batch._retry()
                tried |= helped
        if refusals and not tried:
            raise UserError("\n".join(refusals))
        return self._still_stuck(refusals) or self._what_became()

    def action_park(self):
        """User: set the batch aside, so that it does not keep the queue from draining."""
        self._check_may("mrp_plc_batch.group_plc_user")
        with self.device_id._button_turn():
            for device, batches in self.exists().grouped("device_id").items():
                own = batches._in_company_of(device)
                own = own.filtered(lambda batch: batch.state != "parked")
                for batch in own:
                    batch.previous_state = batch.state
                own.filtered(lambda batch: batch.state == "staged").holds_slot = False
                own._transition("park")
                own._log_button(self.env._("Park"))
        return True

    def action_unpark(self):
        """User: back to the queue, to where the batch stands by now."""
        self._check_may("mrp_plc_batch.group_plc_user")
        with self.device_id._button_turn():
            for device, batches in self.exists().grouped("device_id").items():
                own = batches._in_company_of(device)
                own = own.filtered(lambda batch: batch.state == "parked")
                for batch in own:
                    batch._transition(batch._unpark_event())
                    batch.previous_state = False
                own._log_button(self.env._("Unpark"))
        return True

    def _check_has_order(self):
        self.ensure_one()
        if not self.production_id:
            raise UserError(self.env._("There is no manufacturing order %s.", self.mo_id))

    def action_open_order(self):
        self._check_has_order()
        return {
            "type": "ir.actions.act_window",
            "res_model": "mrp.production",
            "res_id": self.production_id.id,
            "view_mode": "form",
        }

    def _still_stuck(self, refusals):
        """After a retry that did not help: a note that says so, or False.

        :param refusals: why some of them were not tried, in words
        """
        stuck = self.exists().filtered(lambda batch: batch.error_code or batch._retry_refusal())
        if not stuck:
            return False
        if len(self) == 1:
            text = self.env._("Tried again, and still: %s", stuck.error_message)
        else:
            text = self.env._(
                "Tried again: %(count)s of %(total)s do not go on yet.",
                count=len(stuck),
                total=len(self),
            )
            text = " ".join([text, *refusals])
        action = self.env["plc.device"]._notify(text, kind="warning")
        action["params"]["next"] = {"type": "ir.actions.act_window_close"}  # reloads in place
        return action

    def _what_became(self):
        """After a button: True, or the history's form where the one batch is archived now, since
        the form it was pressed on shows nothing any more."""
        if len(self) != 1 or self.exists():
            return True
        history = self.env["mo.histories"].search([("batch_id_was", "=", self.id)], limit=1)
        form = history._get_records_action(context={})
        return {
            "type": "ir.actions.client",
            "tag": "mrp_plc_batch_archived",
            "params": {"history": form},
        }

    def _check_may(self, group):
        """The caller's group and rights on these batches; what follows may use sudo."""
        self.env["plc.device"]._check_group(group)
        self.check_access("read")

    @api.depends(
        *("error_code", "state", "forgotten", "status_manufacturing"),
        *("update_odoo", "last_read_from_plc"),
    )
    def _compute_can_retry(self):
        waiting = self._error_codes_for_a_person()
        for batch in self:
            batch.can_retry = (
                bool(batch.error_code)
                and batch.error_code not in waiting
                and not batch._retry_refusal()
            )

    @api.model
    def _error_codes_for_a_person(self):
        """Where trying again changes nothing before a person has done something."""
        return (
            *("plc_failure", "plc_silent", "nothing_dosed"),
            *("not_weighed", "mo_done", "mo_cancelled"),
        )

    def _retry_refusal(self):
        """Why trying again cannot help, and the next step; or False."""
        self.ensure_one()
        if self.state == "staged" and not self.status_manufacturing:
            text = self.env._(
                "%s has not been sent yet. It is sent by the next run of the scheduled action"
                " that fetches orders, or by Send Now on the device."
            )
        elif self.forgotten:
            text = self.env._(
                "The PLC has lost %s; what was dosed is unknown. Reset the batch to dose it"
                " again, or cancel it."
            )
        elif self.state == "parked":
            text = self.env._("%s is parked. Unpark it first.")
        elif (
            self.error_code == "plc_data"
            and not self.status_manufacturing
            and (self.update_odoo or not self.last_read_from_plc)
        ):
            text = self.env._(
                "Nothing of %s waits for Odoo: it is what the PLC reports that is not believed."
                " Read Now on the device looks at once."
            )
        elif not self.status_manufacturing and self.state == "failed":
            text = self.env._(
                "The PLC never took %s. Reset the batch to send it again, or cancel it."
            )
        else:
            return False
        return text % self.mo_id

    def _retry(self):
        """Sync now and, if finished, archive now, whatever the clock says."""
        self.ensure_one()
        self.next_retry_at = False
        if self.status_manufacturing:
            self._archive_completed()
        else:
            self._process_batch_consumption()

    def _unpark_event(self):
        self.ensure_one()
        if self.status_manufacturing:
            return "unpark_finished"
        if self.forgotten:
            return "unpark_forgotten"
        return f"unpark_{self.previous_state or 'sent'}"

    def _log_button(self, button):
        for batch in self:
            batch._log_event("button", button)
