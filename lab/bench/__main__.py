"""Measure, and write `docs/benchmark`: `python -m lab.bench [--check] [--quick]`."""

import argparse
import asyncio
from pathlib import Path
import sys
import time

from lab.checkout import ROOT

from .check import check
from .contestants import RACERS
from .imports import footprints
from .machine import facts
from .page import page
from .plot import plot
from .race import Race, Scenario
from .reaction import reactions
from .stand import running_lab
from .summary import Rows, rows

COUNTS = (1, 10, 100, 200, 1000)
DELAYS_MS = (0, 50)
RUNS = 5
EVENTS = 20
EVENT_COUNTS = (1, 200)


def main() -> int:
    """Do what the command line asks for; return the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/benchmark", description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="only see whether the budgets are kept, in a minute"
    )
    parser.add_argument(
        "--quick", action="store_true", help="few records and runs, to see that it works"
    )
    parser.add_argument(
        "--slack",
        type=float,
        default=1.0,
        metavar="FACTOR",
        help="by how much a budget may be missed, on a machine that has other things to do",
    )
    parser.add_argument("--to", type=Path, default=ROOT / "docs" / "benchmark", metavar="FOLDER")
    options = parser.parse_args()
    if options.check:
        return _check(options.slack)
    started = time.monotonic()
    _write(options.to, *asyncio.run(_measure(is_quick=options.quick)))
    print(f"Written to {options.to} in {time.monotonic() - started:.0f} s")
    return 0


def _check(slack: float) -> int:
    """Tell how the budgets are kept; return the exit code."""
    budgets = asyncio.run(check())
    for budget in budgets:
        mark = "kept  " if budget.is_kept() else "BROKEN"
        print(f"{mark} {budget.found:6.2f}x of {budget.limit}x  {budget.promise}")
    return 0 if all(budget.is_kept(slack) for budget in budgets) else 1


async def _measure(*, is_quick: bool) -> tuple[str, Rows]:
    """Measure everything; return the page and what the plots show."""
    known = [*facts()]
    sizes = await asyncio.to_thread(footprints)
    counts = COUNTS[:2] if is_quick else COUNTS
    async with running_lab() as stand:
        times = 3 if is_quick else EVENTS
        reacted = await reactions(stand, counts[:1] if is_quick else EVENT_COUNTS, times)
        race = Race(stand, RACERS)
        await race.run(counts, DELAYS_MS, 2 if is_quick else RUNS)
    table = rows(race.samples)
    return page(known, table, reacted, sizes), table


def _write(folder: Path, text: str, table: Rows) -> None:
    """Write the page and its plots."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.md").write_text(text)
    for scenario in Scenario:
        plot(table, scenario, folder)


if __name__ == "__main__":
    sys.exit(main())
