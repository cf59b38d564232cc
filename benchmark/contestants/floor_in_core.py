"""The floor in the process of a Home Assistant core."""

import contextlib
from typing import override

# Has to come before Home Assistant, and before the packages of the floor.
import tests.ha_compat  # isort: skip  # noqa: F401

from benchmark.task import Task

from .floor import Floor
from .in_home_assistant import running_core


class FloorInCore(Floor):
    """The floor beside a core that does nothing.

    In a process of that size, the same look-up takes half as much CPU time again. What an
    update costs beyond that is its own.
    """

    def __init__(self, task: Task) -> None:
        """Start without a core."""
        super().__init__(task)
        self._stack = contextlib.AsyncExitStack()

    @override
    async def prepare(self) -> None:
        """Start Home Assistant."""
        await self._stack.enter_async_context(running_core())

    @override
    async def close(self) -> None:
        """Stop, and stop Home Assistant."""
        await super().close()
        await self._stack.aclose()
