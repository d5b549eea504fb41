"""What a cut into the code is, and the files that most are made in.

``what`` names the rule (R) or the trace that the cut belongs to; ``old`` stands in the file exactly
once.
"""

from typing import NamedTuple

READ, FETCH = "models/plc_device_read.py", "models/plc_device_fetch.py"
STAGE = "models/plc_device_stage.py"
SEND, TURN, TASK = (f"models/plc_device_{name}.py" for name in ("send", "turn", "task"))
LINK, ENDINGS = "models/plc_device_link.py", "models/plc_device_endings.py"
BATCH, SILENCE = "models/mo_batch_slot.py", "models/mo_batch_silence.py"
ORPHANS, RULES = "models/plc_device_orphans.py", "plc/rules.py"


class Cut(NamedTuple):
    what: str
    file: str
    old: str
    new: str
    test: str = ""  # an expression for pytest -k; none where only the campaign can notice
    kind: str = "meanwhile"  # of the campaign's trials that is likely to notice
    unseen: str = ""  # why no ledger can disagree with it


def misfits(cuts, folder):
    """What tells of the cuts that the code in a folder has moved on under."""
    return [
        f"{cut.what}: found {found} times in {cut.file}"
        for cut in cuts
        if (found := (folder / cut.file).read_text().count(cut.old)) != 1
    ]
