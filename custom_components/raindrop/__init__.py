"""Raindrop keeps Cloudflare DNS records pointed at a home whose public IP address changes."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_CORE_CONFIG_UPDATE, Platform
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.exceptions import (
    ConfigEntryAuthFailed,
    ConfigEntryNotReady,
    HomeAssistantError,
)
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.typing import ConfigType

from .address_history import async_get_history, async_remove_history
from .address_sources import async_release_detector
from .config import zone_host_name
from .const import DOMAIN
from .coordinator import RaindropConfigEntry, RaindropCoordinator
from .ddns import CloudflareAuthError, CloudflareConnectionError, CloudflareNotFoundError
from .entity import zone_device
from .entry_reload import async_begin_setup, async_release_reloads, async_schedule_reload
from .error_messages import translated_error
from .home_id import async_get_home_id
from .issues.entry import (
    async_delete_entry_issues,
    async_report_configuration,
    async_report_zone_id,
)
from .issues.resources import async_delete_resource_issues
from .issues.sync_issues import async_delete_issues, async_sync_issues
from .record_deletions import async_delete_with_entry
from .resources.account_locks import async_release_account_locks
from .resources.resource_deletions import async_delete_items_with_entry
from .services import async_setup_services
from .storage.zone_store import ZoneStore
from .takeover import CONF_REPLACES, async_follow_takeover

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)
type _Essentials = tuple[str, str | None, Mapping[str, Any], Mapping[str, Any]]

PLATFORMS = (
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.EVENT,
    Platform.SELECT,
    Platform.SENSOR,
    Platform.SWITCH,
)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Register the actions, and load the history that all zones share."""
    async_setup_services(hass)
    await async_get_history(hass).async_load()
    return True


async def async_setup_entry(hass: HomeAssistant, entry: RaindropConfigEntry) -> bool:
    """Set up a zone."""
    async_begin_setup(hass, entry)
    try:
        home_id = await async_get_home_id(hass)
    except (HomeAssistantError, OSError) as err:
        raise ConfigEntryNotReady from err
    try:
        coordinator = RaindropCoordinator(hass, entry, home_id)
    except CloudflareAuthError as err:
        raise translated_error(ConfigEntryAuthFailed, err) from err
    except CloudflareConnectionError as err:
        raise translated_error(ConfigEntryNotReady, err) from err
    except CloudflareNotFoundError as err:
        async_report_zone_id(hass, entry)
        raise translated_error(ConfigEntryNotReady, err) from err
    entry.runtime_data = coordinator
    # Before anything takes time: what the user changes meanwhile must not be missed.
    essentials = _essentials(entry)
    entry.async_on_unload(entry.add_update_listener(partial(_async_entry_changed, essentials)))
    entry.async_on_unload(partial(async_delete_issues, hass, entry))
    entry.async_on_unload(partial(async_delete_entry_issues, hass, entry))
    entry.async_on_unload(partial(async_delete_resource_issues, hass, entry))
    async_report_configuration(hass, entry, coordinator.domains)
    await coordinator.async_config_entry_first_refresh()

    @callback
    def async_core_config_updated(_event: Event) -> None:
        """Check the issues again: the external URL may have changed."""
        async_sync_issues(hass, entry, coordinator.domains, coordinator.data)

    end = hass.bus.async_listen(EVENT_CORE_CONFIG_UPDATE, async_core_config_updated)
    entry.async_on_unload(end)
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
    async_follow_takeover(hass, entry)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: RaindropConfigEntry) -> bool:
    """Unload a zone."""
    await entry.runtime_data.async_stop()
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def async_remove_entry(hass: HomeAssistant, entry: RaindropConfigEntry) -> None:
    """Delete the records of a removed zone that the user wants deleted."""
    async_delete_entry_issues(hass, entry)
    store = ZoneStore(hass, entry.entry_id)
    await store.async_load()
    await async_delete_items_with_entry(hass, entry, store)
    await async_delete_with_entry(hass, entry, store)
    others = hass.config_entries.async_entries(DOMAIN)
    for other in others:
        # It had moved to another account. Its entities could not be added beside the old ones.
        if zone_host_name(other) == zone_host_name(entry) is not None:
            async_schedule_reload(hass, other)
    if not others:
        async_release_account_locks(hass)
        async_release_detector(hass)
        async_release_reloads(hass)
        await async_remove_history(hass)


@callback
def _async_listen() -> None:
    """Keep the coordinator polling."""


async def _async_entry_changed(
    loaded: _Essentials, hass: HomeAssistant, entry: RaindropConfigEntry
) -> None:
    """Take over changed domains, or reload an entry of which anything else changed."""
    if entry.state is ConfigEntryState.LOADED and _essentials(entry) == loaded:
        await entry.runtime_data.async_take_over_domains()
    else:
        async_schedule_reload(hass, entry)


def _essentials(entry: RaindropConfigEntry) -> _Essentials:
    """Return what cannot change while an entry is loaded."""
    data = {key: value for key, value in entry.data.items() if key != CONF_REPLACES}
    return entry.title, entry.unique_id, data, entry.options
