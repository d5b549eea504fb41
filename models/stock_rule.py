from odoo import models


class StockRule(models.Model):
    _inherit = "stock.rule"

    def _make_mo_get_domain(self, procurement, bom):
        """More that is asked for makes an order of its own where the first is in the queue: that
        one has its recipe in the PLC, and is closed with what was dosed. So where it was taken out
        of the queue: that one is not sent again by itself."""
        domain = super()._make_mo_get_domain(procurement, bom)
        kept_back = ("&", ("plc_dispatch", "=", "never"), ("plc_history_ids", "!=", False))
        return (*domain, ("plc_batch_ids", "=", False), "!", *kept_back)
