"""What was tried, and what it showed."""

import contextlib
import random
import shlex
import signal
import time
import traceback
from collections import Counter
from pathlib import Path

from verdicts import HUNG, VERDICTS, Disagreement, Overdue

HERE = str(Path(__file__).parent)
PATIENCE = 180  # seconds after which a trial counts as hung


class Outcome:
    """Of one trial: true as long as it has not failed."""

    failed = False

    def __bool__(self):
        return not self.failed


class Tally:
    """Counts the trials and failures of one lane by kind; knows when a kind's time is up.

    A trial depends on the seed and its own name alone, so that it can be run again by itself.

    :param lane: the layout that this lane tries
    :param wanted: the name of the only trial to run
    """

    def __init__(self, seed, lane, wanted=None, most_failures=3):
        self.seed, self.lane = seed, lane
        self.tried = {}  # {kind: (how many, of what)}
        self.places = {}  # {kind: (tried once or more, how many there are)}, where they are counted
        self.verdicts = {}  # {kind: Counter}
        self.caught = []  # (kind, verdict, check, what) of each failure
        self.trials = self.failures = 0
        self._wanted, self._most_failures = wanted, most_failures
        self._found = False
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
        took = time.monotonic() - started
        print(f"{self.lane} {kind}: {number(count)} {unit} in {took:.0f} s", flush=True)

    def is_over(self):
        """Time is up, once something was tried in it; or there were failures enough."""
        failed = self.failures - self._failures_before
        is_late = time.monotonic() > self._ends_at and self.tried[self._kind][0]
        return is_late or self._found or failed >= self._most_failures

    def wants(self, what):
        """Whether to run a trial, which is called `what`."""
        return self._wanted in (None, what)

    def chance(self, what):
        """What chance decides in a trial, the same each time."""
        return random.Random(f"{self.seed}/{what}")

    def count(self, many=1):
        self.tried[self._kind][0] += many

    def count_place(self, was_met):
        """One of the places that `add_places` has told, for the first time."""
        self.places.setdefault(self._kind, [0, 0])[0] += was_met

    def add_places(self, many):
        self.places.setdefault(self._kind, [0, 0])[1] += many

    @contextlib.contextmanager
    def trial(self, what, patience=PATIENCE):
        """One trial; what fails in it is told, counted, and ends here. Yields what is false once
        the trial has failed."""
        outcome = Outcome()
        self.trials += 1
        try:
            with _hung_after(patience):
                yield outcome
        except Disagreement as error:
            text = _with_notes(str(error), error)
            self._fail(error.verdict, what, text, _check(error))
            outcome.failed = True
        except Overdue as error:
            self._fail(HUNG, what, _with_notes(str(error), error), "overdue")
            outcome.failed = True
        except Exception as error:  # noqa: BLE001  counted as a failure, with its traceback
            self._fail(HUNG, what, _with_notes(traceback.format_exc(), error), type(error).__name__)
            outcome.failed = True
        finally:
            self._found = self._wanted == what  # only now: a walk asks whether time is up

    def _fail(self, verdict, what, text, check):
        self.failures += 1
        self.verdicts[self._kind][verdict] += 1
        self.caught.append((self._kind, verdict, check, what))
        again = f"dev/chaos --seed {self.seed} --only {self._kind} --layout {self.lane}"
        print(
            f"FAILED {self._kind}, seed {self.seed}, {what}\n{check}: {text}\n"
            f"again: {again} --trial {shlex.quote(what)}\n"
            f"or, with all that went before: {again}",
            flush=True,
        )

    def figures(self):
        kinds = {
            kind: {
                "tried": {self.lane: count},
                "unit": unit,
                "places": {self.lane: self.places[kind]} if kind in self.places else {},
                **{v: self.verdicts[kind][v] for v in VERDICTS},
            }
            for kind, (count, unit) in self.tried.items()
        }
        return {
            "trials": self.trials,
            "failures": self.failures,
            "kinds": kinds,
            "caught": self.caught,
        }


@contextlib.contextmanager
def _hung_after(seconds):
    def give_up(*_args):
        raise Overdue(f"still at it after {seconds} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _with_notes(text, error):
    """The traceback has them already, but for that of Python 3.10."""
    notes = (note for note in getattr(error, "__notes__", ()) if note not in text)
    return "\n".join([text, *notes])


def _check(error):
    """The check that found a disagreement: file and function."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.startswith(HERE)]
    return f"{Path(frames[-1].filename).stem}.{frames[-1].name.strip('_')}"


def merged(several):
    """The figures of several lanes, or of several runs, as one."""
    total = {"trials": 0, "failures": 0, "kinds": {}, "caught": []}
    for figures in several:
        for name in ("trials", "failures", "caught"):
            total[name] += figures[name]
        for kind, row in figures["kinds"].items():
            into = total["kinds"].setdefault(
                kind,
                {"tried": {}, "unit": row["unit"], "places": {}, **dict.fromkeys(VERDICTS, 0)},
            )
            for lane, places in row.get("places", {}).items():
                into["places"][lane] = max(into["places"].get(lane, places), places)
            for lane, count in row["tried"].items():
                into["tried"][lane] = into["tried"].get(lane, 0) + count
            for verdict in VERDICTS:
                into[verdict] += row[verdict]
    return total


def untried(figures):
    """The kinds of which nothing was tried in a layout: their zeros would prove nothing."""
    return [
        f"{kind} in {lane}"
        for kind, row in figures["kinds"].items()
        for lane, count in row["tried"].items()
        if not count
    ]


def table(figures, enough):
    """The closing table: how often each kind was tried in each layout, how often is enough to be
    kept, and what it showed."""
    lanes = list(dict.fromkeys(lane for row in figures["kinds"].values() for lane in row["tried"]))
    titles = [*lanes, "enough", *VERDICTS]
    lines = [f"{'':30}" + "".join(f"{title:>9}" for title in titles)]
    for kind, row in figures["kinds"].items():
        cells = [number(row["tried"].get(lane, 0)) for lane in lanes]
        cells += [number(enough[kind]), *(str(row[verdict]) for verdict in VERDICTS)]
        lines.append(f"{kind:9} {row['unit']:20}" + "".join(f"{cell:>9}" for cell in cells))
    for kind, row in figures["kinds"].items():
        for lane, (tried, places) in row["places"].items():
            lines.append(f"{kind}: {tried} of the {places} places of {lane}")
    return "\n".join(lines)


def number(count):
    return str(count) if isinstance(count, int) else f"{count:.1f}"
