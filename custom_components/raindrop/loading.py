"""Wait for a config entry that is being set up, unloaded or reloaded."""

from asyncio import timeout
from contextlib import suppress

from homeassistant.config_entries import ConfigEntry, ConfigEntryState

_LIMIT_S = 45
"""A little more than an unload that lets an update finish, and the setup after it."""


async def async_wait_until_loaded(entry: ConfigEntry) -> bool:
    """Return whether an entry is loaded, after what Home Assistant is doing with it.

    Must not be awaited by what does it: setup, unload or remove.
    """
    with suppress(TimeoutError):
        async with timeout(_LIMIT_S), entry.setup_lock:
            pass  # Nothing is being done with it any more.
    return entry.state is ConfigEntryState.LOADED
