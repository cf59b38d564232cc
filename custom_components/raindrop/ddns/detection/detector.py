"""Detection: ask a source for its address, and accept a change only if two providers agree.

A response that repeats the accepted address is enough by itself, unless a second
opinion is asked for. A changed one needs a quorum: a second provider that reports the
same. Where two conflict, further ones decide; without a quorum there is no address. An
entity of the default route counts as one provider and is asked first. A source that no
second provider can confirm, for instance because of a tunnel of this host, needs a
hold-down instead.
"""

from asyncio import Future, get_running_loop, shield
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from aiohttp import ClientSession

from ..addresses import parse, parse_prefix, why_unusable
from ..errors import DetectionError
from ..http import USER_AGENT
from ..models import Address
from ..sources import Family, Meaning, Source, SourceKind
from .cool_down import CoolDown
from .detection import Detection, Response
from .flap_damping import DampingState
from .hedged import query_until_found
from .providers import Provider, custom_provider, response_of
from .quorum import addresses, quorum, votes
from .response_formats import ResponseFormat
from .tunnels import Tunnels

TIME_LIMIT_S = 30.0
"""How long web providers may take for one detection."""
_GRACE = timedelta(minutes=4, seconds=50)
"""How long an entity may report nothing before web providers replace it: about one cycle."""
_NOTHING_ACCEPTED = DampingState()


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
"""Reads an entity or the local interface; an exception means that it reports nothing."""


class Detector:
    """Detects public addresses and remembers which ones are accepted.

    One serves the whole home: concurrent callers that ask for the same source share one
    query. Detection notifies nobody.
    """

    def __init__(
        self,
        session: Callable[[Family], ClientSession],
        providers: Sequence[Provider],
        read_source: ReadSource,
        now: Callable[[], datetime],
        *,
        user_agent: str = USER_AGENT,
    ) -> None:
        """Query providers by ``session``, and everything else by ``read_source``.

        ``session`` gets a family and returns a client session that connects by it only;
        the caller closes it. All providers see ``user_agent``. ``now`` returns the time
        in UTC, from a clock that continues while the machine is suspended.
        """
        self._session = session
        named = [replace(provider, user_agent=user_agent) for provider in providers]
        self._providers = {f: [p for p in named if f in p.urls] for f in Family}
        self._read_source = read_source
        self._user_agent = user_agent
        self.now = now
        """Returns the time in UTC."""
        self._damping: dict[Source, DampingState] = {}
        self._latest: dict[Source, Detection] = {}
        self._in_flight: dict[Detection, Future[Detection | None]] = {}
        self._silent_since: dict[Source, datetime] = {}
        self._cool_down = CoolDown()
        self._tunnels = Tunnels()

    def detached(self) -> "Detector":
        """Return a copy with the same knowledge, whose detections do not change this one."""
        copy = Detector(self._session, (), self._read_source, self.now, user_agent=self._user_agent)
        copy._providers = self._providers
        copy._damping.update(self._damping)
        copy._latest.update(self._latest)
        copy._silent_since.update(self._silent_since)
        copy._cool_down = self._cool_down.copy()
        copy._tunnels = self._tunnels.copy()
        return copy

    def accepted(self, source: Source) -> Address | None:
        """Return the accepted address of a source, None if there is none yet."""
        return self._damping_of(source).accepted

    async def look(
        self, source: Source, max_age: timedelta = timedelta(), limit_s: float | None = None
    ) -> Detection:
        """Return what the source itself or the first provider to respond reports.

        The address is set if it is the accepted one; another one needs
        `confirm`. A detection with an address that is younger than ``max_age``
        is returned again, unless the entity reports something else. Web
        providers may take ``limit_s`` seconds for this and for `confirm`, by
        default `TIME_LIMIT_S`.
        """
        deadline = get_running_loop().time() + (limit_s or TIME_LIMIT_S)
        started = Detection(source=source, deadline=deadline)
        if source.is_of_network and source.kind is not SourceKind.LOCAL:
            host = await self._read_state(Source(Family.IPV6, SourceKind.LOCAL))
            started = replace(started, host_address=parse_state(host, source).address)
        own = None
        if source.kind in (SourceKind.ENTITY, SourceKind.LOCAL):
            state = await self._read_state(source)
            own = parse_state(state, source)
            started = replace(started, source_response=own)
            self._note_own(started, state.since)
        latest = self._latest.get(source)
        if latest and self._is_fresh(latest, started, max_age):
            return replace(latest, deadline=deadline)
        if own and (own.address or not self._may_substitute(source)):
            return self._judge(started)
        return await self._query(started)

    async def confirm(self, detection: Detection, *, second_opinion: bool = False) -> Detection:
        """Return a detection whose address is accepted or in hold-down, or that has none.

        With a second opinion, one more provider is asked if only one repeated
        the accepted address: it may have been asked first and be out of date.
        """
        if second_opinion and detection.has_one_opinion:
            detection = await self._query(detection)
        while detection.is_unconfirmed and not detection.source.is_unverifiable:
            further = await self._query(detection)
            if further.responses == detection.responses:
                break
            detection = further
        return detection

    async def off_sensors(self, sensors: Iterable[str]) -> frozenset[str]:
        """Return which of these binary sensors are off, neither on nor unknown."""
        # The family is irrelevant: the state is read as it is.
        sources = {s: Source(Family.IPV4, SourceKind.ENTITY, entity=s) for s in sensors}
        states = {s: await self._read_state(source) for s, source in sources.items()}
        return frozenset(s for s, state in states.items() if state.value == "off")

    def _damping_of(self, source: Source) -> DampingState:
        return self._damping.get(source, _NOTHING_ACCEPTED)

    def _is_fresh(self, latest: Detection, started: Detection, max_age: timedelta) -> bool:
        reports_same = (
            latest.source_response == started.source_response
            and latest.host_address == started.host_address
        )
        if latest.address is None or latest.detected_at is None or not reports_same:
            return False
        return timedelta() <= self.now() - latest.detected_at < max_age

    async def _read_state(self, source: Source) -> SourceState:
        """Return what an entity or the local interface reports."""
        try:
            return await self._read_source(source)
        except Exception:  # noqa: BLE001 - a source that cannot be read reports nothing
            return SourceState(provider=source.entity or source.kind, value=None)

    def _note_own(self, detection: Detection, since: datetime | None) -> None:
        """Note what the source itself reports, and since when it has, if that is known."""
        source = detection.source
        if own := addresses(detection, detection.all_responses):
            self._silent_since.pop(source, None)
            self._restart_hold_down(source, own[0], since)
        else:
            now = self.now()
            before = self._silent_since.get(source, now)
            # A silence that begins in the future means that the clock was set back.
            self._silent_since[source] = min(before, since or before, now)

    def _restart_hold_down(self, source: Source, address: Address, since: datetime | None) -> None:
        """Begin the hold-down of an unverifiable candidate again if it was silent in between."""
        damping, now = self._damping_of(source), self.now()
        is_candidate = damping.is_unverifiable and damping.candidate == address
        if is_candidate and since and damping.candidate_since < since <= now:
            self._damping[source] = damping.reset_candidate()

    def _may_substitute(self, source: Source) -> bool:
        """Return whether web providers may replace an entity that reports nothing."""
        is_possible = source.kind is SourceKind.ENTITY and source.meaning is Meaning.THIS_NETWORK
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
        providers = self._providers_of(detection)
        # If no other provider is left that could confirm, the slow ones get the rest of the time.
        remaining = [p for p in providers if p.name not in errors] or [
            p for p in providers if errors[p.name] is DetectionError.TIMEOUT
        ]
        responses = await query_until_found(
            remaining, detection.family, self._session, detection.deadline
        )
        now = self.now()
        self._cool_down.count(responses, detection.family, now)
        self._tunnels.add(responses, detection.family, now)
        witness = self._tunnels.witness(providers, detection.family, now)
        if witness is None:
            # Not those of an entity: it may only be slow to notice a change.
            damping = self._damping_of(detection.source)
            reports = addresses(detection, responses)
            self._damping[detection.source] = damping.add_reports(reports, now)
        queried = {response.provider for response in responses}
        before = (r for r in detection.responses if r.provider not in queried)
        return self._judge(
            replace(
                detection,
                responses=(*before, *responses),
                tunnel_witness=witness,
            )
        )

    def _judge(self, detection: Detection) -> Detection:
        """Return the detection with the address that its responses justify; remember it."""
        source, now = detection.source, self.now()
        before = self._damping_of(source)
        counted = votes(detection)
        agreed = quorum(detection, before.accepted)
        if agreed:
            damping = before.report(agreed, now, is_unverifiable=detection.is_unverifiable)
        else:
            # An unverifiable candidate that is not reported is not stable.
            is_silent = before.is_unverifiable and not counted
            damping = before.reset_candidate() if is_silent else before
        candidate = damping.candidate if agreed else None
        detection = replace(
            detection,
            address=None if candidate else agreed,
            candidate=candidate,
            previous=before.accepted if candidate else None,
            is_flapping=candidate is not None and damping.is_flapping,
            ways_out=damping.ways_out(now),
            hold_down_s=damping.remaining_s(now) if candidate else 0,
            is_conflicting=len(set(counted)) > 1,
            detected_at=now,
        )
        self._damping[source] = damping
        self._latest[source] = detection
        return detection

    def _providers_of(self, detection: Detection) -> Sequence[Provider]:
        """Return the providers of a source, in the order in which they are queried.

        One that reported a tunnel comes first, until it denies it. Before another
        address is accepted, the traces come first, even those in cool-down: all others
        would agree on the exit of a tunnel.
        """
        source, family, now = detection.source, detection.family, self.now()
        if source.kind is SourceKind.URLS:
            custom = [custom_provider(url, family, self._user_agent) for url in source.urls]
            # Several URLs of one host are one provider: it must not confirm itself.
            providers = active = [*{provider.name: provider for provider in custom}.values()]
        else:
            providers = self._providers[family]
            active = self._cool_down.active(providers, family, now)
        witness = self._tunnels.witness(providers, family, now)
        first = [provider for provider in providers if provider.name == witness]
        if detection.is_unconfirmed:
            first += [p for p in providers if p.format is ResponseFormat.TRACE and p not in first]
        return [*first, *[provider for provider in active if provider not in first]]


def parse_state(state: SourceState, source: Source) -> Response:
    """Return what an entity or the local interface reports as a response.

    An entity may report an IPv6 prefix, except for a router's own address.
    """
    family = source.family
    has_prefix = family is Family.IPV6 and source.meaning is not Meaning.ROUTER
    match state.value:
        case None:
            return Response(provider=state.provider, error=DetectionError.SILENT)
        case str(text) if has_prefix and (prefix := parse_prefix(text)):
            response = response_of(state.provider, parse(str(prefix.network_address), family))
            return replace(response, prefix=prefix)
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
