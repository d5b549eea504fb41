import math

from odoo import api, models
from odoo.exceptions import UserError, ValidationError

from ..plc.address import is_forbidden, is_host
from .touch import touch


class PlcDevice(models.Model):
    """What a device may not be set to. And one whose PLC has orders may not be changed so that
    they cannot be found again.

    Its address may: a PLC gets a new one. If it was another PLC, its slots do not name the
    orders, and they fail as forgotten (R7).
    """

    _inherit = "plc.device"

    @api.constrains("host")
    def _check_host(self):
        for device in self.sudo().filtered("host"):
            if not is_host(device.host):
                raise ValidationError(
                    self.env._(
                        "The host of %s must be a plain host name or IPv4 address.", device.name
                    )
                )
            if is_forbidden(device.host):
                raise ValidationError(
                    self.env._(
                        "The host of %s is a link-local address or a cloud's own service, where"
                        " no PLC is.",
                        device.name,
                    )
                )

    @api.constrains(
        *("port", "rack", "slot", "connection_timeout"),
        *("max_quantity", "silent_after", "retry_limit"),
    )
    def _check_numbers(self):
        for device in self.sudo():
            name = device.name
            if not 1 <= device.port <= 65535:
                problem = self.env._("The port of %s must lie between 1 and 65535.", name)
            elif not 0 <= device.rack <= 7 or not 0 <= device.slot <= 31:
                problem = self.env._(
                    "The rack of %s must lie between 0 and 7, its slot between 0 and 31.", name
                )
            elif not 0.1 <= device.connection_timeout <= 30:
                problem = self.env._(
                    "The time-out of %s must lie between 0.1 and 30 seconds.", name
                )
            elif not 0 < device.max_quantity < math.inf:
                problem = self.env._("The limit of %s for a silo and batch must be above 0.", name)
            elif device.silent_after < 0 or device.retry_limit < 0:
                problem = self.env._(
                    "The minutes of silence and the number of retries of %s cannot be below 0.",
                    name,
                )
            else:
                continue
            raise ValidationError(problem)

    @api.constrains("fill_policy", "layout_id")
    def _check_area_drains(self):
        for device in self:
            if device.fill_policy == "rolling" and device.layout_id.write_handshake == "area":
                raise ValidationError(
                    self.env._(
                        "%(device)s cannot be refilled slot by slot: the memory map %(layout)s"
                        " takes the whole area at once. Choose to fill it when the queue is empty.",
                        device=device.name,
                        layout=device.layout_id.name,
                    )
                )

    @api.constrains("company_id")
    def _check_companies(self):
        """What is a device's goes along to another company, or is refused: an order made there
        would be refused for the PLC of its operation type."""
        for device in self.sudo():
            device.picking_type_ids._check_company(["plc_device_id"])
            device.with_context(active_test=False).silo_ids._check_company()

    def write(self, vals):
        self.check_access("write")  # before orders are named
        if "layout_id" in vals:
            moved = self.filtered(lambda device: device.layout_id.id != vals["layout_id"])
            moved._check_nothing_open(self.env._("You cannot change the memory map of %s now."))
        if "company_id" in vals:
            moved = self.filtered(lambda device: device.company_id.id != vals["company_id"])
            moved._check_nothing_open(
                self.env._("You cannot change the company of %s now."), any_batch=True
            )
        if not vals.get("active", True):
            self._check_nothing_open(self.env._("You cannot archive %s now."), any_batch=True)
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_open(self):
        self._check_nothing_open(self.env._("You cannot delete %s now."), any_batch=True)
        # the database deletes them along, without asking them
        self.with_context(active_test=False).silo_ids._unlink_except_needed()
        # sudo: operation types are the stock administrator's
        for device in self.sudo().with_context(active_test=False):
            if device.picking_type_ids:
                raise UserError(
                    self.env._(
                        "You cannot delete %(device)s: it doses the orders of %(types)s. Take these"
                        " operation types from it first, or archive it.",
                        device=device.name,
                        types=", ".join(device.picking_type_ids.mapped("display_name")),
                    )
                )

    def _check_nothing_open(self, refusal, any_batch=False):
        """:param refusal: what cannot be done, as a sentence with %s for the device's name
        :raises UserError: orders of these devices are with the PLC (or, with `any_batch`,
            anywhere in the queue)
        """
        touch(self)  # a fetch that stages one at this moment: who commits later starts afresh
        for device in self.sudo():
            batches = device.with_context(active_test=False).batch_ids
            if not any_batch:
                batches = batches.filtered("holds_slot")
            if batches:
                why = self.env._(
                    "It has %s. Let them finish, or press Start Over on the device.",
                    ", ".join(batches.mapped("mo_id")[:5]),
                )
            elif history := device._open_histories()[:1]:
                why = self.env._(
                    "Slot %(slot)s still has %(order)s, which is archived. Let the PLC be read once"
                    " more, or press Cleared at the PLC on that history.",
                    slot=history.batch_no,
                    order=history.mo_id,
                )
            else:
                continue
            raise UserError(f"{refusal % device.name} {why}")
