"""Take over from Home Assistant's own Cloudflare integration.

Its entry is disabled when Raindrop is loaded and in sync. Until then,
``CONF_REPLACES`` is in the data of Raindrop's entry. Both are changed at once,
and Home Assistant stores all entries in one file: however it stops, the other
entry is enabled unless Raindrop has taken over.
"""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field

from homeassistant.config_entries import (
    ConfigEntry,
    ConfigEntryDisabler,
    ConfigEntryState,
    OperationNotAllowed,
)
from homeassistant.const import CONF_API_TOKEN, CONF_ZONE
from homeassistant.core import HomeAssistant, callback

from .config import host_names
from .const import DOMAIN
from .coordinator import RaindropConfigEntry
from .ddns import Family, HostName, RecordKey, RecordState
from .storage.values import read_host_name, read_list, read_text

CONF_REPLACES = "replaces"
"""The id of the entry of Home Assistant's own integration that is to be disabled."""
CLOUDFLARE = "cloudflare"
_CONF_RECORDS = "records"


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudflareEntry:
    """What an entry of Home Assistant's own integration keeps: the A records of some names."""

    entry_id: str
    token: str = field(repr=False)
    zone_name: HostName
    names: tuple[HostName, ...]


@callback
def async_replaceable_entries(hass: HomeAssistant) -> dict[str, CloudflareEntry]:
    """Return the entries that can be taken over, by their id.

    One that is disabled can be unless it was taken over already.
    """
    raindrop = hass.config_entries.async_entries(DOMAIN)
    kept = {name for entry in raindrop for name in host_names(entry)}
    entries = hass.config_entries.async_entries(CLOUDFLARE, include_ignore=False)
    return {
        entry.entry_id: found
        for entry in entries
        if (found := _read(entry)) and not (entry.disabled_by and kept.intersection(found.names))
    }


@callback
def async_begin_takeover(hass: HomeAssistant, entry: ConfigEntry, replaced_id: str) -> None:
    """Let an entry that exists replace another one as soon as it is in sync."""
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_REPLACES: replaced_id})


@callback
def async_follow_takeover(hass: HomeAssistant, entry: RaindropConfigEntry) -> None:
    """Disable the entry that is replaced, as soon as this one is loaded and in sync."""

    @callback
    def check() -> None:
        if CONF_REPLACES in entry.data:
            replaced = hass.config_entries.async_get_entry(str(entry.data[CONF_REPLACES]))
            if replaced is None:
                _async_end_takeover(hass, entry)
            elif _is_taken_over(entry, replaced):
                _ = hass.async_create_task(
                    _async_disable(hass, entry, replaced), f"{DOMAIN} {entry.title} takeover"
                )

    entry.async_on_unload(entry.async_on_state_change(check))
    entry.async_on_unload(entry.runtime_data.async_add_listener(check))


@callback
def _async_end_takeover(hass: HomeAssistant, entry: ConfigEntry) -> None:
    data = {key: value for key, value in entry.data.items() if key != CONF_REPLACES}
    hass.config_entries.async_update_entry(entry, data=data)


async def _async_disable(
    hass: HomeAssistant, entry: RaindropConfigEntry, replaced: ConfigEntry
) -> None:
    """Disable a replaced entry; enable it again if this one has failed meanwhile."""
    # No await until the other entry is disabled: both are stored, or none.
    _async_end_takeover(hass, entry)
    with suppress(OperationNotAllowed):  # It is off after a restart.
        await hass.config_entries.async_set_disabled_by(replaced.entry_id, ConfigEntryDisabler.USER)
    if not _is_taken_over(entry, replaced):
        if hass.config_entries.async_get_entry(entry.entry_id):
            async_begin_takeover(hass, entry, replaced.entry_id)
        await hass.config_entries.async_set_disabled_by(replaced.entry_id, None)


def _is_taken_over(entry: RaindropConfigEntry, replaced: ConfigEntry) -> bool:
    """Return whether an entry keeps all records in sync that it took over."""
    if entry.state is not ConfigEntryState.LOADED or not entry.runtime_data.is_available:
        return False
    found = _read(replaced)
    return _are_in_sync(entry, {*(found.names if found else ())}.intersection(host_names(entry)))


def _are_in_sync(entry: RaindropConfigEntry, names: Collection[HostName]) -> bool:
    """Return whether there are names, and the A record of each is kept and right at Cloudflare."""
    coordinator = entry.runtime_data
    managed = {key for domain in coordinator.domains for key in domain.record_keys}
    keys = {RecordKey(name, Family.IPV4) for name in names}
    records = map(coordinator.data.records.get, keys & managed)
    return 0 < len(keys) == sum(record is not None and _is_right(record) for record in records)


def _is_right(record: RecordState) -> bool:
    """Return whether a record is right at Cloudflare, also if the world does not see it yet."""
    is_known = record.unknown_since is None
    return is_known and (record.reason is None or record.reason.is_only_unseen)


def _read(entry: ConfigEntry) -> CloudflareEntry | None:
    """Return what an entry keeps, None if that cannot be read."""
    try:
        return CloudflareEntry(
            entry_id=entry.entry_id,
            token=read_text(entry.data.get(CONF_API_TOKEN)),
            zone_name=read_host_name(entry.data.get(CONF_ZONE)),
            names=tuple(map(read_host_name, read_list(entry.data.get(_CONF_RECORDS)))),
        )
    except ValueError:
        return None
