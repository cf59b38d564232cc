"""The clock of an entry: when a round runs, and what its report means."""

from datetime import UTC, datetime, timedelta
from typing import override

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_EMAIL
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryAuthFailed, HomeAssistantError
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed
from homeassistant.util import dt as dt_util

from .const import (
    AUDIT_INTERVAL,
    CONF_KEY,
    CONF_ZONE_ID,
    DOMAIN,
    LOGGER,
    UPDATE_INTERVAL,
)
from .ddns.cloudflare import CloudflareClient
from .ddns.credential import read_credential
from .ddns.errors import (
    CloudflareAuthError,
    CloudflarePermissionError,
    CloudflareRateLimitError,
    NoAddressError,
)
from .ddns.model import Family, Report, Target, ZoneId
from .ddns.reconcile import reconcile
from .domains import targets
from .explain import translated
from .sources import async_get_detector

type RaindropConfigEntry = ConfigEntry[RaindropCoordinator]

_DENIALS = (CloudflareAuthError, CloudflarePermissionError)
_MAX_DENIALS = 2
"""Denials in a row that are believed: single ones happen in Cloudflare's incidents."""
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
            always_update=False,
        )
        credential = read_credential(entry.data.get(CONF_EMAIL), entry.data[CONF_KEY])
        self.credential_kind = type(credential).__name__
        self.client = CloudflareClient(async_get_clientsession(hass), credential)
        self.detector = async_get_detector(hass)
        self.zone_id = ZoneId(entry.data[CONF_ZONE_ID])
        self.targets: tuple[Target, ...] = targets(entry)
        self.families = {Family.IPV4} | {target.slot.family for target in self.targets}
        self.data = Report()
        self._is_forced = False
        self._audited_at = _LONG_AGO
        self._wait_until = _LONG_AGO
        self._denials = 0
        self._is_failing = False

    async def async_update_now(self) -> None:
        """Run a round that reads the zone, now or after the one that is running.

        Raises HomeAssistantError with the reason if it did not end well.
        """
        self._is_forced = True
        await self.async_refresh()
        report = self.data
        for error in report.failures:
            raise translated(HomeAssistantError, error)
        if any(reading.address is None for reading in report.readings.values()):
            raise translated(HomeAssistantError, NoAddressError())

    @override
    async def _async_update_data(self) -> Report:
        """Return the report of a round."""
        now = dt_util.utcnow()
        audit = self._is_forced or now - self._audited_at >= AUDIT_INTERVAL
        may_ask = (
            bool(self.targets)
            and now >= self._wait_until
            and (self._denials < _MAX_DENIALS or audit)
        )
        self._is_forced = False
        report = await reconcile(
            self.client,
            self.detector,
            self.zone_id,
            self.families,
            self.targets,
            self.data,
            audit=audit,
            may_ask=may_ask,
        )
        if may_ask:
            if audit or report.was_read:
                self._audited_at = now
            self._heed(report, now)
        if not self.data.readings:
            _check_first(report)
        self._log(report)
        return report

    def _heed(self, report: Report, now: datetime) -> None:
        """Draw the consequences of what Cloudflare said."""
        for error in report.failures:
            if isinstance(error, CloudflareRateLimitError):
                self._wait_until = now + timedelta(seconds=error.retry_after_s)
        if any(isinstance(error, _DENIALS) for error in report.failures):
            self._denials += 1
        elif report.was_read:
            self._denials = 0
        if self._denials >= _MAX_DENIALS:
            self.config_entry.async_start_reauth(self.hass)

    def _log(self, report: Report) -> None:
        """Log the first of several failing rounds, and the recovery."""
        reason = _reason(report)
        if reason and not self._is_failing:
            LOGGER.warning("%s cannot be kept up to date: %s", self.config_entry.title, reason)
        elif self._is_failing and not reason:
            LOGGER.info("%s is up to date again", self.config_entry.title)
        self._is_failing = reason is not None


def _reason(report: Report) -> str | None:
    """Return why a round did not reach its end, None if it did."""
    for error in report.failures:
        return str(error)
    for family, reading in report.readings.items():
        if reading.address is None:
            return f"no usable, agreed {family.label} address"
    for conflict in report.conflicts:
        return f"{conflict.slot.family.record_type} {conflict.slot.name} is {conflict.kind}"
    return None


def _check_first(report: Report) -> None:
    """Let set-up fail for a credential that is refused, or if nothing could be read.

    Raises ConfigEntryAuthFailed and UpdateFailed.
    """
    if isinstance(report.error, CloudflareAuthError):
        raise translated(ConfigEntryAuthFailed, report.error)
    has_address = any(reading.address for reading in report.readings.values())
    if report.error and not has_address:
        raise translated(UpdateFailed, report.error)
