"""When the zone itself is read: its status, nameservers, and plan."""

from datetime import UTC, datetime

from . import ddns
from .ddns import CloudflareError, UpdateOptions, Zone
from .update_scheduler import DAILY, is_interval_over

_PASSING = (
    ddns.CloudflareConnectionError,
    ddns.CloudflareRateLimitError,
    ddns.CloudflareResponseError,
)
"""Failures after which the next full sync tries again."""


class ZoneDetailsSchedule:
    """Remembers when the zone itself was read, and whether the credential may read it at all."""

    def __init__(self) -> None:
        self._read_at = datetime.min.replace(tzinfo=UTC)
        self._was_read = False
        self._is_denied = False

    def is_due(self, now: datetime, zone: Zone | None, options: UpdateOptions) -> bool:
        """Return whether to read the zone with its records: at start and once a day.

        Also if an update that reads them is requested of a zone that has a
        problem: somebody may have solved it. Never again if the first attempt
        was denied: a token needs no Zone Read.
        """
        is_awaited = options.full_sync and zone is not None and zone.problem is not None
        return not self._is_denied and (is_awaited or is_interval_over(self._read_at, DAILY, now))

    def add(self, read: Zone | CloudflareError | None, now: datetime) -> None:
        """Record what a finished update found out about the zone itself."""
        if read is None or isinstance(read, _PASSING):
            return
        self._read_at = now
        # A single denial of what was allowed before happens in Cloudflare's incidents.
        self._is_denied = not self._was_read and isinstance(read, ddns.CloudflarePermissionError)
        self._was_read = isinstance(read, Zone)
