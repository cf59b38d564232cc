"""The wait for the end of an operation on an IP list, which Cloudflare carries out later."""

from asyncio import sleep

DELAYS_S = (1.0, 1.0, 2.0, 2.0, 4.0, 4.0, 8.0, 8.0, 15.0, 15.0)
"""How long to wait before each look at an operation: a minute in all."""


class OperationWait:
    """The waits for the operations of one update."""

    def __init__(self) -> None:
        self._delays = iter(DELAYS_S)

    async def __call__(self) -> bool:
        """Wait a moment, longer each time; return False if there is no time left."""
        if (delay_s := next(self._delays, None)) is None:
            return False
        await sleep(delay_s)
        return True
