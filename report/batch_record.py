from odoo import api, models


class BatchRecord(models.AbstractModel):
    """What a batch record says, in the same words for a batch in the queue and for its history."""

    _name = "report.mrp_plc_batch.batch_record"
    _description = "Batch record"

    @api.model
    def _get_report_values(self, docids, data=None):
        docs = self.env["mo.histories"].browse(docids)
        return {
            "doc_ids": docids,
            "doc_model": docs._name,
            "docs": docs,
            "records": [self._prepare_history(history) for history in docs],
        }

    def _prepare_history(self, history):
        status = history._fields["status"].convert_to_export(history.status, history)
        order = history.production_id
        common = self._prepare_common(history, order)
        if (
            history.status != "completed"
            or order.plc_batch_ids
            or order.plc_history_ids[:1] != history
        ):
            common["components"] = []  # of another run, if any
        return {
            **common,
            "order": history.production_name or history.mo_id,
            "title": history.mo_id,
            "product": history.product_name,
            "status": status,
            "produced": history.produced_quantity,
            "produced_unit": history.uom_name,
            "yield_percent": history.yield_percent,
            "cycle_minutes": history.cycle_minutes,
            "archived_at": history.archived_at,
            "archived_by": history.user_id.name,
            "notes": history.notes,
            "silos": [
                self._prepare_dose(
                    line, line.silo_name, line.product_name, line.lot_name, line.substitute_for
                )
                for line in history.line_ids
            ],
            "hand": [
                {
                    "product": line.product_name,
                    "lot": line.lot_name,
                    "planned": line.consumption,
                    "used": line.actual_consumption,
                    "unit": line.uom_name,
                    "source": line.source,
                    "by": line.weighed_by_name,
                    "at": line.weighed_at,
                }
                for line in history.hand_line_ids
            ],
        }

    def _prepare_common(self, record, order):
        """Of `mo.batch` and `mo.histories` alike, whose fields have the same names."""
        bom = order.bom_id
        return {
            "company": record.company_id.name,
            "order": order.name or record.mo_id,
            # sudo: it may have gone to another company since
            "device": record.sudo().device_id.name or record.equipment_id_batch,
            "equipment": record.equipment_id_batch,
            "slot": record.batch_no or "-",
            "recipe": record.recipe or bom.display_name,
            "version": bom and "version" in bom._fields and bom.version,
            "planned": record.consumption,
            "weight": record.actual_weight_quantity_finished_goods,
            "sent_at": record.sent_at,
            "taken_at": record.taken_at,
            "finished_at": record.finished_at,
            "out_count": record.out_count,
            "components": [
                {
                    "product": move.product_id.display_name,
                    "planned": move.product_uom_qty,
                    "used": move.quantity if move.picked or move.state == "done" else 0.0,
                    "unit": move.product_uom.name,
                    "added": move.plc_added,
                }
                for move in order.move_raw_ids
            ],
            "ordered": order.product_qty,
            "ordered_unit": order.product_uom_id.name,
            "events": [
                {
                    "at": event.create_date,
                    "user": event.user_id.name,
                    "message": event.message,
                    "severity": event.severity,
                }
                for event in record.event_ids.sorted("id")
            ],
        }

    def _prepare_dose(self, line, silo, product, lot, substitute_for):
        percent = 100.0 * line.deviation / line.consumption if line.consumption else None
        return {
            "number": line.silo_number,
            "silo": silo,
            "product": product,
            "lot": lot,
            "substitute_for": substitute_for,
            "planned": line.consumption,
            "dosed": line.actual_consumption,
            "deviation": line.deviation,
            "percent": percent,
            "limit": line.out_kg,
            "grade": line.grade,
            "at": line.dosed_at,
        }


class BatchRecordOfQueue(models.AbstractModel):
    """The same for a batch that is not archived yet: what is known so far."""

    _name = "report.mrp_plc_batch.batch_record_of_queue"
    _description = "Batch record of a batch in the queue"
    _inherit = "report.mrp_plc_batch.batch_record"

    @api.model
    def _get_report_values(self, docids, data=None):
        docs = self.env["mo.batch"].browse(docids)
        kg_unit = self.env.ref("uom.product_uom_kgm")
        self._fetch_by_hand(docs)
        return {
            "doc_ids": docids,
            "doc_model": docs._name,
            "docs": docs,
            "records": [self._prepare_batch(batch, kg_unit) for batch in docs],
        }

    def _fetch_by_hand(self, batches):
        """Have in the cache, for all at once, what is asked of each component below."""
        moves = batches.production_id.move_raw_ids
        moves.sudo().mapped("plc_weighed_by_id.name")  # sudo: see the field
        moves.move_line_ids.mapped("lot_id.name")
        moves.move_line_ids.mapped("product_uom_id.name")

    def _prepare_batch(self, batch, kg_unit):
        order = batch.production_id
        state = dict(batch._fields["state"]._description_selection(self.env))[batch.state]
        return {
            **self._prepare_common(batch, order),
            "title": batch.mo_id,
            "product": batch.finished_goods,
            "status": state,
            "produced": order.qty_produced,
            "produced_unit": order.product_uom_id.name,
            "yield_percent": 0.0,
            "cycle_minutes": 0.0,
            "archived_at": False,
            "archived_by": False,
            "notes": batch.error_message,
            "silos": [
                self._prepare_dose(
                    line,
                    line.silo_id.name,
                    line.product_id.display_name,
                    line.lot_id.name,
                    line._is_substitute() and line.planned_product_id.display_name,
                )
                for line in batch.line_ids
            ],
            "hand": [
                {
                    "product": vals["product_name"],
                    "lot": vals["lot_name"],
                    "planned": vals["consumption"],
                    "used": vals["actual_consumption"] if move.picked else 0.0,
                    "unit": vals["uom_name"],
                    "source": vals["source"] if move.picked else "open",
                    "by": vals["weighed_by_name"],
                    "at": vals["weighed_at"],
                }
                for move in (order._plc_open_hand_moves() if order else order.move_raw_ids)
                for vals in move._prepare_plc_history_vals(kg_unit)
            ],
        }
