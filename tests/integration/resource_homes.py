"""A zone with a resource of its account in Home Assistant, and the forms that add and change it."""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigSubentryData,
    SubentryFlowResult,
)
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.event import async_track_state_change_event

from custom_components.raindrop.coordinator import RaindropConfigEntry
from custom_components.raindrop.ddns import ResourceKind
from custom_components.raindrop.resources.resource_config import (
    RESOURCE_DEFAULTS,
    resource_unique_id,
)
from simulator import Simulator
from simulator.cloudflare.dns_locations import Location
from simulator.cloudflare.ip_lists import ItemList
from simulator.cloudflare.zero_trust_lists import ZeroTrustList


def resource(
    kind: ResourceKind, of: ItemList | Location | ZeroTrustList, title: str, **data: Any
) -> ConfigSubentryData:
    """Return the subentry of a resource."""
    ids = {"account_id": of.account.id, "resource_id": of.id}
    return ConfigSubentryData(
        subentry_type=kind,
        data={**RESOURCE_DEFAULTS, **ids, **data},
        title=title,
        unique_id=resource_unique_id(kind, of.id),
    )


def endpoints_with(simulator: Simulator, path: str) -> list[str]:
    """Return the endpoints of the requests to Cloudflare that have something in their path."""
    found = (entry.endpoint for entry in simulator.log.select(service="cloudflare"))
    return [endpoint for endpoint in found if path in endpoint]


def events_of(hass: HomeAssistant, entity_id: str) -> list[dict[str, Any]]:
    """Return the attributes of the events of an entity from now on."""
    found: list[dict[str, Any]] = []

    @callback
    def add(event: Event[EventStateChangedData]) -> None:
        if new := event.data["new_state"]:
            found.append({**new.attributes})

    async_track_state_change_event(hass, [entity_id], add)
    return found


async def start(
    hass: HomeAssistant, entry: RaindropConfigEntry, kind: ResourceKind
) -> SubentryFlowResult:
    """Open the form for a new resource."""
    return await hass.config_entries.subentries.async_init(
        (entry.entry_id, kind), context={"source": SOURCE_USER}
    )


async def change(
    hass: HomeAssistant, entry: RaindropConfigEntry, kind: ResourceKind
) -> SubentryFlowResult:
    """Open the form for the resource of a zone."""
    (subentry,) = entry.get_subentries_of_type(kind)
    return await hass.config_entries.subentries.async_init(
        (entry.entry_id, kind),
        context={"source": SOURCE_RECONFIGURE, "subentry_id": subentry.subentry_id},
    )


async def submit(
    hass: HomeAssistant, form: SubentryFlowResult, fields: Mapping[str, Any]
) -> SubentryFlowResult:
    """Submit a form and return what comes next."""
    result = await hass.config_entries.subentries.async_configure(form["flow_id"], dict(fields))
    await hass.async_block_till_done(wait_background_tasks=True)
    return result
