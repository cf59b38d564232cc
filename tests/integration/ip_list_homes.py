"""A zone with an IP list in Home Assistant, and the form that adds it."""

from collections.abc import Mapping
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
from simulator.cloudflare.ip_lists import ItemList

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


def ip_list(of: ItemList, **data: Any) -> ConfigSubentryData:
    """Return the subentry of a list."""
    ids = {"account_id": of.account.id, "resource_id": of.id}
    return ConfigSubentryData(
        subentry_type=ResourceKind.IP_LIST,
        data={**RESOURCE_DEFAULTS, **ids, **data},
        title=of.name,
        unique_id=resource_unique_id(ResourceKind.IP_LIST, of.id),
    )


def held(simulator: Simulator, of: ItemList, comment: str | None = OWNER) -> list[str]:
    """Return the addresses with a comment in a list, by default with this home's."""
    items = simulator.cloudflare.lists.items(of)
    return [item["ip"] for item in items if item.get("comment") == comment]


def list_endpoints(simulator: Simulator) -> list[str]:
    """Return the endpoints of the requests about lists."""
    found = (entry.endpoint for entry in simulator.log.select(service="cloudflare"))
    return [endpoint for endpoint in found if "/rules/lists" in endpoint]


async def start(
    hass: HomeAssistant, entry: RaindropConfigEntry, kind: ResourceKind = ResourceKind.IP_LIST
) -> SubentryFlowResult:
    """Open the form for a new list."""
    return await hass.config_entries.subentries.async_init(
        (entry.entry_id, kind), context={"source": SOURCE_USER}
    )


async def change(
    hass: HomeAssistant, entry: RaindropConfigEntry, kind: ResourceKind = ResourceKind.IP_LIST
) -> SubentryFlowResult:
    """Open the form for the list of a zone."""
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
