"""The clock of an entry: when a round runs, and what its report means."""

from asyncio import Task, wait
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, override

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry
from homeassistant.core import CALLBACK_TYPE, CoreState, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.start import async_at_started
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import dt as dt_util

from .audience import Audience, Subject, Topic, topics
from .client import async_get_client
from .const import CONF_ZONE_ID, DOMAIN, LOGGER, READING_AGE, UPDATE_INTERVAL
from .ddns.errors import (
    CloudflareRateLimitError,
    NoAddressError,
)
from .ddns.model import Family, News, Plan, Slot, Source, SourceKind, ZoneId
from .ddns.reconcile import Assignment, Readings, Round, plan_ahead, reconcile
from .ddns.report import Report
from .domains import domains, places
from .explain import check_first, translated
from .issues import async_sync_issues
from .journal import Journal
from .memory import Memory
from .news_desk import NewsDesk
from .patience import Patience
from .removal import async_retire
from .source_options import read_sources
from .sources import EntityWatch, async_entity_address, async_get_detector

type RaindropConfigEntry = ConfigEntry[RaindropCoordinator]


class RaindropCoordinator(DataUpdateCoordinator[Report]):
    """Keeps the domains of one zone.

    A failure of Cloudflare's is part of the report, so that it does not hide
    the public address; only set-up fails for it.
    """

    config_entry: RaindropConfigEntry

    def __init__(self, hass: HomeAssistant, entry: RaindropConfigEntry) -> None:
        """Build what a round needs from the entry and its subentries.

        Raises CloudflareAuthError if the stored credential cannot be one.
        """
        super().__init__(
            hass,
            LOGGER,
            config_entry=entry,
            name=f"{DOMAIN} {entry.title}",
            update_interval=UPDATE_INTERVAL,
        )
        self.client = async_get_client(hass, entry.data)
        self.detector = async_get_detector(hass)
        self.zone_id = ZoneId(entry.data[CONF_ZONE_ID])
        self.domains = domains(entry)
        self.targets = tuple(target for domain in self.domains for target in domain.targets)
        self._slots = {target.slot for target in self.targets}
        self._places = places(entry, self.domains)
        kept = {Family.IPV4, *(slot.family for slot in self._slots)}
        self.sources = {f: s for f, s in read_sources(entry.options).items() if f in kept}
        """Where the home's address comes from."""
        self._work = Assignment(
            zone_id=self.zone_id, home=[*self.sources.values()], targets=self.targets
        )
        self.memory = Memory(hass, entry.entry_id)
        self.news_desk = NewsDesk(hass)
        self._retiring = {s for d in self.domains if d.deletes_records for s in d.places}
        self.data = Report()
        self.zone_device_id = ""
        self.checked_at: datetime | None = None
        """When the last round ended."""
        self._is_forced = False
        self._forgiven: Slot | None = None
        self._patience = Patience()
        self._journal = Journal(entry.title)
        self._is_running = False
        self._audience = Audience(hass, self.name)
        self._topics: set[Topic] | None = None
        """What there is to tell of, None for everything."""
        self._looks_anew = False
        self._untold: tuple[News, ...] = ()
        self._plans = 0
        self._queued: Task[None] | None = None
        self._end_hold: CALLBACK_TYPE | None = None

    @callback
    def async_watch(self) -> None:
        """Run a round at once whenever there is reason to, until the entry is unloaded."""
        self.news_desk.async_open()
        watch = EntityWatch(self.hass, self._work.sources, self._async_entity_changed)
        for end in (
            watch.async_end,
            self._async_end_hold,
            self.detector.listen(self._async_believed),
        ):
            self.config_entry.async_on_unload(end)
        if self.hass.state is not CoreState.running:
            end = async_at_started(self.hass, self._async_started)
            self.config_entry.async_on_unload(end)
        self._async_entity_changed()

    @callback
    def _async_entity_changed(self) -> None:
        """Run a round if an entity says an address that it did not say in the last one."""
        for source in self._work.sources:
            if source.kind is SourceKind.ENTITY:
                said = async_entity_address(self.hass, source)
                if said is not None and said != self.data.readings[source].told:
                    self._async_run()

    @callback
    def _async_believed(self, source: Source) -> None:
        """Run a round if somebody else found out that an address changed."""
        # A plan finds it out too, and who asks for one does not want it done.
        if source in self._work.sources and not self._is_running and not self._plans:
            self._async_run()

    @callback
    def _async_started(self, hass: HomeAssistant) -> None:
        """Run a round when Home Assistant is up, if an address was not to be had before."""
        if any(reading.address is None for reading in self.data.readings.values()):
            self._async_run()

    @callback
    def _async_run(self, now: datetime | None = None) -> None:
        """Run a round now, or after the one that is running."""
        if self._queued is None:
            self._queued = self.config_entry.async_create_background_task(
                self.hass,
                self.async_refresh(),
                f"{self.name} round",
                # One that ran at once would be noted as queued when it is running already.
                eager_start=False,
            )

    @callback
    def _async_end_hold(self) -> None:
        """Wait no longer for an address to stand still."""
        if self._end_hold:
            self._end_hold()
            self._end_hold = None

    @callback
    def _async_look_ahead(self, report: Report) -> None:
        """Run another round when there is reason to believe that it brings something."""
        self._async_end_hold()
        holds = [reading.hold_s for reading in report.readings.values() if reading.held]
        if holds:
            self._end_hold = async_call_later(self.hass, min(holds), self._async_run)
        elif any(
            reading.address is not None and reading.address != self.detector.known(source)
            for source, reading in report.readings.items()
        ):
            self._async_run()

    async def async_plan(self) -> tuple[Readings, Plan]:
        """Return what a round would read and do. Raises CloudflareError."""
        self._plans += 1
        try:
            return await plan_ahead(self.client, self.detector, self._work, self.data)
        finally:
            self._plans -= 1

    async def async_update_now(self, slots: Collection[Slot] | None = None) -> None:
        """Run a round that reads the zone, now or after the one that is running.

        Raises HomeAssistantError with the reason if not all of these slots, by
        default those of the zone, are kept now.
        """
        self._is_forced = True
        # As the entry's own task, so that it does not outlive the entry: a
        # write of an old coordinator could undo one of its successor.
        task = self.config_entry.async_create_background_task(
            self.hass, self.async_refresh(), f"{self.name} update now"
        )
        await wait([task])
        if task.cancelled() or not self.last_update_success:
            raise HomeAssistantError(translation_domain=DOMAIN, translation_key="interrupted")
        self._raise_failure(self.data, self._slots if slots is None else slots)

    def _raise_failure(self, report: Report, slots: Collection[Slot]) -> None:
        """Raise HomeAssistantError if a round did not reach its end for these slots."""
        for error in report.failures_of(slots):
            if isinstance(error, CloudflareRateLimitError):
                left_s = self._patience.wait_s(dt_util.utcnow())
                limit = CloudflareRateLimitError(str(error), retry_after_s=left_s)
                raise translated(HomeAssistantError, limit)
            raise translated(HomeAssistantError, error)
        readings = report.readings.values()
        if readings and all(reading.address is None for reading in readings):
            raise translated(HomeAssistantError, NoAddressError())
        names = {slot.name for slot in report.conflicts if slot in slots}
        if names:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="in_conflict",
                translation_placeholders={"names": ", ".join(sorted(names))},
            )

    async def async_update_again(self, slot: Slot) -> None:
        """Run a round that puts a slot right though somebody keeps changing it.

        Raises HomeAssistantError with the reason if not everything is kept now.
        """
        self._forgiven = slot
        await self.async_update_now()

    @callback
    @override
    def async_add_listener(
        self, update_callback: CALLBACK_TYPE, context: Any = None
    ) -> Callable[[], None]:
        """Tell a listener of a topic, by default of all that is different from the last round."""
        topic = context or Topic(Subject.REPORT)
        is_polling = super().async_add_listener(update_callback, topic)
        leave = self._audience.async_listen(topic, update_callback)

        @callback
        def end() -> None:
            leave()
            is_polling()

        return end

    @callback
    @override
    def async_update_listeners(self) -> None:
        """Tell the entities what there is to tell, and after them the news."""
        about, self._topics = self._topics, None
        self._audience.async_tell(about, self._async_deliver)

    @callback
    def _async_deliver(self) -> None:
        """Deliver the news; not before: an automation that hears them looks at the entities."""
        news, self._untold = self._untold, ()
        self.news_desk.async_deliver(news)

    @override
    async def async_request_refresh(self) -> None:
        """Run a round that looks anew, as whoever asks for an update of an entity expects."""
        self._looks_anew = True
        await super().async_request_refresh()

    @override
    async def _async_setup(self) -> None:
        """Remember what was kept before the restart."""
        await self.memory.async_load()
        await async_retire(self.client, self.zone_id, self.memory, self._places)
        # Now, for set-up may fail, and the domain be gone before it succeeds.
        await self._async_remember(self.memory.report)
        remembered = self.memory.report
        self.data = replace(
            remembered,
            kept={slot: a for slot, a in remembered.kept.items() if slot in self._slots},
            failed=remembered.failed & self._slots,
        )

    @override
    async def _async_update_data(self) -> Report:
        """Return the report of a round."""
        self._is_running, self._queued = True, None
        try:
            report = await self._async_round()
        finally:
            self._is_running = False
        if self.last_update_success:
            self._topics = {*topics(self.data, report)}
        self._async_look_ahead(report)
        self._untold += report.news
        return report

    async def _async_round(self) -> Report:
        """Run a round; return its report."""
        now = dt_util.utcnow()
        audit = self._is_forced or self._patience.is_audit_due(now)
        may_ask = bool(self.targets) and self._patience.may_ask(now, audit=audit)
        is_anew = self._is_forced or self._looks_anew or not self.data.readings
        max_age = timedelta() if is_anew else READING_AGE
        # Taken now: what is asked for while this round runs is for the next one.
        self._is_forced = self._looks_anew = False
        forgiven, self._forgiven = self._forgiven, None
        previous = self.data
        if forgiven:
            repairs = {slot: n for slot, n in previous.repairs.items() if slot != forgiven}
            previous = replace(previous, repairs=repairs)
        report = await reconcile(
            self.client,
            self.detector,
            self._work,
            previous,
            how=Round(audit=audit, may_ask=may_ask, max_age=max_age),
        )
        self.checked_at = dt_util.utcnow()
        if may_ask and (audit or report.was_read):
            self._patience.audited(now)
        if may_ask:
            self._heed(report)
        if not self.data.readings:
            check_first(report)
        if report != self.data:
            self._journal.note(report, self.targets)
            await self._async_remember(report)
            async_sync_issues(self.hass, self.config_entry, self.domains, report)
        return report

    async def _async_remember(self, report: Report) -> None:
        """Remember a report, and the records that go with their domain."""
        unfinished = self.memory.retiring - self._places
        await self.memory.async_save(report, self._retiring | unfinished)

    def _heed(self, report: Report) -> None:
        """Draw the consequences of what Cloudflare said in this round."""
        was_denied = self._patience.is_denied
        self._patience.heed(report, dt_util.utcnow())
        if self._patience.is_denied and report.fresh:
            self.config_entry.async_start_reauth(self.hass)
        elif was_denied and not self._patience.is_denied:
            self._end_reauth()

    def _end_reauth(self) -> None:
        """Take back the question for another key, for this one is accepted again."""
        for flow in self.config_entry.async_get_active_flows(self.hass, {SOURCE_REAUTH}):
            self.hass.config_entries.flow.async_abort(flow["flow_id"])
