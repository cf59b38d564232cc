"""Raindrop keeps Cloudflare DNS records pointed at a home whose public IP address changes."""

from functools import partial

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed, ConfigEntryNotReady
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.typing import ConfigType

from .address_sources import async_release_detector
from .config import async_get_client
from .const import CONF_ZONE_ID, DOMAIN
from .coordinator import RaindropConfigEntry, RaindropCoordinator
from .ddns import CloudflareAuthError, CloudflareConnectionError, ZoneId
from .entity import zone_device
from .error_messages import translated_error
from .issues import async_delete_issues
from .services import async_setup_services
from .store import ZoneStore, async_delete_records

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)
PLATFORMS = (Platform.BINARY_SENSOR, Platform.BUTTON, Platform.EVENT, Platform.SENSOR)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Register the actions."""
    async_setup_services(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: RaindropConfigEntry) -> bool:
    """Set up a zone."""
    try:
        coordinator = RaindropCoordinator(hass, entry)
    except CloudflareAuthError as err:
        raise translated_error(ConfigEntryAuthFailed, err) from err
    except CloudflareConnectionError as err:
        raise translated_error(ConfigEntryNotReady, err) from err
    entry.runtime_data = coordinator
    # Before anything takes time: what the user changes meanwhile must not be missed.
    entry.async_on_unload(entry.add_update_listener(_async_reload))
    entry.async_on_unload(partial(async_delete_issues, hass, entry))
    await coordinator.async_config_entry_first_refresh()
    # The devices of the domains refer to it, so it must exist first.
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id, **zone_device(entry)
    )
    coordinator.zone_device_id = device.id
    # A coordinator polls only while it has listeners, and DNS must be kept
    # even if the user disables every entity.
    entry.async_on_unload(coordinator.async_add_listener(_async_listen))
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    coordinator.async_start()
    return True


async def async_unload_entry(hass: HomeAssistant, entry: RaindropConfigEntry) -> bool:
    """Unload a zone."""
    await entry.runtime_data.async_stop()
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def async_remove_entry(hass: HomeAssistant, entry: RaindropConfigEntry) -> None:
    """Delete the records of a removed zone that the user wants deleted."""
    store = ZoneStore(hass, entry.entry_id)
    await store.async_load()
    if store.pending_deletions:
        client = async_get_client(hass, entry.data)
        zone_id = ZoneId(entry.data[CONF_ZONE_ID])
        await async_delete_records(client, zone_id, store.pending_deletions)
    await store.async_remove()
    if not hass.config_entries.async_entries(DOMAIN):
        async_release_detector(hass)


@callback
def _async_listen() -> None:
    """Keep the coordinator polling."""


async def _async_reload(hass: HomeAssistant, entry: RaindropConfigEntry) -> None:
    """Reload an entry that changed, or whose subentries did."""
    hass.config_entries.async_schedule_reload(entry.entry_id)
