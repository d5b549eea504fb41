from odoo import api, fields, models
from odoo.tools import float_round

CLOSED = ("cancel", "done")
USER = "mrp_plc_batch.group_plc_user"


class MrpProduction(models.Model):
    _inherit = "mrp.production"

    plc_device_id = fields.Many2one(
        "plc.device",
        "PLC",
        compute="_compute_plc_device_id",
        inverse="_inverse_plc_device_id",
        store=True,
        readonly=False,
        copy=False,
        index="btree_not_null",
        check_company=True,
        help="The PLC that doses this order: that of its operation type, until a person chooses.",
    )
    plc_device_chosen = fields.Boolean(copy=False)
    # Not `required`: while mrp itself is updated this addon is not loaded yet, and a NOT NULL
    # column without its default would stop every order made then.
    plc_dispatch = fields.Selection(
        [("auto", "Automatic"), ("never", "Never"), ("again", "Send again")],
        "Dispatch to PLC",
        default="auto",
        copy=False,
        help="After a cancelled batch only a person sends the order again.",
    )
    plc_skip_reason = fields.Char("Not sent because", readonly=True, copy=False)
    # for who may read them: others could not read an order with all its fields any more
    plc_batch_ids = fields.One2many("mo.batch", "production_id", "PLC batches", groups=USER)
    plc_history_ids = fields.One2many("mo.histories", "production_id", "PLC history", groups=USER)

    @api.depends("picking_type_id.plc_device_id")
    def _compute_plc_device_id(self):
        for order in self:
            # which PLC has dosed an order stays true
            if not order.plc_device_chosen and order.state not in CLOSED:
                order.plc_device_id = order.picking_type_id.plc_device_id

    @api.constrains("plc_device_id", "company_id")
    def _check_plc_device_company(self):
        """Orders do not check companies by themselves; never sent is less than said. A closed one
        keeps its PLC, wherever that has moved since."""
        self.filtered(lambda order: order.state not in CLOSED)._check_company(["plc_device_id"])

    def _inverse_plc_device_id(self):
        for order in self:
            order.plc_device_chosen = order.plc_device_id != order.picking_type_id.plc_device_id

    def _get_move_raw_values(
        self, product, product_uom_qty, product_uom, operation_id=False, bom_line=False
    ):
        vals = super()._get_move_raw_values(
            product, product_uom_qty, product_uom, operation_id, bom_line
        )
        if bom_line and bom_line.plc_silo_id:
            vals["plc_silo_id"] = bom_line.plc_silo_id.id
        return vals

    def _link_bom(self, bom):
        """*Update BoM*: Odoo carries over products and quantities, and the silos are ours."""
        is_same = self.bom_id == bom
        super()._link_bom(bom)
        for move in self.move_raw_ids.filtered(lambda move: move.state not in CLOSED):
            silo = move.bom_line_id.plc_silo_id
            # a BoM that is only now made from the order knows of no silos
            if move.plc_silo_id != silo and (silo or (is_same and move.bom_line_id)):
                move.plc_silo_id = silo

    def _plc_set_skip_reason(self, reason):
        """Only where it is another, and on orders in nobody's hands.

        :param reason: in words, or False
        """
        stale = self.filtered(lambda order: order.plc_skip_reason != reason)
        if stale:
            stale.try_lock_for_update(allow_referencing=True).plc_skip_reason = reason

    def _get_backorder_mo_vals(self):
        """A part of an order is not sent, or not elsewhere, where a person has said so of the
        whole."""
        vals = super()._get_backorder_mo_vals()
        if self.plc_dispatch == "never":
            vals["plc_dispatch"] = "never"
        if self.plc_device_chosen:
            vals["plc_device_id"] = self.plc_device_id.id
        return vals

    def action_merge(self):
        """What a person has said of a part holds for the whole: that it is not to be sent; and
        where, if all parts go there."""
        is_held_back = "never" in self.mapped("plc_dispatch")
        is_chosen = any(self.mapped("plc_device_chosen"))
        devices = {order.plc_device_id for order in self}
        action = super().action_merge()
        whole = self.browse(action["res_id"])
        if is_held_back:
            whole.plc_dispatch = "never"
        if is_chosen and len(devices) == 1:
            whole.plc_device_id = devices.pop()
        return action

    def _prepare_merge_orig_links(self):
        """Components of the whole are dosed from the silo that all parts name for them."""
        links = super()._prepare_merge_orig_links()
        for bom_line, moves in self.move_raw_ids.grouped("bom_line_id").items():
            silos = {move.plc_silo_id for move in moves}
            if len(silos) == 1:
                links[bom_line.id]["plc_silo_id"] = silos.pop()
        return links

    # ------------------------------------------------------------------
    # Actuals
    # ------------------------------------------------------------------

    def _plc_write_doses(self, doses):
        """Make the components of these orders carry the doses, through stock move lines.

        :param doses: `mo.batch.line` records of all of them, each with product, kg, location, lot
        """
        doses_of = doses.grouped(lambda dose: dose.batch_id.production_id)
        self.move_raw_ids.move_line_ids.mapped("plc_silo_id")  # read together
        shares, missing = {}, []
        for order in self:
            own = doses_of.get(order, doses.browse())
            moves = order.move_raw_ids.filtered(lambda move: move.state not in CLOSED)
            shares.update((move, []) for move in order._plc_left_out(moves, own))
            moves_of = moves.grouped("product_id")
            for product, lines in own.grouped("product_id").items():
                if product in moves_of:
                    shares.update(order._plc_share(moves_of[product], lines))
                elif any(lines.mapped("actual_consumption")):
                    missing.append((order, product, lines))
        added = self._plc_add_components([(order, product) for order, product, _ in missing])
        for move, (order, _product, lines) in zip(added, missing, strict=True):
            shares.update(order._plc_share(move, lines))
        self.env["stock.move"].union(*shares)._plc_write_doses(shares)

    def _plc_left_out(self, moves, doses):
        """Components that no dose is of, though one was asked or written before: their silo was
        changed over. They get nothing, instead of what the recipe says."""
        replaced = doses.filtered(lambda dose: dose._is_substitute()).planned_product_id
        return moves.filtered(
            lambda move: (
                move.product_id not in doses.product_id
                and (move.product_id in replaced or move.move_line_ids.plc_silo_id)
            )
        )

    def _plc_share(self, moves, lines):
        """Share the doses of one ingredient among its component lines, pro rata to plan.

        :return: list of (stock.move, [(mo.batch.line, kg)]); the kg of a dose add up exactly
        """
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        planned = [
            move.product_uom._compute_quantity(
                move.product_uom_qty, self.env["uom.uom"]._plc_kg(), round=False
            )
            for move in moves
        ]
        total = sum(planned)
        left = {line: line.actual_consumption for line in lines}
        result = []
        for move, plan in zip(moves[:-1], planned, strict=False):
            ratio = plan / total if total else 1 / len(moves)
            shares = [
                # never more than is left: many small shares rounded up would go below 0
                (
                    line,
                    float_round(
                        min(line.actual_consumption * ratio, left[line]), precision_digits=digits
                    ),
                )
                for line in lines
            ]
            for line, kg in shares:
                left[line] -= kg
            result.append((move, shares))
        result.append(
            (
                moves[-1],
                [(line, float_round(kg, precision_digits=digits)) for line, kg in left.items()],
            )
        )
        return result

    def _plc_add_components(self, wanted):
        """Component lines for ingredients that a silo dosed and the recipe does not have.

        :param wanted: list of (mrp.production, product.product)
        :return: `stock.move` records, in the same order
        """
        kg_unit = self.env["uom.uom"]._plc_kg()
        moves = self.env["stock.move"].create(
            [
                dict(order._get_move_raw_values(product, 0.0, kg_unit), plc_added=True)
                for order, product in wanted
            ]
        )
        moves._action_confirm(merge=False)
        return moves

    def _plc_take_back(self):
        """Undo what the PLC's batches wrote, so that the order can be dosed afresh.

        Our move lines and added components go, `picked` and `manual_consumption` of the moves
        they were on are taken off, as is a quantity that somebody said was produced, and the
        order is `confirmed` and reserves again. With work orders begun it stays in `progress`:
        that work was done.
        """
        for order in self:
            moves = order.move_raw_ids.filtered(lambda move: move.state not in CLOSED)
            ours = moves.filtered(lambda m: m.plc_added or m.move_line_ids.plc_silo_id or m.picked)
            ours.move_line_ids.filtered("plc_silo_id").unlink()
            ours.write({"picked": False})
            for move in ours:
                move.manual_consumption = move.bom_line_id and move._is_manual_consumption()
            added = ours.filtered("plc_added")
            added._action_cancel()
            added.unlink()
            order.write({"state": "confirmed", "qty_producing": 0.0})
        self.action_assign()
