"""A zone with a DNS location in Home Assistant, and the form that adds it."""

from functools import partial
from typing import Any

from homeassistant.config_entries import ConfigSubentryData

from custom_components.raindrop.ddns import ResourceKind
from simulator import Simulator
from simulator.cloudflare.dns_locations import Location

from . import resource_homes

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


start = partial(resource_homes.start, kind=ResourceKind.DNS_LOCATION)
change = partial(resource_homes.change, kind=ResourceKind.DNS_LOCATION)


def dns_location(of: Location, **data: Any) -> ConfigSubentryData:
    """Return the subentry of a location."""
    title = str(of.settings["name"])
    return resource_homes.resource(ResourceKind.DNS_LOCATION, of, title, **data)


def location_endpoints(simulator: Simulator) -> list[str]:
    """Return the endpoints of the requests about locations."""
    return resource_homes.endpoints_with(simulator, "/gateway/locations")


def networks(simulator: Simulator, of: Location) -> list[str]:
    """Return the networks of a location, without the prefixes of single addresses."""
    found = simulator.cloudflare.locations.networks(of)
    return [network.removesuffix("/32") for network in found]
