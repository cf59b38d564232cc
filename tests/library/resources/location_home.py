"""A home that keeps its IPv4 address in a DNS location of the simulator."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from aiohttp import ClientSession

from custom_components.raindrop.ddns.cloudflare.client import CloudflareClient
from custom_components.raindrop.ddns.cloudflare.credentials import ApiToken
from custom_components.raindrop.ddns.detection.detection import Detection
from custom_components.raindrop.ddns.models import ResourceId
from custom_components.raindrop.ddns.resources.api import no_time
from custom_components.raindrop.ddns.resources.resource_settings import ResourceConfig, ResourceKind
from custom_components.raindrop.ddns.resources.resource_state import ResourceResult, ResourceState
from custom_components.raindrop.ddns.resources.sync import sync_resource
from custom_components.raindrop.ddns.sources import Family, Source
from custom_components.raindrop.ddns.zones import AccountId
from simulator import Simulator
from simulator.cloudflare.dns_locations import Location
from tests.secrets import TOKEN

HERE = Source(Family.IPV4)
FIND = "GET /accounts/{account_id}/gateway/locations"
READ = "GET /accounts/{account_id}/gateway/locations/{location_id}"
PUT = "PUT /accounts/{account_id}/gateway/locations/{location_id}"


@dataclass(slots=True, kw_only=True)
class LocationHome:
    """A home, and what it knows between two updates."""

    client: CloudflareClient
    config: ResourceConfig
    state: ResourceState
    detections: dict[Source, Detection] = field(default_factory=dict)
    now: datetime = datetime(2026, 11, 26, 12, tzinfo=UTC)
    _stored: ResourceState = field(default_factory=ResourceState)
    """What was stored last before the write of the last update."""

    def moves(self, address: str | None, **known: Any) -> None:
        """Let the home have another address, or one that is not known."""
        parsed = IPv4Address(address) if address else None
        self.detections[HERE] = Detection(source=HERE, address=parsed, **known)

    def passes(self, minutes: int) -> None:
        """Let time pass."""
        self.now += timedelta(minutes=minutes)

    async def update(self, *, overrule: bool = False) -> ResourceResult:
        """Run an update."""
        self._stored = self.state
        self.state, result = await sync_resource(
            self.client,
            self.config,
            self.detections,
            self.state,
            now=self.now,
            wait=no_time,
            save=self._save,
            overrule=overrule,
        )
        return result

    async def _save(self, state: ResourceState) -> None:
        self._stored = state

    def restarts(self) -> None:
        """Forget what a restart forgets, after everything was stored."""
        self.state = _survivors(self.state)

    def crashes(self) -> None:
        """Forget all that was not stored before the write of the last update."""
        self.state = _survivors(self._stored)

    @property
    def own(self) -> list[str] | None:
        """The addresses that may be this home's in the location."""
        own = self.state.own
        return None if own is None else [str(network.network_address) for network in own]


def _survivors(state: ResourceState) -> ResourceState:
    return ResourceState(
        written_at=state.written_at,
        external_changes=state.external_changes,
        unknown_since=state.unknown_since,
        has_failed=state.has_failed,
        own=state.own,
        changed_settings=state.changed_settings,
    )


def new_home(
    simulator: Simulator, session: ClientSession, of: Location, *own: str, **config: Any
) -> LocationHome:
    """Return a home, whose networks in the location are known."""
    client = CloudflareClient(session, ApiToken(TOKEN), base_url=simulator.cloudflare.base_url)
    made = ResourceConfig(
        kind=ResourceKind.DNS_LOCATION,
        account_id=AccountId(of.account.id),
        resource_id=ResourceId(of.id),
        sources={Family.IPV4: HERE},
        **config,
    )
    networks = tuple(IPv4Network(one) for one in own)
    return LocationHome(client=client, config=made, state=ResourceState(own=networks))


def forgets(home: LocationHome) -> None:
    """Let a home not know which network is its own."""
    home.state = replace(home.state, own=None)
