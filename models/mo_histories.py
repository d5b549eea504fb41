from odoo import api, fields, models


class MoHistories(models.Model):
    """What became of a batch: the same facts, frozen. Read-only for everyone by access right."""

    _name = "mo.histories"
    _description = "PLC batch history"
    _inherit = ["plc.live.mixin"]
    _rec_name = "mo_id"
    _order = "archived_at desc, id desc"

    batch_id_was = fields.Integer(index=True, help="The database id of the batch it was.")
    batch_no = fields.Integer("Slot", readonly=True, aggregator=None)
    mo_id = fields.Char("Order", required=True, index=True)
    production_id = fields.Many2one(
        "mrp.production", "Manufacturing order", index="btree_not_null", ondelete="set null"
    )
    production_name = fields.Char("Order at archiving")
    product_id = fields.Many2one(
        "product.product", "Product record", index="btree_not_null", ondelete="set null"
    )
    product_name = fields.Char("Product")
    device_id = fields.Many2one("plc.device", index="btree_not_null", ondelete="set null")
    equipment_id_batch = fields.Char("Equipment")
    company_id = fields.Many2one("res.company", required=True, index=True)
    finished_goods = fields.Char()
    recipe = fields.Char()
    consumption = fields.Float("Planned (kg)", digits="Product Unit")
    line_ids = fields.One2many("mo.histories.line", "history_id", "Silos")
    status_manufacturing = fields.Boolean("Finished")
    status_operation = fields.Boolean("Failure reported")
    actual_weight_quantity_finished_goods = fields.Float("Weight (kg)", digits="Product Unit")
    last_read_from_plc = fields.Datetime("Values changed")
    update_odoo = fields.Boolean("In the order")
    status = fields.Selection(
        [("completed", "Completed"), ("cancelled", "Cancelled"), ("failed", "Failed")],
        required=True,
        index=True,
    )
    archived_at = fields.Datetime(required=True, index=True)
    user_id = fields.Many2one(
        "res.users", "Archived by", index="btree_not_null", ondelete="set null"
    )
    notes = fields.Text()
    acknowledged = fields.Boolean(
        help="The PLC is done with this order and was told. Until then it keeps its slot."
    )
    read_found = fields.Json(help="The READ record that stood in the slot when this was sent.")
    produced_quantity = fields.Float("Produced", digits="Product Unit")
    uom_name = fields.Char("Unit")
    event_ids = fields.One2many("plc.event", "history_id", "Events")
    open_batch_id = fields.Many2one("mo.batch", compute="_compute_open_batch_id")

    # IS NOT TRUE, as Odoo asks for what is false: each task looks for the open ones of a device
    # not unique: what a script sends and archives may be two of one slot before the PLC is asked
    _open_slot_idx = models.Index(
        "(device_id, batch_no) WHERE acknowledged IS NOT TRUE AND device_id IS NOT NULL"
    )

    @api.depends("production_id")
    def _compute_open_batch_id(self):
        for history in self:
            history.open_batch_id = history.production_id.plc_batch_ids

    def action_open_batch(self):
        """The batch that the order has in the queue now, as after a reset."""
        self.ensure_one()
        return self.open_batch_id._get_records_action(context={})

    def action_open_order(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "mrp.production",
            "res_id": self.production_id.id,
            "view_mode": "form",
        }

    def _status_when_cleared(self):
        """`failed`: what was dosed is unknown. What closed its order is known, though it was being
        dosed again."""
        is_known = self.status_manufacturing or self.status == "completed"
        return self.status if is_known else "failed"

    def action_cleared_at_plc(self):
        """Manager: an order that was cancelled while the PLC dosed it is gone from the PLC.

        Its slot is given back; what was dosed is unknown, so the history says `failed`, unless the
        PLC has finished it.
        """
        self.env["plc.device"]._check_group("mrp_plc_batch.group_plc_manager")
        self.check_access("read")
        with self.device_id._button_turn():
            for history in self.sudo().exists():
                if history.acknowledged:
                    continue
                note = self.env._("Cleared at the PLC, says %s.", self.env.user.name)
                history.write(
                    {
                        "acknowledged": True,
                        "status": history._status_when_cleared(),
                        "notes": history._notes_with(note),
                    }
                )
                history._log_event("button", note)
        return True
