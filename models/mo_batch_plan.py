from odoo import models
from odoo.fields import Command
from odoo.tools import float_compare

from ..plc import PlcData
from .mo_batch_error import BatchError
from .mrp_production import CLOSED
from .mrp_production_silos import Undosable

# Why it could not go out, which no longer holds once its order can be dosed as it is.
WAS_IN_THE_WAY = ("no_silo", "unit_mismatch")  # what held it back ends with a slot


class MoBatch(models.Model):
    """What waits to be sent goes out as its order asks by then, and not as it did when staged."""

    _inherit = "mo.batch"

    def _take_new_names(self):
        """Each is sent under the name that its order has by then, as after a split; unless the PLC
        would take it for another order's, which it knows (R10)."""
        for batch in self:
            name = batch.production_id.name
            if not name or name == batch.mo_id:
                continue
            layout = batch.device_id.layout_id._to_plc()
            cut_name = layout.cut("mo_id", name)
            known = batch.device_id._names_in_use(layout).get(cut_name, batch.mo_id)
            if cut_name and known == batch.mo_id:
                batch.mo_id = name

    def _plan_again(self):
        """Take over what has changed in the order, and in the silos, since this was staged.

        :return: whether it can be sent; if not, the batch says why
        """
        self.ensure_one()
        error = self._held_back_error()
        if error:
            self._set_error(error, kind="send")
            return False
        if self._is_as_ordered():
            self._clear_error(codes=WAS_IN_THE_WAY)
            return True
        try:
            with self.env.cr.savepoint():
                self._replace_doses(self.production_id.sudo(False))
        except BatchError as error:
            self._set_error(error, kind="send")
            return False
        except PlcData as error:
            error.params["device"] = self.device_id.name
            self._set_error(error, kind="send")
            return False
        self._clear_error(codes=(*WAS_IN_THE_WAY, "plc_data"))
        doses = self._doses_in_words("consumption")
        text = self.env._("The order has changed while it waited. Now planned: %s.", doses)
        self._log_event("send", text)
        return True

    def _held_back_error(self):
        """A `BatchError` where a person wants to do it without the PLC since it was staged: what
        is picked by hand would give way to what the PLC reports."""
        self.ensure_one()
        order = self.production_id.sudo(False)
        moves = order.move_raw_ids.filtered(
            lambda move: move.product_id in self.line_ids.product_id
        )
        if order.plc_dispatch == "never":
            reason = self.env._("It is set not to be sent to the PLC.")
            action = self.env._(
                "Cancel the batch; to have it dosed, then press Send to PLC Again on the order."
            )
        elif any(move.picked and move.state not in CLOSED for move in moves):
            reason = self.env._("Somebody has already started it by hand.")
            action = self.env._(
                "Take back what was picked by hand and the next run sends it; or cancel the batch."
            )
        else:
            return None
        message = self.env._("The order %s is not sent.", self.mo_id)
        return BatchError("mo_locked", message, reason, action)

    def _is_as_ordered(self):
        """Whether the doses are those that the order asks for, from silos that it may take, and
        can be put into it."""
        self.ensure_one()
        order = self.production_id.sudo(False)
        if not order:
            return True  # nobody to ask
        digits = self._kg_digits()
        by_product = self.line_ids.grouped("product_id")
        wanted = order._plc_wanted(self.device_id)
        return by_product.keys() == wanted.keys() and all(
            lines.silo_id <= wanted[product][0]
            and not product._plc_unit_problem()
            and all(line.silo_number == line.silo_id.number for line in lines)
            and all(line.consumption <= self.device_id.max_quantity for line in lines)
            and not float_compare(
                sum(lines.mapped("consumption")), wanted[product][1], precision_digits=digits
            )
            and lines._dose_at_least(wanted[product][2])
            for product, lines in by_product.items()
        )

    def _replace_doses(self, order):
        """:raises BatchError, PlcData: the order cannot be dosed as it is by now"""
        device = self.device_id
        self.line_ids.unlink()  # before the search, which counts what open batches are to take
        try:
            doses = order._plc_plan_doses(device)
        except Undosable as problem:
            raise BatchError(
                problem.code,
                self.env._("The order %s has changed and cannot be sent.", self.mo_id),
                problem.reason,
                self.env._("Correct it: the next run sends it. Or cancel the batch."),
            ) from problem
        record = device._prepare_record(order, doses)
        device.layout_id._to_plc().encode(record)
        vals = device._prepare_batch_vals(order, record, self.batch_no)
        self.write(
            {
                **{name: vals[name] for name in ("consumption", "recipe", "finished_goods")},
                "line_ids": [Command.create(device._prepare_line_vals(*dose)) for dose in doses],
            }
        )
        self._log_alternatives()
