"""The IP lists of a loaded entry: brought in line in the background, after updates of DNS.

A list is read if the home's address changed, and with each full sync. What could
not be done is tried again after a while, whether there is an update or not.
"""

from asyncio import Task, wait
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util

from .backoff import Backoff
from .const import DOMAIN, LOGGER, UPDATE_INTERVAL
from .ddns import (
    CloudflareClient,
    CloudflareError,
    Family,
    ListId,
    ListPlan,
    ListResult,
    ListState,
    Network,
    Reason,
    State,
    assess_list,
    desired_networks,
    list_failure_events,
    preview_list,
    sync_list,
)
from .error_messages import IN_CONFLICT, translated_error
from .list_config import ManagedList, read_managed_lists
from .list_deletions import async_delete_items, begin_list_deletions
from .list_issues import async_sync_list_issue
from .list_operations import OperationWait, async_account_lock
from .list_store import ListDeletion
from .publisher import Publisher
from .scheduling import LATE_WRITE, UpdateScheduler
from .store import ZoneStore


class IpLists:
    """Keeps the home's addresses in the lists of one entry."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        client: CloudflareClient,
        store: ZoneStore,
        *,
        backoff: Backoff,
        scheduler: UpdateScheduler,
        publisher: Publisher,
    ) -> None:
        self._hass = hass
        self._entry = entry
        self._client = client
        self._store = store
        self._backoff = backoff
        self._scheduler = scheduler
        self._publisher = publisher
        self._detections = State().detections
        self._due: set[ListId] = set()
        self._tried: dict[ListId, Mapping[Family, Network | None]] = {}
        """What each list was to hold when it was last read, or could not be."""
        self._task: Task[None] | None = None
        self.lists: tuple[ManagedList, ...] = ()
        self.results: dict[ListId, ListResult] = {}
        """What happened to each list when it was last read."""
        self.listeners: list[Callable[[Iterable[ManagedList]], Awaitable[None]]] = []
        """Called with the lists that are configured."""

    def state(self, list_id: ListId) -> ListState:
        """Return what is known of a list; an empty state if nothing is."""
        return self._store.lists.states.get(list_id, ListState())

    @property
    def _is_running(self) -> bool:
        """Whether lists are brought in line right now."""
        return self._task is not None and not self._task.done()

    @property
    def _unfinished(self) -> list[ListId]:
        """The lists that are to be tried again."""
        return [m.id for m in self.lists if self._lacks(m) or not self.state(m.id).is_done]

    def _lacks(self, managed: ManagedList) -> bool:
        """Return whether a list was not brought in line with the present addresses yet."""
        desired = desired_networks(managed.config, self._detections)
        return self.state(managed.id).lacks(desired)

    @callback
    def async_apply(self) -> None:
        """Read the configured lists, and find those that were removed."""
        self._tried.clear()
        before = {managed.id: managed.config for managed in self.lists}
        self.lists = read_managed_lists(self._entry)
        states = self._store.lists.states
        self._store.lists.states = {
            managed.id: self.state(managed.id)
            if before.get(managed.id) == managed.config
            # What it was brought in line with says nothing about the present configuration.
            else replace(self.state(managed.id), synced={}, failure=None)
            for managed in self.lists
        }
        begin_list_deletions(self._entry, self._store, self.lists)
        for list_id in states.keys() - self._store.lists.states.keys():
            async_sync_list_issue(self._hass, self._entry, list_id)

    async def async_reconfigured(self) -> None:
        """Take over changed lists; their entities are added."""
        self.async_apply()
        if self._due_deletions():
            self._async_start()
        for show in self.listeners:
            await show(self.lists)

    @callback
    def async_updated(self, state: State, *, is_full_sync: bool) -> None:
        """Bring the lists in line in the background if that is needed after an update.

        What failed is tried again by a timer of its own, not by each update.
        """
        self._detections = state.detections
        due: set[ListId] = set()
        for managed in self.lists:
            desired = desired_networks(managed.config, self._detections)
            is_new = self._lacks(managed) and desired != self._tried.get(managed.id)
            if is_full_sync or is_new:
                due.add(managed.id)
            elif not self._is_running:
                self._async_assess(managed, self.state(managed.id))
        if due or (is_full_sync and self._due_deletions()):
            self._async_start(due)

    async def async_preview(self, managed: ManagedList) -> ListPlan:
        """Return what an update would change in a list. Raises CloudflareError."""
        _, plan = await preview_list(self._client, managed.config, self._detections)
        return plan

    async def async_finish(self) -> None:
        """Wait until what is under way is done."""
        if self._task:
            await wait([self._task])

    async def async_sync_now(self, subentry_id: str) -> None:
        """Bring a list in line though external changes keep coming back.

        Raises HomeAssistantError with the reason if it is not in line then.
        """
        for managed in [one for one in self.lists if one.subentry_id == subentry_id]:
            await self._async_sync(managed, overrule=True)
            self.raise_error(managed)

    def raise_error(self, managed: ManagedList) -> None:
        """Raise HomeAssistantError with the reason if a list is not in line."""
        state = self.state(managed.id)
        # A failure too short to be a problem is one for who asked.
        is_wrong = state.reason or state.failure
        if is_wrong and state.error:
            raise translated_error(HomeAssistantError, state.error)
        if is_wrong:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key=IN_CONFLICT,
                translation_placeholders={"names": managed.title},
            )

    @callback
    def _async_start(self, due: Iterable[ListId] = ()) -> None:
        """Bring lists in line in the background, one after another."""
        self._due |= {*due}
        if not self._backoff.may_call_api(dt_util.utcnow()):
            self._async_report_unread()
            self._async_schedule_retry()
        elif not self._is_running:
            self._task = self._entry.async_create_background_task(
                self._hass, self._async_run(), f"{DOMAIN} {self._entry.title} IP lists"
            )

    async def _async_run(self) -> None:
        """Work off what is due, then delete what removed lists leave."""
        await self._async_sync_due()
        for list_id, deletion in self._due_deletions().items():
            await self._async_delete(list_id, deletion)
        await self._async_sync_due()
        if self._due_deletions() or self._unfinished:
            self._async_schedule_retry()

    async def _async_sync_due(self) -> None:
        """Bring the lists in line that are due; an unexpected error concerns one list."""
        while self._due:
            list_id = self._due.pop()
            try:
                for managed in [one for one in self.lists if one.id == list_id]:
                    await self._async_sync(managed)
            except Exception:
                LOGGER.exception("Unexpected error updating an IP list")

    @callback
    def _async_schedule_retry(self) -> None:
        self._scheduler.async_schedule_call(self._async_retry, UPDATE_INTERVAL.total_seconds())

    @callback
    def _async_retry(self) -> None:
        self._async_start(self._unfinished)

    @callback
    def _async_report_unread(self) -> None:
        """Publish that lists lack an address, and cannot be read now."""
        for managed in filter(self._lacks, self.lists):
            known = self.state(managed.id)
            failure = known.failure or Reason.LIST_UNREAD
            self._async_assess(managed, replace(known, failure=failure))

    async def _async_sync(self, managed: ManagedList, *, overrule: bool = False) -> None:
        config = managed.config
        async with async_account_lock(self._hass, config.account_id):
            self._tried[managed.id] = desired_networks(config, self._detections)
            state, result = await sync_list(
                self._client,
                config,
                self._detections,
                self.state(managed.id),
                now=dt_util.utcnow(),
                wait=OperationWait(),
                overrule=overrule,
            )
        self._backoff.add_errors(result.errors, self._client.rate_limit)
        if managed not in self.lists:
            return  # It was changed or removed meanwhile.
        self.results[managed.id] = result
        self._store.pending_events += result.events
        self._async_publish(managed, state)

    @callback
    def _async_assess(self, managed: ManagedList, state: ListState) -> None:
        """Publish what is known if only time or the address changed it."""
        after = assess_list(managed.config, state, self._detections, dt_util.utcnow())
        before = self.state(managed.id)
        if after != before:
            self._store.pending_events += list_failure_events(managed.config, before, after)
            self._async_publish(managed, after)

    @callback
    def _async_publish(self, managed: ManagedList, state: ListState) -> None:
        before = self.state(managed.id)
        self._store.lists.states[managed.id] = state
        self._store.async_delay_save()
        if state.reason and state.reason is not before.reason:
            LOGGER.warning("The IP list %s is not up to date: %s", managed.title, state.reason)
        elif before.reason and not state.reason:
            LOGGER.info("The IP list %s is up to date again", managed.title)
        async_sync_list_issue(self._hass, self._entry, managed.id, managed, state)
        self._publisher.async_publish_list(managed.id)

    def _due_deletions(self) -> dict[ListId, ListDeletion]:
        pending = self._store.lists.pending_deletions.items()
        return {list_id: deletion for list_id, deletion in pending if deletion.since}

    async def _async_delete(self, list_id: ListId, deletion: ListDeletion) -> None:
        """Delete the items of this home in a list that was removed."""
        since = deletion.since
        try:
            await async_delete_items(self._hass, self._client, list_id, deletion)
        except CloudflareError as err:
            self._backoff.add_errors([err], self._client.rate_limit)
            LOGGER.warning("The entries in a removed IP list could not be deleted yet: %s", err)
            return
        if since and dt_util.utcnow() - since >= LATE_WRITE:
            self._store.lists.pending_deletions.pop(list_id, None)
            self._store.async_delay_save()
