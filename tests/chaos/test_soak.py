"""The short form of the soak test that `scripts/chaos --soak` runs."""

from freezegun.api import FrozenDateTimeFactory

from .soak import SHORT, check_growth, soak


async def test_nothing_grows_or_leaks(freezer: FrozenDateTimeFactory) -> None:
    """Hours of updates and repeated reloads leave no memory, tasks, timers or listeners behind."""
    check_growth(await soak(SHORT, freezer))
