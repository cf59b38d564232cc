"""The connection watch against the simulator: which hints start a detection."""

from collections.abc import AsyncIterator
from dataclasses import replace
from ipaddress import ip_address

import pytest

from custom_components.raindrop.ddns.detection import stun_probes
from custom_components.raindrop.ddns.detection.connection_watch import ConnectionWatch, is_watchable
from custom_components.raindrop.ddns.detection.detection import Detection
from custom_components.raindrop.ddns.detection.stun_probes import ProbeStatus, StunServer
from custom_components.raindrop.ddns.sources import Family, Meaning, Source, SourceKind
from simulator import Simulator, StunFault
from tests.conftest import HOME, NEXT
from tests.waiting import until

AUTOMATIC = Source(Family.IPV4)
ROUTER = Source(Family.IPV4, SourceKind.ENTITY, entity="sensor.router")
OTHER_LINE = Source(
    Family.IPV4, SourceKind.ENTITY, entity="sensor.lte", meaning=Meaning.OTHER_CONNECTION
)
PAGES = Source(Family.IPV4, SourceKind.URLS, urls=("https://a.example/", "https://b.example/"))
INTERFACE = Source(Family.IPV6, SourceKind.LOCAL)
OWN_ROUTER = Source(Family.IPV6, SourceKind.ENTITY, entity="sensor.wan", meaning=Meaning.ROUTER)
AUTOMATIC_V6 = Source(Family.IPV6)
STABLE, TEMPORARY = "2001:218:1:2::5", "2001:218:1:2:9d3c:41aa:7b02:e6f1"


@pytest.fixture(autouse=True)
def pace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Probe some hundred times as fast."""
    monkeypatch.setattr(stun_probes, "PROBE_INTERVAL_S", 0.02)
    monkeypatch.setattr(stun_probes, "LOSS_S", 0.4)


def found(source: Source, address: str | None) -> Detection:
    """Return a detection that accepted an address, or none."""
    return Detection(source=source, address=ip_address(address) if address else None)


class Home:
    """Something that detects its address when the watch says so."""

    def __init__(self, simulator: Simulator) -> None:
        """Watch by the simulator's server."""
        self.simulator = simulator
        self.detections = 0
        self.times_blind = 0
        servers = {
            Family(family): StunServer(*server)
            for family, server in simulator.urls()["stun"].items()
        }
        self.watch = ConnectionWatch(servers, self._changed, self._went_blind)

    def _changed(self) -> None:
        self.detections += 1

    def _went_blind(self) -> None:
        self.times_blind += 1

    async def probes(self, count: int) -> None:
        """Wait until so many probes more were answered or lost."""
        stun = self.simulator.stun
        expected = stun.probes.total() + count
        await until(lambda: stun.probes.total() >= expected)

    async def detected(self, count: int) -> None:
        """Wait until so many detections were started in all."""
        await until(lambda: self.detections >= count)


@pytest.fixture
async def home(simulator: Simulator) -> AsyncIterator[Home]:
    """Watch nothing yet."""
    home = Home(simulator)
    yield home
    home.watch.watch(())


@pytest.fixture
async def watched_home(home: Home) -> Home:
    """Watch for the address of the default route, which is known."""
    home.watch.watch([AUTOMATIC])
    home.watch.detected(found(AUTOMATIC, HOME))
    await home.probes(3)
    assert home.detections == 0
    return home


@pytest.mark.parametrize(
    "source, expected",
    [
        (AUTOMATIC, True),
        (ROUTER, True),
        (OTHER_LINE, False),
        (PAGES, False),
        (INTERFACE, False),
        (OWN_ROUTER, False),
    ],
)
async def test_what_can_be_watched(home: Home, source: Source, *, expected: bool) -> None:
    """The watch sees the default route; no socket is opened for others."""
    assert is_watchable(source) is expected
    home.watch.watch([source])
    assert [*home.watch.status()] == ([Family.IPV4] if expected else [])
    assert home.watch.is_watching_kernel is expected


async def test_another_mapped_address_starts_a_detection_at_once(watched_home: Home) -> None:
    """The home moved."""
    watched_home.simulator.ip.set_address(NEXT)
    await watched_home.detected(1)
    watched_home.watch.detected(found(AUTOMATIC, NEXT))
    await watched_home.probes(3)
    assert watched_home.detections == 1


async def test_an_unknown_address_is_looked_for(home: Home) -> None:
    """The first update found none, and the connection is up now."""
    home.watch.watch([AUTOMATIC])
    home.watch.detected(found(AUTOMATIC, None))
    await home.detected(1)


async def test_a_temporary_address_is_no_hint(home: Home) -> None:
    """Datagrams leave from it, and the stable address of its network is the accepted one."""
    home.simulator.ip.set_address(TEMPORARY)
    stable = replace(found(AUTOMATIC_V6, STABLE), host_address=ip_address(STABLE))
    home.watch.watch([AUTOMATIC_V6])
    home.watch.detected(stable)
    await home.probes(5)
    assert home.detections == 0

    home.simulator.ip.set_address("2001:218:1:3::9d3c")
    await home.detected(1)
    following = ip_address("2001:218:1:3::5")
    home.watch.detected(replace(stable, address=following, host_address=following))
    await home.probes(5)
    assert home.detections == 1
    assert home.watch.is_working(AUTOMATIC_V6)


async def test_a_contradicted_hint_is_not_followed_again(watched_home: Home) -> None:
    """Datagrams of this home take another way than its connections."""
    watched_home.simulator.stun.set_mapped([NEXT])
    await watched_home.detected(1)
    assert watched_home.watch.is_working(AUTOMATIC)
    watched_home.watch.detected(found(AUTOMATIC, HOME))
    await watched_home.probes(5)
    assert watched_home.detections == 1
    # It might be right by now.
    assert not watched_home.watch.is_working(AUTOMATIC)


async def test_a_pool_of_addresses_starts_six_detections_an_hour(watched_home: Home) -> None:
    """Each datagram of this home seems to come from another address."""
    watched_home.simulator.stun.set_mapped([f"81.2.69.{number}" for number in range(150, 200)])
    for detection in range(1, 7):
        await watched_home.detected(detection)
        watched_home.watch.detected(found(AUTOMATIC, HOME))
    await watched_home.probes(10)
    assert watched_home.detections == 6


async def test_an_address_that_may_not_be_written_is_no_hint(watched_home: Home) -> None:
    """The server may see a tunnel, or the inside of a provider's network."""
    watched_home.simulator.stun.set_mapped(["100.64.0.7"])
    await watched_home.probes(5)
    assert watched_home.detections == 0


async def test_the_end_of_an_outage_starts_a_detection(watched_home: Home) -> None:
    """Whatever the response says; an outage is when addresses change."""
    watched_home.simulator.stun.fault = StunFault.SILENT
    await until(lambda: watched_home.times_blind > 0)
    assert not watched_home.watch.is_working(AUTOMATIC)
    assert watched_home.watch.status()[Family.IPV4].probes is ProbeStatus.OUTAGE
    watched_home.simulator.stun.fault = None
    await watched_home.detected(1)
    assert watched_home.watch.is_working(AUTOMATIC)
    assert watched_home.times_blind == 1


async def test_the_status_says_since_when_it_works(watched_home: Home) -> None:
    """For diagnostics."""
    status = watched_home.watch.status()[Family.IPV4]
    assert status.probes is ProbeStatus.WORKING
    assert status.working_s is not None
    assert status.response_age_s is not None
    assert 0 <= status.response_age_s <= status.working_s


async def test_sources_come_and_go(home: Home) -> None:
    """One set of probes for each family, however many sources; none without any."""
    home.watch.watch([AUTOMATIC, ROUTER, Source(Family.IPV6)])
    assert [*home.watch.status()] == [Family.IPV4, Family.IPV6]
    home.watch.watch([ROUTER])
    assert [*home.watch.status()] == [Family.IPV4]
    assert not home.watch.is_working(AUTOMATIC)
    home.watch.detected(found(AUTOMATIC, HOME))
    home.watch.watch([])
    assert not home.watch.status()
    assert not home.watch.is_watching_kernel


async def test_an_empty_table_of_servers_watches_nothing() -> None:
    """It opens no socket, not even the kernel's: sockets are forbidden here."""
    watch = ConnectionWatch({}, lambda: None, lambda: None)
    watch.watch([AUTOMATIC])
    assert not watch.status()
    assert not watch.is_watching_kernel
    assert not watch.is_working(AUTOMATIC)


async def test_a_change_of_the_host_starts_a_detection(watched_home: Home) -> None:
    """As the kernel reports it."""
    assert watched_home.watch.is_watching_kernel
    for expected in (1, 2, 3, 4, 5, 6, 6):
        assert watched_home.watch._kernel is not None
        watched_home.watch._kernel._changed()
        assert watched_home.detections == expected
