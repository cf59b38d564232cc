"""What a contestant can do."""

from typing import Protocol

from .world import Task


class Contestant(Protocol):
    """Somebody who keeps records, in a process of its own."""

    has_loop: bool
    """Whether it shares an event loop with others, who wait while it works."""

    def __init__(self, task: Task) -> None:
        """Know what to keep."""

    async def prepare(self) -> None:
        """Do what is done long before: bring up the house, import modules."""

    async def start(self) -> None:
        """Begin to keep the records, knowing nothing of them; end when they are right."""

    async def round(self) -> None:
        """Do what is done once a period."""

    async def audit(self) -> None:
        """Do what finds a record that somebody else changed."""

    async def say(self, address: str) -> None:
        """Let the router tell a changed address; end when it is acted on."""

    async def settle(self) -> None:
        """Do what is left to do."""

    async def stop(self) -> None:
        """Stop keeping, and forget what was known."""

    async def end(self) -> None:
        """Give everything back."""
