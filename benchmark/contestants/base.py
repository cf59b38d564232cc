"""The interface of a contestant, and the base class of those that are plain programs."""

from typing import Protocol

from benchmark.task import Task


class Contestant(Protocol):
    """A dynamic DNS client in a process of its own."""

    has_loop: bool
    """Whether it shares an event loop with other code, which waits while it runs."""

    def __init__(self, task: Task) -> None:
        """Store the task."""

    async def prepare(self) -> None:
        """Do the work that is not measured: start Home Assistant, import modules."""

    async def start(self) -> None:
        """Start without any saved state, and return when all records are up to date."""

    async def update(self) -> None:
        """Run one periodic update."""

    async def full_sync(self) -> None:
        """Run the update that finds external changes."""

    async def report_address(self, address: str) -> None:
        """Report a changed address through the router's entity, and wait until it is written."""

    async def settle(self) -> None:
        """Wait until no work is left."""

    async def stop(self) -> None:
        """Stop and discard all state."""

    async def close(self) -> None:
        """Release all resources."""


class Program(Contestant):
    """A program that keeps no state between two runs."""

    has_loop = False

    def __init__(self, task: Task) -> None:
        """Store the task."""
        self.task = task

    async def prepare(self) -> None:
        """Do nothing."""

    async def start(self) -> None:
        """Run once."""
        await self.update()

    async def update(self) -> None:
        """Look up the address and write it to every record that differs."""
        raise NotImplementedError

    async def full_sync(self) -> None:
        """Run once."""
        await self.update()

    async def report_address(self, address: str) -> None:
        """Raise NotImplementedError: a program has no router entity."""
        raise NotImplementedError

    async def settle(self) -> None:
        """Do nothing."""

    async def stop(self) -> None:
        """Do nothing."""

    async def close(self) -> None:
        """Stop."""
        await self.stop()
