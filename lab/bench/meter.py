"""What a piece of work costs the process that does it."""

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
    """What a piece of work cost."""

    began: float
    """Monotonic seconds, which all processes of a machine share."""
    wall_s: float
    """Until the work was done."""
    cpu_s: float
    """Of this process and its children, until nothing was left to do."""
    stall_s: float
    """The longest time for which the event loop could serve nobody else."""


class Stalls:
    """The longest turn of an event loop: between two looks at what else there is to do."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Watch a loop, at next to no cost."""
        selector: selectors.BaseSelector = loop._selector  # type: ignore[attr-defined]  # noqa: SLF001 - there is no other way to see a turn
        self._select = selector.select
        self._turn_began = time.perf_counter()
        self.longest_s = 0.0
        selector.select = self._watched  # type: ignore[method-assign]

    def reset(self) -> None:
        """Forget what was seen."""
        self._turn_began = time.perf_counter()
        self.longest_s = 0.0

    def _watched(self, timeout: float | None = None) -> Any:  # noqa: ANN401
        """Look for what there is to do, and note how long nobody looked."""
        self.longest_s = max(self.longest_s, time.perf_counter() - self._turn_began)
        events = self._select(timeout)
        self._turn_began = time.perf_counter()
        return events


async def measure(
    stalls: Stalls, work: Callable[[], Awaitable[None]], settle: Callable[[], Awaitable[None]]
) -> Cost:
    """Return what some work costs, and what it leaves to be done."""
    # Or it would pay for the rubbish of what was before.
    gc.collect()
    await asyncio.sleep(0)
    stalls.reset()
    began, cpu = time.monotonic(), _cpu_s()
    await work()
    wall_s = time.monotonic() - began
    await settle()
    return Cost(
        began=began, wall_s=wall_s, cpu_s=_cpu_s() - cpu, stall_s=max(stalls.longest_s, 0.0)
    )


def _cpu_s() -> float:
    """Return the CPU time of this process and of the children that ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime
