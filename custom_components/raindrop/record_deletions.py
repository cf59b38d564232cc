"""Delete the records of removed domains: repeatedly until done, or once if the entry is removed."""

from asyncio import timeout
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util

from .api_backoff import Backoff
from .api_client import async_get_client
from .config import (
    Domain,
    configured_record_keys,
    read_domains,
    record_keys_of_unreadable,
    unreadable_domains,
    zone_id,
)
from .const import DOMAIN, LOGGER
from .ddns import (
    CloudflareClient,
    CloudflareError,
    CloudflareTimeoutError,
    DdnsError,
    RecordKey,
    UpdateResult,
    ZoneId,
    delete_owned,
)
from .home_id import async_get_home_id
from .issues.entry import (
    async_end_deletion_failed,
    async_end_records_left,
    async_report_deletion_failed,
    async_report_records_left,
    async_report_state_lost,
    record_names,
)
from .storage.zone_store import ZoneStore
from .update_scheduler import LATE_WRITE, async_call_again

_LIMIT_S = 20
"""How long all deletions may take together."""
REPAIR_AFTER = timedelta(minutes=15)
"""How long a deletion may fail before there is a repair."""


class Deletions:
    """Deletes the records of removed domains of one loaded entry."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, client: CloudflareClient, store: ZoneStore
    ) -> None:
        self._hass = hass
        self._entry = entry
        self._client = client
        self._store = store
        self._is_failing = False

    @property
    def due(self) -> dict[RecordKey, datetime]:
        """The records to delete now, and since when their domain is gone."""
        pending = self._store.pending_deletions.items()
        return {key: since for key, since in pending if since is not None}

    @callback
    def async_reconfigured(self) -> None:
        """Stop reporting a failure if the domains whose records are to be deleted are back."""
        if not self.due:
            self._is_failing = False
            async_end_deletion_failed(self._hass, self._entry)

    async def async_delete(self, result: UpdateResult) -> UpdateResult:
        """Delete the records that are due; return the result of the update with what happened.

        Must not run during an update, which could create the records again.
        """
        now, pending = dt_util.utcnow(), self._store.pending_deletions
        # A time in the future is due to a clock that was set back.
        due = {key: min(since, now) for key, since in self.due.items()}
        if not due:
            return result
        pending.update(due)
        failed = await _async_delete(self._client, zone_id(self._entry), due)
        for key, since in due.items():
            if key not in failed and now - since >= LATE_WRITE:
                del pending[key]
        self._store.async_delay_save()
        self._async_report(failed, min((due[key] for key in failed), default=now), now)
        errors = (*result.errors, *failed.values())
        return replace(result, was_read=result.was_read or not failed, errors=errors)

    @callback
    def _async_report(
        self, failed: dict[RecordKey, CloudflareError], since: datetime, now: datetime
    ) -> None:
        if failed and not self._is_failing:
            LOGGER.warning(
                "The records of removed domains could not be deleted yet: %s: %s",
                record_names(failed),
                next(iter(failed.values())),
            )
        elif self._is_failing and not failed:
            LOGGER.info("The records of all removed domains are deleted")
        self._is_failing = bool(failed)
        if not failed:
            async_end_deletion_failed(self._hass, self._entry)
        elif now - since >= REPAIR_AFTER:
            async_report_deletion_failed(self._hass, self._entry, failed)


@callback
def async_begin_deletions(
    hass: HomeAssistant, entry: ConfigEntry, store: ZoneStore, domains: Collection[Domain]
) -> None:
    """Find the domains removed since the state was stored, and report a lost state.

    A domain that cannot be read is not removed. If not even its name is known,
    every domain might be that one, and none counts as removed. A record type that a
    domain no longer has is deleted with the domain, not before.
    """
    now = dt_util.utcnow()
    is_deleted = {domain.name: domain.deletes_records for domain in domains}
    readable = {key for domain in domains for key in domain.configured_record_keys}
    unreadable = [record_keys_of_unreadable(s) for s in unreadable_domains(entry, domains)]
    kept = {key for record_keys in unreadable for key in record_keys}
    pending: dict[RecordKey, datetime | None] = {}
    for key, since in store.pending_deletions.items():
        if key not in readable and is_deleted.get(key.name, True):
            is_removed = all(unreadable) and key not in kept and key.name not in is_deleted
            pending[key] = (since or now) if is_removed else None
    store.pending_deletions = {**pending, **dict.fromkeys(_deletable(domains))}
    if store.are_deletions_lost:
        async_report_state_lost(hass, entry)


async def async_delete_with_entry(
    hass: HomeAssistant, entry: ConfigEntry, store: ZoneStore
) -> None:
    """Delete the records of a removed entry that the user wants deleted, and its stored state.

    Tried once, because the credential is removed with the entry; a repair names the
    records that are left. Only if a write without a response may still create a record,
    they are deleted again.
    """
    async_begin_deletions(hass, entry, store, read_domains(entry))
    record_keys = set(store.pending_deletions)
    await _async_delete_once(hass, entry, record_keys)
    if Backoff(store).has_unconfirmed_write(dt_util.utcnow()):

        async def delete_again(_now: datetime) -> None:
            # The zone may have been added again meanwhile.
            kept = {
                key
                for other in hass.config_entries.async_entries(DOMAIN)
                for key in configured_record_keys(other, read_domains(other))
            }
            await _async_delete_once(hass, entry, record_keys - kept)

        async_call_again(hass, delete_again)
    await store.async_remove()


async def _async_delete_once(
    hass: HomeAssistant, entry: ConfigEntry, record_keys: Collection[RecordKey]
) -> None:
    """Delete records of a removed entry; a repair names those that may be left."""
    left = record_keys
    try:
        if left:
            client = async_get_client(hass, entry.data, await async_get_home_id(hass))
            left = await _async_delete(client, zone_id(entry), left)
    except DdnsError, HomeAssistantError, OSError:
        LOGGER.debug("No request could be sent", exc_info=True)
    if left:
        async_report_records_left(hass, entry, left)
    else:
        async_end_records_left(hass, entry)


async def _async_delete(
    client: CloudflareClient, of_zone: ZoneId, record_keys: Collection[RecordKey]
) -> dict[RecordKey, CloudflareError]:
    """Delete records within the limit; return those that may be left, and why."""
    try:
        async with timeout(_LIMIT_S):
            return await delete_owned(client, of_zone, record_keys)
    except TimeoutError:
        error = CloudflareTimeoutError("Cloudflare did not respond in time")
        return dict.fromkeys(record_keys, error)


def _deletable(domains: Iterable[Domain]) -> Iterable[RecordKey]:
    """Yield the records that are deleted with their domain."""
    for domain in domains:
        if domain.deletes_records:
            yield from domain.configured_record_keys
