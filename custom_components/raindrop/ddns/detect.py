"""Find the public address: ask a source, and believe a change only if two operators agree.

An answer that repeats the address known already is enough by itself. A changed
one needs a second operator of the same mind; where two contradict, further
ones decide. No agreement is no address. An entity that speaks for the way out
is an operator like the others, asked first; what nobody else can confirm has
to stand still instead.
"""

from asyncio import Future, get_running_loop, shield
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from aiohttp import ClientSession

from .addresses import UnusableAddressError, parse
from .inquiry import Inquiry
from .model import Address, Family, Source, SourceKind
from .own_address import link_of
from .reading import Answer, Problem, Reading
from .steady import FLAPPING, Standing
from .web import WebSource, page

_AGREEMENT = 2
_FAILURES = 3
_REST = timedelta(hours=1)
"""How long an operator is not asked that failed so often in a row while others answered."""
_GRACE = timedelta(minutes=4, seconds=50)
"""How long an entity may say nothing before the web is asked: a cycle, give or take."""
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an entity or this host says of its address."""

    operator: str
    text: str | None
    """None if it says nothing."""
    since: datetime | None = None
    """Since when it says so, if that is known."""


type Tell = Callable[[Source], Awaitable[Told]]
"""Asks an entity or this host for its address."""


class Detector:
    """Knows the public addresses, and whom to ask whether they still hold.

    One is enough for the whole house: whoever asks for the same source at the
    same time joins the look-up in flight.
    """

    def __init__(
        self,
        session: Callable[[Family], ClientSession],
        pages: Iterable[WebSource],
        tell: Tell,
        now: Callable[[], datetime],
    ) -> None:
        """Ask pages through sessions that connect by one family only, and others by ``tell``.

        ``now`` is the clock that goes on while the machine sleeps, in UTC.
        """
        self._session = session
        self._pages = tuple(pages)
        self._tell = tell
        self._now = now
        self._standings: dict[Source, Standing] = {}
        self._latest: dict[Source, Reading] = {}
        self._flights: dict[Reading, Future[Reading | None]] = {}
        self._silent_since: dict[Source, datetime] = {}
        self._failures: Counter[tuple[str, Family]] = Counter()
        self._resting_since: dict[tuple[str, Family], datetime] = {}
        self._listeners: list[Callable[[Source], None]] = []

    def listen(self, told: Callable[[Source], None]) -> Callable[[], None]:
        """Tell whenever another address is believed of a source; return what ends it."""
        self._listeners.append(told)
        return partial(self._listeners.remove, told)

    def known(self, source: Source) -> Address | None:
        """Return the address that is believed of a source, None if none was yet."""
        return self._standing(source).known

    async def look(self, source: Source, max_age: timedelta = timedelta()) -> Reading:
        """Return what the first operator that answers says.

        Its address is set if it is the one known; another needs ``confirm``.
        A reading with an address that is younger than ``max_age`` is as good
        as a new one, unless an entity says something else meanwhile.
        """
        begun = Reading(source=source, begun_at=get_running_loop().time())
        if source.kind in (SourceKind.ENTITY, SourceKind.OWN):
            answer = await self._told(source)
            begun = replace(begun, answers=(answer,))
        latest = self._latest.get(source)
        if latest and self._is_fresh(latest, begun, max_age):
            return latest
        if begun.answers and (answer.address or not self._may_substitute(source)):
            return self._judge(begun, begun.answers)
        return await self._join(begun)

    async def confirm(self, reading: Reading) -> Reading:
        """Return a reading whose address may be believed, or that has none."""
        while reading.is_open and not reading.source.is_alone:
            further = await self._join(reading)
            if further.answers == reading.answers:
                break
            reading = further
        return reading

    def _standing(self, source: Source) -> Standing:
        """Return what is known of a source."""
        return self._standings.get(source, Standing())

    def _is_fresh(self, latest: Reading, begun: Reading, max_age: timedelta) -> bool:
        """Return whether a reading need not be made anew."""
        age = self._now() - (latest.ended_at or _NEVER)
        is_same = not begun.answers or latest.answers[:1] == begun.answers
        return latest.address is not None and is_same and timedelta() <= age < max_age

    async def _told(self, source: Source) -> Answer:
        """Return what an entity or this host says."""
        told = await self._tell(source)
        answer = heed(told, source.family)
        if answer.address:
            self._silent_since.pop(source, None)
            self._check_since(source, told)
        else:
            now = self._now()
            since = self._silent_since.get(source, now)
            # A silence that begins in the future is a clock that was put back.
            self._silent_since[source] = min(since, told.since or since, now)
        return answer

    def _check_since(self, source: Source, told: Told) -> None:
        """Let what nobody can confirm stand anew if it was said anew, with silence before it."""
        standing, now = self._standing(source), self._now()
        if source.is_alone and told.since and standing.since < told.since <= now:
            self._standings[source] = standing.lapse(now)

    def _may_substitute(self, source: Source) -> bool:
        """Return whether the web may speak for an entity that says nothing."""
        is_possible = source.kind is SourceKind.ENTITY and source.is_default_way
        return is_possible and self._now() - self._silent_since[source] >= _GRACE

    async def _join(self, reading: Reading) -> Reading:
        """Return the next reading, of the look-up in flight if there is one.

        If who asks gives up, one of those who joined asks anew.
        """
        while flight := self._flights.get(reading):
            if further := await shield(flight):
                return further
        further = None
        flight = self._flights[reading] = get_running_loop().create_future()
        try:
            further = await self._inquire(reading)
            return further
        finally:
            del self._flights[reading]
            flight.set_result(further)

    async def _inquire(self, reading: Reading) -> Reading:
        """Return a reading with the answers of the next operators."""
        heard = {answer.operator: answer.problem for answer in reading.answers}
        pages = self._pages_of(reading.source)
        # If nobody else is left who could confirm, the slow ones get the rest of their time.
        pages = [p for p in pages if p.operator not in heard] or [
            p for p in pages if heard[p.operator] is Problem.TIMEOUT
        ]
        inquiry = Inquiry(pages, reading.family, self._session, reading.begun_at)
        answers = await inquiry.answers()
        self._remember_failures(answers, reading.family)
        asked = {answer.operator for answer in answers}
        before = (answer for answer in reading.answers if answer.operator not in asked)
        return self._judge(reading, (*before, *answers))

    def _judge(self, reading: Reading, answers: Sequence[Answer]) -> Reading:
        """Return a reading with the address that may be believed after these answers."""
        source, now = reading.source, self._now()
        before = self._standing(source)
        agreed = verdict(source, answers, before.known)
        if agreed:
            standing = before.hear(agreed, now, is_alone=source.is_alone)
        else:
            # Who is alone and says nothing does not stand still.
            standing = before.lapse(now) if source.is_alone else before
        held = standing.candidate if agreed else None
        reading = replace(
            reading,
            answers=tuple(answers),
            address=None if held else agreed,
            held=held,
            before=before.known if held else None,
            is_flapping=held is not None and standing.needed == FLAPPING,
            hold_s=standing.wait_s(now) if held else 0,
            is_disputed=len(set(_said(source, answers))) > 1,
            ended_at=now,
        )
        self._standings[source] = standing
        self._latest[source] = reading
        if standing.known != before.known:
            for told in tuple(self._listeners):
                told(source)
        return reading

    def _pages_of(self, source: Source) -> Sequence[WebSource]:
        """Return whom to ask about a source; who rests is asked only if the others are too few."""
        family = source.family
        if source.kind is SourceKind.URLS:
            return [page(url, family) for url in source.urls]
        pages = [page for page in self._pages if family in page.urls]
        awake = [page for page in pages if not self._is_resting(page, family)]
        return awake if len(awake) >= _AGREEMENT else pages

    def _is_resting(self, page: WebSource, family: Family) -> bool:
        """Return whether an operator failed too often lately."""
        since = self._resting_since.get((page.operator, family))
        return since is not None and timedelta() <= self._now() - since < _REST

    def _remember_failures(self, answers: Sequence[Answer], family: Family) -> None:
        """Count who failed while others answered: else it is the network that failed."""
        if not any(answer.address for answer in answers):
            return
        for answer in answers:
            key = answer.operator, family
            self._failures[key] = 0 if answer.address else self._failures[key] + 1
            if self._failures[key] >= _FAILURES:
                self._failures[key] = 0
                self._resting_since[key] = self._now()


def heed(told: Told, family: Family) -> Answer:
    """Return what an entity or this host says as an answer."""
    if told.text is None:
        return Answer(operator=told.operator, problem=Problem.SILENT)
    try:
        return Answer(operator=told.operator, address=parse(told.text, family))
    except UnusableAddressError as err:
        return Answer(operator=told.operator, problem=err.problem, said=err.said)


def verdict(source: Source, answers: Sequence[Answer], known: Address | None) -> Address | None:
    """Return the address that may be believed, None if there is none yet.

    >>> from ipaddress import ip_address
    >>> here = Source(Family.IPV4)
    >>> one, two = (Answer(operator=o, address=ip_address("8.8.4.4")) for o in "ab")
    >>> verdict(here, [one], None), verdict(here, [one, two], None)
    (None, IPv4Address('8.8.4.4'))
    >>> verdict(here, [one], one.address)
    IPv4Address('8.8.4.4')
    """
    votes = Counter(_said(source, answers))
    if votes.keys() == {known}:
        return known
    needed = 1 if source.is_alone else _AGREEMENT
    agreed = [address for address, count in votes.items() if count >= needed]
    believed = agreed[0] if len(agreed) == 1 else None
    is_own = source.kind is not SourceKind.OWN or believed == answers[0].address
    return believed if is_own else None


def _said(source: Source, answers: Iterable[Answer]) -> list[Address]:
    """Return what each operator says.

    A host speaks to the Internet from its temporary addresses: whoever sees
    one of the same link as its own confirms that.
    """
    said = [answer.address for answer in answers if answer.address]
    if source.kind is SourceKind.OWN and said:
        own = said[0]
        return [own if link_of(address) == link_of(own) else address for address in said]
    return said
