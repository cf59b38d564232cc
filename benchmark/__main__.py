"""Run the benchmark and write `docs/benchmark`: `python -m benchmark [--check] [--quick]`."""

import argparse
import asyncio
from pathlib import Path
import sys
import time

from devtools.checkout import ROOT

from .contestants import COMPARED
from .import_times import measure_imports
from .machine import facts
from .plots import write_plot, write_watching_plot
from .quiet_day import measure_quiet_days
from .reaction_times import measure_reactions
from .report import report
from .scenario_runner import Scenario, ScenarioRunner
from .simulator_process import running_simulator
from .summary import Rows, rows
from .time_budgets import measure_budgets
from .watch_times import WatchTimes, measure_watching

COUNTS = (1, 10, 100, 200, 1000)
DELAYS_MS = (0, 50)
RUNS = 5
REACTIONS = 20
WATCH_RUNS = 5
"""Each with eight homes, so forty times."""
REACTION_COUNTS = (1, 200)


def main() -> int:
    """Run what the command line selects; return the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/benchmark", description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="only check the budgets, which takes a minute"
    )
    parser.add_argument(
        "--quick", action="store_true", help="few records and runs, to test the benchmark itself"
    )
    parser.add_argument(
        "--slack",
        type=float,
        default=1.0,
        metavar="FACTOR",
        help="factor by which a budget may be exceeded, for a machine under other load",
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
    """Print the budgets; return the exit code."""
    budgets = asyncio.run(measure_budgets())
    for budget in budgets:
        mark = "met     " if budget.is_met() else "EXCEEDED"
        print(f"{mark} {budget.measured:6.2f}x of {budget.limit}x  {budget.description}")
    return 0 if all(budget.is_met(slack) for budget in budgets) else 1


async def _measure(*, is_quick: bool) -> tuple[str, Rows, list[WatchTimes]]:
    """Measure everything; return the report, and what the plots show."""
    machine_facts = [*facts()]
    import_times = await asyncio.to_thread(measure_imports)
    counts = COUNTS[:2] if is_quick else COUNTS
    async with running_simulator() as simulator:
        reactions = await measure_reactions(
            simulator,
            counts[:1] if is_quick else REACTION_COUNTS,
            3 if is_quick else REACTIONS,
        )
        watching = await measure_watching(simulator, 1 if is_quick else WATCH_RUNS)
        quiet_days = await measure_quiet_days(simulator)
        runner = ScenarioRunner(simulator, COMPARED)
        await runner.run(counts, DELAYS_MS, 2 if is_quick else RUNS)
    medians = rows(runner.samples)
    text = report(machine_facts, medians, reactions, watching, quiet_days, import_times)
    return text, medians, watching


def _write(folder: Path, text: str, medians: Rows, watching: list[WatchTimes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.md").write_text(text)
    for scenario in Scenario:
        write_plot(medians, scenario, folder)
    write_watching_plot(watching, folder)


if __name__ == "__main__":
    sys.exit(main())
