import logging
from datetime import timedelta

from odoo import fields, models
from odoo.tools import plaintext2html

from ..plc import PlcError

_logger = logging.getLogger(__name__)

MAX_BACK_OFF_MINUTES = 60

ERROR_CODES = [
    ("plc_unreachable", "PLC unreachable"),
    ("plc_timeout", "PLC does not answer"),
    ("plc_protocol", "PLC refuses the request"),
    ("plc_data", "Values not believed"),
    ("plc_failure", "PLC reports a failure"),
    ("plc_silent", "No progress"),
    ("nothing_dosed", "Nothing dosed"),
    ("not_weighed", "By hand missing"),
    ("mo_not_found", "Order not found"),
    ("mo_cancelled", "Order cancelled"),
    ("mo_done", "Order already done"),
    ("mo_locked", "Order in use"),
    ("no_silo", "No silo"),
    ("unit_mismatch", "Unit does not fit"),
    ("lot_required", "Lot missing"),
    ("odoo_error", "Refused by Odoo"),
]
# Another transaction was faster: no fault of the batch, no retry counted.
UNCOUNTED = ("mo_locked",)


class BatchError(Exception):
    """Why a batch does not go on: for the person at the plant, in words.

    :param code: one of `ERROR_CODES`
    :param message: what
    :param reason: why
    :param action: what happens next, or what to do
    """

    def __init__(self, code, message, reason, action):
        super().__init__(message)
        self.code, self.message, self.reason, self.action = code, message, reason, action


def in_words(env, error):
    """(message, reason, action) of a `BatchError`, or of a `PlcError` in the reader's language;
    sentences all."""
    if not isinstance(error, PlcError):
        return error.message, error.reason, error.action
    templates = (error.message_template, error.reason_template, error.action_template)
    texts = (env._(template, **error.params) for template in templates)  # pylint: disable=W8120
    return tuple(text if text.endswith(".") else f"{text}." for text in texts)


def kg_in_words(quantities):
    """ "101: 300.00 kg, 103: 20.00 kg": what is above 0 of {silo number: kg}."""
    return ", ".join(f"{silo}: {kg:.2f} kg" for silo, kg in quantities.items() if kg)


def interval_minutes(cron):
    """Minutes between two runs of a scheduled action."""
    per_unit = {"minutes": 1, "hours": 60, "days": 1440, "weeks": 10080, "months": 43200}
    return cron.interval_number * per_unit[cron.interval_type]


def back_off_minutes(failures, interval):
    """Minutes to wait after so many failures in a row: 0, 1, 3, 7 … intervals, at most an hour."""
    return min((2 ** min(failures - 1, 12) - 1) * interval, MAX_BACK_OFF_MINUTES)


class MoBatch(models.Model):
    """What is wrong with a batch, since when, and when it is tried again."""

    _inherit = "mo.batch"

    error_code = fields.Selection(ERROR_CODES, readonly=True, index="btree_not_null")
    error_message = fields.Char("What", readonly=True)
    error_reason = fields.Char("Why", readonly=True)
    error_action = fields.Char("What happens next", readonly=True)
    retry_count = fields.Integer("Retries", readonly=True)
    last_error_at = fields.Datetime(readonly=True)
    next_retry_at = fields.Datetime("Next retry", readonly=True)

    def _set_error(self, error, kind="sync", payload=None):
        """Write why this batch does not go on, and when it is tried again. Leaves its state.

        An event is written when the error is another than before, not at each retry.
        """
        self.ensure_one()
        message, reason, action = in_words(self.env, error)
        now = fields.Datetime.now()
        text = f"{message} {reason}"
        is_new = (self.error_code, self.error_message) != (error.code, message) or (
            self.error_reason != reason and self._is_news(error.code, text)
        )
        vals = {
            "error_code": error.code,
            "error_message": message,
            "error_reason": reason,
            "error_action": action,
            "last_error_at": now,
            "next_retry_at": now,
        }
        if error.code not in UNCOUNTED:
            vals["retry_count"] = self.retry_count + 1
            interval = self.device_id._read_interval_minutes()
            minutes = back_off_minutes(vals["retry_count"], interval)
            # but the first retry is the next run
            if vals["retry_count"] >= max(self._asked_after(), 2):
                minutes = MAX_BACK_OFF_MINUTES
            vals["next_retry_at"] = now + timedelta(minutes=minutes)
        self.write(vals)
        if is_new:
            severity = "warning" if error.code in UNCOUNTED else "error"
            self._log_event(kind, text, severity=severity, payload=payload)
        is_for_people = vals.get("retry_count") == self._asked_after() or (
            self._is_tried_by_no_clock() and not self._is_asked_of_another()
        )
        if is_for_people and not self._is_asked():
            self._ask_responsible()

    def _is_news(self, code, text):
        """Whether another reason is, where the message says too little of what is wrong. R4 wants
        the raw bytes of each doubt; but each is told once, however its values move."""
        if code == "plc_data":
            return not self.event_ids._have_told(text)
        return code == "odoo_error"

    def _clear_error(self, codes=None):
        """Forget the error; with `codes`, only one of these."""
        wrong = self.filtered(
            lambda batch: batch.error_code and (not codes or batch.error_code in codes)
        )
        if wrong:
            wrong.write(
                {
                    "error_code": False,
                    "error_message": False,
                    "error_reason": False,
                    "error_action": False,
                    "retry_count": 0,
                    "next_retry_at": False,
                }
            )
            # sudo: what was asked of the device's responsible has an answer, whoever gave it
            wrong.sudo().activity_unlink(["mail.mail_activity_data_todo"])
        stale = self.filtered(lambda batch: batch.retry_count and not batch.error_code)
        if stale:
            stale.write({"retry_count": 0, "next_retry_at": False})

    def _is_retry_due(self, now=None):
        """Whether the clock may try this batch again."""
        self.ensure_one()
        return not self.next_retry_at or self.next_retry_at <= (now or fields.Datetime.now())

    def _asked_after(self):
        """After so many failures in a row a person is asked."""
        return max(self.device_id.retry_limit, 1)

    def _ask_about_failed(self):
        """Ask about what nobody was asked about yet, though it has failed often enough: its
        device has got another limit, or somebody who is responsible."""
        for batch in self:
            if (
                batch.error_code
                and (batch.retry_count >= batch._asked_after() or batch._is_tried_by_no_clock())
                and not batch._is_asked()
            ):
                batch._ask_responsible()

    def _is_tried_by_no_clock(self):
        """Lost, silent, or its order closed before the PLC took it: that never fails often enough
        to ask a person, and only a person helps it on."""
        self.ensure_one()
        is_over = self.state == "failed" and not self.status_manufacturing
        return bool(self.error_code) and (
            is_over or self.forgotten or self.error_code == "plc_silent"
        )

    def _is_asked_of_another(self):
        """A PLC that stands or was wiped is one question, however many orders it had."""
        others = self.device_id.batch_ids - self
        return any(other.error_code == self.error_code and other._is_asked() for other in others)

    def _is_asked(self):
        """What a person has planned for herself is no question."""
        return bool(self.activity_ids.filtered("automated"))

    def _ask_responsible(self):
        """After `retry_limit` failures a person is asked; retries go on hourly."""
        self.ensure_one()
        device = self.device_id
        summary = self.env._(
            "%(order)s on %(device)s needs you", order=self.mo_id, device=device.name
        )
        text = "\n".join((self.error_message, self.error_reason, self.error_action))
        self._give_to_do(self, summary, text)

    def _give_to_do(self, record, summary, text):
        """For the device's responsible user, on a record. Its mail goes to Odoo's queue: a mail
        server that hangs would cost the PLC, which is being spoken to, its turn."""
        user = self.device_id.responsible_id
        if user:
            record.with_context(mail_notify_force_send=False).activity_schedule(
                "mail.mail_activity_data_todo",
                user_id=user.id,
                summary=summary,
                note=plaintext2html(text),
            )
