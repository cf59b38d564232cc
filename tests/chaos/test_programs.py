"""What holds whatever happens: programs of random faults, lies, edits, restarts and time."""

import asyncio

from freezegun.api import FrozenDateTimeFactory
import pytest

from .command import NOON, STEPS
from .program import program
from .stage import play
from .words import BrokenPromiseError

PROGRAMS = 100
AT_A_TIME = 5
"""Programs of one test, for to freeze the time costs as much as one of them."""


@pytest.mark.timeout(120)
@pytest.mark.parametrize("first", range(0, PROGRAMS, AT_A_TIME))
async def test_whatever_happens_every_promise_is_kept(
    freezer: FrozenDateTimeFactory, first: int
) -> None:
    """Nothing but slots is written, nothing unconfirmed, nothing twice; all comes right again.

    `scripts/chaos --seed N --shrink` finds the shortest program that fails as
    the one of number N does.
    """
    # Home Assistant's test plugin turns it on, and it takes as long as the programs.
    asyncio.get_running_loop().set_debug(False)
    for seed in range(first, first + AT_A_TIME):
        freezer.move_to(NOON)
        try:
            await play(program(seed, STEPS), freezer)
        except BrokenPromiseError as err:
            pytest.fail(f"scripts/chaos --seed {seed} --shrink: {err}")
