"""A home that keeps its addresses in a list of the simulator."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any

from aiohttp import ClientSession

from custom_components.raindrop.ddns.cloudflare.client import CloudflareClient
from custom_components.raindrop.ddns.cloudflare.credentials import ApiToken
from custom_components.raindrop.ddns.cloudflare.ownership import Ownership
from custom_components.raindrop.ddns.detection.detection import Detection
from custom_components.raindrop.ddns.models import HomeId, ResourceId
from custom_components.raindrop.ddns.resources.resource_settings import (
    ItemId,
    ResourceConfig,
    ResourceKind,
)
from custom_components.raindrop.ddns.resources.resource_state import (
    ResourceResult,
    ResourceState,
    assess_resource,
)
from custom_components.raindrop.ddns.resources.sync import sync_resource
from custom_components.raindrop.ddns.sources import Family, Source
from custom_components.raindrop.ddns.zones import AccountId
from simulator import Simulator
from simulator.cloudflare.ip_lists import ItemList
from simulator.cloudflare.zero_trust_lists import ZeroTrustList
from tests.secrets import TOKEN

HERE, HERE_V6 = Source(Family.IPV4), Source(Family.IPV6)
OURS = HomeId("3f9a1c2b")
THEIRS = HomeId("0badcafe")
WAITS = 12
"""How often a home waits for operations in one update."""

LISTS = "GET /accounts/{account_id}/rules/lists"
READ = "GET /accounts/{account_id}/rules/lists/{list_id}/items"
ADD = "POST /accounts/{account_id}/rules/lists/{list_id}/items"
DELETE = "DELETE /accounts/{account_id}/rules/lists/{list_id}/items"
POLL = "GET /accounts/{account_id}/rules/lists/bulk_operations/{operation_id}"


@dataclass(slots=True, kw_only=True)
class ListHome:
    """A home with its own comment, and what it knows between two updates."""

    client: CloudflareClient
    config: ResourceConfig
    state: ResourceState = field(default_factory=ResourceState)
    detections: dict[Source, Detection] = field(default_factory=dict)
    now: datetime = datetime(2026, 11, 26, 12, tzinfo=UTC)
    waits: int = WAITS

    def moves(self, address: str | None, **known: Any) -> None:
        """Let the home have another address, or one that is not known."""
        parsed = ip_address(address) if address else None
        source = HERE_V6 if parsed and parsed.version == Family.IPV6 else HERE
        self.detections[source] = Detection(source=source, address=parsed, **known)

    def passes(self, minutes: int) -> None:
        """Let time pass."""
        self.now += timedelta(minutes=minutes)

    async def update(self, *, overrule: bool = False) -> ResourceResult:
        """Run an update that waits a number of times."""
        left = self.waits

        async def wait() -> bool:
            nonlocal left
            left -= 1
            return left >= 0

        self.state, result = await sync_resource(
            self.client,
            self.config,
            self.detections,
            self.state,
            now=self.now,
            wait=wait,
            overrule=overrule,
        )
        return result

    def assess(self) -> None:
        """Judge what is known again."""
        self.state = assess_resource(self.config, self.state, self.detections, self.now)

    def restarts(self) -> None:
        """Forget what a restart forgets."""
        self.state = ResourceState(
            written_at=self.state.written_at,
            old_since=self.state.old_since,
            external_changes=self.state.external_changes,
            unknown_since=self.state.unknown_since,
            has_failed=self.state.has_failed,
        )

    def adopts(self, item: Mapping[str, Any]) -> None:
        """Let the user give an item to this home."""
        self.config = replace(self.config, adopted=frozenset({ItemId(item["id"])}))

    @property
    def comment(self) -> str:
        """The comment of the items of this home."""
        return self.client.ownership.comment()


def new_home(
    simulator: Simulator,
    session: ClientSession,
    of: ItemList | ZeroTrustList,
    home_id: HomeId = OURS,
    kind: ResourceKind = ResourceKind.IP_LIST,
    **config: Any,
) -> ListHome:
    """Return a home that keeps its IPv4 address in a list of a kind."""
    client = CloudflareClient(
        session,
        ApiToken(TOKEN),
        base_url=simulator.cloudflare.base_url,
        ownership=Ownership(home_id),
    )
    defaults = {"sources": {Family.IPV4: HERE}}
    account_id, resource_id = AccountId(of.account.id), ResourceId(of.id)
    made = ResourceConfig(
        kind=kind,
        account_id=account_id,
        resource_id=resource_id,
        **{**defaults, **config},
    )
    return ListHome(client=client, config=made)


def held(simulator: Simulator, of: ItemList, comment: str | None) -> list[str]:
    """Return the addresses with a comment in a list."""
    items = simulator.cloudflare.lists.items(of)
    return [item["ip"] for item in items if item.get("comment") == comment]
