"""Measure the time that an action takes, its CPU time, and how long it blocks the event loop."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
import gc
import resource
import selectors
import time
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """The cost of one action."""

    began: float
    """Seconds on the monotonic clock, which all processes of a machine share."""
    wall_s: float
    """Until the action was done."""
    cpu_s: float
    """Of this process and its children, until no work was left."""
    stall_s: float
    """The longest time for which the event loop was blocked."""


class LoopStalls:
    """The longest iteration of an event loop, from one `select` to the next."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Wrap the selector of a loop, which costs next to nothing."""
        selector: selectors.BaseSelector = loop._selector  # type: ignore[attr-defined]  # noqa: SLF001 - there is no other way to see an iteration
        self._select = selector.select
        self._iteration_began = time.perf_counter()
        self.longest_s = 0.0
        selector.select = self._timed_select  # type: ignore[method-assign]

    def reset(self) -> None:
        """Start again with no stall."""
        self._iteration_began = time.perf_counter()
        self.longest_s = 0.0

    def _timed_select(self, timeout: float | None = None) -> Any:  # noqa: ANN401
        """Call `select` and record the time since the last call."""
        self.longest_s = max(self.longest_s, time.perf_counter() - self._iteration_began)
        events = self._select(timeout)
        self._iteration_began = time.perf_counter()
        return events


async def measure(
    stalls: LoopStalls, action: Callable[[], Awaitable[None]], settle: Callable[[], Awaitable[None]]
) -> Cost:
    """Return the cost of an action; CPU time and stalls include the work until `settle` returns."""
    # Otherwise the action would pay for the garbage of earlier work.
    gc.collect()
    await asyncio.sleep(0)
    stalls.reset()
    began, cpu = time.monotonic(), _cpu_s()
    await action()
    wall_s = time.monotonic() - began
    await settle()
    return Cost(
        began=began, wall_s=wall_s, cpu_s=_cpu_s() - cpu, stall_s=max(stalls.longest_s, 0.0)
    )


def _cpu_s() -> float:
    """Return the CPU time of this process and of its children that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime
