"""A house that runs for long stays as it is: the short form of `scripts/chaos --soak`."""

from freezegun.api import FrozenDateTimeFactory

from .soak import SHORT, check, soak


async def test_a_house_does_not_grow(freezer: FrozenDateTimeFactory) -> None:
    """Hours of cycles, changes and reloads leave no memory, task, timer or listener behind."""
    check(await soak(SHORT, freezer))
