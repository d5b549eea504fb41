from odoo import api, fields, models

from .mo_batch_state import STATES, next_state


class MoBatch(models.Model):
    """One manufacturing order in one slot of a PLC, from the queue to the history.

    Read-only for everyone by access right: a batch tells facts, and facts are not forged. The
    scheduled actions and the buttons write it with sudo after their own checks.
    """

    _name = "mo.batch"
    _description = "PLC batch"
    # activities need the thread; no chatter
    _inherit = ["mail.thread", "mail.activity.mixin", "plc.live.mixin"]
    _mail_post_access = "read"  # who may look may plan an activity, too
    _rec_name = "mo_id"
    _order = "device_id, batch_no, id"

    batch_no = fields.Integer("Slot", aggregator=None)
    holds_slot = fields.Boolean("Holds its slot")
    mo_id = fields.Char("Order", required=True, index=True, help="The order's name when sent.")
    production_id = fields.Many2one(
        "mrp.production", "Manufacturing order", index="btree_not_null", ondelete="set null"
    )
    device_id = fields.Many2one("plc.device", required=True, index=True, ondelete="restrict")
    equipment_id_batch = fields.Char("Equipment")
    company_id = fields.Many2one("res.company", required=True, index=True)
    finished_goods = fields.Char()
    recipe = fields.Char()
    consumption = fields.Float("Planned (kg)", digits="Product Unit")
    line_ids = fields.One2many("mo.batch.line", "batch_id", "Silos")
    dosed = fields.Float("Dosed (kg)", compute="_compute_progress", digits="Product Unit")
    to_dose = fields.Float(
        "To dose (kg)",
        compute="_compute_progress",
        digits="Product Unit",
        help="What the silos are to dose: the plan without what is added by hand.",
    )
    progress = fields.Float("Progress (%)", compute="_compute_progress")

    # False, not NULL, for who asks in SQL
    status_manufacturing = fields.Boolean("Finished", default=False)
    status_operation = fields.Boolean("Failure reported", default=False)
    actual_weight_quantity_finished_goods = fields.Float("Weight (kg)", digits="Product Unit")
    last_read_from_plc = fields.Datetime("Values changed")
    update_odoo = fields.Boolean(
        "In the order",
        default=False,
        help="The order carries exactly the values stored here.",
    )
    state = fields.Selection(STATES, required=True, default="sent", index=True)
    previous_state = fields.Selection(STATES, help="Where a parked batch came from.")
    accepted = fields.Boolean(help="A person accepted what was dosed before the PLC failed.")
    forgotten = fields.Boolean(help="The PLC no longer knows this order, and had not finished it.")
    taken_at = fields.Datetime(help="When the PLC was first seen to have taken it.")
    acknowledged = fields.Boolean(
        default=False, help="The PLC is done with this order and was told."
    )
    read_found = fields.Json(help="The READ record that stood in the slot when this was sent.")
    pending_values = fields.Json(
        help="Quantities that fell while dosing: believed when the next cycle says the same."
    )
    event_ids = fields.One2many("plc.event", "batch_id", "Events")
    responsible_id = fields.Many2one(related="device_id.responsible_id")

    _order_uniq = models.UniqueIndex(
        "(production_id) WHERE production_id IS NOT NULL",
        "This manufacturing order is already in the queue.",
    )
    _slot_uniq = models.UniqueIndex(
        "(device_id, batch_no) WHERE holds_slot", "This slot is already taken by another batch."
    )

    @api.depends(
        "status_manufacturing",
        "status_operation",
        "line_ids.consumption",
        "line_ids.actual_consumption",
    )
    def _compute_progress(self):
        for batch in self:
            planned = batch.to_dose = sum(batch.line_ids.mapped("consumption"))
            batch.dosed = sum(batch.line_ids.mapped("actual_consumption"))
            if batch.status_manufacturing and not batch.status_operation:
                batch.progress = 100.0
            else:
                batch.progress = min(100.0 * batch.dosed / planned, 100.0) if planned else 0.0

    @api.model_create_multi
    def create(self, vals_list):
        """A script may make a batch with `mo_id`, `device_id`, `batch_no` and
        `status_manufacturing` alone; the rest follows from the device and the order."""
        self.browse().check_access("create")
        vals_list = [dict(vals) for vals in vals_list]
        devices = [self.env["plc.device"].browse(vals.get("device_id")) for vals in vals_list]
        for vals, device in zip(vals_list, devices, strict=True):
            vals.setdefault("company_id", device.company_id.id)
            vals.setdefault("equipment_id_batch", device.code)
            vals.setdefault("state", "done" if vals.get("status_manufacturing") else "sent")
            vals.setdefault("holds_slot", bool(vals.get("batch_no")))
        quietly = self.with_context(tracking_disable=True)
        batches = super(MoBatch, quietly).create(vals_list).with_env(self.env)
        batches._find_orders()
        for batch in batches.filtered(lambda batch: not batch.finished_goods):
            batch.finished_goods = batch.production_id.product_id.name
        return batches

    def unlink(self):
        lines = self.line_ids
        result = super().unlink()
        for field in lines._fields.values():  # gone as well: nothing of them is computed any more
            if field.compute and field.store:
                self.env.remove_to_compute(field, lines)
        return result

    # ------------------------------------------------------------------
    # Life
    # ------------------------------------------------------------------

    def _transition(self, event):
        """The only way to another state; the table is in mo_batch_state.py."""
        for state, batches in self.grouped("state").items():
            new_state = next_state(state, event)
            if new_state != state:
                batches.state = new_state

    def _in_company_of(self, device):
        """These batches as a turn sees them: see `plc.device._in_its_company`."""
        return self.with_env(device._in_its_company().env)

    def _find_orders(self):
        """Look up the orders of batches that have none, by name and company.

        An order made later under the name of a deleted one is found too; one that another
        batch already stands for is not.
        """
        for company, batches in (
            self.filtered(lambda b: not b.production_id).grouped("company_id").items()
        ):
            orders = self.env["mrp.production"].search(
                [("name", "in", batches.mapped("mo_id")), ("company_id", "=", company.id)]
            )
            by_name = {order.name: order for order in orders}
            taken = self.sudo().search([("production_id", "in", orders.ids)]).production_id
            for batch in batches:
                order = by_name.get(batch.mo_id)
                if order and order not in taken:
                    batch.production_id = order
                    taken |= order

    def message_subscribe(self, partner_ids=None, subtype_ids=None):
        """Who may look at a batch may have a colleague follow it, as an activity for them does."""
        self.check_access("read")
        # sudo: no fact of the batch is changed, which is why nobody may write it
        return super(MoBatch, self.sudo()).message_subscribe(partner_ids, subtype_ids)

    def _log_alternatives(self):
        """Say where an order doses another ingredient than its silo is set to."""
        for line in self.line_ids:
            silo, product = line.silo_id, line.product_id
            if silo.product_id != product:
                text = self.env._(
                    "%(silo)s is set to %(current)s, this order doses %(product)s.",
                    silo=silo.name,
                    current=silo.product_id.display_name or "-",
                    product=product.display_name,
                )
                line.batch_id._log_event("send", text, severity="warning")

    # ------------------------------------------------------------------
    # Scheduled actions
    # ------------------------------------------------------------------

    @api.model
    def _cron_fetch_orders(self, devices=None):
        """Task 1: take confirmed orders and write their recipes into free slots.

        :param devices: a `plc.device` recordset to serve, or None for all
        """
        self.env["plc.device"]._run_task("fetch", devices)

    @api.model
    def _cron_read_plc(self, devices=None):
        """Task 2: read the PLCs once and put what changed into the orders.

        :param devices: a `plc.device` recordset to serve, or None for all
        """
        self.env["plc.device"]._run_task("read", devices)

    @api.model
    def _cron_archive_completed(self, devices=None):
        """Task 3: close the orders that are finished and in sync, and move them to the history.

        :param devices: a `plc.device` recordset to serve, or None for all
        """
        self.env["plc.device"]._run_task("archive", devices)
