"""The configuration of a loaded zone: adds, changes, and removes domains without a reload."""

from collections.abc import Iterable

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from .config import (
    Domain,
    configured_record_keys,
    read_domains,
    unreadable_domains,
    zone_config,
)
from .ddns import Source, ZoneConfig, reconfigured
from .entry_reload import async_schedule_reload
from .record_deletions import async_begin_deletions
from .resources.resource_config import unreadable_resources
from .storage.sources import watches_connection
from .storage.zone_store import ZoneStore


class LoadedConfig:
    """What an entry configures; changed subentries take effect with `async_renew`."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, store: ZoneStore) -> None:
        """Read an entry. Raises CloudflareNotFoundError if its zone id is malformed."""
        self._hass = hass
        self._entry = entry
        self._store = store
        self.is_outdated = False
        """Whether subentries were changed since they were read."""
        self._read()

    def _read(self) -> None:
        self.domains = read_domains(self._entry)
        self.zone = zone_config(self._entry, self.domains)
        unreadable = (
            *unreadable_domains(self._entry, self.domains),
            *unreadable_resources(self._entry),
        )
        self._unreadable = {subentry.subentry_id for subentry in unreadable}

    @property
    def watched_sources(self) -> Iterable[Source]:
        """The sources whose connection is watched."""
        return self.zone.sources if watches_connection(self._entry.options) else ()

    @callback
    def async_apply(self, before: ZoneConfig) -> None:
        """Find the removed domains, and adapt the stored state."""
        async_begin_deletions(self._hass, self._entry, self._store, self.domains)
        managed = dict.fromkeys(record.record_key for record in self.zone.managed_records)
        self._store.remove_unmanaged(managed, configured_record_keys(self._entry, self.domains))
        self._store.state = reconfigured(self._store.state, before, self.zone)

    @callback
    def async_renew(self) -> list[Domain]:
        """Read the subentries again; return the domains that are new or changed.

        Setup handles the entities of a domain that cannot be read.
        """
        self.is_outdated = False
        before, known, unreadable = self.zone, {*self.domains}, self._unreadable
        self._read()
        self.async_apply(before)
        if self._unreadable != unreadable:
            async_schedule_reload(self._hass, self._entry)
        return [domain for domain in self.domains if domain not in known]
