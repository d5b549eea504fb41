"""What was tried, and what it showed."""

import contextlib
import time
import traceback
from collections import Counter

from ledger import HUNG, VERDICTS, Disagreement


class Outcome:
    """Of one trial: true as long as it has not failed."""

    failed = False

    def __bool__(self):
        return not self.failed


class Tally:
    """Counts trials and failures by kind; knows when a kind's time is up."""

    def __init__(self, seed, most_failures=3):
        self.seed = seed
        self.tried = {}  # {kind: (how many, of what)}
        self.verdicts = {}  # {kind: Counter}
        self.trials = self.failures = 0
        self._most_failures = most_failures
        self._ends_at = 0.0

    @contextlib.contextmanager
    def kind(self, kind, unit, seconds):
        """Give a kind of trial its time."""
        self._kind = kind
        self.tried[kind], self.verdicts[kind] = [0, unit], Counter()
        self._ends_at = time.monotonic() + seconds
        self._failures_before = self.failures
        started = time.monotonic()
        yield
        count, unit = self.tried[kind]
        print(f"{kind}: {count} {unit} in {time.monotonic() - started:.0f} s", flush=True)

    def is_over(self):
        failed = self.failures - self._failures_before
        return time.monotonic() > self._ends_at or failed >= self._most_failures

    def count(self, number=1):
        self.tried[self._kind][0] += number

    @contextlib.contextmanager
    def trial(self, what):
        """One trial; what fails in it is told, counted, and ends here. Yields what is false once
        the trial has failed."""
        outcome = Outcome()
        self.trials += 1
        try:
            yield outcome
        except Disagreement as error:
            self.fail(error.verdict, what, str(error))
            outcome.failed = True
        except Exception:  # noqa: BLE001  counted as a failure, with its traceback
            self.fail(HUNG, what, traceback.format_exc())
            outcome.failed = True

    def fail(self, verdict, what, text):
        self.failures += 1
        self.verdicts[self._kind][verdict] += 1
        print(f"FAILED {what}\n{text}", flush=True)
        print(f"again: dev/chaos --seed {self.seed} --only {self._kind}", flush=True)

    def figures(self):
        kinds = {
            kind: {"tried": count, "unit": unit, **{v: self.verdicts[kind][v] for v in VERDICTS}}
            for kind, (count, unit) in self.tried.items()
        }
        totals = {"seed": self.seed, "trials": self.trials, "failures": self.failures}
        return {**totals, "kinds": kinds}

    def table(self):
        head = f"{'':34}" + "".join(f"{verdict:>9}" for verdict in VERDICTS)
        lines = [head]
        for kind, (count, unit) in self.tried.items():
            numbers = "".join(f"{self.verdicts[kind][verdict]:>9}" for verdict in VERDICTS)
            lines.append(f"{kind:9} {count:>7} {unit:16}{numbers}")
        return "\n".join(lines)
