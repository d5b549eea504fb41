from odoo import models


class StockRule(models.Model):
    _inherit = "stock.rule"

    def _make_mo_get_domain(self, procurement, bom):
        """More that is asked for makes an order of its own where the first is in the queue: that
        one has its recipe in the PLC, and is closed with what was dosed."""
        return (*super()._make_mo_get_domain(procurement, bom), ("plc_batch_ids", "=", False))
