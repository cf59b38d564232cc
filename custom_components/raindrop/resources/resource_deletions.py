"""Delete this home's items of removed resources: until that is done, or once with the entry."""

from asyncio import timeout
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util

from ..api_backoff import Backoff
from ..api_client import async_get_client
from ..const import LOGGER
from ..ddns import (
    CloudflareClient,
    CloudflareError,
    DdnsError,
    LastNetworkError,
    Network,
    Reason,
    ResourceConfig,
    ResourceId,
    ResourceState,
    delete_own_items,
)
from ..home_id import async_get_home_id
from ..issues.entry import (
    async_end_items_left,
    async_end_items_not_deleted,
    async_report_items_left,
    async_report_items_not_deleted,
)
from ..issues.resources import async_report_network_left
from ..record_deletions import REPAIR_AFTER
from ..storage.resource_store import ResourceDeletion
from ..storage.zone_store import ZoneStore
from ..update_scheduler import LATE_WRITE, async_call_again
from .account_locks import async_account_lock
from .ip_list_operations import OperationWait
from .kinds import KINDS
from .resource_config import (
    ManagedResource,
    is_resource_configured,
    read_managed_resources,
    resource_unique_id,
)

_LIMIT_S = 20
"""How long all deletions with an entry may take together."""


def begin_resource_deletions(
    entry: ConfigEntry, store: ZoneStore, resources: Iterable[ManagedResource]
) -> None:
    """Find the resources that were removed; one that cannot be read is not removed."""
    now = dt_util.utcnow()
    kept = {subentry.unique_id for subentry in entry.subentries.values()}
    pending: dict[ResourceId, ResourceDeletion] = {}
    for resource_id, deletion in store.resources.pending_deletions.items():
        is_kept = resource_unique_id(deletion.kind, resource_id) in kept
        pending[resource_id] = replace(
            deletion,
            since=None if is_kept else deletion.since or now,
            own=_own(store, resource_id, deletion.own),
        )
    for managed in resources:
        pending.pop(managed.id, None)
        if managed.deletes_items or managed.kind.remembers_own:
            pending[managed.id] = ResourceDeletion(
                kind=managed.kind,
                account_id=managed.config.account_id,
                since=None,
                title=managed.title,
                is_wanted=managed.deletes_items,
                own=_own(store, managed.id),
            )
    store.resources.pending_deletions = pending


def _own(
    store: ZoneStore, resource_id: ResourceId, known: tuple[Network, ...] = ()
) -> tuple[Network, ...]:
    """Return which networks may be this home's; none in a resource that does not exist."""
    state = store.resources.states.get(resource_id, ResourceState())
    return () if state.failure is Reason.NOT_FOUND else state.own or known


class ResourceDeletions:
    """Deletes this home's items in the resources that were removed from one loaded entry."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        client: CloudflareClient,
        store: ZoneStore,
        backoff: Backoff,
    ) -> None:
        self._hass = hass
        self._entry = entry
        self._client = client
        self._store = store
        self._backoff = backoff
        self._is_failing = False

    @property
    def due(self) -> dict[ResourceId, ResourceDeletion]:
        """What to delete now."""
        pending = self._store.resources.pending_deletions.items()
        return {resource_id: deletion for resource_id, deletion in pending if deletion.since}

    @callback
    def async_reconfigured(self, resources: Iterable[ManagedResource]) -> None:
        """Find what was removed; stop reporting a failure if all of it is back."""
        begin_resource_deletions(self._entry, self._store, resources)
        if not self.due:
            self._async_report({}, dt_util.utcnow())

    async def async_delete(self) -> None:
        """Delete what is due; a repair says what fails for long."""
        now, due = dt_util.utcnow(), self.due
        # A time in the future is due to a clock that was set back.
        due = {key: replace(one, since=min(one.since or now, now)) for key, one in due.items()}
        if not due:
            return
        self._store.resources.pending_deletions.update(due)
        failed: dict[ResourceId, CloudflareError] = {}
        for resource_id, deletion in due.items():
            try:
                is_gone = await _async_delete(self._hass, self._client, resource_id, deletion)
            except CloudflareError as err:
                failed[resource_id] = err
            else:
                is_over = not is_gone or now - (deletion.since or now) >= LATE_WRITE
                # It may have been added again meanwhile.
                if is_over and self._store.resources.pending_deletions.get(resource_id) == deletion:
                    del self._store.resources.pending_deletions[resource_id]
        self._store.async_delay_save()
        self._backoff.add_errors(failed.values(), self._client.rate_limit)
        self._async_report({due[key]: err for key, err in failed.items()}, now)

    @callback
    def _async_report(
        self, failed: Mapping[ResourceDeletion, CloudflareError], now: datetime
    ) -> None:
        titles = [deletion.title for deletion in failed]
        if not failed:
            self._is_failing = False
            async_end_items_not_deleted(self._hass, self._entry)
        for deletion, error in failed.items():
            if not self._is_failing:
                self._is_failing = True
                LOGGER.warning(
                    "The addresses in %s could not be deleted yet: %s", ", ".join(titles), error
                )
            if deletion.since and now - deletion.since >= REPAIR_AFTER:
                url = KINDS[deletion.kind].url(deletion.account_id)
                async_report_items_not_deleted(self._hass, self._entry, titles, error, url)


async def _async_delete(
    hass: HomeAssistant,
    client: CloudflareClient,
    resource_id: ResourceId,
    deletion: ResourceDeletion,
) -> bool:
    """Delete the items of this home in a resource, if that is wanted. Raises CloudflareError.

    Those of one that a zone has, perhaps again, stay. Returns False if one stays
    otherwise, which a repair then says.
    """
    async with async_account_lock(hass, deletion.kind, deletion.account_id):
        if is_resource_configured(hass, deletion.kind, resource_id):
            return True
        config = ResourceConfig(
            kind=deletion.kind, account_id=deletion.account_id, resource_id=resource_id
        )
        is_left = bool(deletion.own) and not deletion.is_wanted
        try:
            if deletion.is_wanted:
                await delete_own_items(client, config, OperationWait(), deletion.own)
        except LastNetworkError:
            is_left = True
        if is_left:
            async_report_network_left(hass, resource_id, deletion)
        return not is_left


async def async_delete_items_with_entry(
    hass: HomeAssistant, entry: ConfigEntry, store: ZoneStore
) -> None:
    """Delete the items of a removed entry that the user wants deleted.

    Tried once, because the credential is removed with the entry; a repair says what may be left.
    They are deleted again later: a change that was under way may have added one.
    """
    begin_resource_deletions(entry, store, read_managed_resources(entry))
    deletions = store.resources.pending_deletions
    if not deletions:
        return
    await _async_delete_once(hass, entry, deletions)

    async def delete_again(_now: datetime) -> None:
        await _async_delete_once(hass, entry, deletions)

    async_call_again(hass, delete_again)


async def _async_delete_once(
    hass: HomeAssistant, entry: ConfigEntry, deletions: Mapping[ResourceId, ResourceDeletion]
) -> None:
    """Delete the items of a removed entry; a repair says what may be left."""
    left = dict(deletions)
    try:
        async with timeout(_LIMIT_S):
            client = async_get_client(hass, entry.data, await async_get_home_id(hass))
            for resource_id, deletion in deletions.items():
                await _async_delete(hass, client, resource_id, deletion)
                del left[resource_id]
    except DdnsError, HomeAssistantError, OSError:
        LOGGER.debug("The entries in a resource could not be deleted", exc_info=True)
    if not left:
        async_end_items_left(hass, entry)
    titles = [deletion.title for deletion in left.values()]
    for deletion in left.values():
        url = KINDS[deletion.kind].url(deletion.account_id)
        async_report_items_left(hass, entry, titles, url)
