"""Run the mutation check: `scripts/mutation`."""

import argparse
from collections.abc import Collection
import sys
import time

from .explained import SURVIVORS, parse_reasons, problems
from .page import PAGE, page, run_facts
from .results import MutationError, Result
from .suites import MODULES
from .workspace import results


def main() -> int:
    """Run the mutation check as the command line says; return the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/mutation", description=__doc__)
    parser.add_argument("--check", action="store_true", help="do not write the page")
    parser.add_argument(
        "modules",
        nargs="*",
        metavar="MODULE",
        help=f"only these modules of {', '.join(MODULES)}; the page is not written",
    )
    options = parser.parse_args()
    if unknown := set(options.modules) - MODULES.keys():
        parser.error(f"not one of {', '.join(MODULES)}: {', '.join(sorted(unknown))}")
    started = time.monotonic()
    facts = [*run_facts()]
    try:
        found = results(options.modules or MODULES)
    except MutationError as err:
        print(err, file=sys.stderr)
        return 1
    _print_scores(found)
    reasons = parse_reasons(SURVIVORS.read_text())
    if not (options.check or options.modules):
        facts.append(("Took", f"{(time.monotonic() - started) / 60:.0f} minutes"))
        PAGE.write_text(page(facts, found, reasons))
        print(f"Wrote {PAGE.name}")
    found_problems = problems(found, reasons)
    for problem in found_problems:
        print(problem, file=sys.stderr)
    return 1 if found_problems else 0


def _print_scores(found: Collection[Result]) -> None:
    width = max(map(len, MODULES))
    for result in found:
        print(
            f"{result.module:{width}} {result.mutants:4} mutants, "
            f"{len(result.survivors):3} survived, score {result.score:5.1f} %"
        )


if __name__ == "__main__":
    sys.exit(main())
