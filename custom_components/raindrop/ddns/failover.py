"""Fail-over: which of several connections gives a record its address. No input or output.

A connection that reports no address for some minutes is down, or at once if its binary
sensor is off. It is up again only after it reported an address for longer, without a
break. In use is the first that is up, but two switches are never closer than that. While
none is up, nothing changes; and the one in use, once it is back, is not left for a worse one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from .models import Address
from .sources import ConnectionId, FailoverTimes


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionReport:
    """What the source and the binary sensor of a connection report in one update."""

    address: Address | None = None
    """Its address; None if none was accepted."""
    is_off: bool = False
    """Whether its binary sensor is off."""
    is_elsewhere: bool = False
    """Whether its source reports an address of another connection, which this host uses."""

    @property
    def is_up(self) -> bool:
        """Whether both report that it is up."""
        return self.address is not None and not self.is_off


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionState:
    """What is known of a connection."""

    is_up: bool | None = None
    """Whether it is up; None before it was up or down for the first time."""
    since: datetime
    """Since when."""
    opposed_since: datetime | None = None
    """Since when the reports are the opposite, None if they are not."""
    address: Address | None = None
    """The last address that it reported."""
    was_elsewhere: bool = False
    """Whether this host used another connection since then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailoverState:
    """Which connection a record uses, and what is known of each."""

    connections: Mapping[ConnectionId, ConnectionState] = field(default_factory=dict)
    in_use: ConnectionId
    since: datetime
    """Since when it is in use."""
    switched_at: datetime | None = None
    """When the last switch was; the first choice is none."""
    look_at: datetime | None = None
    """When a time limit passes, so that the reports are needed again."""

    @property
    def is_any_up(self) -> bool:
        """Whether a connection is up, or may be: it has not been silent for long enough."""
        return any(connection.is_up is not False for connection in self.connections.values())


def next_failover(
    order: Sequence[ConnectionId],
    times: FailoverTimes,
    reports: Mapping[ConnectionId, ConnectionReport],
    before: FailoverState | None,
    now: datetime,
) -> FailoverState:
    """Return the next state; ``before`` is the last one, None at the very first update.

    ``order`` has the connections by preference. If the one in use was removed, the
    choice is made as at the first update.
    """
    known = before.connections if before else {}
    connections = {id_: _next_connection(known.get(id_), times, reports[id_], now) for id_ in order}
    used = before.in_use if before else None
    # The one in use, once it is back, is left for none that is worse before it counts as up.
    usable = (i for i in order if connections[i].is_up or (i == used and reports[i].is_up))
    best = next(usable, None)
    ends = [end for state in connections.values() if (end := _limit(state, times))]
    if before is None or before.in_use not in connections:
        return FailoverState(
            connections=connections,
            in_use=best or order[0],
            since=now,
            look_at=min(ends, default=None),
        )
    in_use, since = before.in_use, min(before.since, now)
    # A time in the future is due to a clock that was set back.
    switched_at = min(before.switched_at, now) if before.switched_at else None
    if best is not None and best != in_use:
        held_until = switched_at + times.back_after if switched_at else now
        if held_until <= now:
            in_use, since, switched_at = best, now, now
        else:
            ends.append(held_until)
    return FailoverState(
        connections=connections,
        in_use=in_use,
        since=since,
        switched_at=switched_at,
        look_at=min(ends, default=None),
    )


def _next_connection(
    before: ConnectionState | None,
    times: FailoverTimes,
    report: ConnectionReport,
    now: datetime,
) -> ConnectionState:
    """Return what is known of a connection after another report."""
    before = before or ConnectionState(since=now)
    known = replace(
        before,
        since=min(before.since, now),
        address=report.address or before.address,
        was_elsewhere=report.is_elsewhere or (before.was_elsewhere and report.address is None),
    )
    if before.is_up is None and report.is_up:
        return _decided(known, is_up=True, now=now)
    if report.is_off:
        return _decided(known, is_up=False, now=now)
    is_down = before.is_up is False
    if report.is_up is not is_down:
        return replace(known, opposed_since=None)
    known = replace(known, opposed_since=min(before.opposed_since or now, now))
    end = _limit(known, times)
    return _decided(known, is_up=is_down, now=now) if end and end <= now else known


def _decided(known: ConnectionState, *, is_up: bool, now: datetime) -> ConnectionState:
    since = known.since if known.is_up is is_up else now
    return replace(known, is_up=is_up, since=since, opposed_since=None)


def _limit(state: ConnectionState, times: FailoverTimes) -> datetime | None:
    """Return when a connection is down or up again if its reports stay the opposite."""
    limit = times.back_after if state.is_up is False else times.down_after
    return state.opposed_since + limit if state.opposed_since else None
