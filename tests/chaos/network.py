"""The network: the home's addresses, and what providers and entities report."""

from collections.abc import Callable, Iterable
from typing import cast

from simulator import Simulator
from simulator.request_log import Family

from .constants import (
    CONNECTIONS,
    ENTITIES,
    EXIT_ADDRESSES,
    PRIMARY,
    PROVIDERS,
    STATUS_ENTITIES,
    connection_of,
    family_of,
)
from .reported_addresses import ReportedAddresses
from .scenario import Operation

_WITHOUT_ADDRESS = frozenset({"unavailable", "unknown", "removed"})
"""Entity states without an address; a removed entity has no state at all."""
_IPV4_ONLY = "amazon"


class Network:
    """The public addresses of both connections, and the reports about them."""

    def __init__(self, simulator: Simulator, reported: ReportedAddresses) -> None:
        """Start with the first address of each connection."""
        self.addresses = {
            (connection, family): by_family[family][0]
            for connection, by_family in CONNECTIONS.items()
            for family in (4, 6)
        }
        """The current address of each connection and family."""
        self.entity_states = {name: self.addresses[key] for name, key in ENTITIES.items()}
        self.entity_states |= dict.fromkeys(STATUS_ENTITIES.values(), "on")
        self.way_out: str | None = PRIMARY
        """The connection that this host uses, None if it has none."""
        self.down: set[str] = set()
        """The connections that are down."""
        self.write_state: Callable[[str], None] = lambda _name: None
        """Writes the state of an entity to the running Home Assistant."""
        self._simulator = simulator
        self._reported = reported
        self._tunnel: str | None = None
        """The fault that says so in traces, None without a tunnel."""
        self.operations: dict[str, Operation] = {
            "change_address": self.change_address,
            "set_lines": self.set_lines,
            "set_tunnel": self.set_tunnel,
            "provider_reports": self.provider_reports,
            "provider_unreachable": self.provider_unreachable,
            "report_truth": self.report_truth,
            "entity_reports": self.entity_reports,
            "status_reports": self.status_reports,
            "move_way_out": self.move_way_out,
        }

    async def change_address(self, address: str, skip_entities: bool = False) -> None:  # noqa: FBT001, FBT002
        """Change the address of a connection; its entities may keep reporting the old one."""
        family = family_of(address)
        connection = connection_of(address)
        self.addresses[connection, family] = address
        if connection == self.way_out and not self._is_outside:
            self._set_responses(PROVIDERS, family, address)
        for name, key in ENTITIES.items():
            if key == (connection, family) and not skip_entities:
                await self.entity_reports(name, None)

    @property
    def _is_outside(self) -> bool:
        """Whether providers see the exit of a tunnel instead of a connection."""
        return self._tunnel == "warp_on"

    async def set_tunnel(self, trace: str | None) -> None:
        """Begin a tunnel that traces report by this fault, or end it with None.

        Through WARP providers see its exit. What a gateway changes is not known.
        """
        self._tunnel = trace
        await self._report_outside()
        self._simulator.faults.clear()
        self.renew_tunnel()

    def renew_tunnel(self) -> None:
        """Say in all traces that there is a tunnel, after faults were cleared."""
        if self._tunnel:
            self._simulator.faults.add("ip", "cloudflare", kind=self._tunnel)

    async def set_lines(self, addresses: list[str]) -> None:
        """Let each connection of this host leave by the next line of a sequence."""
        self._simulator.ip.set_lines(addresses)
        family = family_of(addresses[0])
        for name in PROVIDERS:
            if (name, family) != (_IPV4_ONLY, 6):
                self._reported.report(name, family, *dict.fromkeys(addresses))

    async def provider_reports(self, provider: str, address: str) -> None:
        """Make one provider report an address."""
        self._set_responses([provider], family_of(address), address)

    async def provider_unreachable(self, provider: str | None, family: int) -> None:
        """Make one provider, or all with None, unreachable for a family."""
        self._set_responses([provider] if provider else PROVIDERS, family, None)

    async def report_truth(self) -> None:
        """End tunnels, and make all providers and entities report the current addresses."""
        self.down.clear()
        await self.move_way_out(PRIMARY)
        await self.set_tunnel(None)
        for name in ENTITIES:
            await self.entity_reports(name, None)
        for name in STATUS_ENTITIES.values():
            await self.status_reports(name, "on")

    async def entity_reports(self, name: str, state: str | None) -> None:
        """Make an entity report a state, or the current address with None."""
        self.entity_states[name] = state or self.addresses[ENTITIES[name]]
        self.publish_state(name)

    async def status_reports(self, name: str, state: str) -> None:
        """Make the binary sensor of a connection report a state."""
        self.entity_states[name] = state
        self._publish_status(name)

    def _publish_status(self, name: str) -> None:
        self._reported.report(name, 0, self.entity_states[name])
        self.write_state(name)

    async def move_way_out(self, connection: str | None) -> None:
        """Let this host use another connection, or none."""
        self.way_out = connection
        await self._report_outside()

    def publish_state(self, name: str) -> None:
        """Write the state of an entity to Home Assistant, and record the report."""
        state = self.entity_states[name]
        texts = () if state in _WITHOUT_ADDRESS else (state,)
        self._reported.report(name, ENTITIES[name][1], *texts)
        self.write_state(name)

    def connect_states(self, write_state: Callable[[str], None]) -> None:
        """Write all entity states to a Home Assistant that starts, and the later ones too."""
        self.write_state = write_state
        for name in ENTITIES:
            self.publish_state(name)
        for name in STATUS_ENTITIES.values():
            self._publish_status(name)

    def disconnect_states(self) -> None:
        """Write no entity states until Home Assistant starts again."""
        self.write_state = lambda _name: None
        for name, (_, family) in ENTITIES.items():
            self._reported.report(name, family)
        for name in STATUS_ENTITIES.values():
            self._reported.report(name, 0)

    async def _report_outside(self) -> None:
        """Make all providers report the address by which this host leaves."""
        for family in (4, 6):
            home = self.addresses[self.way_out, family] if self.way_out else None
            self._set_responses(
                PROVIDERS, family, EXIT_ADDRESSES[family] if self._is_outside else home
            )

    def _set_responses(self, providers: Iterable[str], family: int, address: str | None) -> None:
        """Set the address that providers report, None to make them unreachable."""
        for name in providers:
            if (name, family) != (_IPV4_ONLY, 6):
                self._simulator.ip.set_address(
                    address, provider=name, family=cast("Family", family)
                )
                self._reported.report(name, family, *([address] if address else []))
