"""A zone with an IP list in Home Assistant, and the form that adds it."""

from functools import partial
from typing import Any

from homeassistant.config_entries import ConfigSubentryData

from custom_components.raindrop.ddns import ResourceKind
from simulator import Simulator
from simulator.cloudflare.ip_lists import ItemList

from . import resource_homes
from .domain_forms import OWNER

LISTS = "GET /accounts/{account_id}/rules/lists"
READ = "GET /accounts/{account_id}/rules/lists/{list_id}/items"
ADD = "POST /accounts/{account_id}/rules/lists/{list_id}/items"
DELETE = "DELETE /accounts/{account_id}/rules/lists/{list_id}/items"
POLL = "GET /accounts/{account_id}/rules/lists/bulk_operations/{operation_id}"

STATUS = "sensor.trusted_status"
PROBLEM = "binary_sensor.trusted_ip_list_problem"
LISTED = "sensor.trusted_listed_addresses"
LAST_UPDATE = "sensor.trusted_last_update"
EVENT = "event.trusted_ip_list"
FORM = {
    "families": ["ipv4"],
    "ipv6_entry": "network",
    "shared_address": {"allows_shared": False},
    "removal": {"delete_items": False},
}


start = partial(resource_homes.start, kind=ResourceKind.IP_LIST)
change = partial(resource_homes.change, kind=ResourceKind.IP_LIST)


def ip_list(of: ItemList, **data: Any) -> ConfigSubentryData:
    """Return the subentry of a list."""
    return resource_homes.resource(ResourceKind.IP_LIST, of, of.name, **data)


def list_endpoints(simulator: Simulator) -> list[str]:
    """Return the endpoints of the requests about lists."""
    return resource_homes.endpoints_with(simulator, "/rules/lists")


def held(simulator: Simulator, of: ItemList, comment: str | None = OWNER) -> list[str]:
    """Return the addresses with a comment in a list, by default with this home's."""
    items = simulator.cloudflare.lists.items(of)
    return [item["ip"] for item in items if item.get("comment") == comment]
