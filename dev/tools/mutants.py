"""Cuts into the code, each of which one test must notice: a rule of the handshake taken out.

``what`` names the rule (R) or the trace that the cut belongs to; ``old`` stands in the file exactly
once.
"""

from typing import NamedTuple

READ, FETCH = "models/plc_device_read.py", "models/plc_device_fetch.py"
STAGE = "models/plc_device_stage.py"
SEND, TURN = "models/plc_device_send.py", "models/plc_device_turn.py"
LINK, ENDINGS = "models/plc_device_link.py", "models/plc_device_endings.py"
BATCH, RULES = "models/mo_batch_slot.py", "plc/rules.py"


class Cut(NamedTuple):
    what: str
    file: str
    old: str
    new: str
    test: str = ""  # an expression for pytest -k; none where only the campaign can notice
    kind: str = "meanwhile"  # of the campaign's trials that is likely to notice
    unseen: str = ""  # why no ledger can disagree with it


CUTS = [
    Cut("R1 free", STAGE, " and rules.is_free(image)]", "]", "slot_that_somebody_else_fills"),
    Cut(
        "R2a blank first, trace 1",
        SEND,
        "                slots.blank(number)\n            for batch in staged:  # (b)",
        "                continue\n            for batch in staged:  # (b)",
        "trace_01",
    ),
    Cut(
        "R2b READ flag before the body",
        SEND,
        "                    slots.raise_read_flag(batch.batch_no)\n            ready",
        "                    continue\n            ready",
        "trace_05",
    ),
    Cut(
        "R2c read back",
        SEND,
        "slots.check_body(batch.batch_no, found[batch.batch_no], batch._to_record())",
        "pass",
        "body_that_reads_back_different",
    ),
    Cut(
        "R2e commit before the number",
        SEND,
        "self._commit(durable=True)  # (e)\n",
        "\n",
        "trace_14",
    ),
    Cut(
        "R2f READ flag not after the number, trace 5",
        SEND,
        "            slots.write_number(batch.batch_no)\n",
        "            slots.write_number(batch.batch_no)\n"
        "            slots.raise_read_flag(batch.batch_no)\n",
        "trace_05",
    ),
    Cut(
        "R2 number put back, trace 14",
        READ,
        "                slots.write_number(batch.batch_no)\n",
        "                continue\n",
        "trace_14",
    ),
    Cut(
        "R2 staged is never guessed, trace 2",
        READ,
        'lambda b: b.holds_slot and b.state != "staged")',
        "lambda b: b.holds_slot)",
        "trace_02",
    ),
    Cut(
        "R3 look whether it was taken, trace 6",
        SEND,
        "        if slots.read_write_records([speaker])[speaker].status_read_data:",
        "        if not slots.read_write_records([speaker]):",
        "trace_06",
    ),
    Cut(
        "R4 READ record found, trace 3",
        RULES,
        "    if read.status_read_data and read.mapped() == expected.read_found:",
        "    if read.mapped() is None:",
        "trace_03_reset",
    ),
    Cut(
        "R4 identity",
        RULES,
        "_doubt_identity(read, expected) or _doubt_values(read, expected)",
        "_doubt_values(read, expected)",
        "record_that_is_not_believed",
    ),
    Cut(
        "R4 plausible values",
        RULES,
        "_doubt_identity(read, expected) or _doubt_values(read, expected)",
        "_doubt_identity(read, expected)",
        "record_that_is_not_believed",
    ),
    Cut(
        "R4 falling values",
        RULES,
        "    if fallen and not set(fallen) <= set(expected.pending):",
        "    if fallen and expected.pending is None:",
        "value_that_falls_while_running",
    ),
    Cut(
        "R5 second look",
        BATCH,
        "            return rules.agree(image, again) and self._store_values(",
        "            return self._store_values(",
        "finished_record_that_changes_between_two_looks",
    ),
    Cut(
        "R5 flags included, trace 13",
        RULES,
        "one.mapped() == two.mapped() and one.status_read_data == two.status_read_data",
        "one.mapped() == two.mapped()",
        "trace_13",
    ),
    Cut(
        "R6 WRITE record blank, trace 12",
        SEND,
        "        if rules.names(image.write, name):\n            slots.blank(number)\n",
        "",
        "trace_12_restart_that_lowers_write_flags",
        "crash",
    ),
    Cut(
        "R6 READ flag raised",
        SEND,
        "            slots.raise_read_flag(number)\n",
        "            return\n",
        "normal_flow",
        "crash",
    ),
    Cut(
        "R6 open histories are told",
        READ,
        "                self._acknowledge_histories(slots, images, histories)\n",
        "",
        "trace_12_restart_that_lowers_write_flags",
    ),
    Cut(
        "R6 orphans",
        READ,
        "                self._acknowledge_orphans(slots, images, in_use)\n",
        "",
        "finished_record_that_nobody_waits_for",
    ),
    Cut(
        "R6 no orphan of our own, trace 12",
        READ,
        "            if number in in_use:\n",
        "            if not in_use:\n",
        "trace_12_restart_that_lowers_read_flags",
    ),
    Cut(
        "R6 the slot of a batch not told yet, trace 4",
        READ,
        'sent.mapped("batch_no") + self._open_histories()',
        "self._open_histories()",
        "trace_04_late",
    ),
    Cut(
        "R6 the slot of an open history, trace 4",
        READ,
        'sent.mapped("batch_no") + self._open_histories().mapped("batch_no")',
        'sent.mapped("batch_no")',
        "trace_04_slot",
    ),
    Cut(
        "R7 forgotten, trace 9",
        RULES,
        "        return Verdict(Meaning.FORGOTTEN)",
        "        return Verdict(Meaning.QUIET)",
        "trace_09",
    ),
    Cut(
        "R8 device's lock, trace 7",
        TURN,
        "            if busy:\n",
        "            if not self:\n",
        "trace_07_button",
    ),
    Cut(
        "R8 what the PLC doses keeps its slot, trace 3",
        ENDINGS,
        "            if stopped_at_plc:\n",
        "            if at_plc:\n",
        "trace_03_ended",
    ),
    Cut(
        "R8 the PLC is asked first",
        ENDINGS,
        "        if not at_plc:\n            return at_plc\n",
        "        if not stopped_at_plc or at_plc:\n            return at_plc.browse()\n",
        "plc_that_cannot_be_asked",
    ),
    Cut(
        "R9 parked are read, trace 8",
        READ,
        'lambda b: b.holds_slot and b.state != "staged")',
        'lambda b: b.holds_slot and b.state not in ("staged", "parked"))',
        "trace_08",
    ),
    Cut(
        "R9 parked do not keep the queue",
        FETCH,
        '            batch.state != "parked" for batch in self.batch_ids\n',
        "            batch.state for batch in self.batch_ids\n",
        "trace_08",
    ),
    Cut(
        "R10 again, trace 10",
        FETCH,
        '                    & Domain("plc_dispatch", "=", "again")\n',
        '                    & Domain("plc_dispatch", "=", "never")\n',
        "trace_10",
    ),
    Cut(
        "R10 order still open, trace 7",
        SEND,
        "            if batch._fail_if_order_closed() or batch.production_id",
        "            if batch.production_id",
        "trace_07_order_cancelled_between",
    ),
    Cut(
        "R10 the order as it is now, trace 7",
        SEND,
        "        self._commit()  # the orders as they are now, and not as they were when staged\n",
        "",
        "trace_07_order_cancelled_between",
    ),
    Cut(
        "R10 a cancel that comes late, trace 7",
        SEND,
        "        locked._plc_touch()\n",
        "",
        "trace_07_order_cancelled_across",
    ),
    Cut(
        "R10 names of open histories, trace 3",
        FETCH,
        ' + self._open_histories().mapped("mo_id")',
        "",
        "trace_03_ended",
    ),
    Cut(
        "R11 silent",
        BATCH,
        "        if self.error_code or not minutes or self._last_moved_at() > limit:",
        "        if minutes:",
        "silent_order",
    ),
    Cut(
        "R12 silence after an unknown outcome, trace 15",
        LINK,
        "            self._keep_quiet()\n",
        "            pass\n",
        "trace_15",
    ),
    Cut(
        "R13 all slots blanked first, trace 11",
        SEND,
        'images if self._is_area() else staged.mapped("batch_no")',
        'staged.mapped("batch_no")',
        "trace_11",
    ),
    Cut(
        "R13 an area that is being dosed is not blanked",
        SEND,
        "        if not staged:\n",
        "        if staged is None:\n",
        "area_is_filled_only_when_every_slot_is_free",
    ),
    Cut("R13 slot 1 last", SEND, "reverse=self._is_area()", "reverse=False", "trace_11"),
    Cut(
        "R13 every slot free",
        STAGE,
        "        if self._is_area() and len(free) < len(images):",
        "        if self._is_area() and not free:",
        "area_is_filled_only_when_every_slot_is_free",
    ),
    Cut(
        "R13 the others of a withdrawn area",
        SEND,
        "            self._recall_area(batch)\n",
        "            pass\n",
        "withdrawing_one_order_of_an_area",
    ),
    Cut(
        "R14 nothing polled when nothing is open",
        READ,
        "        if batches or histories:\n",
        "        if self:\n",
        "no_traffic",
    ),
]
