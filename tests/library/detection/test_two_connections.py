"""A day behind a router with two connections, of which each request leaves by one.

Prints for each pattern how often the record changed, what that cost, and how
long the repair was there.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from random import Random
import socket

from aiohttp import ClientSession, TCPConnector
import pytest

from custom_components.raindrop import ddns
from custom_components.raindrop.ddns.cloudflare.client import CloudflareClient
from custom_components.raindrop.ddns.detection.detector import Detector
from custom_components.raindrop.ddns.detection.flap_damping import MAX_RETURNS
from custom_components.raindrop.ddns.sources import Family
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, NEXT
from tests.library.builders import HERE
from tests.library.detection.helpers import (
    CYCLE_S,
    OTHER,
    PROVIDERS,
    ROUTER,
    detect,
    detect_first,
    queried,
)
from tests.library.fake_sources import FakeSources, new_detector
from tests.library.zone_updater import BATCH, ZoneUpdater

LINES = (HOME, NEXT)
DAY_S, HOUR_S = 86_400.0, 3600.0


def weighted(share: float) -> Sequence[str]:
    """Return the lines of many connections, of which a share leaves by the first."""
    random = Random(5)
    return [LINES[random.random() > share] for _ in range(3000)]


PATTERNS: Mapping[str, Sequence[str]] = {
    "alternating": LINES,
    "random": weighted(0.5),
    "80:20": weighted(0.8),
    "pairs": (HOME, HOME, NEXT, NEXT),
}
"""By which line each connection leaves, in a cycle."""


@pytest.fixture
async def sessions() -> AsyncIterator[Mapping[Family, ClientSession]]:
    """Open sessions of which each request is a connection of its own."""
    async with (
        ClientSession(connector=TCPConnector(family=socket.AF_INET, force_close=True)) as ipv4,
        ClientSession(connector=TCPConnector(family=socket.AF_INET6, force_close=True)) as ipv6,
    ):
        yield {Family.IPV4: ipv4, Family.IPV6: ipv6}


@dataclass(slots=True, kw_only=True)
class Day:
    """What happened in a day."""

    updates: int = 0
    contents: list[str]
    """What the record held, one after another."""
    providers_asked: int = 0
    requests: int = 0
    repair_s: float = 0
    repairs: int = 0
    """How often the repair came."""
    conflict_repairs: int = 0
    """How often another repair about the providers came."""

    @property
    def returns(self) -> int:
        """The changes to an address that was accepted before."""
        changes = enumerate(self.contents)
        return sum(content in self.contents[:number] for number, content in changes)

    def __str__(self) -> str:
        """Return a line of a report."""
        return (
            f"{len(self.contents) - 1:3} changes, {self.updates:3} updates, "
            f"{self.providers_asked:4} look-ups, {self.requests:3} requests to Cloudflare, "
            f"repair for {self.repair_s / 60:4.0f} min, in {self.repairs} piece(s)"
        )


class Home:
    """A home whose updates run when they would in Home Assistant."""

    def __init__(self, updater: ZoneUpdater, sources: FakeSources) -> None:
        """Start before the first update."""
        self._updater = updater
        self._sources = sources

    async def pass_a_day(self) -> Day:
        """Run the updates of a day: every five minutes, and when a hold-down ends."""
        day = Day(contents=[])
        passed_s, next_cycle_s, next_hour_s = 0.0, 0.0, 0.0
        had_repair = had_conflict = False
        while passed_s < DAY_S:
            is_hour = passed_s >= next_hour_s
            next_hour_s += HOUR_S if is_hour else 0
            next_cycle_s += CYCLE_S if passed_s >= next_cycle_s else 0
            await self._updater.update(full_sync=is_hour, second_opinion=is_hour)
            self._count(day)
            detection = self._updater.state.detections[HERE]
            left_s = detection.hold_down_s if detection.candidate else DAY_S
            span_s = min(left_s, next_cycle_s - passed_s)
            has_repair = bool(detection.ways_out)
            conflicts = self._updater.state.conflicting_updates.get(HERE, 0)
            has_conflict = conflicts >= 3 and not has_repair
            day.repairs += has_repair and not had_repair
            day.conflict_repairs += has_conflict and not had_conflict
            had_repair, had_conflict = has_repair, has_conflict
            day.repair_s += span_s if has_repair else 0
            passed_s += span_s
            self._sources.advance(span_s)
        return day

    def _count(self, day: Day) -> None:
        day.updates += 1
        day.providers_asked += len(self._updater.providers)
        day.requests += len(self._updater.requests)
        content = self._updater.contents["A home.example.com"]
        if day.contents[-1:] != [content]:
            day.contents.append(content)


@pytest.fixture
def sources() -> FakeSources:
    """Return the clock."""
    return FakeSources()


@pytest.fixture
def home(
    simulator: Simulator,
    zone: Zone,
    client: CloudflareClient,
    sessions: Mapping[Family, ClientSession],
    sources: FakeSources,
) -> Home:
    """Return a home with one record."""
    detector = new_detector(sessions, ddns.PROVIDERS, sources)
    return Home(ZoneUpdater(simulator, zone, client, detector), sources)


@pytest.mark.parametrize("pattern", PATTERNS)
async def test_a_day_with_two_connections(simulator: Simulator, home: Home, pattern: str) -> None:
    """DNS changes seldom, and one repair comes and stays."""
    simulator.ip.set_lines(PATTERNS[pattern])

    day = await home.pass_a_day()

    print(f"{pattern:12} {day}")  # noqa: T201 - the report
    assert day.returns <= MAX_RETURNS
    assert (day.repairs, day.conflict_repairs) == (1, 0)
    assert day.repair_s >= DAY_S - 3 * HOUR_S
    assert day.requests <= 24 + 12
    assert simulator.log.surprises == []


async def test_a_day_without_a_second_connection(simulator: Simulator, home: Home) -> None:
    """There is no repair, and an hour costs one look-up more than its updates."""
    day = await home.pass_a_day()

    assert (day.contents, day.repairs, day.conflict_repairs) == ([HOME], 0, 0)
    assert (day.updates, day.providers_asked) == (288, 288 + 24)


async def test_a_move_to_a_new_address_is_written_at_once(
    simulator: Simulator, zone: Zone, updater: ZoneUpdater
) -> None:
    """Where the old one is not reported again, no time is lost, however often a home moves."""
    for last in range(150, 170):
        simulator.ip.set_address(f"81.2.69.{last}")
        await updater.update()
        assert updater.contents == {"A home.example.com": f"81.2.69.{last}"}
        assert BATCH in updater.requests


async def test_a_new_address_beside_the_old_one_is_held(
    simulator: Simulator, sources: FakeSources, detector: Detector
) -> None:
    """A provider that reports the old one after the new one may use another connection."""
    await detect_first(detector, simulator, HERE)
    simulator.ip.set_address(NEXT)
    simulator.ip.set_address(HOME, provider="ipify")

    held = await detect(detector, HERE)
    assert (held.candidate, held.is_flapping, held.hold_down_s) == (ip_address(NEXT), True, 120)
    assert held.previous == ip_address(HOME)
    sources.advance(120)

    assert (await detect(detector, HERE)).address == ip_address(NEXT)


async def test_a_provider_that_lags_behind_before_the_change_holds_nothing(
    simulator: Simulator, sources: FakeSources, detector: Detector
) -> None:
    """Only a report of the old address after the new one shows that it is still in use."""
    await detect_first(detector, simulator, HERE)
    simulator.ip.set_address(NEXT)
    simulator.ip.set_address(HOME, provider="cloudflare")

    looked = await detector.look(HERE)
    detection = await detector.confirm(looked, second_opinion=True)

    assert detection.address == ip_address(NEXT)
    assert queried(simulator) == ["cloudflare", "ipify", "ident.me"]


async def test_an_entity_that_lags_behind_holds_nothing(
    simulator: Simulator, sources: FakeSources, detector: Detector
) -> None:
    """A router's integration polls now and then: its old address says nothing of two lines."""
    sources.values["router"] = NEXT
    simulator.ip.set_address(NEXT)
    await detect_first(detector, simulator, ROUTER)
    simulator.ip.set_address(OTHER)
    looked = await detector.look(ROUTER)
    first = await detector.confirm(looked, second_opinion=True)
    assert first.address == ip_address(OTHER)

    sources.values["router"] = HOME
    simulator.ip.set_address(HOME)

    assert (await detect(detector, ROUTER)).address == ip_address(HOME)


async def test_an_entity_that_is_ahead_holds_nothing(
    simulator: Simulator, sources: FakeSources, detector: Detector
) -> None:
    """Only what providers report shows that requests leave by two lines."""
    sources.values["router"] = HOME
    await detect_first(detector, simulator, ROUTER)
    sources.values["router"] = NEXT
    simulator.ip.set_address(NEXT)
    simulator.ip.set_address(HOME, provider="cloudflare")

    assert (await detect(detector, ROUTER)).address == ip_address(NEXT)


async def test_an_address_that_returns_unseen_is_held(
    simulator: Simulator, sources: FakeSources, detector: Detector
) -> None:
    """The old address in one update and the new one in the next: both are in use."""
    await detect_first(detector, simulator, HERE)
    for number, provider in enumerate(PROVIDERS):
        simulator.ip.set_address(f"81.2.69.{150 + number}", provider=provider)
    assert (await detect(detector, HERE)).address is None
    simulator.ip.set_address(HOME)
    assert (await detect(detector, HERE)).address == ip_address(HOME)

    simulator.ip.set_address("81.2.69.150")

    assert (await detect(detector, HERE)).hold_down_s == 120
