from odoo import models

from .mrp_production import CLOSED


class MrpProduction(models.Model):
    """The components that no silo doses: entered by hand, or taken from the recipe."""

    _inherit = "mrp.production"

    def _plc_hand_moves(self, batch=None):
        """Components of this order that no silo doses; of a closed order, those that none did.

        :param batch: its batch, where that is known
        """
        self.ensure_one()
        batch = batch or self.plc_batch_ids
        moves = self.move_raw_ids.filtered(lambda move: not move.plc_added)
        if batch:
            dosed = batch.line_ids.product_id | batch.line_ids.planned_product_id
            return moves.filtered(lambda move: move.product_id not in dosed)
        may_dose = self._plc_silos_of(self.plc_device_id.silo_ids)
        return moves.filtered(
            lambda move: (
                not move.plc_silo_id
                and not move.move_line_ids.plc_silo_id
                and move.product_id not in may_dose
            )
        )

    def _plc_open_hand_moves(self):
        return self._plc_hand_moves().filtered(lambda move: move.state not in CLOSED)

    def _plc_leave_to_recipe(self, batch):
        """What nobody entered, of `batch`: closing picks the components of an operation, and they
        would look as if a person had."""
        unentered = self._plc_hand_moves(batch).filtered(
            lambda move: move.manual_consumption and not move.picked
        )
        if unentered:
            unentered.manual_consumption = False

    def action_open_by_hand(self):
        """The screen where what no silo doses is entered."""
        self.ensure_one()
        return self.env["plc.hand.entry"]._open(self)

    def _plc_take_back(self):
        """What was weighed for the first run is weighed again for the next."""
        moves = self.move_raw_ids.filtered(
            lambda move: move.state not in CLOSED and move.sudo().plc_weighed_at
        )
        moves.move_line_ids.unlink()
        moves.sudo().write(  # sudo: see the fields
            {"plc_weighed_by_id": False, "plc_weighed_at": False, "plc_weighed_quantity": 0.0}
        )
        return super()._plc_take_back()
