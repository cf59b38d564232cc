"""The resources of a loaded entry: brought in line in the background, after updates of DNS.

One is read if the home's address changed, and with each full sync. What could
not be done is tried again after a while, whether there is an update or not.
"""

from asyncio import Task, gather, wait
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from itertools import groupby
from operator import attrgetter

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util

from ..api_backoff import Backoff
from ..const import DOMAIN, LOGGER, UPDATE_INTERVAL
from ..ddns import (
    CloudflareAuthError,
    CloudflareClient,
    CloudflarePermissionError,
    Detection,
    Family,
    Network,
    Reason,
    ResourceConfig,
    ResourceId,
    ResourcePlan,
    ResourceResult,
    ResourceState,
    Source,
    State,
    assess_resource,
    desired_networks,
    preview_resource,
    resource_failure_events,
    sync_resource,
)
from ..error_messages import IN_CONFLICT, translated_error
from ..issues.resources import async_end_network_left, async_sync_resource_issue
from ..publisher import Publisher, resource_place
from ..storage.zone_store import ZoneStore
from ..update_scheduler import UpdateScheduler
from .account_locks import async_account_lock
from .ip_list_operations import OperationWait
from .kinds import KINDS
from .resource_config import ManagedResource, read_managed_resources
from .resource_deletions import ResourceDeletions


class AccountResources:
    """Keeps the home's addresses in the resources of one entry."""

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
        self._deletions = ResourceDeletions(hass, entry, client, store, backoff)
        self._detections = State().detections
        self._is_refused = False
        """Whether Cloudflare does not accept the credential: it would seem to lack a permission."""
        self._due: set[ResourceId] = set()
        self._tried: dict[ResourceId, Mapping[Family, Network | None]] = {}
        """What each was to hold when it was last read, or could not be."""
        self._task: Task[None] | None = None
        self.managed: tuple[ManagedResource, ...] = ()
        self.results: dict[ResourceId, ResourceResult] = {}
        """What happened to each when it was last read."""
        self.listeners: list[Callable[[Iterable[ManagedResource]], Awaitable[None]]] = []
        """Called with the resources that are configured."""

    def state(self, resource_id: ResourceId) -> ResourceState:
        """Return what is known of a resource; an empty state if nothing is."""
        return self._store.resources.states.get(resource_id, ResourceState())

    @property
    def places(self) -> list[str]:
        """What stands for the resources in place of host names."""
        return [resource_place(managed.id) for managed in self.managed]

    @property
    def lacks_permission(self) -> bool:
        """Whether the credential lacks a permission for one of the resources."""
        errors = (self.state(managed.id).error for managed in self.managed)
        return any(isinstance(error, CloudflarePermissionError) for error in errors)

    @property
    def _is_running(self) -> bool:
        """Whether resources are brought in line right now."""
        return self._task is not None and not self._task.done()

    @property
    def _unfinished(self) -> list[ResourceId]:
        """The resources that are to be tried again."""
        return [m.id for m in self.managed if self._lacks(m) or not self.state(m.id).is_done]

    def _lacks(self, managed: ManagedResource) -> bool:
        """Return whether a resource was not brought in line with the present addresses yet."""
        desired = desired_networks(managed.config, self._detections)
        return self.state(managed.id).lacks(desired)

    @callback
    def async_apply(self) -> None:
        """Read the configured resources, and find those that were removed."""
        self._tried.clear()
        before = {managed.id: managed.config for managed in self.managed}
        self.managed = read_managed_resources(self._entry)
        self._deletions.async_reconfigured(self.managed)
        states = self._store.resources.states
        self._store.resources.states = {
            managed.id: self.state(managed.id)
            if before.get(managed.id) == managed.config
            # What it was brought in line with says nothing about the present configuration.
            else replace(self.state(managed.id), synced={}, failure=None)
            for managed in self.managed
        }
        for managed in self.managed:
            async_end_network_left(self._hass, managed.id)
        for resource_id in states.keys() - self._store.resources.states.keys():
            async_sync_resource_issue(self._hass, self._entry, resource_id)

    async def async_reconfigured(self) -> None:
        """Take over changed resources; their entities are added."""
        self.async_apply()
        if self._deletions.due:
            self._async_start()
        for show in self.listeners:
            await show(self.managed)

    @callback
    def async_updated(self, state: State, *, is_full_sync: bool) -> None:
        """Bring the resources in line in the background if that is needed after an update.

        What failed is tried again by a timer of its own, not by each update.
        """
        self._detections = state.detections
        self._is_refused = isinstance(state.list_error, CloudflareAuthError)
        due: set[ResourceId] = set()
        for managed in self.managed:
            desired = desired_networks(managed.config, self._detections)
            is_lacking = self.state(managed.id).lacks(desired)
            is_new = is_lacking and desired != self._tried.get(managed.id)
            if is_full_sync or is_new:
                due.add(managed.id)
            elif not self._is_running:
                self._async_assess(managed, self.state(managed.id))
        if due or (is_full_sync and self._deletions.due):
            self._async_start(due)

    async def async_preview(
        self, managed: ManagedResource, detections: Mapping[Source, Detection]
    ) -> ResourcePlan:
        """Return what an update would change in a resource. Raises CloudflareError."""
        own = self.state(managed.id).own
        _, plan = await preview_resource(self._client, managed.config, detections, own)
        return plan

    async def async_networks(self, managed: ManagedResource) -> list[Network]:
        """Return what a resource holds, for this home and others. Raises CloudflareError."""
        items, _ = await preview_resource(self._client, managed.config, self._detections)
        return [item.network for item in items]

    async def async_choose(self, config: ResourceConfig, own: Iterable[Network]) -> None:
        """Remember which of the networks that a resource holds are this home's.

        What is under way ends before, because it would take that back.
        """
        async with async_account_lock(self._hass, config.kind, config.account_id):
            state = replace(self.state(config.resource_id), own=(*own,))
            self._store.resources.states[config.resource_id] = state
            self._store.async_delay_save()

    async def async_finish(self) -> None:
        """Wait until what is under way is done."""
        if self._task:
            await wait([self._task])

    async def async_sync_now(self, subentry_id: str) -> None:
        """Bring a resource in line though external changes keep coming back.

        Raises HomeAssistantError with the reason if it is not in line then.
        """
        for managed in [one for one in self.managed if one.subentry_id == subentry_id]:
            await self._async_sync(managed, overrule=True)
            self.raise_error(managed)

    def raise_error(self, managed: ManagedResource) -> None:
        """Raise HomeAssistantError with the reason if a resource is not in line."""
        state = self.state(managed.id)
        # A failure too short to be a problem is one for who asked.
        is_wrong = state.reason or state.failure
        result = self.results.get(managed.id, ResourceResult())
        if is_wrong and (error := next(iter(result.errors), state.error)):
            raise translated_error(HomeAssistantError, error)
        if is_wrong:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key=IN_CONFLICT,
                translation_placeholders={"names": managed.title},
            )

    @callback
    def _async_start(self, due: Iterable[ResourceId] = ()) -> None:
        """Bring resources in line in the background, those of a kind one after another."""
        self._due |= {*due}
        if self._is_refused or not self._backoff.may_call_api(dt_util.utcnow()):
            self._async_report_unread()
            self._async_schedule_retry()
        elif not self._is_running:
            self._task = self._entry.async_create_background_task(
                self._hass, self._async_run(), f"{DOMAIN} {self._entry.title} resources"
            )

    async def _async_run(self) -> None:
        """Work off what is due, then delete what removed resources leave."""
        await self._async_sync_due()
        await self._deletions.async_delete()
        await self._async_sync_due()
        if self._deletions.due or self._unfinished:
            self._async_schedule_retry()

    async def _async_sync_due(self) -> None:
        """Bring the resources in line that are due; no kind waits for the operations of another."""
        while self._due:
            due = [managed for managed in self.managed if managed.id in self._due]
            self._due.clear()
            # They are read kind by kind.
            kinds = groupby(due, attrgetter("kind"))
            await gather(*(self._async_sync_each([*of_kind]) for _, of_kind in kinds))

    async def _async_sync_each(self, due: Iterable[ManagedResource]) -> None:
        """Bring some resources in line; an unexpected error concerns one of them."""
        for managed in due:
            try:
                await self._async_sync(managed)
            except Exception:
                LOGGER.exception("Unexpected error updating %s", managed.title)

    @callback
    def _async_schedule_retry(self) -> None:
        self._scheduler.async_schedule_call(self._async_retry, UPDATE_INTERVAL.total_seconds())

    @callback
    def _async_retry(self) -> None:
        self._async_start(self._unfinished)

    @callback
    def _async_report_unread(self) -> None:
        """Publish that resources lack an address, and cannot be read now."""
        for managed in filter(self._lacks, self.managed):
            known = self.state(managed.id)
            failure = known.failure or Reason.UNREAD
            self._async_assess(managed, replace(known, failure=failure))

    async def _async_sync(self, managed: ManagedResource, *, overrule: bool = False) -> None:
        config = managed.config
        async with async_account_lock(self._hass, managed.kind, config.account_id):
            self._tried[managed.id] = desired_networks(config, self._detections)
            state, result = await sync_resource(
                self._client,
                config,
                self._detections,
                self.state(managed.id),
                now=dt_util.utcnow(),
                wait=OperationWait(),
                save=partial(self._async_save, managed),
                overrule=overrule,
            )
        self._backoff.add_errors(result.errors, self._client.rate_limit)
        if managed not in self.managed:
            return  # It was changed or removed meanwhile.
        self.results[managed.id] = result
        self._store.pending_events += result.events
        self._async_publish(managed, state)

    async def _async_save(self, managed: ManagedResource, state: ResourceState) -> None:
        """Store what is known before a write."""
        self._store.resources.set_state(managed.id, state)
        await self._store.async_save()

    @callback
    def _async_assess(self, managed: ManagedResource, state: ResourceState) -> None:
        """Publish what is known if only time or the address changed it."""
        after = assess_resource(managed.config, state, self._detections, dt_util.utcnow())
        before = self.state(managed.id)
        if after != before:
            self._store.pending_events += resource_failure_events(managed.config, before, after)
            self._async_publish(managed, after)

    @callback
    def _async_publish(self, managed: ManagedResource, state: ResourceState) -> None:
        before = self.state(managed.id)
        kind = KINDS[managed.kind].model
        self._store.resources.states[managed.id] = state
        self._store.async_delay_save()
        if state.reason and state.reason is not before.reason:
            LOGGER.warning("%s %s is not up to date: %s", kind, managed.title, state.reason)
        elif before.reason and not state.reason:
            LOGGER.info("%s %s is up to date again", kind, managed.title)
        async_sync_resource_issue(self._hass, self._entry, managed.id, managed, state)
        self._publisher.async_publish_resource(managed.id)
