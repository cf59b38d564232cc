"""Look for what the tests would miss: `scripts/mutation`, see there."""

import argparse
from collections.abc import Collection
import sys
import time

from .explained import EXPLAINED, complaints, explanations
from .page import PAGE, facts, page
from .workspace import MODULES, MutationError, Result, results


def main() -> int:
    """Do what the command line asks for; return the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/mutation", description=__doc__)
    parser.add_argument("--check", action="store_true", help="only tell, and write no page")
    parser.add_argument(
        "modules",
        nargs="*",
        metavar="MODULE",
        help=f"only these of {', '.join(MODULES)}, and write no page",
    )
    options = parser.parse_args()
    if unknown := set(options.modules) - set(MODULES):
        parser.error(f"not among {', '.join(MODULES)}: {', '.join(sorted(unknown))}")
    started = time.monotonic()
    told = [*facts()]
    try:
        found = results(options.modules)
    except MutationError as err:
        print(err, file=sys.stderr)
        return 1
    _tell(found)
    known = explanations(EXPLAINED.read_text())
    wrong = complaints(found, known)
    if not (options.check or options.modules):
        told.append(("Took", f"{(time.monotonic() - started) / 60:.0f} minutes"))
        PAGE.write_text(page(told, found, known))
        print(f"Written to {PAGE.name}")
    for complaint in wrong:
        print(complaint, file=sys.stderr)
    return 1 if wrong else 0


def _tell(found: Collection[Result]) -> None:
    """Print the scores."""
    for result in found:
        print(
            f"{result.module:10} {result.mutants:4} mutants, {len(result.survivors):3} survived, "
            f"{result.score:5.1f} % died"
        )


if __name__ == "__main__":
    sys.exit(main())
