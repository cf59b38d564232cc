"""Raindrop keeps Cloudflare DNS pointed at a home whose public IP address changes."""

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed

from .coordinator import RaindropConfigEntry, RaindropCoordinator
from .ddns.errors import CloudflareAuthError
from .explain import translated

PLATFORMS = (Platform.BUTTON, Platform.SENSOR)


async def async_setup_entry(hass: HomeAssistant, entry: RaindropConfigEntry) -> bool:
    """Set up a zone."""
    try:
        coordinator = RaindropCoordinator(hass, entry)
    except CloudflareAuthError as err:
        raise translated(ConfigEntryAuthFailed, err) from err
    await coordinator.async_config_entry_first_refresh()
    entry.runtime_data = coordinator
    # A coordinator polls only while somebody listens, and DNS must be kept
    # even if the user disables every entity.
    entry.async_on_unload(coordinator.async_add_listener(_listen))
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    entry.async_on_unload(entry.add_update_listener(_async_reload))
    return True


async def async_unload_entry(hass: HomeAssistant, entry: RaindropConfigEntry) -> bool:
    """Unload a zone."""
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


@callback
def _listen() -> None:
    """Keep the coordinator polling."""


async def _async_reload(hass: HomeAssistant, entry: RaindropConfigEntry) -> None:
    """Start anew when the entry or one of its domains changed."""
    hass.config_entries.async_schedule_reload(entry.entry_id)
