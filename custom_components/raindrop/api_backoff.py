"""Backoff: when Cloudflare may be called, and what is due from time to time."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from homeassistant.util import dt as dt_util

from . import ddns
from .const import FULL_SYNC_INTERVAL, UPDATE_INTERVAL
from .ddns import UpdateOptions
from .storage.zone_store import ZoneStore
from .update_scheduler import HOURLY, LATE_WRITE, is_interval_over
from .zone_details_schedule import ZoneDetailsSchedule

_DENIALS = (ddns.CloudflareAuthError, ddns.CloudflarePermissionError)
_MAX_DENIALS = 2
"""Denials in a row that count: single ones happen during Cloudflare's incidents."""
_LONGEST_WAIT = timedelta(hours=1)
"""Neither ``Retry-After`` nor a clock that is set back blocks for longer."""
_NEVER = datetime.min.replace(tzinfo=UTC)


class Backoff:
    """Remembers rate limits, denials, unconfirmed writes and the last full sync of one zone.

    Rate limits that block and unconfirmed writes survive a reload and a restart.
    """

    def __init__(self, store: ZoneStore) -> None:
        self._store = store
        self._synced_at = _NEVER
        self._second_opinion_at = dt_util.utcnow()
        self._denials = 0
        self._rate_limit: ddns.RateLimit | None = None
        self._low_until: datetime | None = None
        self.zone_details = ZoneDetailsSchedule()

    @property
    def is_denied(self) -> bool:
        """Whether Cloudflare has denied the credential often enough for it to count."""
        return self._denials >= _MAX_DENIALS

    @property
    def is_accepted(self) -> bool:
        """Whether Cloudflare has not denied the credential since the zone was last read."""
        return self._denials == 0

    def allowed(
        self, options: UpdateOptions, now: datetime, zone: ddns.Zone | None, *, has_records: bool
    ) -> UpdateOptions:
        """Return the options of an update that begins, with what else is due and allowed."""
        full_sync = options.full_sync or self.is_full_sync_due(now)
        return replace(
            options,
            full_sync=full_sync and self.may_read(now),
            may_call_api=self.may_call_api(now) and has_records,
            read_zone=self.zone_details.is_due(now, zone, options),
            second_opinion=options.full_sync or self.is_second_opinion_due(now),
        )

    def is_full_sync_due(self, now: datetime) -> bool:
        """Return whether the zone is due to be read, even if no address changed."""
        return is_interval_over(self._synced_at, HOURLY, now) or self.has_unconfirmed_write(now)

    def poll_interval(self, interval: timedelta, now: datetime) -> timedelta:
        """Return after which interval to poll: ``interval``, or less if a full sync is due before.

        Home Assistant polls so long after the last update, whatever started it.
        """
        until_full_sync = self._synced_at + FULL_SYNC_INTERVAL - now
        return min(interval, max(until_full_sync, UPDATE_INTERVAL))

    def is_second_opinion_due(self, now: datetime) -> bool:
        """Return, once an hour, whether to ask a second provider whatever the first one reports.

        This also applies while Cloudflare must not be called.
        """
        if not is_interval_over(self._second_opinion_at, HOURLY, now):
            return False
        self._second_opinion_at = now
        return True

    def may_read(self, now: datetime) -> bool:
        """Return whether enough of the rate limit is left to read a zone without need."""
        self._low_until = _unless_over(self._low_until, now)
        return self._low_until is None

    def has_unconfirmed_write(self, now: datetime) -> bool:
        """Return whether a write without a response may still be carried out."""
        if (at := self._store.unconfirmed_at) is None:
            return False
        # A time in the future is due to a clock that was set back.
        is_over = now - at >= LATE_WRITE
        self._store.unconfirmed_at = None if is_over else min(at, now)
        return not is_over

    def may_call_api(self, now: datetime) -> bool:
        """Return whether Cloudflare may be called: not during a rate limit.

        After denials it may: a list in each update is cheap, and the only way to notice
        soon that the credential is accepted again.
        """
        self._store.wait_until = _unless_over(self._store.wait_until, now)
        return self._store.wait_until is None

    def wait_s(self, now: datetime) -> float:
        """Return for how many seconds Cloudflare must not be called."""
        return _wait_s(self._store.wait_until, now)

    def read_wait_s(self, now: datetime) -> float:
        """Return for how many seconds a zone must not be read without need."""
        return max(self.wait_s(now), _wait_s(self._low_until, now))

    def require_full_sync(self) -> None:
        """Let the zone be read again soon."""
        self._synced_at = _NEVER

    def full_sync_attempted(self, now: datetime) -> None:
        """Remember that the zone was read, or could not be."""
        self._synced_at = now

    def write_interrupted(self, now: datetime) -> None:
        """Remember that a write was sent whose response will not be read."""
        self._store.unconfirmed_at = now

    def updated(
        self,
        result: ddns.UpdateResult,
        options: UpdateOptions,
        rate_limit: ddns.RateLimit | None,
        began_at: datetime,
    ) -> None:
        """Record an update that called Cloudflare and has just ended."""
        if options.full_sync or result.was_read:
            self.full_sync_attempted(began_at)
        self.add(result, rate_limit, dt_util.utcnow())

    def add_errors(
        self, errors: Iterable[ddns.CloudflareError], rate_limit: ddns.RateLimit | None
    ) -> None:
        """Record errors outside of an update, of which only a rate limit concerns it."""
        limits = tuple(e for e in errors if isinstance(e, ddns.CloudflareRateLimitError))
        if limits:
            self.add(ddns.UpdateResult(errors=limits), rate_limit, dt_util.utcnow())

    def add(
        self, result: ddns.UpdateResult, rate_limit: ddns.RateLimit | None, now: datetime
    ) -> None:
        """Record what Cloudflare answered until now.

        ``rate_limit`` is that of the client's last response.
        """
        if rate_limit is not self._rate_limit:
            self._rate_limit = rate_limit
            self._low_until = None
            if rate_limit and rate_limit.is_low:
                self._low_until = now + timedelta(seconds=rate_limit.reset_s)
        self.zone_details.add(result.zone, now)
        for error in (*result.errors, result.zone):
            if isinstance(error, ddns.CloudflareRateLimitError):
                self._store.wait_until = now + timedelta(seconds=error.retry_after_s)
        outcomes = (*result.outcomes.values(), *result.texts)
        if any(outcome.reason is ddns.Reason.UNCONFIRMED for outcome in outcomes):
            self._store.unconfirmed_at = now
        if any(isinstance(error, _DENIALS) for error in result.errors):
            self._denials += 1
        elif result.was_read:
            self._denials = 0


def _unless_over(until: datetime | None, now: datetime) -> datetime | None:
    """Return the end of a wait, None once it is over: a clock set back does not renew it.

    A wait longer than the maximum ended before the clock was set back.
    """
    return until if until and timedelta() < until - now <= _LONGEST_WAIT else None


def _wait_s(until: datetime | None, now: datetime) -> float:
    until = _unless_over(until, now)
    return (until - now).total_seconds() if until else 0
