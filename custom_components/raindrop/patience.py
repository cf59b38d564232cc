"""When Cloudflare may be asked, after what it said before."""

from datetime import UTC, datetime, timedelta

from .const import AUDIT_INTERVAL
from .ddns.errors import CloudflareAuthError, CloudflarePermissionError, CloudflareRateLimitError
from .ddns.report import Report

_DENIALS = (CloudflareAuthError, CloudflarePermissionError)
_MAX_DENIALS = 2
"""Denials in a row that are believed: single ones happen in Cloudflare's incidents."""
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Patience:
    """Remembers waits, denials and the last audit of one entry.

    A clock that was put back neither puts an audit off nor makes a wait longer
    than an hour.
    """

    def __init__(self) -> None:
        """Begin with nothing heard."""
        self._audited_at = _LONG_AGO
        self._wait_until = _LONG_AGO
        self._denials = 0

    @property
    def is_denied(self) -> bool:
        """Whether Cloudflare refuses the credential, and it is believed."""
        return self._denials >= _MAX_DENIALS

    def is_audit_due(self, now: datetime) -> bool:
        """Return whether the zone is to be read whatever the addresses are."""
        return not now - AUDIT_INTERVAL < self._audited_at <= now

    def may_ask(self, now: datetime, *, audit: bool) -> bool:
        """Return whether Cloudflare may be asked; after denials only for an audit."""
        is_waiting = timedelta() < self._wait_until - now <= AUDIT_INTERVAL
        return not is_waiting and (audit or not self.is_denied)

    def wait_s(self, now: datetime) -> float:
        """Return for how many seconds Cloudflare is not to be asked."""
        return max((self._wait_until - now).total_seconds(), 0)

    def audited(self, now: datetime) -> None:
        """Remember that the zone was read, or tried to."""
        self._audited_at = now

    def heed(self, report: Report, now: datetime) -> None:
        """Draw the consequences of what Cloudflare said in a round that ended now."""
        for error in report.fresh:
            if isinstance(error, CloudflareRateLimitError):
                self._wait_until = now + timedelta(seconds=error.retry_after_s)
        if any(isinstance(error, _DENIALS) for error in report.fresh):
            self._denials += 1
        elif report.was_read:
            self._denials = 0
