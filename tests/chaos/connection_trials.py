"""Trials of connections: one goes down, and every name is on the right one within its time."""

from collections.abc import Awaitable, Callable, Mapping

from .connection_operations import Connections
from .constants import CONNECTION_INTERVALS, CONNECTIONS, PRIMARY
from .expectations import Expectations
from .model import ManagedRecord, connection_of_source
from .world import World


class ConnectionTrials:
    """Runs one trial by its name."""

    def __init__(self, world: World, expectations: Expectations) -> None:
        """Use the parts of an environment."""
        self._world = world
        self._expectations = expectations
        self._connections = Connections(world.network)
        self.trials: Mapping[str, Callable[[], Awaitable[None]]] = {
            "primary_down": self._primary_down,
            "others_down": self._others_down,
        }

    async def _primary_down(self) -> None:
        """The way out moves while a binary sensor, if there is one, is off."""
        others = [name for name in CONNECTIONS if name != PRIMARY]
        await self._connections.connection_down(PRIMARY, "unavailable", "off", others[0])
        await self._check()
        await self._connections.connection_up(PRIMARY, [], "on", takes_way_out=True)
        await self._check()

    async def _others_down(self) -> None:
        """Only the connection that this host uses is left."""
        others = [name for name in CONNECTIONS if name != PRIMARY]
        for name in others:
            await self._connections.connection_down(name, "no_address", "off", None)
        await self._check()
        for name in others:
            await self._connections.connection_up(name, [], "on", takes_way_out=False)
        await self._check()

    async def _check(self) -> None:
        """Check the names that use several connections, within the time that was promised."""
        await self._world.clock.settle()
        await self._world.clock.pass_intervals(2 + CONNECTION_INTERVALS)
        for zone, model in self._world.models.items():
            for record_key, managed in model.managed_records().items():
                if managed.connections and not self._looks_new(managed):
                    self._expectations.check_record(zone, record_key, managed)

    def _looks_new(self, managed: ManagedRecord) -> bool:
        """Return whether the way out leads to an address of which no connection is known.

        It is then taken for a new one of the connection that this host uses. Where that
        has other sources than this host's own address, nothing is promised.
        """
        way_out = self._world.network.way_out
        names = {connection_of_source(source) for source in managed.sources}
        own = [c for c in managed.connections if c.name == PRIMARY]
        if any(c.source.kind == "urls" or c.source.meaning != "this_network" for c in own):
            return True
        return way_out not in names and not any(connection.status for connection in own)
