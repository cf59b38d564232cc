"""Update coordinator of a zone: schedules updates, runs one at a time, publishes the result."""

from asyncio import CancelledError, Lock, timeout
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HassJob, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util

from .address_sources import async_get_detector
from .api_backoff import Backoff
from .api_client import async_get_client
from .config import Domain
from .const import DOMAIN, LOGGER, UPDATE_INTERVAL
from .ddns import (
    CloudflareRateLimitError,
    HomeId,
    Preview,
    PublicAnswers,
    RecordAttributes,
    RecordKey,
    State,
    UpdateOptions,
    UpdateResult,
    ZoneConfig,
    preview,
    update_zone,
    with_public_answers,
    without_public_answers,
)
from .error_messages import raise_update_error
from .first_update import async_first_update
from .follow_ups import FollowUps
from .internet_watch import ZoneWatch
from .loaded_config import LoadedConfig
from .poll_coordinator import PollCoordinator
from .public_dns import PublicDns
from .publisher import Publisher
from .reauth import async_update_reauth
from .record_deletions import Deletions
from .resources.account_resources import AccountResources
from .source_watch import SourceWatch
from .storage.zone_store import ZoneStore
from .token_expiry import TokenExpiry
from .update_scheduler import FRESH, ROUTINE, UpdateScheduler

_UNLOAD_LIMIT_S = 30
"""How long unloading waits for an update that is running, so that it can finish its writes."""

type RaindropConfigEntry = ConfigEntry[RaindropCoordinator]


class RaindropCoordinator(PollCoordinator[State]):
    """Keeps the records of one zone in sync.

    A failure of Cloudflare is part of the state, so it does not hide the public
    address; only setup fails because of it.
    """

    config_entry: RaindropConfigEntry

    def __init__(self, hass: HomeAssistant, entry: RaindropConfigEntry, home_id: HomeId) -> None:
        """Read the configuration.

        Raises CloudflareAuthError if the stored key is malformed, and
        CloudflareNotFoundError if the zone id is.
        """
        super().__init__(
            hass,
            LOGGER,
            config_entry=entry,
            name=f"{DOMAIN} {entry.title}",
            update_interval=UPDATE_INTERVAL,
            always_update=False,
        )
        # Before the client, which may raise: `async_shutdown` is called then as well.
        self._scheduler = UpdateScheduler(hass, entry, self._async_update)
        self.client = async_get_client(hass, entry.data, home_id)
        self.detector = async_get_detector(hass)
        self.store = ZoneStore(hass, entry.entry_id)
        self._configuration = LoadedConfig(hass, entry, self.store)
        self.domain_listeners: list[Callable[[Collection[Domain]], Awaitable[None]]] = []
        """Called with the domains that were added or changed."""
        detect, request = self._scheduler.async_detect, self.async_request_update
        self._watch = ZoneWatch(hass, self._configuration.watched_sources, detect, request)
        self._entities = SourceWatch(hass, lambda: self.data.detections, request)
        self.data = State()
        self.checked_at: datetime | None = None
        """When the last update ended."""
        self.zone_device_id = ""
        self._deletions = Deletions(hass, entry, self.client, self.store)
        self._publisher = Publisher(hass, entry, self.store)
        self._backoff = Backoff(self.store)
        self.resources = AccountResources(
            hass,
            entry,
            self.client,
            self.store,
            backoff=self._backoff,
            scheduler=self._scheduler,
            publisher=self._publisher,
        )
        self._follow_ups = FollowUps(
            PublicDns(hass, entry, self._scheduler, lambda: self.data, self._async_use_answers),
            self.resources,
            TokenExpiry(hass, entry, self.client, self._backoff),
        )
        self._lock = Lock()
        self._is_stopped = False

    @property
    def domains(self) -> tuple[Domain, ...]:
        """The managed domains, as of the last update that began."""
        return self._configuration.domains

    @property
    def config(self) -> ZoneConfig:
        """What is managed, as of the last update that began."""
        return self._configuration.zone

    @property
    def is_available(self) -> bool:
        """Return whether there was an update, and the last one succeeded."""
        return self.last_update_success and self.checked_at is not None

    @override
    async def _async_setup(self) -> None:
        """Load the stored state, and find the domains that were removed; nothing is requested."""
        await self.store.async_load(self.config.zone_id)
        # Not earlier, and after what still runs when the entry is unloaded.
        self.config_entry.async_on_unload(self.store.async_save)
        self._configuration.async_apply(self.config)
        self.data = self.store.state
        self.resources.async_apply()
        if self._follow_ups.public_dns.is_off:
            self.data = self.store.state = without_public_answers(self.store.state)
        if self.store.state.zone:
            self.client.max_batch = self.store.state.zone.max_batch

    async def async_take_over_domains(self) -> None:
        """Apply changed domains in an update; a running one sends nothing more."""
        self._configuration.is_outdated = True
        await self._scheduler.async_run(FRESH)

    async def _async_reconfigure(self) -> None:
        """Apply changed domains; what is known of the others is kept."""
        due = self._deletions.due
        changed = self._configuration.async_renew()
        self.data = self.store.state
        self._deletions.async_reconfigured()
        if self._deletions.due.keys() - due:
            self._backoff.require_full_sync()
        self._watch.async_follow(self._configuration.watched_sources)
        self._entities.async_follow(self.config)
        for show in self.domain_listeners:
            await show(changed)
        await self.resources.async_reconfigured()
        await self.store.async_save()

    @callback
    def async_start(self) -> None:
        """Watch the sources and begin to deliver events; the entities exist now."""
        self.config_entry.async_on_unload(self._entities.async_end)
        self._watch.async_begin()
        self._watch.async_detected(self.data.detections)
        # A restart loses as little as a reload.
        end = self.hass.async_add_shutdown_job(HassJob(self.async_stop))
        self.config_entry.async_on_unload(end)
        self._publisher.async_start()
        self._entities.async_start(self.detector, self.config)

    async def async_stop(self) -> None:
        """Stop watching and delivering, let a running update finish, and save the state."""
        self._is_stopped = True
        self._watch.async_end()
        await self._publisher.async_stop()
        try:
            with suppress(TimeoutError):
                async with timeout(_UNLOAD_LIMIT_S), self._lock:
                    pass  # The update that was running has ended.
        finally:
            # Even if Home Assistant is stopping and does not wait that long.
            if self._lock.locked():
                self._backoff.write_interrupted(dt_util.utcnow())
            await self.store.async_save()

    @callback
    def async_request_update(self) -> None:
        """Run an update soon; requests that wait share one."""
        _ = self._scheduler.async_request(FRESH if self.config.has_connections else ROUTINE)

    async def async_update_now(
        self, record_keys: Collection[RecordKey] | None = None, overrule: RecordKey | None = None
    ) -> UpdateResult:
        """Run an update that reads the zone, now or after the one that is running.

        Calls that wait for the same update share it. Raises HomeAssistantError with the
        reason if not all of ``record_keys``, by default those of the zone, are in sync
        then. ``overrule`` corrects a record even if external changes of it keep coming
        back.
        """
        options = UpdateOptions(full_sync=True, overrule=overrule)
        if (result := await self._scheduler.async_run(options)) is None:
            raise HomeAssistantError(translation_domain=DOMAIN, translation_key="interrupted")
        wait_s = self._backoff.read_wait_s(dt_util.utcnow())
        raise_update_error(self.config, self.data, record_keys, wait_s, was_read=result.was_read)
        return result

    async def async_set_attributes(
        self, record_key: RecordKey, attributes: RecordAttributes
    ) -> None:
        """Store the attributes for creating a record again; they survive a restart."""
        async with self._lock:
            record = replace(self.data.record(record_key), last_attributes=attributes)
            records = {**self.data.records, record_key: record}
            await self._async_save_state(replace(self.data, records=records))

    async def _async_save_state(self, state: State) -> None:
        """Store a state now: an update that is cut off does not."""
        self.data = self.store.state = state
        await self.store.async_save()

    async def _async_use_answers(self, answers: PublicAnswers) -> None:
        """Publish what public resolvers answered, unless the domains changed since."""
        async with self._lock:
            if self._is_stopped or self._configuration.is_outdated:
                return
            before = self.data
            self.data, result = with_public_answers(self.config, before, answers, dt_util.utcnow())
            if self.data != before:
                self._publisher.async_store(self.domains, self.config, self.data, result)
                self.async_update_listeners()

    async def async_preview(self, config: ZoneConfig) -> Preview:
        """Return what an update of these records would do. Raises CloudflareError."""
        if wait_s := self._backoff.wait_s(dt_util.utcnow()):
            raise CloudflareRateLimitError("Cloudflare asked to wait", retry_after_s=wait_s)
        names = config.names
        existing = await self.client.list_records(config.zone_id, names=names) if names else []
        return await preview(self.detector, config, existing, self.data)

    @override
    async def async_shutdown(self) -> None:
        """Schedule nothing more; also called after a failed setup."""
        self._scheduler.async_cancel()
        await super().async_shutdown()

    @override
    async def async_request_refresh(self) -> None:
        """Run an update with fresh detections, as custom polling expects."""
        await self._scheduler.async_run(FRESH)

    @callback
    @override
    def async_update_listeners(self) -> None:
        """Update the entities of the zone, then all others, and fire the events."""
        super().async_update_listeners()
        places = [*(domain.name for domain in self.domains), *self.resources.places]
        self._publisher.async_publish(self.data, places, is_available=self.is_available)

    @override
    async def _async_update_data(self) -> State:
        """Run the update of a poll."""
        if self.checked_at is None:
            return await async_first_update(self, self._scheduler, self.store)
        state, _ = await self._async_run(ROUTINE)
        return state

    async def _async_update(self, options: UpdateOptions) -> UpdateResult | None:
        """Run an update and publish it; return None after an unexpected error."""
        try:
            state, result = await self._async_run(options)
        except Exception as err:
            self.logger.exception("Unexpected error updating %s", self.name)
            self.async_set_update_error(err)
            return None
        self.async_set_updated_data(state)
        return result

    async def _async_run(self, options: UpdateOptions) -> tuple[State, UpdateResult]:
        """Run one update after the one that is running; return the next state and what happened."""
        async with self._lock:
            if self._is_stopped:
                raise CancelledError
            self._scheduler.async_begins(options)
            if is_reconfigured := self._configuration.is_outdated:
                await self._async_reconfigure()
            now = dt_util.utcnow()
            may_call_api = self._backoff.may_call_api(now)
            has_records = bool(self.config.managed_records)
            options = self._backoff.allowed(options, now, self.data.zone, has_records=has_records)
            before = self.data
            state, result = await update_zone(
                self.client,
                self.detector,
                self.config,
                before,
                options,
                save=self._async_save_state,
                is_current=lambda: not self._configuration.is_outdated,
            )
            may_delete = result.was_read or (may_call_api and options.full_sync and not has_records)
            if may_delete and not self._configuration.is_outdated:
                result = await self._deletions.async_delete(result)
            is_first, self.checked_at = self.checked_at is None, dt_util.utcnow()
            was_unconfirmed = self._backoff.has_unconfirmed_write(now) and not is_first
            if may_call_api:
                self._backoff.updated(result, options, self.client.rate_limit, now)
                async_update_reauth(
                    self.hass,
                    self.config_entry,
                    self._backoff,
                    result,
                    is_key_needed=has_records or bool(self._deletions.due),
                    lacks_permission=self.resources.lacks_permission,
                )
            if self._backoff.has_unconfirmed_write(self.checked_at) and not was_unconfirmed:
                self._scheduler.async_schedule_full_sync()
            if is_reconfigured or state != before:
                self._publisher.async_store(self.domains, self.config, state, result)
            self._follow_ups.async_updated(state, result, is_full_sync=options.full_sync)
            self._watch.async_detected(state.detections)
            interval = self._watch.poll_interval(state)
            self.update_interval = self._backoff.poll_interval(interval, now)
            self._scheduler.async_schedule_next(self.config, state)
            return state, result
