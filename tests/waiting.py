"""Waiting for what nothing signals."""

import asyncio
from collections.abc import Callable

LIMIT_S = 20


async def until(condition: Callable[[], bool]) -> None:
    """Give the event loop turns until a condition holds."""
    async with asyncio.timeout(LIMIT_S):
        while not condition():  # noqa: ASYNC110 - nothing else signals it
            await asyncio.sleep(0)
