"""Which fix flow each repair issue has; the flows are in `issues`."""

from homeassistant.components.repairs import RepairsFlow
from homeassistant.core import HomeAssistant

from .issues.fix_flow_menus import RetryFlow
from .issues.issue import ATTR_ENTRY_ID, ATTR_ISSUE
from .issues.record_fix_flows import (
    AmbiguousFlow,
    ContestedFlow,
    MissingFlow,
    OtherHomeFlow,
    ProxiedUnknownFlow,
)
from .issues.resource_fix_flows import LocationNetworkFlow, ResourceFlow, ResourcePermissionFlow
from .issues.zone_fix_flows import MovedZoneFlow, PermissionFlow, UnreadableFlow, ZoneFlow


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Return the flow that fixes an issue. Raises UnknownEntry if its entry was removed."""
    issue_data = {key: str(value) for key, value in (data or {}).items()}
    entry = hass.config_entries.async_get_known_entry(issue_data[ATTR_ENTRY_ID])
    return _FLOWS.get(issue_data[ATTR_ISSUE], RetryFlow)(entry, issue_data)


_FLOWS: dict[str, type[RetryFlow]] = {
    "dns_edit_missing": PermissionFlow,
    "domain_unreadable": UnreadableFlow,
    "location_address_taken": ResourceFlow,
    "location_ambiguous": LocationNetworkFlow,
    "location_contested": ResourceFlow,
    "location_ipv4_off": ResourceFlow,
    "location_missing": ResourceFlow,
    "location_old_address": ResourceFlow,
    "location_refused": ResourceFlow,
    "location_settings_changed": ResourceFlow,
    "location_settings_unknown": ResourceFlow,
    "list_contested": ResourceFlow,
    "list_missing": ResourceFlow,
    "list_old_address": ResourceFlow,
    "list_refused": ResourceFlow,
    "lists_edit_missing": ResourcePermissionFlow,
    "record_ambiguous": AmbiguousFlow,
    "record_contested": ContestedFlow,
    "record_missing": MissingFlow,
    "record_proxied_unknown": ProxiedUnknownFlow,
    "record_other_home": OtherHomeFlow,
    "token_location": PermissionFlow,
    "zero_trust_edit_missing": ResourcePermissionFlow,
    "zero_trust_list_contested": ResourceFlow,
    "zero_trust_list_missing": ResourceFlow,
    "zero_trust_list_old_address": ResourceFlow,
    "zero_trust_list_refused": ResourceFlow,
    "zone_gone": MovedZoneFlow,
    "zone_id_unreadable": UnreadableFlow,
    "zone_internal": ZoneFlow,
    "zone_moved": MovedZoneFlow,
    "zone_partial": ZoneFlow,
    "zone_paused": ZoneFlow,
    "zone_pending": MovedZoneFlow,
    "zone_read_missing": PermissionFlow,
    "zone_secondary": ZoneFlow,
}
