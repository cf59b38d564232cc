"""A zone with a DNS location in Home Assistant, and the form that adds it."""

from typing import Any

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigSubentryData,
    SubentryFlowResult,
)
from homeassistant.core import HomeAssistant

from custom_components.raindrop.coordinator import RaindropConfigEntry
from custom_components.raindrop.ddns import ResourceKind
from custom_components.raindrop.resource_config import RESOURCE_DEFAULTS, resource_unique_id
from simulator import Simulator
from simulator.cloudflare.locations import Location

FIND = "GET /accounts/{account_id}/gateway/locations"
READ = "GET /accounts/{account_id}/gateway/locations/{location_id}"
PUT = "PUT /accounts/{account_id}/gateway/locations/{location_id}"

FRIENDS, OFFICE = "198.51.100.1", "198.51.100.128/25"
STATUS = "sensor.kids_status"
PROBLEM = "binary_sensor.kids_dns_location_problem"
FILTERED = "sensor.kids_filtered_address"
LAST_UPDATE = "sensor.kids_last_update"
EVENT = "event.kids_dns_location"
FORM = {"shared_address": {"allows_shared": False}, "removal": {"delete_items": False}}


def dns_location(of: Location, **data: Any) -> ConfigSubentryData:
    """Return the subentry of a location."""
    ids = {"account_id": of.account.id, "resource_id": of.id}
    return ConfigSubentryData(
        subentry_type=ResourceKind.DNS_LOCATION,
        data={**RESOURCE_DEFAULTS, **ids, **data},
        title=str(of.settings["name"]),
        unique_id=resource_unique_id(ResourceKind.DNS_LOCATION, of.id),
    )


def networks(simulator: Simulator, of: Location) -> list[str]:
    """Return the networks of a location, without the prefixes of single addresses."""
    found = simulator.cloudflare.locations.networks(of)
    return [network.removesuffix("/32") for network in found]


def location_endpoints(simulator: Simulator) -> list[str]:
    """Return the endpoints of the requests about locations."""
    found = (entry.endpoint for entry in simulator.log.select(service="cloudflare"))
    return [endpoint for endpoint in found if "/gateway/locations" in endpoint]


async def start(hass: HomeAssistant, entry: RaindropConfigEntry) -> SubentryFlowResult:
    """Open the form for a new location."""
    return await hass.config_entries.subentries.async_init(
        (entry.entry_id, ResourceKind.DNS_LOCATION), context={"source": SOURCE_USER}
    )


async def change(hass: HomeAssistant, entry: RaindropConfigEntry) -> SubentryFlowResult:
    """Open the form for the location of a zone."""
    (subentry,) = entry.get_subentries_of_type(ResourceKind.DNS_LOCATION)
    return await hass.config_entries.subentries.async_init(
        (entry.entry_id, ResourceKind.DNS_LOCATION),
        context={"source": SOURCE_RECONFIGURE, "subentry_id": subentry.subentry_id},
    )
