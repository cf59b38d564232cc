"""Detection: ask a source for its address, and accept a change only if two providers agree.

A response that repeats the accepted address is enough by itself. A changed
one needs a quorum: a second provider that reports the same. Where two
conflict, further ones decide; without a quorum there is no address. An entity
of the default route counts as one provider and is asked first. A source that
no second provider can confirm needs a hold-down instead.
"""

from asyncio import Future, get_running_loop, shield
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from aiohttp import ClientSession

from ..addresses import parse, why_unusable
from ..errors import DetectionError
from ..models import Address, Family, Source, SourceKind
from .flap_damping import FLAP_HOLD_DOWN, DampingState
from .hedged import query_until_found
from .local import subnet_of
from .providers import Provider, custom_provider, response_of
from .result import Detection, Response

_QUORUM = 2
_LIMIT_S = 10.0
"""How long web providers may take for one detection, however many are silent."""
_MAX_FAILURES = 3
_COOL_DOWN = timedelta(hours=1)
"""How long a provider is not queried that failed so often in a row while others responded."""
_GRACE = timedelta(minutes=4, seconds=50)
"""How long an entity may report nothing before web providers replace it: about one cycle."""
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """What an entity or the local interface reports right now."""

    provider: str
    """Its name, for display."""
    value: str | Address | None
    """The text of an entity or the address of an interface; None if there is none."""
    since: datetime | None = None
    """Since when it has reported this, if known."""


type ReadSource = Callable[[Source], Awaitable[SourceState]]
"""Reads an entity or the local interface; one that raises reports nothing."""


class Detector:
    """Detects public addresses and remembers which ones are accepted.

    One serves the whole house: concurrent callers that ask for the same
    source share one query. Asking has no effect on others: nobody is notified.
    """

    def __init__(
        self,
        session: Callable[[Family], ClientSession],
        providers: Iterable[Provider],
        read_source: ReadSource,
        now: Callable[[], datetime],
    ) -> None:
        """Query providers by ``session``, and everything else by ``read_source``.

        ``session`` gets a family and returns a client session that connects by
        it only; the caller closes it. ``now`` returns the time in UTC, by a
        clock that goes on while the machine is suspended.
        """
        self._session = session
        self._providers = tuple(providers)
        self._read_source = read_source
        self.now = now
        """Returns the time in UTC."""
        self._damping: dict[Source, DampingState] = {}
        self._latest: dict[Source, Detection] = {}
        self._in_flight: dict[Detection, Future[Detection | None]] = {}
        self._silent_since: dict[Source, datetime] = {}
        self._failures: Counter[tuple[str, Family]] = Counter()
        self._cooling_since: dict[tuple[str, Family], datetime] = {}

    def detached(self) -> "Detector":
        """Return a copy that knows the same and whose detections leave this one as it is."""
        copy = Detector(self._session, self._providers, self._read_source, self.now)
        copy._damping.update(self._damping)
        copy._latest.update(self._latest)
        copy._silent_since.update(self._silent_since)
        copy._failures.update(self._failures)
        copy._cooling_since.update(self._cooling_since)
        return copy

    def accepted(self, source: Source) -> Address | None:
        """Return the accepted address of a source, None if there is none yet."""
        return self._damping_of(source).accepted

    async def look(self, source: Source, max_age: timedelta = timedelta()) -> Detection:
        """Return what the source itself or the first provider to respond reports.

        The address is set if it is the accepted one; another one needs
        `confirm`. A detection with an address that is younger than ``max_age``
        is returned again, unless the entity reports something else.
        """
        deadline = get_running_loop().time() + _LIMIT_S
        started = Detection(source=source, deadline=deadline)
        own = None
        if source.kind in (SourceKind.ENTITY, SourceKind.LOCAL):
            own = await self._read(source)
            started = replace(started, source_response=own)
        latest = self._latest.get(source)
        if latest and self._is_fresh(latest, own, max_age):
            return latest
        if own and (own.address or not self._may_substitute(source)):
            return self._judge(started)
        return await self._query(started)

    async def confirm(self, detection: Detection) -> Detection:
        """Return a detection whose address is accepted or in hold-down, or that has none."""
        while detection.is_unconfirmed and not detection.source.is_unverifiable:
            further = await self._query(detection)
            if further.responses == detection.responses:
                break
            detection = further
        return detection

    def _damping_of(self, source: Source) -> DampingState:
        return self._damping.get(source, DampingState())

    def _is_fresh(self, latest: Detection, own: Response | None, max_age: timedelta) -> bool:
        age = self.now() - (latest.detected_at or _NEVER)
        is_same = own is None or latest.source_response == own
        return latest.address is not None and is_same and timedelta() <= age < max_age

    async def _read(self, source: Source) -> Response:
        """Return what an entity or the local interface reports."""
        try:
            state = await self._read_source(source)
        except Exception:  # noqa: BLE001 - what cannot be read reports nothing
            state = SourceState(provider=source.entity or source.kind, value=None)
        response = parse_state(state, source.family)
        if response.address:
            self._silent_since.pop(source, None)
            self._restart_hold_down(source, state)
        else:
            now = self.now()
            since = self._silent_since.get(source, now)
            # A silence that begins in the future is a clock that was set back.
            self._silent_since[source] = min(since, state.since or since, now)
        return response

    def _restart_hold_down(self, source: Source, state: SourceState) -> None:
        """Begin the hold-down of an unverifiable source again if it was silent in between."""
        damping, now = self._damping_of(source), self.now()
        if source.is_unverifiable and state.since and damping.candidate_since < state.since <= now:
            self._damping[source] = damping.reset_candidate(now)

    def _may_substitute(self, source: Source) -> bool:
        """Return whether web providers may replace an entity that reports nothing."""
        is_possible = source.kind is SourceKind.ENTITY and source.is_default_route
        return is_possible and self.now() - self._silent_since[source] >= _GRACE

    async def _query(self, detection: Detection) -> Detection:
        """Return the detection after the next providers responded; shared by all callers.

        If the caller that queries is cancelled, one of the others queries again.
        """
        while query := self._in_flight.get(detection):
            if further := await shield(query):
                return further
        further = None
        query = self._in_flight[detection] = get_running_loop().create_future()
        try:
            further = await self._query_providers(detection)
            return further
        finally:
            del self._in_flight[detection]
            query.set_result(further)

    async def _query_providers(self, detection: Detection) -> Detection:
        errors = {response.provider: response.error for response in detection.responses}
        providers = self._providers_of(detection.source)
        # If no other provider is left that could confirm, the slow ones get the rest of the time.
        remaining = [p for p in providers if p.name not in errors] or [
            p for p in providers if errors[p.name] is DetectionError.TIMEOUT
        ]
        responses = await query_until_found(
            remaining, detection.family, self._session, detection.deadline
        )
        self._count_failures(responses, detection.family)
        queried = {response.provider for response in responses}
        before = (r for r in detection.responses if r.provider not in queried)
        return self._judge(replace(detection, responses=(*before, *responses)))

    def _judge(self, detection: Detection) -> Detection:
        """Return the detection with the address that its responses let accept; remember it."""
        source, now = detection.source, self.now()
        before = self._damping_of(source)
        agreed = quorum(detection, before.accepted)
        if agreed:
            damping = before.report(agreed, now, is_unverifiable=source.is_unverifiable)
        else:
            # An unverifiable source that reports nothing is not stable.
            damping = before.reset_candidate(now) if source.is_unverifiable else before
        candidate = damping.candidate if agreed else None
        detection = replace(
            detection,
            address=None if candidate else agreed,
            candidate=candidate,
            previous=before.accepted if candidate else None,
            is_flapping=candidate is not None and damping.hold_down == FLAP_HOLD_DOWN,
            hold_down_s=damping.remaining_s(now) if candidate else 0,
            is_conflicting=len(set(_votes(detection))) > 1,
            detected_at=now,
        )
        self._damping[source] = damping
        self._latest[source] = detection
        return detection

    def _providers_of(self, source: Source) -> Sequence[Provider]:
        """Return the providers of a source, without those in cool-down if enough are left."""
        family = source.family
        if source.kind is SourceKind.URLS:
            custom = [custom_provider(url, family) for url in source.urls]
            # Several URLs of one host are one provider: it must not confirm itself.
            return list({provider.name: provider for provider in custom}.values())
        providers = [provider for provider in self._providers if family in provider.urls]
        active = [provider for provider in providers if not self._is_cooling(provider, family)]
        return active if len(active) >= _QUORUM else providers

    def _is_cooling(self, provider: Provider, family: Family) -> bool:
        since = self._cooling_since.get((provider.name, family))
        return since is not None and timedelta() <= self.now() - since < _COOL_DOWN

    def _count_failures(self, responses: Sequence[Response], family: Family) -> None:
        """Count failures of providers while others responded; else the network itself failed."""
        if not any(response.address for response in responses):
            return
        for response in responses:
            key = response.provider, family
            self._failures[key] = 0 if response.address else self._failures[key] + 1
            if self._failures[key] >= _MAX_FAILURES:
                self._failures[key] = 0
                self._cooling_since[key] = self.now()


def parse_state(state: SourceState, family: Family) -> Response:
    """Return what an entity or the local interface reports as a response."""
    match state.value:
        case None:
            return Response(provider=state.provider, error=DetectionError.SILENT)
        case str(text):
            return response_of(state.provider, parse(text, family))
        case address:
            error = why_unusable(address, family)
            return Response(
                provider=state.provider,
                address=None if error else address,
                error=error,
                rejected=address if error else None,
            )


def quorum(detection: Detection, accepted: Address | None) -> Address | None:
    """Return the address that the responses agree on, None if there is none yet.

    >>> from ipaddress import ip_address
    >>> one, two = (Response(provider=p, address=ip_address("8.8.4.4")) for p in "ab")
    >>> first = Detection(source=Source(Family.IPV4), responses=(one,))
    >>> quorum(first, None), quorum(replace(first, responses=(one, two)), None)
    (None, IPv4Address('8.8.4.4'))
    >>> quorum(first, one.address)
    IPv4Address('8.8.4.4')
    """
    source = detection.source
    votes = Counter(_votes(detection))
    if votes.keys() == {accepted}:
        return accepted
    needed = 1 if source.is_unverifiable else _QUORUM
    agreed = [address for address, count in votes.items() if count >= needed]
    if len(agreed) != 1:
        return None
    own = detection.source_response
    is_own = source.kind is not SourceKind.LOCAL or (own and agreed[0] == own.address)
    return agreed[0] if is_own else None


def _votes(detection: Detection) -> list[Address]:
    """Return the reported addresses, one for each response.

    A host connects from its temporary addresses: a provider that reports an
    address of the local one's subnet confirms the local one.
    """
    votes = [response.address for response in detection.all_responses if response.address]
    own = detection.source_response
    if detection.source.kind is SourceKind.LOCAL and own and own.address:
        local, subnet = own.address, subnet_of(own.address)
        return [local if subnet_of(address) == subnet else address for address in votes]
    return votes
