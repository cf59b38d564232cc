"""Time on the stage: it passes only when it is let, and the clock on the wall may be put."""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
import time
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.util.async_ import get_scheduled_timer_handles
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from lab.journal import Entry, Log

from .words import BrokenPromiseError

_QUIET = 60
"""Turns of the loop without news, after which what is under way waits for somebody."""
_LONG = 200_000
"""Turns without news after which even what waits for nobody is helped along."""
_ENOUGH_S = 300
"""For how long a house is helped along before it is said never to come to rest."""
_PATIENCE_S = 2.5
"""How much time passes then at most: the time-outs are 5 and 20 seconds."""
_LEAST_S = 0.05
_KEPT: Final = ("hang", "hold", "slow", "drip")
"""Faults by which an answer does not come unless time passes, or not at all."""


class Clock:
    """The time that passes for everybody, and the clock on the wall, which may be put."""

    def __init__(self, log: Log, freezer: FrozenDateTimeFactory, patch: pytest.MonkeyPatch) -> None:
        """Begin with a clock that is right."""
        self.hass: HomeAssistant
        self._log = log
        self._freezer = freezer
        self._put_s = 0.0
        self._forward_s = 0.0
        loop = asyncio.get_running_loop()
        # Frozen, all clocks are one. The loop's is none that anybody could put.
        patch.setattr(loop, "time", lambda: time.monotonic() - self._put_s)

    def now(self) -> float:
        """Return the time of a clock that nobody puts, in seconds."""
        return asyncio.get_running_loop().time()

    def age(self) -> float:
        """Return the same, and how far the wall clock was put forward: never less than it shows.

        What has to stand for ten seconds stands for ten by the wall clock,
        the only one that goes on while a machine sleeps.
        """
        return self.now() + self._forward_s

    def put(self, seconds: float) -> None:
        """Put the wall clock forward or back."""
        self._put_s += seconds
        self._forward_s += max(seconds, 0)
        self._freezer.tick(timedelta(seconds=seconds))

    def passes(self, seconds: float) -> None:
        """Let time pass, and what is due begin."""
        self._freezer.tick(timedelta(seconds=seconds))
        async_fire_time_changed(self.hass)

    async def settle(self) -> None:
        """Wait until all is done; who waits for an answer that never comes waits out its time."""
        await self.see_out(self.hass.async_block_till_done(wait_background_tasks=True))

    async def see_out(self, work: Coroutine[Any, Any, None] | asyncio.Task[None]) -> None:
        """Wait for work to end, and let time pass for what else would wait for ever."""
        task = work if isinstance(work, asyncio.Task) else asyncio.create_task(work)
        helped_s = 0.0
        while helped_s < _ENOUGH_S:
            if await self.comes_to_rest(task):
                return await task
            seconds = self._until_next()
            self.passes(seconds)
            helped_s += seconds
        raise BrokenPromiseError("the house does not come to rest")

    async def comes_to_rest(self, task: asyncio.Task[None]) -> bool:
        """Turn the loop until a task ends, or nothing happens; return whether it ended."""
        quiet, seen = 0, (-1, -1)
        while not task.done():
            entries = self._log.entries
            waiting = [entry for entry in entries if entry.end is None]
            if quiet >= (_QUIET if waiting and all(map(_is_kept, waiting)) else _LONG):
                return False
            await asyncio.sleep(0)
            news = len(entries), len(waiting)
            quiet, seen = (quiet + 1 if news == seen else 0), news
        return True

    def _until_next(self) -> float:
        """Return how long nothing is due: a drip falls when its time has come."""
        now = self.now()
        timers = get_scheduled_timer_handles(asyncio.get_running_loop())
        due = [timer.when() - now for timer in timers if not timer.cancelled()]
        return min(max(min(due, default=_PATIENCE_S), _LEAST_S), _PATIENCE_S)


def _is_kept(entry: Entry) -> bool:
    """Return whether a request waits for an answer that does not come by itself."""
    return bool(entry.fault) and any(kind in str(entry.fault) for kind in _KEPT)
