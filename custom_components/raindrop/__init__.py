"""Raindrop keeps Cloudflare DNS pointed at a home whose public IP address changes."""

from functools import partial

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.typing import ConfigType

from .client import async_get_client
from .const import CONF_ZONE_ID, DOMAIN
from .coordinator import RaindropConfigEntry, RaindropCoordinator
from .ddns.errors import CloudflareAuthError
from .ddns.model import ZoneId
from .explain import translated
from .issues import async_delete_issues
from .memory import Memory
from .removal import async_retire
from .services import async_setup_services
from .source_options import DEFAULT_OPTIONS

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)
_WITH_SOURCES = 2
"""The minor version since which the options say where addresses come from."""
PLATFORMS = (Platform.BINARY_SENSOR, Platform.BUTTON, Platform.EVENT, Platform.SENSOR)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Register the actions."""
    async_setup_services(hass)
    return True


async def async_migrate_entry(hass: HomeAssistant, entry: RaindropConfigEntry) -> bool:
    """Bring an entry of an older version up to date; Home Assistant refuses one of a newer."""
    if entry.minor_version < _WITH_SOURCES:
        hass.config_entries.async_update_entry(
            entry, options={**DEFAULT_OPTIONS, **entry.options}, minor_version=_WITH_SOURCES
        )
    return True


async def async_setup_entry(hass: HomeAssistant, entry: RaindropConfigEntry) -> bool:
    """Set up a zone."""
    try:
        coordinator = RaindropCoordinator(hass, entry)
    except CloudflareAuthError as err:
        raise translated(ConfigEntryAuthFailed, err) from err
    entry.runtime_data = coordinator
    # Before anything takes time: what the user changes meanwhile must not be missed.
    entry.async_on_unload(entry.add_update_listener(_async_changed))
    entry.async_on_unload(partial(async_delete_issues, hass, entry))
    await coordinator.async_config_entry_first_refresh()
    # The devices of the domains name it as theirs, so it has to be there first.
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id,
        identifiers={(DOMAIN, coordinator.zone_id)},
        name=entry.title,
    )
    coordinator.zone_device_id = device.id
    # A coordinator polls only while somebody listens, and DNS must be kept
    # even if the user disables every entity.
    entry.async_on_unload(coordinator.async_add_listener(_listen))
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    # Not before the events are there that tell what it brings.
    coordinator.async_watch()
    return True


async def async_unload_entry(hass: HomeAssistant, entry: RaindropConfigEntry) -> bool:
    """Unload a zone."""
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def async_remove_entry(hass: HomeAssistant, entry: RaindropConfigEntry) -> None:
    """Delete the records of a removed zone that the user wants deleted."""
    memory = Memory(hass, entry.entry_id)
    await memory.async_load()
    if memory.retiring:
        client = async_get_client(hass, entry.data)
        await async_retire(client, ZoneId(entry.data[CONF_ZONE_ID]), memory, ())
    await memory.async_forget()


@callback
def _listen() -> None:
    """Keep the coordinator polling."""


async def _async_changed(hass: HomeAssistant, entry: RaindropConfigEntry) -> None:
    """Start anew when the entry or one of its domains changed."""
    hass.config_entries.async_schedule_reload(entry.entry_id)
