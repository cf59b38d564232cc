"""What `scripts/chaos` does: play programs, and say how one that fails is found again."""

import argparse
import asyncio
from collections import Counter
from datetime import UTC, datetime
import faulthandler
import logging
from pathlib import Path
import re
import sys
from typing import cast

from freezegun import api, freeze_time
from freezegun.api import FrozenDateTimeFactory

from .program import program, shortest
from .soak import LONG, check, soak
from .stage import play
from .words import Program, read, shown

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
STEPS = 50
USUAL, NIGHTLY = 100, 2000
_LIMIT_S = 180.0
"""Real seconds after which a program is said to hang, with what it waits for."""


def main() -> None:
    """Play what was asked for; end with 1 if a promise was broken."""
    options = _options()
    if options.soak:
        _soak()
        return
    logging.getLogger().setLevel(logging.DEBUG)
    logging.getLogger().addHandler(logging.NullHandler())
    if options.replay:
        programs = {-1: read(options.replay.read_text("utf-8"))}
    else:
        seeds = (
            [options.seed]
            if options.seed is not None
            else range(
                options.first, options.first + (NIGHTLY if options.nightly else options.programs)
            )
        )
        programs = {seed: program(seed, options.steps) for seed in seeds}
    begin = api.real_monotonic()
    failures: Counter[str] = Counter()
    writes = 0
    with freeze_time(NOON) as frozen:
        freezer = cast("FrozenDateTimeFactory", frozen)
        for number, (seed, steps) in enumerate(programs.items(), 1):
            failure, written = _outcome(steps, freezer)
            writes += written
            if failure:
                failures[_kind(failure)] += 1
                print(f"seed {seed} of {options.steps} steps: {failure}", flush=True)
                if options.shrink:
                    _print_shortest(steps, failure, freezer)
            if number % 25 == 0:
                took = api.real_monotonic() - begin
                print(f"{number} programs in {took:.0f} s, {failures.total()} failed", flush=True)
    took = api.real_monotonic() - begin
    count = len(programs)
    print(f"{count} programs of {options.steps} steps in {took:.0f} s, {writes} records written")
    if failures:
        for kind, times in failures.most_common():
            print(f"{times} times: {kind}")
        sys.exit(1)
    print("Every promise was kept")


def _soak() -> None:
    """Watch a large house for a day."""
    begin = api.real_monotonic()
    with freeze_time(NOON) as freezer:
        grown = asyncio.run(soak(LONG, cast("FrozenDateTimeFactory", freezer)))
    took = api.real_monotonic() - begin
    print(f"{LONG} in {took:.0f} s; bytes more than before: {grown}")
    check(grown)


def _options() -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(prog="scripts/chaos", description=__doc__)
    parser.add_argument("--nightly", action="store_true", help=f"play {NIGHTLY} programs")
    parser.add_argument(
        "--programs", type=int, default=USUAL, help=f"how many, {USUAL} if not said"
    )
    parser.add_argument("--first", type=int, default=0, help="the seed of the first program")
    parser.add_argument("--seed", type=int, help="play the program of this seed alone")
    parser.add_argument("--steps", type=int, default=STEPS, help=f"of each, {STEPS} if not said")
    parser.add_argument("--shrink", action="store_true", help="look for the shortest that fails")
    parser.add_argument("--soak", action="store_true", help="watch a large house for a day")
    parser.add_argument("--replay", type=Path, help="play the steps in a file")
    return parser.parse_args()


def _outcome(steps: Program, freezer: FrozenDateTimeFactory) -> tuple[str, int]:
    """Return why a program fails, empty if it does not, and how many records were written."""
    freezer.move_to(NOON)
    faulthandler.dump_traceback_later(_LIMIT_S, exit=True)
    try:
        played = asyncio.run(play(steps, freezer))
    except Exception as err:  # noqa: BLE001 - whatever goes wrong is what is looked for
        return f"{type(err).__name__}: {err}", 0
    finally:
        faulthandler.cancel_dump_traceback_later()
    return "", played.writes


def _kind(failure: str) -> str:
    """Return what kind of failure it is, without the details of this one."""
    return re.sub(r"[0-9a-f:.]*\d[0-9a-f:.]*|after \[.*?\]: ", "", failure)[:120]


def _print_shortest(steps: Program, failure: str, freezer: FrozenDateTimeFactory) -> None:
    """Print the shortest program that fails alike."""
    kind = _kind(failure)

    def fails(shorter: Program) -> bool:
        return _kind(_outcome(shorter, freezer)[0]) == kind

    print(shown(shortest(steps, fails)), flush=True)
