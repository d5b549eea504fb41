from contextlib import contextmanager
from typing import NamedTuple
from weakref import WeakKeyDictionary

from odoo import models, modules
from odoo.exceptions import UserError
from odoo.sql_db import BaseCursor
from odoo.tools import SQL

LOCK_SPACE = 0x504C43  # first key of our advisory locks ("PLC"); the second is the device's id
# The lock's connection idles while the work goes on: a server that ends what idles must spare it.
# What it notes at the end stands beside what others have changed since, and never fails for it.
LOCK_SETTINGS = """SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
SET LOCAL idle_in_transaction_session_timeout = 0;"""
DURABLE = """
SELECT set_config('synchronous_commit', 'on', true)
 WHERE current_setting('synchronous_commit') = 'off'"""


class Turn(NamedTuple):
    """What a turn has beside its work cursor."""

    lock_cr: BaseCursor  # holds the locks
    contacts: dict  # {id of a device that answered as before: ms a request}, noted at the end


_turns = WeakKeyDictionary()  # {work cursor: its turns, the latest last}


class PlcDevice(models.Model):
    """A device's turn: who may speak to it and change its batches, one at a time."""

    _inherit = "plc.device"

    @contextmanager
    def _device_turn(self):
        """Hold the devices for this transaction; yields those that nobody else holds.

        The locks live on a cursor of their own, so the work may commit as often as it needs.
        Odoo's cursors are REPEATABLE READ: what was read before the lock was granted may be
        older than what its last holder committed, so the work cursor starts afresh after it.
        Leaving without an exception commits, before the locks are let go.
        """
        with self.env.registry.cursor() as lock_cr:
            lock_cr.execute(
                SQL(
                    """%s SELECT id FROM unnest(%s::int[]) AS id
                           WHERE pg_try_advisory_xact_lock(%s, id)""",
                    SQL() if modules.module.current_test else SQL(LOCK_SETTINGS),
                    sorted(self.ids),
                    LOCK_SPACE,
                )
            )
            granted = {device_id for (device_id,) in lock_cr.fetchall()}
            self._begin_afresh()
            turn = Turn(lock_cr, {})
            turns = _turns.setdefault(self.env.cr, [])
            turns.append(turn)
            try:
                yield self.filtered(lambda device: device.id in granted)
                told = self._write_contacts(turn)
                self._commit(asked=turn if told else None)
            finally:
                turns.remove(turn)

    def _turn(self):
        """The latest turn of this transaction, or None outside of one."""
        return next(reversed(_turns.get(self.env.cr, ())), None)

    @contextmanager
    def _button_turn(self):
        """A person's turn: all of the devices, or nothing is changed and it is said."""
        with self._device_turn() as locked:
            busy = self - locked
            if busy:
                raise UserError(
                    self.env._(
                        "A scheduled action is just working on %s. Nothing was changed;"
                        " try again in a moment.",
                        ", ".join(busy.mapped("name")),
                    )
                )
            yield

    def _button_each(self, step):
        """A person's turn at what may need the PLCs: the devices, one after the other. What a PLC
        was told is not undone, so what was done of one stays when the next one refuses.

        :param step: takes a device; its work is committed before the next one's begins
        :raises UserError: as `_button_turn` and `step`, and says where it was done before
        """
        with self._button_turn():
            done = self.browse()
            for device in self:
                if done:
                    self._commit()
                try:
                    step(device)
                except UserError as error:
                    if not done:
                        raise
                    raise UserError(
                        self.env._(
                            "%(problem)s\nBefore that it was done on %(devices)s, and stays so.",
                            problem=error.args[0],
                            devices=", ".join(done.mapped("name")),
                        )
                    ) from error
                done |= device

    def _check_lock(self, asked=None):
        """A turn whose lock went with its connection neither writes to a PLC nor commits any more:
        another one may have the device by now.

        :param asked: Turn whose connection has just answered
        :raises OperationalError: the connection with the lock is gone
        """
        for turn in _turns.get(self.env.cr, ()):
            if turn is not asked:
                turn.lock_cr.execute("SELECT 1")

    def _begin_afresh(self):
        """Forget the snapshot and the cache. Inside a test the transaction is the test's."""
        if modules.module.current_test:
            self.env.flush_all()
        else:
            self.env.cr.rollback()
        self.env.invalidate_all(flush=False)

    def _commit(self, durable=False, asked=None):
        """End a step of a turn. Inside a test the transaction is the test's.

        :param durable: the PLC is told next. It never forgets that, so neither must a server that
            dies now, though it may be set up to lose its latest commits for speed
        :param asked: as `_check_lock`
        """
        if modules.module.current_test:
            self.env.flush_all()
        else:
            self._check_lock(asked)
            if durable:
                self.env.cr.execute(DURABLE)
            self.env.cr.commit()

    def _rollback(self):
        """Undo an unfinished step of a turn. Inside a test its own savepoints must do."""
        if not modules.module.current_test:
            self.env.cr.rollback()
        self.env.invalidate_all(flush=False)
