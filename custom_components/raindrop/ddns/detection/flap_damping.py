"""Flap damping and hold-down: how long an address must be stable before it is accepted.

The idea of RFC 2439: an address that keeps returning is held until it is stable.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from ..models import Address

HOLD_DOWN = timedelta(seconds=10)
"""How long an address must be stable that no second provider can confirm."""
FLAP_HOLD_DOWN = timedelta(minutes=2)
"""How long an address must be stable that keeps returning."""
_MEMORY = timedelta(minutes=10)
"""How long a change counts."""
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class DampingState:
    """The accepted address of a source and the candidate in hold-down.

    An address that returns once is accepted at once: a router that restarts
    twice brings the old one back. The second return within ten minutes must be
    stable for two minutes.
    """

    accepted: Address | None = None
    candidate: Address | None = None
    """The address that is accepted once it has been stable long enough."""
    candidate_since: datetime = _NEVER
    hold_down: timedelta = timedelta()
    """How long the candidate must be stable."""
    withdrawn_at: Mapping[Address, datetime] = field(default_factory=dict)
    """When each formerly accepted address was replaced."""
    returned_at: datetime = _NEVER
    """When a withdrawn address was last accepted again."""

    def report(self, address: Address, now: datetime, *, is_unverifiable: bool) -> "DampingState":
        """Return the state after an agreed address was reported."""
        if address == self.accepted:
            return self.reset_candidate(now)
        state = self
        # A clock that was set back must not prolong the hold-down.
        if address != self.candidate or self.candidate_since > now:
            hold_down = self._hold_down(address, now, is_unverifiable=is_unverifiable)
            state = replace(self, candidate=address, candidate_since=now, hold_down=hold_down)
        return state if state.remaining_s(now) > 0 else self._accept(address, now)

    def reset_candidate(self, now: datetime) -> "DampingState":
        """Return the state after the candidate was not reported any more.

        A candidate that was held for flapping counts as one more withdrawal:
        a source that flaps without end is not followed every ten minutes.
        """
        if self.candidate is None:
            return self
        if self.hold_down != FLAP_HOLD_DOWN:
            return replace(self, candidate=None)
        withdrawn_at = {**self.withdrawn_at, self.candidate: now}
        return replace(self, candidate=None, withdrawn_at=withdrawn_at, returned_at=now)

    def remaining_s(self, now: datetime) -> float:
        """Return how many seconds of the candidate's hold-down are left."""
        if self.candidate is None:
            return 0
        return (self.candidate_since + self.hold_down - now).total_seconds()

    def _accept(self, address: Address, now: datetime) -> "DampingState":
        withdrawn_at = {a: time for a, time in self.withdrawn_at.items() if _is_recent(time, now)}
        if self.accepted is not None:
            withdrawn_at[self.accepted] = now
        returned_at = now if address in withdrawn_at else self.returned_at
        return DampingState(accepted=address, withdrawn_at=withdrawn_at, returned_at=returned_at)

    def _hold_down(self, address: Address, now: datetime, *, is_unverifiable: bool) -> timedelta:
        is_return = _is_recent(self.withdrawn_at.get(address, _NEVER), now)
        if is_return and _is_recent(self.returned_at, now):
            return FLAP_HOLD_DOWN
        return HOLD_DOWN if is_unverifiable else timedelta()


def _is_recent(time: datetime, now: datetime) -> bool:
    return timedelta() <= now - time < _MEMORY
