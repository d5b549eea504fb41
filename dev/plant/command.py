"""The command line of ``dev/emulator``."""

import argparse
import ctypes
import json
import logging
import os
import signal
import sys
import threading
from pathlib import Path

from .layouts import LAYOUTS
from .plant import FAULTS, Plant, parse_fault

PR_SET_PDEATHSIG = 1
LOOK_AROUND = 0.1  # seconds between two looks at violations and signals
EXIT_VIOLATION = 3


def main(arguments: list[str] | None = None) -> int:
    """Run the plant until a signal, ``quit`` or a violation; return the exit status."""
    options = _parser().parse_args(arguments)
    if options.die_with_parent:
        _die_with_parent()
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s")
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    teller = Teller(options.ledger)
    plant = Plant(
        options.layout,
        options.port,
        speed=options.speed,
        seed=options.seed,
        faults=options.fault,
        host=options.host,
        on_event=teller.tell,
    )
    try:
        plant.start()
    except OSError as error:
        print(f"error: port {options.port}: {error.strerror}", file=sys.stderr)
        return 1
    _say(f"listening on port {plant.port}")
    if options.control:
        threading.Thread(target=_obey, args=(plant, ended), daemon=True).start()
    try:
        while not ended.wait(LOOK_AROUND):
            if plant.violations:
                return _complain(plant.violations)
    finally:
        plant.stop()
    return _complain(plant.violations) if plant.violations else 0


class Teller:
    """Prints a line for a person and writes one of JSON for a program, each at once."""

    def __init__(self, ledger: Path | None):
        self._ledger = ledger
        if ledger:
            ledger.write_text("")

    def tell(self, entry: dict) -> None:
        if self._ledger:
            with self._ledger.open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry) + "\n")
        line = _line(entry)
        if line:
            _say(line)


def _line(entry: dict) -> str:
    order = f"slot {entry['slot']}: {entry['mo_id']}"
    if entry["event"] == "taken":
        return (
            f"{order} taken, {len(entry['planned'])} silos, {entry['consumption']:.2f} kg planned"
        )
    if entry["event"] == "finished":
        dosed = sum(entry["quantities"].values())
        end = "FAILED" if entry["failed"] else "finished"
        weight = entry["weight"]
        return f"{order} {end}, {dosed:.2f} kg dosed" + (
            f", weight {weight:.2f} kg" if weight else ""
        )
    if entry["event"] == "acknowledged":
        return f"{order} acknowledged"
    return ""


def _say(line: str) -> None:
    print(line, flush=True)


def _complain(violations: list[str]) -> int:
    for violation in violations:
        print(f"VIOLATION: {violation}", file=sys.stderr, flush=True)
    return EXIT_VIOLATION


def _obey(plant: Plant, ended: threading.Event) -> None:
    """Do what the lines on stdin say; the end of stdin is ``quit``."""
    for line in sys.stdin:
        verb, _, kind = line.strip().partition(" ")
        if verb == "quit":
            break
        if verb not in ("fault", "clear") or kind not in FAULTS:
            print(f"not understood: {line.strip()!r}", file=sys.stderr, flush=True)
            continue
        (plant.fault if verb == "fault" else plant.clear)(kind)
        _say(f"{verb} {kind}")
    ended.set()


def _die_with_parent() -> None:
    """Let the kernel send SIGTERM when the parent ends, kill -9 included. Linux only."""
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent or parent == 1:
        sys.exit("the parent has ended already")


def _fault(text: str) -> str:
    try:
        parse_fault(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dev/emulator",
        description="A dosing plant with an S7 PLC: takes orders slot by slot and doses them.",
    )
    parser.add_argument("--port", type=int, default=0, help="0 (default): any that is free")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--layout", choices=LAYOUTS, default="native")
    parser.add_argument("--speed", type=float, default=50.0, metavar="KG_PER_S")
    parser.add_argument("--seed", type=int, default=1, help="decides the dosing errors")
    parser.add_argument(
        "--fault",
        type=_fault,
        action="append",
        default=[],
        metavar="KIND[@SECONDS]",
        help=f"{', '.join(FAULTS)}; may be given several times",
    )
    parser.add_argument(
        "--ledger", type=Path, metavar="FILE", help="write what happens as lines of JSON"
    )
    parser.add_argument(
        "--control", action="store_true", help="obey `fault KIND`, `clear KIND`, `quit` on stdin"
    )
    parser.add_argument("--die-with-parent", action="store_true")
    return parser
