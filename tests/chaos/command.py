"""Command line of `scripts/chaos`: run, replay and shrink scenarios, and run the soak test."""

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

from .environment import run_scenario
from .generator import generate
from .scenario import Scenario, from_text, to_text
from .shrinker import shrink
from .soak import LONG, check_growth, soak

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
STEPS = 50
USUAL, NIGHTLY = 100, 2000
_LIMIT_S = 180.0
"""Real seconds after which a scenario is aborted with a traceback of what it waits for."""


def main() -> None:
    """Run what the arguments ask for; exit with 1 if a scenario fails."""
    options = _options()
    if options.soak:
        _soak()
        return
    logging.getLogger().setLevel(logging.DEBUG)
    logging.getLogger().addHandler(logging.NullHandler())
    scenarios = _scenarios(options)
    began = api.real_monotonic()
    failures: Counter[str] = Counter()
    writes = 0
    with freeze_time(START) as frozen:
        freezer = cast("FrozenDateTimeFactory", frozen)
        for number, (seed, scenario) in enumerate(scenarios.items(), 1):
            failure, written = _run(scenario, freezer)
            writes += written
            if failure:
                failures[_kind(failure)] += 1
                print(f"seed {seed} of {options.steps} steps: {failure}", flush=True)
                if options.shrink:
                    _print_shrunk(scenario, failure, freezer)
            if number % 25 == 0:
                took = api.real_monotonic() - began
                print(f"{number} scenarios in {took:.0f} s, {failures.total()} failed", flush=True)
    took = api.real_monotonic() - began
    count = len(scenarios)
    print(f"{count} scenarios of {options.steps} steps in {took:.0f} s, {writes} addresses written")
    if failures:
        for kind, times in failures.most_common():
            print(f"{times} times: {kind}")
        sys.exit(1)
    print("All scenarios passed")


def _scenarios(options: argparse.Namespace) -> dict[int, Scenario]:
    """Return the scenarios to run, by seed."""
    if options.replay:
        return {-1: from_text(options.replay.read_text("utf-8"))}
    count = NIGHTLY if options.nightly else options.scenarios
    seeds = range(options.first, options.first + count)
    if options.seed is not None:
        seeds = range(options.seed, options.seed + 1)
    return {seed: generate(seed, options.steps) for seed in seeds}


def _soak() -> None:
    """Run the long soak test."""
    began = api.real_monotonic()
    with freeze_time(START) as freezer:
        growth = asyncio.run(soak(LONG, cast("FrozenDateTimeFactory", freezer)))
    took = api.real_monotonic() - began
    print(f"{LONG} in {took:.0f} s; growth in bytes: {growth}")
    check_growth(LONG, growth)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/chaos", description=__doc__)
    parser.add_argument("--nightly", action="store_true", help=f"run {NIGHTLY} scenarios")
    parser.add_argument(
        "--scenarios", type=int, default=USUAL, help="number of scenarios (default: %(default)s)"
    )
    parser.add_argument("--first", type=int, default=0, help="the seed of the first scenario")
    parser.add_argument("--seed", type=int, help="run only the scenario of this seed")
    parser.add_argument(
        "--steps", type=int, default=STEPS, help="steps per scenario (default: %(default)s)"
    )
    parser.add_argument("--shrink", action="store_true", help="shrink scenarios that fail")
    parser.add_argument("--soak", action="store_true", help="run the soak test")
    parser.add_argument("--replay", type=Path, help="run the steps in a file")
    return parser.parse_args()


def _run(scenario: Scenario, freezer: FrozenDateTimeFactory) -> tuple[str, int]:
    """Return why a scenario fails, empty if it passes, and how many addresses were written."""
    freezer.move_to(START)
    faulthandler.dump_traceback_later(_LIMIT_S, exit=True)
    try:
        return "", asyncio.run(run_scenario(scenario, freezer))
    except Exception as err:  # noqa: BLE001 - any exception is a failure of the scenario
        return f"{type(err).__name__}: {err}", 0
    finally:
        faulthandler.cancel_dump_traceback_later()


def _kind(failure: str) -> str:
    """Return a failure without its numbers, addresses and step, to compare it with others."""
    return re.sub(r"[0-9a-f:.]*\d[0-9a-f:.]*|after \[.*?\]: ", "", failure)[:120]


def _print_shrunk(scenario: Scenario, failure: str, freezer: FrozenDateTimeFactory) -> None:
    """Print the shrunk scenario that fails in the same way."""
    kind = _kind(failure)

    def fails(shorter: Scenario) -> bool:
        return _kind(_run(shorter, freezer)[0]) == kind

    print(to_text(shrink(scenario, fails)), flush=True)
