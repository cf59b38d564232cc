"""Adapter: the only module of the chaos tests that uses the integration."""

from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from hashlib import sha256
from ipaddress import IPv4Network
from types import MappingProxyType
from typing import Any, cast, override

from aiohttp import BaseConnector
from homeassistant.config_entries import ConfigEntryState, ConfigSubentry, ConfigSubentryData
from homeassistant.core import HomeAssistant, State
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import aiohttp_client, entity_registry as er, issue_registry as ir
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.raindrop import ddns
from custom_components.raindrop.address_sources import async_get_detector
from custom_components.raindrop.api_client import BASE_URL_VARIABLE
from custom_components.raindrop.const import DOMAIN, UPDATE_INTERVAL
from custom_components.raindrop.coordinator import RaindropConfigEntry, RaindropCoordinator
from custom_components.raindrop.ddns.cloudflare.ownership import Ownership
from custom_components.raindrop.ddns.detection.flap_damping import DampingState
from custom_components.raindrop.diagnostics import async_get_config_entry_diagnostics
from custom_components.raindrop.resources import ip_list_operations
from custom_components.raindrop.resources.resource_config import read_managed_resource
from devtools.simulated_providers import providers_of, resolvers_of
from simulator import Simulator
from simulator.http_server import LOOPBACK
from tests.secrets import TOKEN

from .constants import CONNECTIONS, RECORD_TYPES
from .model import DomainConfig, RecordKey, Source, SourceCatalog, ZoneModel
from .resource_model import ResourceConfig
from .stored_data import entry_options, registry_id, resource_data, subentry_data

__all__ = ["DOMAIN", "OWNER_COMMENT", "UPDATE_INTERVAL"]

INSTANCE_ID = "0123456789abcdef" * 2
"""The id of this installation of Home Assistant, from which the id of the home comes."""
_HOME_ID = ddns.HomeId(sha256(f"{DOMAIN} {INSTANCE_ID}".encode()).hexdigest()[:8])
OWNER_COMMENT = Ownership(_HOME_ID).comment()
"""The comment of records that Raindrop created in this home."""
CONNECTION_COMMENTS = {
    name: Ownership(_HOME_ID).comment(ddns.ConnectionId(name)) for name in CONNECTIONS
}
"""The comments of records that belong to a connection of this home."""
OWNER_COMMENTS = frozenset({OWNER_COMMENT, *CONNECTION_COMMENTS.values()})
"""The comments of records that Raindrop created in this home."""
OTHER_HOME_COMMENT = Ownership(ddns.HomeId("0badcafe")).comment()
"""The comment of records that Raindrop created in another home."""

_FOR_THE_USER = (ddns.Reason.CONTESTED, ddns.Reason.SETTINGS_CHANGED)
"""The reasons for which a resource is left alone until the user says otherwise."""


def use_simulator(simulator: Simulator, patch: pytest.MonkeyPatch) -> None:
    """Make the integration use the simulator for Cloudflare and for the providers.

    Home Assistant's guard against redirects leaves loopback alone. It has to
    take the simulator for a server on the internet.
    """
    is_blocked = aiohttp_client._async_is_blocked_host

    async def is_blocked_but_for_the_simulator(
        host: str | None, connector: BaseConnector | None
    ) -> bool:
        return host not in LOOPBACK.values() and await is_blocked(host, connector)

    patch.setattr(aiohttp_client, "_async_is_blocked_host", is_blocked_but_for_the_simulator)
    patch.setenv(BASE_URL_VARIABLE, simulator.cloudflare.base_url)
    patch.setattr(ddns, "PROVIDERS", providers_of(simulator.ip.services))
    patch.setattr(ddns, "RESOLVERS", resolvers_of(simulator.doh.urls))
    patch.setattr(ddns, "STUN_SERVERS", {})


def wait_for_operations_by(
    sleep: Callable[[float], Awaitable[None]], patch: pytest.MonkeyPatch
) -> None:
    """Make the integration wait for operations on IP lists by another function."""
    patch.setattr(ip_list_operations, "sleep", sleep)


# Config entries


def new_entry(
    model: ZoneModel, zone_id: str, resources: Iterable[ConfigSubentry] = ()
) -> MockConfigEntry:
    """Return the config entry of a zone, with subentries of resources."""
    return MockConfigEntry(
        domain=DOMAIN,
        title=model.name,
        unique_id=zone_id,
        entry_id=_entry_id(model.name),
        data={
            "zone": model.name,
            "email": None,
            "key": TOKEN,
            "zone_id": zone_id,
            "zone_name": model.name,
            "is_paid": False,
        },
        options=entry_options(model),
        subentries_data=[
            {
                **ConfigSubentryData(
                    subentry_type="domain",
                    title=name,
                    unique_id=f"domain:{name}",
                    data=subentry_data(config, model.sources),
                ),
                "subentry_id": _subentry_id(name),
            }
            for name, config in model.domains.items()
        ]
        + [subentry.as_dict() for subentry in resources],
    )


def new_subentry(config: DomainConfig, sources: SourceCatalog) -> ConfigSubentry:
    """Return the subentry of a domain."""
    return ConfigSubentry(
        data=MappingProxyType(subentry_data(config, sources)),
        subentry_id=_subentry_id(config.name),
        subentry_type="domain",
        title=config.name,
        unique_id=f"domain:{config.name}",
    )


def new_resource_subentry(
    config: ResourceConfig, account_id: str, resource_id: str
) -> ConfigSubentry:
    """Return the subentry of a resource."""
    return ConfigSubentry(
        data=MappingProxyType(resource_data(config, account_id, resource_id)),
        subentry_id=_subentry_id(config.kind),
        subentry_type=config.kind,
        title=config.kind,
        unique_id=f"{config.kind}:{resource_id}",
    )


def get_entry(hass: HomeAssistant, zone: str) -> RaindropConfigEntry:
    """Return the config entry of a zone."""
    entry = hass.config_entries.async_get_known_entry(_entry_id(zone))
    return cast("RaindropConfigEntry", entry)


def has_problem(hass: HomeAssistant, zone: str, domain: str) -> bool:
    """Return whether the problem sensor of a domain or resource is on, or has no state."""
    sensors = problem_sensors(hass, zone, domain)
    return any(not hass.states.is_state(entity_id, "off") for entity_id in sensors)


def problem_sensors(hass: HomeAssistant, zone: str, domain: str) -> set[str]:
    """Return the problem sensors of a domain or resource."""
    entities = er.async_entries_for_config_entry(er.async_get(hass), _entry_id(zone))
    return {
        entity.entity_id
        for entity in entities
        if entity.domain == "binary_sensor" and entity.config_subentry_id == _subentry_id(domain)
    }


def zone_problem_issues(hass: HomeAssistant, zone: str) -> set[str]:
    """Return the issues that say that the world does not see a zone as it should."""
    return {
        str(issue.translation_key)
        for issue in ir.async_get(hass).issues.values()
        if issue.data is not None
        and issue.data.get("entry_id") == _entry_id(zone)
        and str(issue.translation_key).startswith("zone_")
    }


def issues_about(hass: HomeAssistant, zone: str, domain: str) -> bool:
    """Return whether an issue is about a domain, or about its whole zone or its sources."""
    return any(
        issue.data is not None
        and issue.data.get("entry_id") == _entry_id(zone)
        and issue.data.get("subentry_id") in ("", None, _subentry_id(domain))
        for issue in ir.async_get(hass).issues.values()
    )


def connection_shown(hass: HomeAssistant, zone: str, state: State) -> tuple[str, str, str] | None:
    """Return domain, record type and connection if a state is that of a connection in use."""
    entity = er.async_get(hass).async_get(state.entity_id)
    if entity is None or entity.config_entry_id != _entry_id(zone):
        return None
    family = entity.unique_id.rpartition(":connection_")[2]
    if family not in RECORD_TYPES or state.state.lower() not in CONNECTIONS:
        return None
    domain = str(entity.config_subentry_id).removeprefix(_subentry_id(""))
    return domain, RECORD_TYPES[family], state.state.lower()


async def diagnostics(hass: HomeAssistant, zone: str) -> dict[str, Any]:
    """Return the diagnostics of a zone."""
    return await async_get_config_entry_diagnostics(hass, get_entry(hass, zone))


def _entry_id(zone: str) -> str:
    return f"entry_of_{zone}"


def _subentry_id(domain: str) -> str:
    return f"subentry_of_{domain}"


# Detection


class _WatchedDamping(dict[ddns.Source, DampingState]):
    """Calls back whenever another address of a source is accepted, before it is written."""

    def __init__(self, accepted: Callable[[Source, str], None]) -> None:
        super().__init__()
        self._accepted = accepted

    @override
    def __setitem__(self, source: ddns.Source, damping: DampingState) -> None:
        before = self.get(source, DampingState())
        super().__setitem__(source, damping)
        if damping.accepted != before.accepted:
            self._accepted(_to_model(source), str(damping.accepted))


def listen_for_accepted_addresses(
    hass: HomeAssistant, accepted: Callable[[Source, str], None]
) -> None:
    """Call back whenever another address of a source is accepted."""
    async_get_detector(hass)._damping = _WatchedDamping(accepted)


def signal_listener_count(hass: HomeAssistant) -> int:
    """Return how many listeners the integration's dispatcher signals have."""
    signals = hass.data.get("dispatcher", {})
    return sum(len(found) for signal, found in signals.items() if str(signal).startswith(DOMAIN))


def _to_model(source: ddns.Source) -> Source:
    return Source(
        family=source.family.value,
        kind=source.kind.value,
        entity=source.entity.removeprefix(registry_id("")),
        urls=source.urls,
        meaning=source.meaning.value,
    )


# Updates


class LoadedZone:
    """A zone whose config entry is loaded."""

    def __init__(self, coordinator: RaindropCoordinator) -> None:
        """Use the coordinator of the zone."""
        self._coordinator = coordinator

    async def update_now(self) -> None:
        """Press the button *Update now*; an error for the user is expected."""
        with suppress(HomeAssistantError):
            await self._coordinator.async_update_now()

    async def dry_run(self) -> None:
        """Preview an update without applying it; an API error is expected."""
        with suppress(ddns.CloudflareError):
            await self._coordinator.async_preview(self._coordinator.config)

    async def resolve_contested(self) -> None:
        """Resolve every *contested* conflict as the repair does."""
        for record_key, record in list(self._coordinator.data.records.items()):
            if record.conflict and record.conflict.reason is ddns.Reason.CONTESTED:
                with suppress(HomeAssistantError):
                    await self._coordinator.async_update_now(overrule=record_key)

    async def choose_networks(self, subentry: ConfigSubentry, networks: Iterable[str]) -> None:
        """Remember which networks of a location are this home's, as its form does."""
        entry = self._coordinator.config_entry
        config = read_managed_resource(entry, subentry).config
        own = map(IPv4Network, networks)
        await self._coordinator.resources.async_choose(config, own)

    async def resolve_resources(self) -> None:
        """Bring the resources in line that only the user can, as the repairs do."""
        resources = self._coordinator.resources
        for managed in resources.managed:
            if resources.state(managed.id).failure in _FOR_THE_USER:
                with suppress(HomeAssistantError):
                    await resources.async_sync_now(managed.subentry_id)

    @property
    def resource_problems(self) -> str:
        """What is known of the zone's resources as text."""
        resources = self._coordinator.resources
        return str({managed.title: resources.state(managed.id) for managed in resources.managed})

    @property
    def is_backing_off(self) -> bool:
        """Whether no API request is made for now, after a rate limit."""
        backoff = self._coordinator._backoff
        return backoff.wait_s(dt_util.utcnow()) > 0

    @property
    def refused(self) -> set[RecordKey]:
        """The record keys whose last change Cloudflare refused."""
        return {
            (record_key.name, record_key.family.record_type)
            for record_key, record in self._coordinator.data.records.items()
            if record.failure and isinstance(record.failure.error, ddns.CloudflareRefusedError)
        }

    @property
    def flapping(self) -> set[RecordKey]:
        """The record keys whose address is held because it may be one of two."""
        detections = self._coordinator.data.detections
        return {
            (managed.record_key.name, managed.record_key.family.record_type)
            for managed in self._coordinator.config.managed_records
            if detections[managed.source].is_flapping
        }

    @property
    def has_unseen(self) -> bool:
        """Whether public resolvers answered without what Cloudflare has."""
        state = self._coordinator.data
        is_delegated = state.foreign_name_servers is None
        return not is_delegated or any(r.is_not_seen for r in state.records.values())

    @property
    def problems(self) -> str:
        """The problems of the zone's records as text, empty without any."""
        records = self._coordinator.data.records
        problems = {key: record.reason for key, record in records.items() if record.reason}
        return str(problems) if problems else ""


def loaded_zone(hass: HomeAssistant, zone: str) -> LoadedZone | None:
    """Return a zone, None if its config entry is not loaded."""
    entry = get_entry(hass, zone)
    return LoadedZone(entry.runtime_data) if entry.state is ConfigEntryState.LOADED else None
