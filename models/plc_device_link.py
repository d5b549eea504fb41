import logging
import time
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone

from odoo import fields, models, modules
from odoo.exceptions import UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL, config, format_datetime, str2bool

from ..plc import PlcError, PlcTimeout, PlcUnreachable, Session, Slots, read_timed, rules
from .mo_batch_error import back_off_minutes, in_words, interval_minutes

_logger = logging.getLogger(__name__)

TURN_SECONDS = 40  # on the wire a device and task, at most
LIMITS = ("limit_time_real", "limit_time_real_cron")  # seconds after which Odoo ends a worker
DEFAULT_QUIET_SECONDS = 60
MOST_QUIET_SECONDS = 86_400
COMES_LAST = timedelta(hours=1)


def _now():
    """UTC, as Odoo keeps it, but with the fraction of the second that its own `now` cuts off: no
    silence is shorter than it was set."""
    return datetime.now(timezone.utc).replace(tzinfo=None)


class PlcDevice(models.Model):
    """The one door to a PLC, and what is remembered of having gone through it."""

    _inherit = "plc.device"

    def _plc_refusal(self):
        """Why nobody may speak to the PLC now, in words, or False."""
        self.ensure_one()
        get_param = self.env["ir.config_parameter"].sudo().get_param
        if str2bool(get_param("database.is_neutralized") or "", False):
            return self.env._(
                "This database is a neutralized copy: it never speaks to the plant's PLC %s.",
                self.name,
            )
        if not self.active:
            return self.env._("%s is archived. Unarchive it to let it work.", self.name)
        if self.paused:
            return self.env._("%s is paused. Take the pause off to let it work.", self.name)
        if not self.sudo().host:
            return self.env._("%s has no host yet. Set it on the device's form.", self.name)
        if self.quiet_until and self.quiet_until > _now():
            return self.env._(
                "A write to %(device)s was cut off and may still arrive: nobody speaks to it"
                " before %(time)s.",
                device=self.name,
                time=format_datetime(self.env, self.quiet_until + timedelta(seconds=1)),
            )
        return False

    def _waits_since(self):
        """Since when the device waits for its turn. Who waits longest comes first, so that runs
        which Odoo's clock cuts short reach all devices, one after the other. One that failed, and
        may be waited for in vain, comes after those that answer, but not for ever.
        """
        self.ensure_one()
        since = self.last_seen or datetime.min
        if self.failure_count:
            since = (self.next_try_at or since) + COMES_LAST
        return since

    def _check_may_speak(self):
        """:raises UserError: archived, paused, neutralized, without a host, or in its minute of
        silence"""
        refusal = self._plc_refusal()
        if refusal:
            raise UserError(refusal)

    def _prepare_session(self):
        """The session with the PLC, not open yet.

        :raises UserError: as `_check_may_speak`
        """
        self.ensure_one()
        self._check_may_speak()
        where = self.sudo()  # the address is for managers only; this is the one place that reads it
        return Session(
            where.host,
            port=where.port,
            rack=where.rack,
            slot=where.slot,
            connection_type=where.connection_type,
            timeout=where.connection_timeout,
            deadline=self._turn_deadline(),
            name=where.name,
            before_write=self._check_lock,
        )

    def _turn_deadline(self):
        """When a conversation must be over: a third of the time that Odoo gives a worker, so that
        a slow PLC costs itself its turn, and never the scheduled action its process."""
        limits = [config[name] / 3 for name in LIMITS if (config[name] or 0) > 0]
        return time.monotonic() + min([TURN_SECONDS, *limits])

    @contextmanager
    def _plc_session(self):
        """Connect, and close in every case. Yields (session, slots).

        :raises UserError: as `_check_may_speak`
        :raises PlcError: by cause; the texts carry the device's name, never its address
        """
        with self._prepare_session() as session:
            yield session, Slots(session, self.layout_id._to_plc())

    def _read_all(self, session, slots):
        """R4: ({slot: SlotImage} of both areas, mean ms a request)."""
        images, latency_ms = read_timed(session, slots)
        return self._by_slot(images), latency_ms

    def _by_slot(self, images):
        """{slot: SlotImage}, in ascending order; an area as its slot 1 says (R13)."""
        if self._is_area():
            images = rules.as_area(images)
        return {image.number: image for image in images}

    def _is_area(self):
        return self.layout_id._to_plc().write_handshake == "area"

    @contextmanager
    def _plc_errors_to_user(self):
        """For buttons, which nothing presses again: a wire error is remembered, then told to the
        person in words."""
        try:
            yield
        except PlcError as error:
            self._rollback()
            self._in_its_company()._note_failure(error)
            message, reason, action = in_words(self.env, error)
            if isinstance(error, PlcTimeout | PlcUnreachable):
                action = self.env._(
                    "A button is not pressed again by itself, and the PLC may go on with what it"
                    " has. Check power, network, and the device's address; then press it again."
                )
            raise UserError(f"{message}\n{reason}\n{action}") from error

    # ------------------------------------------------------------------
    # What is remembered: written last, in a commit of its own
    # ------------------------------------------------------------------

    def _note_contact(self, latency_ms):
        """The PLC answered. Where it did so before, that is kept for the end of the turn."""
        self.ensure_one()
        turn = self._turn()
        if turn and self.state == "online":
            turn.contacts[self.id] = latency_ms
            return
        recovered = self.state == "offline"
        self._write_runtime(
            {
                "state": "online",
                "last_seen": fields.Datetime.now(),
                "last_error": False,
                "last_latency_ms": latency_ms,
                "failure_count": 0,
                "next_try_at": False,
            },
            event=recovered and (self.env._("%s answers again.", self.name), "info"),
        )
        if recovered:
            _logger.info("PLC %s answers again", self.name)

    def _note_failure(self, error):
        """The PLC did not do what was asked: back off, and say it once an outage."""
        self.ensure_one()
        first = self.state != "offline"
        message, reason, _action = in_words(self.env, error)
        failures = self.failure_count + 1
        wait = timedelta(minutes=back_off_minutes(failures, self._read_interval_minutes()))
        if error.outcome_unknown:
            self._keep_quiet()
        self._write_runtime(
            {
                "state": "offline",
                "last_error": f"{message} {reason}",
                "failure_count": failures,
                "next_try_at": fields.Datetime.now() + wait,
            },
            event=first and (f"{message} {reason}", "error"),
        )
        if first:
            _logger.warning("PLC %s: %s %s", self.name, message, reason)

    def _keep_quiet(self):
        """R12: a write whose outcome is unknown may still land; nobody speaks until it has.

        Not by a try-lock like the rest: this one must be written.
        """
        get_param = self.env["ir.config_parameter"].sudo().get_param
        try:
            seconds = float(get_param("mrp_plc_batch.quiet_seconds", DEFAULT_QUIET_SECONDS))
        except ValueError:  # typed by a person
            seconds = DEFAULT_QUIET_SECONDS
        if not 0 <= seconds <= MOST_QUIET_SECONDS:
            seconds = DEFAULT_QUIET_SECONDS
        until = _now() + timedelta(seconds=seconds)
        for _attempt in range(3):
            try:
                self.quiet_until = until
                self._commit()
                return
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                self._rollback()  # a manager has just saved the device: once more, afresh
        _logger.error("PLC %s: its minute of silence could not be written", self.name)

    def _write_contacts(self, turn):
        """Note in one statement which devices answered as before, as `_write_runtime` would.

        The connection that holds the locks is told: it answers only while they are held, so that
        it need not be asked for them, and lets go of them as this is committed.

        :return: whether there was anything to note
        """
        if not turn.contacts:
            return False
        cr = turn.lock_cr
        if modules.module.current_test:
            cr = self.env.cr
        else:
            self.env.cr.flush()  # later it would wait for rows that the other connection has
        latency = self._fields["last_latency_ms"]
        cr.execute(
            SQL(
                """WITH contact AS (
                       SELECT * FROM unnest(%s, %s::numeric[]) AS contact (id, ms)
                   ), free AS (
                       SELECT id, ms FROM plc_device JOIN contact USING (id)
                          FOR NO KEY UPDATE OF plc_device SKIP LOCKED
                   )
                   UPDATE plc_device SET last_seen = %s, last_latency_ms = free.ms
                     FROM free WHERE plc_device.id = free.id""",
                list(turn.contacts),
                [latency.convert_to_column(ms, self) for ms in turn.contacts.values()],
                fields.Datetime.now(),
            )
        )
        contacted = self.browse(turn.contacts)
        contacted.invalidate_recordset(["last_seen", "last_latency_ms"], flush=False)
        return True

    def _write_runtime(self, vals, event=None):
        """Never in the way of a manager who saves the device: who holds the row keeps it.

        One statement, in every cycle of every device, and not through `write`: what a task notes
        is no change of the device, so it leaves `write_date` alone.
        """
        values = [
            SQL("%s = %s", SQL.identifier(name), self._fields[name].convert_to_column(value, self))
            for name, value in vals.items()
        ]
        try:
            self.env.cr.execute(
                SQL(
                    """UPDATE plc_device SET %s WHERE id IN (
                       SELECT id FROM plc_device WHERE id = %s FOR NO KEY UPDATE SKIP LOCKED)""",
                    SQL(", ").join(values),
                    self.id,
                )
            )
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            self._rollback()  # just saved by somebody; theirs stands
        is_news = vals["state"] != self.state
        self.invalidate_recordset(list(vals), flush=False)
        if is_news:
            self._notify_changed()
        if event:
            message, severity = event
            self._log_event("connection", message, severity=severity)
        self._commit()

    def _read_interval_minutes(self):
        """Minutes between two reads, as set in Settings > Scheduled Actions: the shortest where
        several actions read; 5 where none does."""
        crons = self._task_crons()["read_plc"]
        return min(map(interval_minutes, crons.filtered("active") or crons), default=5)

    def _log_event(self, kind, message, severity="info", batch=None, mo_id=None, payload=None):
        """Write into the device's trail; with a batch, into the batch's."""
        vals = self._prepare_event_vals(kind, message, severity, batch, mo_id, payload)
        return self.env["plc.event"].sudo().create(vals)

    def _prepare_event_vals(
        self, kind, message, severity="info", batch=None, mo_id=None, payload=None
    ):
        return {
            "device_id": self.id,
            "device_name": self.name,
            "company_id": self.company_id.id,
            "batch_id": batch.id if batch else False,
            "mo_id": batch.mo_id if batch else mo_id,
            "kind": kind,
            "severity": severity,
            "message": message,
            "payload": payload,
        }
