"""The clock of an entry: when a round runs, and what its report means."""

from asyncio import wait
from collections.abc import Container, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import override

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed, HomeAssistantError
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed
from homeassistant.util import dt as dt_util

from .client import async_get_client
from .const import AUDIT_INTERVAL, CONF_ZONE_ID, DOMAIN, LOGGER, UPDATE_INTERVAL
from .ddns.errors import (
    CloudflareAuthError,
    CloudflareError,
    CloudflarePermissionError,
    CloudflareRateLimitError,
    NoAddressError,
)
from .ddns.model import Family, Slot, ZoneId
from .ddns.reconcile import reconcile
from .ddns.report import Report
from .domains import Domain, domains
from .explain import explain, translated
from .issues import async_sync_issues
from .memory import Memory
from .removal import async_retire
from .sources import async_get_detector

type RaindropConfigEntry = ConfigEntry[RaindropCoordinator]

_DENIALS = (CloudflareAuthError, CloudflarePermissionError)
_MAX_DENIALS = 2
"""Denials in a row that are believed: single ones happen in Cloudflare's incidents."""
_LISTENERS_AT_ONCE = 100
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


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
        self._kept_families = {slot.family for slot in self._slots}
        self.families = {Family.IPV4} | self._kept_families
        self.memory = Memory(hass, entry.entry_id)
        self._retiring = {s for d in self.domains if d.deletes_records for s in d.slots}
        self.data = Report()
        self.zone_device_id = ""
        self.checked_at: datetime | None = None
        """When the last round ended."""
        self._is_forced = False
        self._forgiven: Slot | None = None
        self._audited_at = _LONG_AGO
        self._wait_until = _LONG_AGO
        self._denials = 0
        self._reason: str | None = None

    @property
    def current_domains(self) -> tuple[Domain, ...]:
        """The domains that the user did not remove since this coordinator was made."""
        kept = self.config_entry.subentries
        return tuple(domain for domain in self.domains if domain.subentry_id in kept)

    async def async_update_now(self) -> None:
        """Run a round that reads the zone, now or after the one that is running.

        Raises HomeAssistantError with the reason if not everything is kept now.
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
        self._raise_failure(self.data)

    def _raise_failure(self, report: Report) -> None:
        """Raise HomeAssistantError if a round did not reach its end."""
        for error in report.failures:
            if isinstance(error, CloudflareRateLimitError):
                left_s = (self._wait_until - dt_util.utcnow()).total_seconds()
                limit = CloudflareRateLimitError(str(error), retry_after_s=max(left_s, 0))
                raise translated(HomeAssistantError, limit)
            raise translated(HomeAssistantError, error)
        if all(reading.address is None for reading in report.readings.values()):
            raise translated(HomeAssistantError, NoAddressError())
        if report.conflicts:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="in_conflict",
                translation_placeholders={
                    "names": ", ".join(sorted({slot.name for slot in report.conflicts}))
                },
            )

    async def async_update_again(self, slot: Slot) -> None:
        """Run a round that puts a slot right though somebody keeps changing it.

        Raises HomeAssistantError with the reason if not everything is kept now.
        """
        self._forgiven = slot
        await self.async_update_now()

    @callback
    @override
    def async_update_listeners(self) -> None:
        """Tell the entities, some at a time: thousands at once would hold up the loop."""
        self._async_tell(list(self._listeners))

    @callback
    def _async_tell(self, waiting: Sequence[int]) -> None:
        """Tell the first of the listeners that wait, and the others after whoever else waits."""
        for listener in waiting[:_LISTENERS_AT_ONCE]:
            if told := self._listeners.get(listener):
                try:
                    told[0]()
                except Exception:
                    LOGGER.exception("An entity of %s could not be told", self.name)
        if waiting := waiting[_LISTENERS_AT_ONCE:]:
            self.hass.loop.call_soon(self._async_tell, waiting)

    @override
    async def _async_setup(self) -> None:
        """Remember what was kept before the restart."""
        await self.memory.async_load()
        await async_retire(self.client, self.zone_id, self.memory, self._slots)
        self.data = Report(kept={s: a for s, a in self.memory.kept.items() if s in self._slots})

    @override
    async def _async_update_data(self) -> Report:
        """Return the report of a round."""
        now = dt_util.utcnow()
        audit, may_ask = self._is_audit_due(now), self._may_ask(now)
        # Taken now: what is asked for while this round runs is for the next one.
        self._is_forced = False
        forgiven, self._forgiven = self._forgiven, None
        repairs = {slot: n for slot, n in self.data.repairs.items() if slot != forgiven}
        report = await reconcile(
            self.client,
            self.detector,
            self.zone_id,
            self.families,
            self.targets,
            replace(self.data, repairs=repairs),
            audit=audit,
            may_ask=may_ask,
        )
        self.checked_at = dt_util.utcnow()
        if may_ask and (audit or report.was_read):
            self._audited_at = now
        if may_ask:
            self._heed(report)
        if not self.data.readings:
            _check_first(report)
        self._log(report)
        unfinished = self.memory.retiring - self._slots
        await self.memory.async_save(report.kept, self._retiring | unfinished)
        async_sync_issues(self.hass, self.config_entry, self.domains, report)
        return report

    def _is_audit_due(self, now: datetime) -> bool:
        """Return whether the zone is to be read whatever the addresses are.

        A clock that was put back must not put the audit off.
        """
        return self._is_forced or not now - AUDIT_INTERVAL < self._audited_at <= now

    def _may_ask(self, now: datetime) -> bool:
        """Return whether Cloudflare may be asked.

        No wait is longer than an hour: what seems so is a clock that was put back.
        """
        is_waiting = timedelta() < self._wait_until - now <= AUDIT_INTERVAL
        is_denied = self._denials >= _MAX_DENIALS and not self._is_audit_due(now)
        return bool(self.targets) and not is_waiting and not is_denied

    def _heed(self, report: Report) -> None:
        """Draw the consequences of what Cloudflare said in this round."""
        for error in report.fresh:
            if isinstance(error, CloudflareRateLimitError):
                self._wait_until = dt_util.utcnow() + timedelta(seconds=error.retry_after_s)
        if any(isinstance(error, _DENIALS) for error in report.fresh):
            self._denials += 1
            if self._denials >= _MAX_DENIALS:
                self.config_entry.async_start_reauth(self.hass)
        elif report.was_read:
            if self._denials >= _MAX_DENIALS:
                self._end_reauth()
            self._denials = 0

    def _end_reauth(self) -> None:
        """Take back the question for another key, for this one is accepted again."""
        for flow in self.config_entry.async_get_active_flows(self.hass, {SOURCE_REAUTH}):
            self.hass.config_entries.flow.async_abort(flow["flow_id"])

    def _log(self, report: Report) -> None:
        """Log the first of several rounds that fail for a reason, and the recovery."""
        reason = _reason(report, self._kept_families)
        if reason and reason != self._reason:
            LOGGER.warning("%s cannot be kept up to date: %s", self.config_entry.title, reason)
        elif self._reason and not reason:
            LOGGER.info("%s is up to date again", self.config_entry.title)
        self._reason = reason
        for slot, outcome in report.outcomes.items():
            if report.was_read and outcome.change.is_drift:
                LOGGER.info("%s was changed by somebody else: %s", slot.name, outcome.result)


def _reason(report: Report, families: Container[Family]) -> str | None:
    """Return why a round did not reach its end for these families, None if it did."""
    for error in report.failures:
        return str(error)
    for family, reading in report.readings.items():
        is_absent = family is Family.IPV6 and reading.is_absent
        if reading.address is None and family in families and not is_absent:
            return f"no usable, agreed {family.label} address"
    for slot, conflict in report.conflicts.items():
        return f"{slot.family.record_type} record of {slot.name}: {conflict.kind}"
    return None


def _check_first(report: Report) -> None:
    """Let set-up fail for a credential that is refused, or if nothing could be read.

    Raises ConfigEntryAuthFailed and UpdateFailed.
    """
    error: CloudflareError | None = report.error
    if isinstance(error, CloudflareAuthError):
        raise translated(ConfigEntryAuthFailed, error)
    if error and not any(reading.address for reading in report.readings.values()):
        explanation = explain(error)
        wait_s = error.retry_after_s if isinstance(error, CloudflareRateLimitError) else None
        raise UpdateFailed(
            translation_domain=DOMAIN,
            translation_key=explanation.key,
            translation_placeholders=explanation.placeholders,
            retry_after=wait_s,
        )
