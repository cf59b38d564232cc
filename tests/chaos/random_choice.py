"""Random choices that all generators make."""

from collections.abc import Sequence
from random import Random


def one[OneT](rng: Random, among: Sequence[OneT]) -> OneT:
    """Return one of several values."""
    return rng.choice(among)


def family(rng: Random) -> int:
    """Return a family, IPv4 more often."""
    return rng.choice((4, 4, 6))
