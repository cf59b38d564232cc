"""Check each switch between connections against what was promised, by what they reported."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from homeassistant.util import dt as dt_util

_POLL = timedelta(minutes=6)
"""Within this time it is noticed what providers report."""


@dataclass(slots=True, kw_only=True)
class _Reports:
    """What one connection reports, and since when."""

    address: str | None = None
    is_off: bool = False
    since: datetime = field(default_factory=dt_util.utcnow)
    """Since when it has reported that it is up, or not."""
    is_down: bool = False
    """Whether it was down before, as updates must have noticed, and not up for long enough."""
    is_perhaps_down: bool = False
    """Whether it was down before, as updates may have noticed, and perhaps not up for that."""

    @property
    def is_up(self) -> bool:
        """Whether everything reports that it is up."""
        return self.address is not None and not self.is_off


class ConnectionChecker:
    """Collects what connections report, and checks the switches between them."""

    def __init__(self, order: Sequence[str], down_after: timedelta, back_after: timedelta) -> None:
        """Check switches between connections in this order, with these times."""
        self.violations: list[str] = []
        self.switches = 0
        self._order = order
        self._down_after = down_after
        self._back_after = back_after
        self._known = {name: _Reports() for name in order}
        self._switched_at: datetime | None = None

    def reports(self, name: str, address: str | None) -> None:
        """Note the address that the source of a connection reports, None without one."""
        self._note(name, address, off=self._known[name].is_off)

    def is_off(self, name: str, *, off: bool) -> None:
        """Note whether the binary sensor of a connection is off."""
        self._note(name, self._known[name].address, off=off)

    def _note(self, name: str, address: str | None, *, off: bool) -> None:
        known, now = self._known[name], dt_util.utcnow()
        was_up = known.is_up
        lasted = now - known.since
        if was_up and lasted >= self._back_after:
            known.is_down = False
        if was_up and lasted >= self._back_after + _POLL:
            known.is_perhaps_down = False
        if known.is_off or (not was_up and lasted >= self._down_after):
            known.is_perhaps_down = True
        if known.is_off or (not was_up and lasted >= self._down_after + _POLL):
            known.is_down = True
        known.address, known.is_off = address, off
        if known.is_up is not was_up:
            known.since = now

    def switched(self, old: str, new: str) -> None:
        """Check a switch."""
        now = dt_util.utcnow()
        self.switches += 1
        if self._switched_at and now - self._switched_at < self._back_after:
            self.violations.append(f"{old} to {new} {now - self._switched_at} after the last one")
        self._switched_at = now
        if not self._may_be_up(new, now):
            self.violations.append(f"{old} to {new}, which is not up: {self._known[new]}")
        if self._order.index(new) > self._order.index(old) and self._is_up(old, now):
            self.violations.append(f"{old} to {new}, though {old} is up: {self._known[old]}")

    def _may_be_up(self, name: str, now: datetime) -> bool:
        """Return whether a connection is up for all that an update may know."""
        known = self._known[name]
        if known.is_off:
            return False
        if not known.is_up:
            return now - known.since < self._down_after + _POLL
        return not known.is_down or now - known.since >= self._back_after

    def _is_up(self, name: str, now: datetime) -> bool:
        """Return whether a connection is up, and every update must know that."""
        known = self._known[name]
        if not known.is_up:
            return not known.is_off and now - known.since < self._down_after
        return not known.is_perhaps_down or now - known.since >= self._back_after + _POLL
