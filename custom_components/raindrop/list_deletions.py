"""Delete this home's items of removed IP lists: until that is done, or once with the entry."""

from asyncio import timeout
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util

from .config import async_get_client
from .const import LOGGER
from .ddns import CloudflareClient, DdnsError, ListConfig, ListId, delete_own_items
from .entry_issues import async_end_list_items_left, async_report_list_items_left
from .home_id import async_get_home_id
from .list_config import ManagedList, is_list_configured, list_unique_id, read_managed_lists
from .list_operations import OperationWait, async_account_lock
from .list_store import ListDeletion
from .scheduling import async_call_again
from .store import ZoneStore
from .zone_links import lists_url

_LIMIT_S = 20
"""How long all deletions with an entry may take together."""


def begin_list_deletions(
    entry: ConfigEntry, store: ZoneStore, lists: Iterable[ManagedList]
) -> None:
    """Find the lists that were removed; one that cannot be read is not removed."""
    now = dt_util.utcnow()
    kept = {subentry.unique_id for subentry in entry.subentries.values()}
    pending: dict[ListId, ListDeletion] = {}
    for list_id, deletion in store.lists.pending_deletions.items():
        is_kept = list_unique_id(list_id) in kept
        pending[list_id] = replace(deletion, since=None if is_kept else deletion.since or now)
    for managed in lists:
        pending.pop(managed.id, None)
        if managed.deletes_items:
            pending[managed.id] = ListDeletion(managed.config.account_id, None)
    store.lists.pending_deletions = pending


async def async_delete_items(
    hass: HomeAssistant, client: CloudflareClient, list_id: ListId, deletion: ListDeletion
) -> None:
    """Delete the items of this home in a list. Raises CloudflareError.

    Those of a list that a zone has, perhaps again, stay.
    """
    async with async_account_lock(hass, deletion.account_id):
        if is_list_configured(hass, list_id):
            return
        config = ListConfig(account_id=deletion.account_id, list_id=list_id)
        await delete_own_items(client, config, OperationWait())


async def async_delete_items_with_entry(
    hass: HomeAssistant, entry: ConfigEntry, store: ZoneStore
) -> None:
    """Delete the items of a removed entry that the user wants deleted.

    Tried once, because the credential is removed with the entry; a repair says what may be left.
    They are deleted again later: a change that was under way may have added one.
    """
    begin_list_deletions(entry, store, read_managed_lists(entry))
    deletions = store.lists.pending_deletions
    if not deletions:
        return
    await _async_delete_once(hass, entry, deletions)

    async def delete_again(_now: datetime) -> None:
        await _async_delete_once(hass, entry, deletions)

    async_call_again(hass, delete_again)


async def _async_delete_once(
    hass: HomeAssistant, entry: ConfigEntry, deletions: Mapping[ListId, ListDeletion]
) -> None:
    """Delete the items of a removed entry; a repair says what may be left."""
    left = dict(deletions)
    try:
        async with timeout(_LIMIT_S):
            client = async_get_client(hass, entry.data, await async_get_home_id(hass))
            for list_id, deletion in deletions.items():
                await async_delete_items(hass, client, list_id, deletion)
                del left[list_id]
    except DdnsError, HomeAssistantError, OSError:
        LOGGER.debug("The entries in an IP list could not be deleted", exc_info=True)
    if not left:
        async_end_list_items_left(hass, entry)
    for deletion in left.values():
        async_report_list_items_left(hass, entry, lists_url(deletion.account_id))
