"""Flap damping and hold-down: how long an address must be stable before it is accepted.

The idea of RFC 2439: an address that keeps returning is held until it is stable. Behind
a router with two connections, each request leaves through one of them, and a quorum may
find either.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from ..models import Address

HOLD_DOWN = timedelta(seconds=10)
"""How long an address must be stable that no second provider can confirm."""
FLAP_HOLD_DOWN = timedelta(minutes=2)
"""How long an address must be stable that may be one of two; each flap doubles it."""
MAX_FLAP_HOLD_DOWN = timedelta(hours=1)
MAX_RETURNS = 6
"""How often in a day an address may be accepted again."""
_MEMORY = timedelta(days=1)
"""How long an address that was accepted, and a flap, are remembered."""
_FLAPPING = 2
"""How many flaps in a day indicate two connections: a router may restart twice."""
_NEVER = datetime.min.replace(tzinfo=UTC)


class Flap(NamedTuple):
    """A change to an address that was accepted before, or to one that did not stay."""

    time: datetime
    addresses: set[Address | None]
    """The address, and the one that was accepted then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DampingState:
    """The accepted address of a source and the candidate in hold-down.

    A new address is accepted at once. It must be stable, for 2 minutes and
    longer with each flap, if it was accepted within the last day, or if web
    providers reported the accepted one again after it. An address is accepted
    again six times a day at most.
    """

    accepted: Address | None = None
    candidate: Address | None = None
    """The address that is accepted once it has been stable long enough."""
    candidate_since: datetime = _NEVER
    hold_down: timedelta = timedelta()
    """How long the candidate must be stable."""
    is_unverifiable: bool = False
    """Whether no second provider confirms the candidate: a silence restarts its hold-down."""
    withdrawn_at: Mapping[Address, datetime] = field(default_factory=dict)
    """When each formerly accepted address was replaced."""
    pending: Mapping[Address, datetime] = field(default_factory=dict)
    """When other addresses were reported, since the accepted one was."""
    contradicted: Mapping[Address, datetime] = field(default_factory=dict)
    """When the accepted address was reported again after each of these."""
    returned_at: tuple[datetime, ...] = ()
    """When an address was accepted again: the last times."""
    flaps: tuple[Flap, ...] = ()
    """The last flaps."""

    @property
    def is_flapping(self) -> bool:
        """Whether the candidate is held because it may be one of two."""
        return self.candidate is not None and self.hold_down > HOLD_DOWN

    def add_reports(self, addresses: Iterable[Address], now: datetime) -> "DampingState":
        """Return the state after web providers reported these addresses, in this order."""
        pending, contradicted = _recent(self.pending, now), _recent(self.contradicted, now)
        for address in addresses:
            if address == self.accepted:
                contradicted |= dict.fromkeys(pending, now)
                pending.clear()
            else:
                pending[address] = now
        if (pending, contradicted) == (self.pending, self.contradicted):
            return self
        return replace(self, pending=pending, contradicted=contradicted)

    def report(self, address: Address, now: datetime, *, is_unverifiable: bool) -> "DampingState":
        """Return the state after an agreed address was reported."""
        if address == self.accepted:
            return self._interrupt(now)
        if self.candidate not in {None, address}:
            return self._interrupt(now).report(address, now, is_unverifiable=is_unverifiable)
        state = self
        # What others confirmed until now has to prove itself again once nobody can. A clock
        # that was set back must not prolong the hold-down.
        loses_witness = is_unverifiable and not self.is_unverifiable
        if self.candidate is None or loses_witness or self.candidate_since > now:
            state = replace(
                self,
                candidate=address,
                candidate_since=now,
                hold_down=self._hold_down(address, now, is_unverifiable=is_unverifiable),
                is_unverifiable=is_unverifiable,
            )
        return state if state.remaining_s(now) > 0 else self._accept(address, now)

    def reset_candidate(self) -> "DampingState":
        """Return the state after the candidate was no longer reported."""
        return replace(self, candidate=None) if self.candidate else self

    def remaining_s(self, now: datetime) -> float:
        """Return how many seconds of the candidate's hold-down are left."""
        if self.candidate is None:
            return 0
        return (self.candidate_since + self.hold_down - now).total_seconds()

    def ways_out(self, now: datetime) -> tuple[Address, ...]:
        """Return the addresses between which the source kept changing within a day."""
        recent = self._recent_flaps(now)
        flapped = {address for flap in recent for address in flap.addresses if address}
        return tuple(sorted(flapped)) if len(recent) >= _FLAPPING else ()

    def _interrupt(self, now: datetime) -> "DampingState":
        """Return the state after another address than the candidate was reported."""
        if self.candidate is None or not self.is_flapping:
            return self.reset_candidate()
        is_known = self.candidate in self.withdrawn_at
        renewed = {self.candidate: now} if is_known else {}
        return replace(
            self._flap(self.candidate, now),
            candidate=None,
            withdrawn_at={**self.withdrawn_at, **renewed},
        )

    def _accept(self, address: Address, now: datetime) -> "DampingState":
        withdrawn_at = _recent(self.withdrawn_at, now)
        state = self
        if address in withdrawn_at:
            state = self._flap(address, now)
            state = replace(state, returned_at=(*self.returned_at, now)[-MAX_RETURNS:])
        if self.accepted is not None:
            withdrawn_at[self.accepted] = now
        return DampingState(
            accepted=address,
            withdrawn_at=withdrawn_at,
            returned_at=state.returned_at,
            flaps=state.flaps,
        )

    def _flap(self, address: Address, now: datetime) -> "DampingState":
        flaps = (*self.flaps, Flap(now, {address, self.accepted}))
        return replace(self, flaps=flaps[-MAX_RETURNS:])

    def _recent_flaps(self, now: datetime) -> list[Flap]:
        return [flap for flap in self.flaps if _is_recent(flap.time, now)]

    def _hold_down(self, address: Address, now: datetime, *, is_unverifiable: bool) -> timedelta:
        is_return = _is_recent(self.withdrawn_at.get(address, _NEVER), now)
        if not is_return and not _is_recent(self.contradicted.get(address, _NEVER), now):
            return HOLD_DOWN if is_unverifiable else timedelta()
        doubled = FLAP_HOLD_DOWN * (1 << len(self._recent_flaps(now)))
        hold_down = min(doubled, MAX_FLAP_HOLD_DOWN)
        returns = [time for time in self.returned_at if _is_recent(time, now)]
        if is_return and len(returns) == MAX_RETURNS:
            return max(hold_down, returns[0] + _MEMORY - now)
        return hold_down


def _recent(times: Mapping[Address, datetime], now: datetime) -> dict[Address, datetime]:
    return {address: time for address, time in times.items() if _is_recent(time, now)}


def _is_recent(time: datetime, now: datetime) -> bool:
    return timedelta() <= now - time < _MEMORY
