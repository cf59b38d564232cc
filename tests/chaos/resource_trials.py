"""Trials of resources: requests of a change, one that fails, and one that somebody takes back."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping

from .constants import (
    ADD_ITEMS,
    DELETE_ITEMS,
    DNS_LOCATION,
    FULL_SYNC_INTERVALS,
    IP_LIST,
    LATE_ADDRESSES,
    PATCH_ZERO_TRUST_LIST,
    POLL,
    PRIMARY,
    PROBLEM_INTERVALS,
    PUT_LOCATION,
    READ_IP_LIST,
    READ_LOCATION,
    READ_ZERO_TRUST_LIST,
    RESOURCE_WRITES,
    ZERO_TRUST_LIST,
)
from .expectations import Expectations
from .scenario import InvariantViolationError
from .world import World

_PROMISED: Mapping[str, Mapping[str, int]] = {
    IP_LIST: {READ_IP_LIST: 1, ADD_ITEMS: 1, POLL: 2, DELETE_ITEMS: 1},
    ZERO_TRUST_LIST: {READ_ZERO_TRUST_LIST: 1, PATCH_ZERO_TRUST_LIST: 1},
    DNS_LOCATION: {READ_LOCATION: 1, PUT_LOCATION: 1},
}
"""The requests of one change of an address, where an operation takes one look."""


class ResourceTrials:
    """Runs one trial by its name."""

    def __init__(self, world: World, expectations: Expectations) -> None:
        """Use the parts of an environment."""
        self._world = world
        self._general = expectations
        self._expectations = expectations.of_resources
        self.trials: Mapping[str, Callable[[], Awaitable[None]]] = {
            "requests_of_resources": self._requests,
            "failing_resources": self._failing,
            "undone_location": self._undone_location,
        }

    async def _requests(self) -> None:
        """A change of the address takes what is promised, beside at most one full sync."""
        before = len(self._world.simulator.log.entries)
        await self._move(1)
        await self._world.clock.pass_intervals(1)
        log = self._world.simulator.log.entries[before:]
        counts = Counter(entry.endpoint for entry in log)
        for promised in _PROMISED.values():
            for endpoint, count in promised.items():
                allowed = count + (endpoint in (READ_IP_LIST, READ_ZERO_TRUST_LIST, READ_LOCATION))
                if counts[endpoint] > allowed:
                    raise InvariantViolationError(f"{counts[endpoint]} requests {endpoint}")
        await self._world.clock.pass_intervals(1)
        self._expectations.check()

    async def _failing(self) -> None:
        """What cannot be changed is a problem, and tried again within two updates."""
        faults = self._world.faults
        for endpoint in RESOURCE_WRITES:
            await faults.add_fault("cloudflare", endpoint, "error", None, {})
        for by_family in LATE_ADDRESSES.values():
            for addresses in by_family.values():
                await self._world.network.change_address(addresses[1])
        await self._world.clock.settle()
        await self._world.clock.pass_intervals(PROBLEM_INTERVALS)
        for kind in {kind for kind, _ in self._world.resources.managed()}:
            self._general.check_problem_shown(self._world.resources.configs[kind].zone, kind)
        await faults.clear_faults()
        await self._world.clock.pass_intervals(2)
        self._expectations.check()

    async def _undone_location(self) -> None:
        """What somebody takes back is found and corrected by the next full sync."""
        await self._move(1)
        await self._world.clock.pass_intervals(1)
        await self._world.account.edit_resource(DNS_LOCATION, "undo", "198.51.100.1")
        for kind in self._world.resources.configs:
            await self._world.account.edit_resource(kind, "delete_own", "198.51.100.1")
        await self._world.clock.pass_intervals(FULL_SYNC_INTERVALS)
        self._expectations.check()

    async def _move(self, number: int) -> None:
        """Give the primary connection an IPv4 address that it never had."""
        await self._world.network.change_address(LATE_ADDRESSES[PRIMARY][4][number])
        await self._world.clock.settle()
