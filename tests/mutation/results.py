"""A mutant, what became of it, and the result of a module."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
import re


class MutationError(Exception):
    """The check could not be made, so there is no result."""


class Outcome(StrEnum):
    """What the tests did to a mutant."""

    KILLED = "killed"
    TIMED_OUT = "timed out"
    """Killed, because a test took far too long."""
    SURVIVED = "survived"
    """No test failed, or no test calls the function."""


@dataclass(frozen=True, slots=True, order=True)
class Mutant:
    """One change of the code, identified by its line: mutmut's numbers change with the code."""

    function: str
    """With its module and class: ``ddns.records.apply._Writer.write``."""
    was: str
    now: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The result of one module."""

    module: str
    mutants: int
    timed_out: int
    """How many were killed because a test took far too long."""
    survivors: Sequence[Mutant]

    @property
    def score(self) -> float:
        """Return the percentage of killed mutants."""
        return 100 * (self.mutants - len(self.survivors)) / self.mutants


def parse_mutant(module: str, name: str, diff: str) -> Mutant:
    r"""Return a mutant from mutmut's name and a diff.

    >>> diff = " def join():\n-    return 1\n+    return 2"
    >>> parse_mutant("ddns.records.make_plan", "x_join__mutmut_7", diff)
    Mutant(function='ddns.records.make_plan.join', was='return 1', now='return 2')
    """
    mangled = name.rpartition(".")[2].rpartition("__mutmut_")[0]
    # x_function, or xǁClassǁmethod
    path = mangled[2:].replace("ǁ", ".")
    lines = [line for line in diff.splitlines() if not re.match(r"--- |\+\+\+ ", line)]
    was, now = (
        "\n".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+"
    )
    return Mutant(f"{module}.{path}", was, now)
