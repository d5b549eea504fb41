from odoo import models
from odoo.exceptions import UserError


class MrpProduction(models.Model):
    """An order that the PLC has may not be pulled away under it.

    Our own code, and a script that must, passes `plc_force=True` in the context.
    """

    _inherit = "mrp.production"

    def write(self, vals):
        if "product_qty" in vals:
            self.filtered(
                lambda order: order.product_uom_id.compare(order.product_qty, vals["product_qty"])
            )._plc_guard(self.env._("You cannot change the quantity of %s."))
        if "product_uom_id" in vals:
            self.filtered(
                lambda order: order.product_uom_id.id != vals["product_uom_id"]
            )._plc_guard(self.env._("You cannot change the unit of %s."))
        return super().write(vals)

    def unlink(self):
        # before Odoo's own, which cancels first
        self._plc_guard(self.env._("You cannot delete %s."))
        return super().unlink()

    def _action_cancel(self):
        # which is also what becomes of an order whose components' transfer is cancelled
        self._plc_guard(self.env._("You cannot cancel %s."))
        return super()._action_cancel()

    def button_mark_done(self):
        self._plc_guard(self.env._("You cannot close %s."))
        return super().button_mark_done()

    def _pre_action_split_merge_hook(self, merge=False, split=False):
        merging, splitting = self.env._("You cannot merge %s."), self.env._("You cannot split %s.")
        refusal = merging if merge else splitting
        self._plc_guard(refusal)
        self._plc_guard_dosed(refusal)
        return super()._pre_action_split_merge_hook(merge=merge, split=split)

    def _plc_guard_dosed(self, refusal):
        """A part, or the whole, would be dosed once more.

        :param refusal: what cannot be done, as a sentence with %s for the order's name
        :raises UserError: the PLC has dosed one of these orders, and its batch is still open
        """
        if self.env.context.get("plc_force"):
            return
        # sudo: as above, whoever may change the order
        dosed = self.sudo().plc_batch_ids.filtered("status_manufacturing")[:1]
        if dosed:
            self.check_access("write")
            why = self.env._(
                "It was dosed already. Bring its batch to an end first: Manufacturing > PLC >"
                " Queue."
            )
            raise UserError(f"{refusal % dosed.mo_id} {why}")

    def _split_productions(self, amounts=False, cancel_remaining_qty=False, set_consumed_qty=False):
        """A split asked for while the order was still free comes here without the hook above."""
        splitting = self.env._("You cannot split %s.")
        self._plc_guard(splitting)
        if amounts:  # else a person closes it, and what was not produced is left
            self._plc_guard_dosed(splitting)
        return super()._split_productions(amounts, cancel_remaining_qty, set_consumed_qty)

    def _plc_guard(self, refusal):
        """:param refusal: what cannot be done, as a sentence with %s for the order's name
        :raises UserError: the PLC has one of these orders; names slot, device and the way out
        """
        if self.env.context.get("plc_force") or not self.ids:
            return
        # sudo: who may change the order but not look at batches must be stopped all the same
        batch = (
            self.env["mo.batch"]
            .sudo()
            .search(
                [
                    ("production_id", "in", self.ids),
                    ("holds_slot", "=", True),
                    ("status_manufacturing", "=", False),
                    ("state", "in", ("sent", "running", "parked")),
                ],
                limit=1,
            )
        )
        if batch:
            self.check_access("write")
            why = self.env._(
                "It is in slot %(slot)s of %(device)s. Cancel its batch first: Manufacturing > PLC"
                " > Queue, button Cancel.",
                slot=batch.batch_no,
                device=batch.device_id.name,
            )
            raise UserError(f"{refusal % batch.mo_id} {why}")
