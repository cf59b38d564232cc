"""A zone that moved to another account: switch the entry to the new zone, and keep the rest."""

from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from . import ddns
from .config import CONF_RECORDS, CONF_TAKE_OVER, zone_host_name, zone_id
from .const import (
    CONF_IS_PAID,
    CONF_ZONE,
    CONF_ZONE_ID,
    CONF_ZONE_NAME,
    DOMAIN,
    SUBENTRY_DOMAIN,
)
from .ddns import CloudflareClient, CloudflareError, Zone
from .entry_reload import async_schedule_reload
from .subentries import async_change_domain


async def async_find_zone(
    hass: HomeAssistant, entry: ConfigEntry, client: CloudflareClient
) -> Zone | None:
    """Return the active zone of an entry's name if it is another one that no entry has.

    Only one whose records the credential may edit.
    """
    if (name := zone_host_name(entry)) is None:
        return None
    try:
        zone = await ddns.zone_elsewhere(client, name, zone_id(entry))
        if zone is None or hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, zone.id):
            return None
        await ddns.verify_access(client, zone.id, None)
    except CloudflareError:
        return None
    return zone


@callback
def async_use_zone(
    hass: HomeAssistant,
    entry: ConfigEntry,
    zone: Zone,
    credential: dict[str, str | None] | None = None,
) -> None:
    """Switch an entry to another zone of the same name; domains, entities, and history stay.

    The records that the user chose have other identifiers there.
    """
    hass.config_entries.async_update_entry(
        entry,
        unique_id=zone.id,
        data={
            **entry.data,
            **(credential or {}),
            CONF_ZONE: zone.name,
            **zone_data(zone),
        },
    )
    for subentry in entry.get_subentries_of_type(SUBENTRY_DOMAIN):
        async_change_domain(hass, entry, subentry, **{CONF_RECORDS: {}, CONF_TAKE_OVER: []})
    # The update listener is there only while the entry is loaded.
    async_schedule_reload(hass, entry)


def zone_data(zone: Zone) -> dict[str, Any]:
    """Return what an entry stores of its zone as it was found, beside what the user entered."""
    return {CONF_ZONE_ID: zone.id, CONF_ZONE_NAME: zone.name, CONF_IS_PAID: zone.is_paid}
