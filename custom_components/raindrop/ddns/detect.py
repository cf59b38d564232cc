"""Find the public address: ask operators, and believe a change only if two agree.

An answer that repeats the address known already is enough by itself. A changed
one needs a second operator of the same mind; where two contradict, further
ones decide. No agreement is no address.
"""

from asyncio import FIRST_COMPLETED, Task, create_task, gather, shield, wait
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import partial
from http import HTTPStatus
from urllib.parse import urlsplit

from aiohttp import ClientSession

from .addresses import UnusableAddressError, from_json, from_text, from_trace
from .model import Address, Answer, Family, Problem, Reading
from .transport import (
    AnswerTooLongError,
    HttpAnswer,
    UnansweredError,
    UnansweredInTimeError,
    request,
)

_AGREEMENT = 2
_TIMEOUT_S = 5.0
_PATIENCE_S = 2.0
"""How long one operator is waited for before the next is asked as well."""
_MAX_ANSWER = 4096
"""More than any honest answer, in bytes."""
_HEADERS = {"Accept-Encoding": "identity"}


class Form(Enum):
    """How a web source writes the address."""

    TEXT = "text"
    TRACE = "trace"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSource:
    """A page of an operator that says from where it was asked."""

    operator: str
    form: Form
    urls: Mapping[Family, str]
    """The page to ask for each family; HTTPS, plain HTTP on loopback alone."""


WEB_SOURCES: tuple[WebSource, ...] = (
    WebSource(
        operator="Cloudflare",
        form=Form.TRACE,
        urls=dict.fromkeys(Family, "https://api.cloudflare.com/cdn-cgi/trace"),
    ),
    WebSource(
        operator="ipify",
        form=Form.TEXT,
        urls={
            Family.IPV4: "https://api.ipify.org/",
            Family.IPV6: "https://api6.ipify.org/",
        },
    ),
    WebSource(
        operator="ident.me",
        form=Form.TEXT,
        urls={Family.IPV4: "https://v4.ident.me/", Family.IPV6: "https://v6.ident.me/"},
    ),
    WebSource(
        operator="Amazon",
        form=Form.TEXT,
        urls={Family.IPV4: "https://checkip.amazonaws.com/"},
    ),
    WebSource(
        operator="Home Assistant",
        form=Form.JSON,
        urls=dict.fromkeys(Family, "https://services.home-assistant.io/whoami/v1"),
    ),
)
"""Whom to ask, in this order; Cloudflare first, for it holds the zone anyway."""


class Detector:
    """Knows the public addresses, and whom to ask whether they still hold."""

    def __init__(
        self,
        session: Callable[[Family], ClientSession],
        sources: Iterable[WebSource],
    ) -> None:
        """Ask through sessions that connect by one family only."""
        self._session = session
        self._sources = tuple(sources)
        self._known: dict[Family, Address] = {}
        self._flights: dict[Reading, Task[Reading]] = {}

    async def look(self, family: Family) -> Reading:
        """Return what the first operator that answers says.

        Its address is set if it is the one known; another needs ``confirm``.
        """
        return await self._join(Reading(family=family))

    async def confirm(self, reading: Reading) -> Reading:
        """Return a reading whose address two operators agree on, or that has none."""
        while reading.is_open:
            further = await self._join(reading)
            if further.answers == reading.answers:
                return reading
            reading = further
        return reading

    async def _join(self, reading: Reading) -> Reading:
        """Return the next reading, of the look-up in flight if there is one.

        An asker that gives up does not take the answer from the others.
        """
        if reading not in self._flights:
            flight = create_task(self._ask_on(reading))
            self._flights[reading] = flight
            flight.add_done_callback(partial(self._land, reading))
        return await shield(self._flights[reading])

    def _land(self, reading: Reading, flight: Task[Reading]) -> None:
        """End a look-up in flight; nobody may be left to whom its failure matters."""
        del self._flights[reading]
        if not flight.cancelled():
            flight.exception()

    async def _ask_on(self, reading: Reading) -> Reading:
        """Return a reading with the answers of the next operators."""
        family = reading.family
        heard = {answer.operator for answer in reading.answers}
        fresh = [s for s in self._sources if family in s.urls and s.operator not in heard]
        answers = (*reading.answers, *await self._first(fresh, family))
        address = verdict(answers, self._known.get(family))
        if address is not None:
            self._known[family] = address
        return Reading(family=family, address=address, answers=answers)

    async def _first(self, sources: list[WebSource], family: Family) -> list[Answer]:
        """Ask one after another until one gives an address; return all that was said.

        One that is slow does not hold up the round: the next is asked beside it.
        """
        waiting = iter(sources)
        asked: dict[Task[Answer], WebSource] = {}
        answers: list[Answer] = []
        try:
            while not any(answer.address for answer in answers):
                has_more = self._ask_next(waiting, family, asked)
                if not asked:
                    break
                done, _ = await wait(
                    asked,
                    timeout=_PATIENCE_S if has_more else None,
                    return_when=FIRST_COMPLETED,
                )
                answers += [task.result() for task in done]
                for task in done:
                    del asked[task]
        finally:
            for task in asked:
                task.cancel()
            await gather(*asked, return_exceptions=True)
        late = [
            Answer(operator=source.operator, problem=Problem.TIMEOUT) for source in asked.values()
        ]
        return answers + late

    def _ask_next(
        self,
        waiting: Iterator[WebSource],
        family: Family,
        asked: dict[Task[Answer], WebSource],
    ) -> bool:
        """Start asking the next source, if there is one."""
        source = next(waiting, None)
        if source is not None:
            asked[create_task(self._ask(source, family))] = source
        return source is not None

    async def _ask(self, source: WebSource, family: Family) -> Answer:
        """Return what one source says."""
        try:
            answer = await request(
                self._session(family),
                "GET",
                source.urls[family],
                timeout_s=_TIMEOUT_S,
                limit=_MAX_ANSWER,
                headers=_HEADERS,
            )
            address = _read(source, family, answer)
        except UnansweredInTimeError:
            return Answer(operator=source.operator, problem=Problem.TIMEOUT)
        except UnansweredError:
            return Answer(operator=source.operator, problem=Problem.UNREACHABLE)
        except AnswerTooLongError:
            return Answer(operator=source.operator, problem=Problem.TOO_LONG)
        except UnusableAddressError as err:
            return Answer(operator=source.operator, problem=err.problem)
        return Answer(operator=source.operator, address=address)


def verdict(answers: Iterable[Answer], known: Address | None) -> Address | None:
    """Return the address that may be believed, None if there is none yet.

    >>> from ipaddress import ip_address
    >>> one, two = (Answer(operator=o, address=ip_address("8.8.4.4")) for o in "ab")
    >>> verdict([one], None), verdict([one], one.address), verdict([one, two], None)
    (None, IPv4Address('8.8.4.4'), IPv4Address('8.8.4.4'))
    """
    votes = Counter(answer.address for answer in answers if answer.address)
    if set(votes) == {known}:
        return known
    agreed = [address for address, count in votes.items() if count >= _AGREEMENT]
    return agreed[0] if len(agreed) == 1 else None


def _read(source: WebSource, family: Family, answer: HttpAnswer) -> Address:
    """Return the address in an answer. Raises UnusableAddressError."""
    if answer.status != HTTPStatus.OK:
        raise UnusableAddressError(Problem.STATUS)
    try:
        body = answer.body.decode("ascii")
    except UnicodeDecodeError:
        raise UnusableAddressError(Problem.NOT_AN_ADDRESS) from None
    if source.form is Form.TEXT:
        return from_text(body, family)
    if source.form is Form.JSON:
        return from_json(body, family)
    url = urlsplit(source.urls[family])
    return from_trace(body, family, url.netloc.removesuffix(f":{url.port}"))
