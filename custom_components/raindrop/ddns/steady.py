"""How long an address has to stand before it is believed: against sources that flap."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from .model import Address

ALONE = timedelta(seconds=10)
"""How long an address has to stand that nobody else can confirm."""
FLAPPING = timedelta(minutes=2)
"""How long it has to stand when it keeps coming and going."""
_MEMORY = timedelta(minutes=10)
"""For how long a change is remembered."""
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a source is believed to say, and what is waited for.

    An address that returns is believed at once: a router that starts twice
    brings the old one back. The second return within ten minutes has to stand
    for two minutes.
    """

    known: Address | None = None
    candidate: Address | None = None
    """What would be believed, had it stood long enough."""
    since: datetime = _LONG_AGO
    """Since when the candidate stands."""
    needed: timedelta = timedelta()
    """How long the candidate has to stand."""
    left_at: Mapping[Address, datetime] = field(default_factory=dict)
    """When each address that was known before was left."""
    returned_at: datetime = _LONG_AGO
    """When one that had been left was last believed again."""

    def hear(self, address: Address, now: datetime, *, is_alone: bool) -> Standing:
        """Return the standing after an address was heard that would be believed."""
        if address == self.known:
            return self.lapse(now)
        now_waiting = self
        # A clock that was put back must not make the wait longer.
        if address != self.candidate or self.since > now:
            needed = self._needed(address, now, is_alone=is_alone)
            now_waiting = replace(self, candidate=address, since=now, needed=needed)
        return now_waiting if now_waiting.wait_s(now) > 0 else self._believe(address, now)

    def lapse(self, now: datetime) -> Standing:
        """Return the standing after the candidate was not said: nothing is waited for any more.

        What came and went meanwhile goes on to count: a source that flaps
        without end is not followed every ten minutes.
        """
        if self.candidate is None:
            return self
        if self.needed != FLAPPING:
            return replace(self, candidate=None)
        left_at = {**self.left_at, self.candidate: now}
        return replace(self, candidate=None, left_at=left_at, returned_at=now)

    def wait_s(self, now: datetime) -> float:
        """Return for how many seconds the candidate still has to stand."""
        if self.candidate is None:
            return 0
        return (self.since + self.needed - now).total_seconds()

    def _believe(self, address: Address, now: datetime) -> Standing:
        """Return the standing with another address known."""
        left_at = {a: time for a, time in self.left_at.items() if _is_recent(time, now)}
        if self.known is not None:
            left_at[self.known] = now
        returned_at = now if address in left_at else self.returned_at
        return Standing(known=address, left_at=left_at, returned_at=returned_at)

    def _needed(self, address: Address, now: datetime, *, is_alone: bool) -> timedelta:
        """Return how long an address has to stand."""
        is_return = _is_recent(self.left_at.get(address, _LONG_AGO), now)
        if is_return and _is_recent(self.returned_at, now):
            return FLAPPING
        return ALONE if is_alone else timedelta()


def _is_recent(time: datetime, now: datetime) -> bool:
    """Return whether something happened so shortly ago that it still counts."""
    return timedelta() <= now - time < _MEMORY
