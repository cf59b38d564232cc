"""Reload a config entry, and wait for one that is being set up, unloaded or reloaded."""

from asyncio import timeout
from contextlib import suppress

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN

_LIMIT_S = 45
"""A little more than an unload that waits for an update, and the setup after it."""
_RELOADS: HassKey[set[str]] = HassKey(f"{DOMAIN}_reloads")
"""The ids of the entries whose reload has not reached their setup yet."""


@callback
def async_schedule_reload(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Reload an entry soon; changes until it is set up again share one reload."""
    scheduled = hass.data.setdefault(_RELOADS, set())
    if entry.entry_id not in scheduled:
        scheduled.add(entry.entry_id)
        reload = hass.config_entries.async_reload(entry.entry_id)
        # Not in this iteration, in which more may be changed.
        _ = hass.async_create_task(reload, f"{DOMAIN} {entry.title} reload", eager_start=False)


@callback
def async_begin_setup(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Let later changes reload an entry again: it is about to be read."""
    hass.data.get(_RELOADS, set()).discard(entry.entry_id)


@callback
def async_release_reloads(hass: HomeAssistant) -> None:
    """Discard the scheduled reloads: the last entry was removed."""
    hass.data.pop(_RELOADS, None)


async def async_wait_until_loaded(entry: ConfigEntry) -> bool:
    """Return whether an entry is loaded, once Home Assistant has finished loading or unloading it.

    Must not be awaited by setup, unload, or remove themselves.
    """
    with suppress(TimeoutError):
        async with timeout(_LIMIT_S), entry.setup_lock:
            pass  # It is no longer being loaded or unloaded.
    return entry.state is ConfigEntryState.LOADED
