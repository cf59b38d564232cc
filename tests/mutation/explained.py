"""The mutants that may live, each with its reason; and what is wrong with a result."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
import tomllib

from .workspace import Mutant, Result

EXPLAINED = Path(__file__).with_name("survivors.toml")
LIMIT = 90.0
"""How many of a hundred mutants have to die, in each module."""


def explanations(text: str) -> dict[Mutant, str]:
    """Return why each mutant may live that a text of ours explains."""
    return {
        Mutant(entry["function"], entry["was"], now): entry["why"]
        for entry in tomllib.loads(text).get("survivor", [])
        for now in entry["now"]
    }


def complaints(results: Collection[Result], known: Mapping[Mutant, str]) -> list[str]:
    """Return what is wrong, in words: a low score, or a survivor and reason that do not meet."""
    return [*_low_scores(results), *_mismatches(results, known)]


def _low_scores(results: Collection[Result]) -> Iterator[str]:
    """Yield the modules of which too many mutants live."""
    for result in results:
        if result.score < LIMIT:
            yield f"{result.module}: {result.score:.1f} % died, and not {LIMIT:.0f} %"


def _mismatches(results: Collection[Result], known: Mapping[Mutant, str]) -> Iterator[str]:
    """Yield survivors without a reason, and reasons without a survivor."""
    modules = {result.module for result in results}
    alive = {mutant for result in results for mutant in result.survivors}
    for mutant in sorted(alive - known.keys()):
        yield f"A survivor without a reason:\n{shown(mutant)}"
    for mutant in sorted(known.keys() - alive):
        if mutant.function.partition(".")[0] in modules:
            yield f"A reason without a survivor:\n{shown(mutant)}"


def shown(mutant: Mutant) -> str:
    """Return a mutant as the change that it is."""
    lines = [f"- {line}" for line in mutant.was.splitlines()]
    lines += [f"+ {line}" for line in mutant.now.splitlines()]
    return "\n".join([f"@ {mutant.function}", *lines])
