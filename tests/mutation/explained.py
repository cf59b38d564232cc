"""The reasons of survivors, and what is wrong with the results."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
import tomllib

from .results import Mutant, Result

SURVIVORS = Path(__file__).with_name("survivors.toml")
MIN_SCORE = 90.0
"""The percentage of mutants that must be killed in each module."""


def parse_reasons(text: str) -> dict[Mutant, str]:
    """Return the reason of each explained survivor, from the text of survivors.toml."""
    return {
        Mutant(entry["function"], entry["was"], now): entry["why"]
        for entry in tomllib.loads(text).get("survivor", [])
        for now in entry["now"]
    }


def problems(results: Collection[Result], reasons: Mapping[Mutant, str]) -> list[str]:
    """Return low scores, survivors without a reason, and reasons without a survivor."""
    return [*_low_scores(results), *_mismatches(results, reasons)]


def _low_scores(results: Collection[Result]) -> Iterator[str]:
    for result in results:
        if result.score < MIN_SCORE:
            yield f"{result.module}: the score is {result.score:.1f} %, below {MIN_SCORE:.0f} %"


def _mismatches(results: Collection[Result], reasons: Mapping[Mutant, str]) -> Iterator[str]:
    survivors = {mutant for result in results for mutant in result.survivors}
    for mutant in sorted(survivors - reasons.keys()):
        yield f"A survivor without a reason:\n{_as_diff(mutant)}"
    for mutant in sorted(reasons.keys() - survivors):
        if any(mutant.function.startswith(f"{result.module}.") for result in results):
            yield f"A reason without a survivor:\n{_as_diff(mutant)}"


def _as_diff(mutant: Mutant) -> str:
    lines = [f"- {line}" for line in mutant.was.splitlines()]
    lines += [f"+ {line}" for line in mutant.now.splitlines()]
    return "\n".join([f"@ {mutant.function}", *lines])
