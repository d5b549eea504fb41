from odoo import api, models

from .plc_device_health import iso


class MoBatch(models.Model):
    """Failed batches as monitoring and the old service's scripts are told of them."""

    _inherit = "mo.batch"

    @api.model
    def _get_failed(self):
        """Every batch with an error, as plain data."""
        self.check_access("read")
        batches = self.search([("error_code", "!=", False)])
        return {"count": len(batches), "batches": [batch._failed_vals() for batch in batches]}

    def _failed_vals(self):
        self.ensure_one()
        return {
            "batch_no": self.batch_no,
            "mo_id": self.mo_id,
            "equipment_id_batch": self.equipment_id_batch or None,
            "status_manufacturing": self.status_manufacturing,
            "update_odoo": self.update_odoo,
            "error_code": self.error_code,
            "error_message": self.error_message,
            "error_action": self.error_action,
            "retry_count": self.retry_count,
            "next_retry_at": iso(self.next_retry_at),
        }
