"""Programs: the steps that a number tells entirely, and the search for the shortest that fails."""

from collections.abc import Callable
from random import Random

from .storms import MAKERS, ends
from .words import Program


def program(seed: int, length: int) -> Program:
    """Return the program of a number."""
    dice = Random(seed)
    makers = list(MAKERS)
    weights = [MAKERS[maker] for maker in makers]
    return [*(maker(dice) for maker in dice.choices(makers, weights, k=length)), ends(dice)]


def shortest(steps: Program, fails: Callable[[Program], bool], tries: int = 150) -> Program:
    """Return a program from which no part can be left out without its failure going away."""
    size = len(steps) // 2
    while size and tries > 0:
        start = 0
        while start < len(steps) and tries > 0:
            shorter = [*steps[:start], *steps[start + size :]]
            tries -= 1
            if fails(shorter):
                steps = shorter
            else:
                start += size
        size = size // 2
    return steps
