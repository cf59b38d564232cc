"""Backoff: when Cloudflare may be called, after rate limits and denials."""

from datetime import UTC, datetime, timedelta

from . import ddns
from .const import FULL_SYNC_INTERVAL

_DENIALS = (ddns.CloudflareAuthError, ddns.CloudflarePermissionError)
_MAX_DENIALS = 2
"""Denials in a row that are believed: single ones happen in Cloudflare's incidents."""
_LONGEST_WAIT = timedelta(hours=1)
"""No ``Retry-After`` and no clock that is set back blocks for longer."""
_NEVER = datetime.min.replace(tzinfo=UTC)


class Backoff:
    """Remembers rate limits, denials and the last full sync of one zone."""

    def __init__(self) -> None:
        self._synced_at = _NEVER
        self._wait_until = _NEVER
        self._denials = 0

    @property
    def is_denied(self) -> bool:
        """Whether Cloudflare has denied the credential often enough to believe it."""
        return self._denials >= _MAX_DENIALS

    @property
    def is_accepted(self) -> bool:
        """Whether Cloudflare has not denied the credential since the zone was last read."""
        return self._denials == 0

    def is_full_sync_due(self, now: datetime) -> bool:
        """Return whether the zone is to be read whatever the addresses are."""
        return not now - FULL_SYNC_INTERVAL < self._synced_at <= now

    def may_call_api(self, now: datetime) -> bool:
        """Return whether Cloudflare may be called: not during a rate limit.

        After denials it may: a list in each update is cheap, and the only way
        to find out soon that the credential is accepted again.
        """
        return not timedelta() < self._wait_until - now <= _LONGEST_WAIT

    def wait_s(self, now: datetime) -> float:
        """Return for how many seconds Cloudflare may not be called."""
        return max((self._wait_until - now).total_seconds(), 0)

    def full_sync_attempted(self, now: datetime) -> None:
        """Remember that the zone was read, or could not be."""
        self._synced_at = now

    def add(self, result: ddns.UpdateResult, now: datetime) -> None:
        """Take the errors of an update that called Cloudflare and ended now into account."""
        for error in result.errors:
            if isinstance(error, ddns.CloudflareRateLimitError):
                self._wait_until = now + timedelta(seconds=error.retry_after_s)
        if any(isinstance(error, _DENIALS) for error in result.errors):
            self._denials += 1
        elif result.was_read:
            self._denials = 0
