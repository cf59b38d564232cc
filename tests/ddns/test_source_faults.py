"""Every way in which operators can fail, at every place, alone and two at a time.

Whatever happens, no address is believed but the true one; and the true one is
believed whenever two honest operators answer.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from enum import Enum
from ipaddress import ip_address
from itertools import islice, permutations, product
import ssl

from aiohttp import ClientSession
import pytest

from custom_components.raindrop.ddns import inquiry, web
from custom_components.raindrop.ddns.model import Family
from custom_components.raindrop.ddns.reading import Answer, Problem, Reading
from custom_components.raindrop.ddns.steady import Standing
from custom_components.raindrop.ddns.web import WebSource
from lab import Lab
from lab.faults import Detail
from tests.conftest import HOME, NEXT

from .builders import HERE
from .house import new_detector
from .raw import Raw, answer, raw_server
from .test_transport import self_signed

IPV4 = Family.IPV4
LIE = "81.2.69.200"
PAGE = f"<html><body>Your address is {LIE}</body></html>"
KINDS: dict[str, tuple[str, Detail]] = {
    "hang": ("hang", {}),
    "drip": ("drip", {"delay": 0.05}),
    "reset": ("reset", {}),
    "cut": ("cut", {}),
    "403": ("html", {"status": 403}),
    "500": ("body", {"status": 500, "body": LIE}),
    "page": ("body", {"body": PAGE, "content_type": "text/html"}),
    "wrong family": ("wrong_family", {}),
    "megabyte": ("huge", {"size": 1_000_000}),
    "redirect": ("redirect", {}),
    "warp": ("warp_on", {}),
    "foreign host": ("foreign_h", {}),
    "garbled": ("garbled", {}),
    "empty": ("body", {"body": ""}),
}
"""Faults of the lab's."""
SAYS = {
    "private": "192.168.1.2",
    "carrier's NAT": "100.64.0.1",
    "Cloudflare's own": "104.18.0.0",
    "liar": LIE,
}
"""Addresses that are not the home's."""
WAYS = (*KINDS, *SAYS, "no TLS", "self-signed")
OF_TRACES = {"warp", "foreign host"}
"""Only a trace can fail in these ways."""
ENDLESS = {"hang", "drip"}
PROBLEMS = {
    "hang": Problem.TIMEOUT,
    "drip": Problem.TIMEOUT,
    "reset": Problem.UNREACHABLE,
    "cut": Problem.UNREACHABLE,
    "403": Problem.STATUS,
    "500": Problem.STATUS,
    "page": Problem.NOT_AN_ADDRESS,
    "wrong family": Problem.WRONG_FAMILY,
    "megabyte": Problem.TOO_LONG,
    "redirect": Problem.STATUS,
    "warp": Problem.WARP,
    "foreign host": Problem.WRONG_HOST,
    "garbled": Problem.NOT_AN_ADDRESS,
    "empty": Problem.NOT_AN_ADDRESS,
    "private": Problem.NOT_PUBLIC,
    "carrier's NAT": Problem.CGNAT,
    "Cloudflare's own": Problem.CLOUDFLARE,
    "liar": None,
    "no TLS": Problem.UNREACHABLE,
    "self-signed": Problem.UNREACHABLE,
}
"""What is told of each way."""


class Story(Enum):
    """What a round is like: where the home was known to be, and where it is."""

    UNCHANGED = HOME, HOME
    CHANGED = HOME, NEXT
    COLD_START = None, HOME


@dataclass(frozen=True, slots=True, kw_only=True)
class Combination:
    """Who fails in which way, among how many, in what kind of round."""

    story: Story
    operators: int
    faults: Mapping[int, str]

    @property
    def honest(self) -> int:
        """How many say the truth."""
        return self.operators - len(self.faults)


def combinations(way: str) -> Iterator[Combination]:
    """Yield a way at every place by itself, and at every place with another one elsewhere.

    The other one is each of all the ways in turn.
    """
    others = WAYS[WAYS.index(way) :] + WAYS[: WAYS.index(way)]
    places: list[tuple[int, Mapping[int, str]]] = [(5, {place: way}) for place in range(5)]
    for operators in (5, 3):
        pairs = islice(permutations(range(operators), 2), 0, None, 2 if operators == 5 else 1)
        places += [
            (operators, {place: way, second: others[turn % len(others)]})
            for turn, (place, second) in enumerate(pairs)
        ]
    for story, (operators, faults) in product(Story, places):
        if sum(fault in OF_TRACES for fault in faults.values()) <= 1:
            yield Combination(story=story, operators=operators, faults=faults)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The lab, and the servers that should never get to say anything."""

    lab: Lab
    sessions: Mapping[Family, ClientSession]
    portal: Raw
    """Where redirects lead."""
    impostor: Raw
    """A server with a certificate of its own making."""

    async def play(self, combination: Combination) -> Reading:
        """Run one round."""
        before, now = combination.story.value
        self.lab.faults.clear()
        self.lab.log.clear()
        self.lab.ip.set_address(now)
        pages = self._pages(combination)
        for place, way in combination.faults.items():
            pages[place] = self._spoil(pages[place], way, place)
        detector = new_detector(self.sessions, pages)
        if before:
            detector._standings[HERE] = Standing(known=ip_address(before))
        return await detector.confirm(await detector.look(HERE))

    def _pages(self, combination: Combination) -> list[WebSource]:
        """Return who is asked; the trace stands where only a trace can fail so."""
        pages = list(web.WEB_SOURCES[: combination.operators])
        for place, way in combination.faults.items():
            if way in OF_TRACES:
                pages[0], pages[place] = pages[place], pages[0]
        return pages

    def _spoil(self, page: WebSource, way: str, place: int) -> WebSource:
        """Let an operator fail; return the page that is asked for it."""
        if way in KINDS:
            kind, detail = KINDS[way]
            if kind == "redirect":
                detail = {"url": self.portal.origin}
            self.lab.faults.add("ip", page.operator, kind=kind, **detail)
        elif way in SAYS:
            # Two liars do not know of each other.
            shift = place if way == "liar" else 0
            self.lab.ip.set_address(ip_address(SAYS[way]) + shift, operator=page.operator)
        else:
            plain = page.urls[IPV4]
            url = plain.replace("http:", "https:") if way == "no TLS" else self.impostor.origin
            return replace(page, urls={IPV4: url})
        return page


@pytest.fixture
async def stage(
    lab: Lab,
    sessions: Mapping[Family, ClientSession],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Stage]:
    """Set the stage, on which who never ends is given up soon."""

    async def ask(
        session: ClientSession, source: WebSource, family: Family, limit_s: float
    ) -> Answer:
        faults = [fault for fault in lab.faults.active if fault.target == source.operator]
        is_endless = any(fault.kind in ENDLESS for fault in faults)
        return await web.ask(session, source, family, 0.02 if is_endless else limit_s)

    # Only those that never end are hurried, so that a busy machine changes nothing.
    monkeypatch.setattr(inquiry, "ask", ask)
    monkeypatch.setattr(inquiry, "_PATIENCE_S", 30.0)
    monkeypatch.setattr(inquiry, "_TIMEOUT_S", 30.0)
    monkeypatch.setattr(inquiry, "_LIMIT_S", 60.0)
    pem = tmp_path_factory.mktemp("impostor") / "impostor.pem"
    pem.write_bytes(b"".join(self_signed()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    async with AsyncExitStack() as stack:
        portal = await stack.enter_async_context(raw_server(answer(LIE.encode())))
        impostor = await stack.enter_async_context(raw_server(answer(LIE.encode()), context))
        yield Stage(lab=lab, sessions=sessions, portal=portal, impostor=impostor)
        assert (portal.heard, impostor.heard) == ([], [])


@pytest.mark.parametrize("way", WAYS)
async def test_no_failure_makes_a_wrong_address_believed(stage: Stage, way: str) -> None:
    """Whoever fails, in whatever way, the address that is believed is the true one or none.

    It is the true one whenever two honest operators answer, and if nothing
    changed, whenever one does and nobody contradicts it.
    """
    for combination in combinations(way):
        reading = await stage.play(combination)

        _, truth = combination.story.value
        ways = set(combination.faults.values())
        is_plain = combination.story is Story.UNCHANGED and "liar" not in ways
        assert reading.address in {None, ip_address(truth)}, combination
        assert reading.held is None, combination
        if combination.honest >= 2 or (is_plain and combination.honest):
            assert reading.address == ip_address(truth), combination
        if combination.story is Story.COLD_START and combination.honest < 2:
            assert reading.address is None, combination


@pytest.mark.parametrize("way", WAYS)
async def test_every_failure_is_told_as_what_it_is(stage: Stage, way: str) -> None:
    """The reading keeps who failed and why, so that it can be shown."""
    reading = await stage.play(Combination(story=Story.UNCHANGED, operators=3, faults={0: way}))

    assert [heard.problem for heard in reading.answers[:1]] == [PROBLEMS[way]]
    assert reading.is_disputed == (way == "liar")


@pytest.mark.parametrize("way", WAYS)
async def test_s9_when_all_fail_alike_nothing_is_believed(stage: Stage, way: str) -> None:
    """Lesson S9: if no operator is honest there is no address, known before or not."""
    operators = 1 if way in OF_TRACES else 5
    faults = dict.fromkeys(range(operators), way)
    for story in Story:
        reading = await stage.play(Combination(story=story, operators=operators, faults=faults))

        assert (reading.address, reading.is_open) == (None, way == "liar")
        assert len(reading.answers) == operators


@pytest.mark.parametrize("way", ["no TLS", "self-signed"])
async def test_s4_who_cannot_prove_itself_is_not_heard(stage: Stage, way: str) -> None:
    """Lesson S4: an answer counts only from who proves to be the one that was asked."""
    reading = await stage.play(
        Combination(story=Story.CHANGED, operators=3, faults={0: way, 1: way})
    )

    assert (reading.address, reading.heard) == (None, ip_address(NEXT))
    problems: Sequence[Problem | None] = [heard.problem for heard in reading.answers]
    assert problems == [Problem.UNREACHABLE, Problem.UNREACHABLE, None]


def test_the_combinations_are_many() -> None:
    """There are hundreds of combinations: every way, at every place, in every kind of round."""
    everything = [combination for way in WAYS for combination in combinations(way)]
    print(f"{len(everything)} combinations of failures")  # noqa: T201 - the count is to be seen

    assert len(everything) >= 500
    for way, story in product(WAYS, Story):
        alike = [c for c in everything if c.story is story and way in c.faults.values()]
        for operators in (5, 3):
            places = {p for c in alike if c.operators == operators for p in c.faults}
            assert places == set(range(operators))
        assert {len(c.faults) for c in alike} == {1, 2}
    assert PROBLEMS.keys() == set(WAYS)
