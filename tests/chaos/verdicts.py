"""What may be wrong in the end, and who says so."""

STRANGER = "MO/STRANGER"  # the orders of another system that uses the same PLC
LOST, DOUBLED, HALF, HUNG = VERDICTS = ("lost", "doubled", "half", "hung")


class Overdue(BaseException):
    """A trial took too long: nothing on the way may take this for an error of its own."""


class Disagreement(AssertionError):
    """Two ledgers tell different stories. `verdict` is one of VERDICTS."""

    def __init__(self, verdict, text):
        super().__init__(f"{verdict}: {text}")
        self.verdict = verdict
