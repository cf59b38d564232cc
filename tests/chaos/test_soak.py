"""The short form of the soak test that `scripts/chaos --soak` runs."""

from collections.abc import Iterator
import logging

from freezegun.api import FrozenDateTimeFactory
import pytest

from .soak import SHORT, check_growth, soak


@pytest.fixture
def no_secret_is_shown(allow_loopback_and_limit_logs: None) -> Iterator[None]:
    """Log nothing, instead of the check for secrets, which keeps every record and every error."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


async def test_nothing_grows_or_leaks(freezer: FrozenDateTimeFactory) -> None:
    """Hours of updates and repeated reloads leave no memory, tasks, timers or listeners behind."""
    check_growth(SHORT, await soak(SHORT, freezer))
