"""Wait for a config entry that is being set up, unloaded or reloaded."""

from asyncio import timeout
from contextlib import suppress

from homeassistant.config_entries import ConfigEntry, ConfigEntryState

_LIMIT_S = 45
"""A little more than an unload that waits for an update, and the setup after it."""


async def async_wait_until_loaded(entry: ConfigEntry) -> bool:
    """Return whether an entry is loaded, once Home Assistant has finished loading or unloading it.

    Must not be awaited by setup, unload, or remove themselves.
    """
    with suppress(TimeoutError):
        async with timeout(_LIMIT_S), entry.setup_lock:
            pass  # It is no longer being loaded or unloaded.
    return entry.state is ConfigEntryState.LOADED
