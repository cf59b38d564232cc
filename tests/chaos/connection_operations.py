"""What happens to the connections of a home: they go down and up, and the way out moves."""

from collections.abc import Iterable

from .constants import ENTITIES, NO_ADDRESS, STATUS_ENTITIES
from .network import Network
from .scenario import Operation


class Connections:
    """Operations on several parts of the network that belong to one connection."""

    def __init__(self, network: Network) -> None:
        """Begin while all connections are up."""
        self._network = network
        self.operations: dict[str, Operation] = {
            "connection_down": self.connection_down,
            "connection_up": self.connection_up,
        }

    async def connection_down(
        self, name: str, entities: str, status: str | None, way_out: str | None
    ) -> None:
        """Take a connection down; its binary sensor may be late or wrong, with None unchanged.

        Its entities report ``entities``, or that there is no address with `no_address`. If
        this host used the connection, it uses ``way_out`` from now on, perhaps nothing.
        """
        self._network.down.add(name)
        for entity, (connection, family) in ENTITIES.items():
            if connection == name:
                state = NO_ADDRESS[family] if entities == "no_address" else entities
                await self._network.entity_reports(entity, state)
        if status:
            await self._network.status_reports(STATUS_ENTITIES[name], status)
        if self._network.way_out == name:
            await self._network.move_way_out(way_out)

    async def connection_up(
        self,
        name: str,
        addresses: Iterable[str],
        status: str | None,
        takes_way_out: bool,  # noqa: FBT001
    ) -> None:
        """Bring a connection up, perhaps with other addresses and as the way out of this host."""
        self._network.down.discard(name)
        for address in addresses:
            await self._network.change_address(address)
        for entity, (connection, _) in ENTITIES.items():
            if connection == name:
                await self._network.entity_reports(entity, None)
        if status:
            await self._network.status_reports(STATUS_ENTITIES[name], status)
        if takes_way_out:
            await self._network.move_way_out(name)
