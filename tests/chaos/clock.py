"""Simulated time: it advances only on request, and the wall clock can be shifted."""

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

from simulator.request_log import Entry, Log
from tests.simulated_time import settle

from .constants import INTERVAL_S
from .scenario import InvariantViolationError

_IDLE_TURNS = 60
"""Event loop turns without a new request after which delayed requests need time to advance."""
_STUCK_TURNS = 200_000
"""Event loop turns without a new request after which time advances in any case."""
_LIMIT_S = 900
"""Simulated seconds after which work that still runs is a failure.

More than the ten minutes of tries after a switch between connections: those of two zones
overlap while the list takes as long as it may.
"""
_MAX_ADVANCE_S = 2.5
"""The longest single advance, well below the time-outs of 5 and 20 seconds."""
_MIN_ADVANCE_S = 0.05
_DELAYING: Final = ("hang", "hold", "slow", "drip")
"""Faults whose response arrives only when time advances, or never."""


class Clock:
    """The monotonic time of a scenario, and a wall clock that can be shifted."""

    def __init__(self, log: Log, freezer: FrozenDateTimeFactory, patch: pytest.MonkeyPatch) -> None:
        """Start with a correct wall clock."""
        self.hass: HomeAssistant
        self.interval_s = INTERVAL_S
        """After so many seconds there was an update."""
        self._log = log
        self._freezer = freezer
        self._shifted_s = 0.0
        self._shifted_forward_s = 0.0
        self._sleeping = 0
        """How often something waits for nothing but time."""
        loop = asyncio.get_running_loop()
        # The freezer moves all clocks together. The loop's clock must not follow a shift.
        patch.setattr(loop, "time", lambda: time.monotonic() - self._shifted_s)

    def now(self) -> float:
        """Return the monotonic time in seconds."""
        return asyncio.get_running_loop().time()

    def max_elapsed(self) -> float:
        """Return the monotonic time plus all forward shifts of the wall clock.

        A difference of two such times is never less than what the wall clock
        shows: a hold-down of ten seconds may end after ten seconds by the wall clock.
        """
        return self.now() + self._shifted_forward_s

    def wall_time(self) -> float:
        """Return the monotonic time plus all shifts of the wall clock."""
        return self.now() + self._shifted_s

    def shift_wall_clock(self, seconds: float) -> None:
        """Shift the wall clock forward or back."""
        self._shifted_s += seconds
        self._shifted_forward_s += max(seconds, 0)
        self._freezer.tick(timedelta(seconds=seconds))

    def advance(self, seconds: float) -> None:
        """Advance the time and fire the timers that are due."""
        self._freezer.tick(timedelta(seconds=seconds))
        async_fire_time_changed(self.hass)

    async def pass_seconds(self, seconds: float, times: int) -> None:
        """Advance the time so many times, and wait until Home Assistant is idle after each."""
        for _ in range(times):
            self.advance(seconds)
            await self.settle()

    async def pass_intervals(self, count: int) -> None:
        """Let scheduled updates run."""
        await self.pass_seconds(self.interval_s, count)

    async def settle(self) -> None:
        """Wait until Home Assistant is idle, advancing the time as needed."""
        await self.run_to_end(settle(self.hass))

    async def run_to_end(self, work: Coroutine[Any, Any, None] | asyncio.Task[None]) -> None:
        """Wait for work to end, advancing the time when nothing else happens."""
        task = work if isinstance(work, asyncio.Task) else asyncio.create_task(work)
        advanced_s = 0.0
        while advanced_s < _LIMIT_S:
            if await self.run_until_idle(task):
                return await task
            seconds = self._next_advance_s()
            self.advance(seconds)
            advanced_s += seconds
        raise InvariantViolationError("Home Assistant does not become idle")

    async def sleep(self, seconds: float) -> None:
        """Wait for time to advance, and for nothing else."""
        self._sleeping += 1
        try:
            await asyncio.sleep(seconds)
        finally:
            self._sleeping -= 1

    async def run_until_idle(self, task: asyncio.Task[None]) -> bool:
        """Run the event loop until a task ends or nothing happens; return whether it ended."""
        idle_turns, seen = 0, (-1, -1)
        while not task.done():
            entries = self._log.entries
            pending = [entry for entry in entries if entry.end is None]
            is_delayed = bool(pending or self._sleeping) and all(map(_is_delayed, pending))
            if idle_turns >= (_IDLE_TURNS if is_delayed else _STUCK_TURNS):
                return False
            await asyncio.sleep(0)
            current = len(entries), len(pending)
            idle_turns, seen = (idle_turns + 1 if current == seen else 0), current
        return True

    def _next_advance_s(self) -> float:
        """Return the seconds until the next timer, within the limits of one advance."""
        now = self.now()
        timers = get_scheduled_timer_handles(asyncio.get_running_loop())
        due = [timer.when() - now for timer in timers if not timer.cancelled()]
        return min(max(min(due, default=_MAX_ADVANCE_S), _MIN_ADVANCE_S), _MAX_ADVANCE_S)


def _is_delayed(entry: Entry) -> bool:
    """Return whether the response to a request needs time to advance."""
    return bool(entry.fault) and any(kind in str(entry.fault) for kind in _DELAYING)
