"""Tunnels: a trace that says so is a witness against everything that pages report."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest

from custom_components.raindrop import ddns
from custom_components.raindrop.ddns.detection.detection import Response
from custom_components.raindrop.ddns.detection.detector import Detector
from custom_components.raindrop.ddns.detection.tunnels import Tunnels
from custom_components.raindrop.ddns.errors import DetectionError
from custom_components.raindrop.ddns.sources import Family, Source
from simulator import Simulator
from tests.conftest import HOME, HOME_V6, NEXT
from tests.library.builders import HERE, HERE_V6
from tests.library.detection.helpers import (
    CYCLE_S,
    LOCAL,
    OTHER,
    ROUTER,
    accepted,
    custom,
    detect,
    detect_first,
    queried,
    reported,
)
from tests.library.fake_sources import FakeSources
from tests.library.zone_updater import ZoneUpdater

EXIT, EXIT_V6 = "81.2.69.200", "2001:218:9:9::200"
"""The addresses of the tunnel, which all pages see."""


def open_tunnel(simulator: Simulator) -> None:
    """Let the requests of this host leave by a tunnel."""
    simulator.faults.add("ip", "cloudflare", kind="warp_on")
    simulator.ip.set_address(EXIT)
    simulator.ip.set_address(EXIT_V6)


async def test_s8_the_exit_of_a_tunnel_is_not_written(
    simulator: Simulator, updater: ZoneUpdater
) -> None:
    """Two other providers agree on it, but a trace says that it is not the home's (S8)."""
    await updater.update()
    open_tunnel(simulator)

    for _ in range(2):
        await updater.update()

    detection = updater.state.detections[HERE]
    assert (detection.address, detection.candidate) == (None, None)
    assert (detection.tunnel_witness, detection.is_unconfirmed) == ("cloudflare", False)
    assert updater.contents == {"A home.example.com": HOME}
    simulator.faults.clear()
    simulator.ip.set_address(NEXT)
    await updater.update()
    assert updater.contents == {"A home.example.com": NEXT}


async def test_s8_the_first_address_is_not_that_of_a_tunnel(
    simulator: Simulator, detector: Detector
) -> None:
    """A host that starts with a tunnel has no address, by either family."""
    open_tunnel(simulator)

    for source in (HERE, HERE_V6):
        assert (await detect(detector, source)).address is None
        assert detector.accepted(source) is None


@pytest.mark.parametrize("names", [("ipify", "ident.me"), ("amazon", "home-assistant")])
async def test_s8_a_tunnel_counts_for_every_source(
    simulator: Simulator, detector: Detector, sources: FakeSources, names: tuple[str, ...]
) -> None:
    """Own pages that say nothing of tunnels leave by the same one as the trace."""
    pages = custom(simulator, *names)
    await detect_first(detector, simulator, HERE)
    await detect_first(detector, simulator, pages)
    open_tunnel(simulator)

    for _ in range(2):
        await detect(detector, HERE)
        assert (await detect(detector, pages)).tunnel_witness == "cloudflare"
        sources.advance(CYCLE_S)
    assert accepted(detector, pages) == HOME

    # Nobody asks the trace any more, and so it says nothing of this update.
    simulator.ip.set_address(HOME)
    assert (await detect(detector, pages)).tunnel_witness is None


@pytest.mark.parametrize("warp", ["on", "plus"])
async def test_s8_a_tunnel_that_a_custom_url_reports_counts_too(
    simulator: Simulator, detector: Detector, warp: str
) -> None:
    """The trace may be any of the pages, and the tunnel that of WARP+."""
    source = custom(simulator, "ident.me", "ipify", "cloudflare")
    await detect_first(detector, simulator, source)
    simulator.ip.set_address(EXIT)
    simulator.ip.set_address(OTHER, provider="ipify")
    trace = f"h=127.0.0.1\nip={EXIT}\nwarp={warp}\n"
    simulator.faults.add("ip", "cloudflare", kind="body", body=trace)

    detection = await detect(detector, source)

    assert detection.address is None
    assert str(detection.tunnel_witness).startswith("127.0.0.1:")
    assert accepted(detector, source) == HOME


async def test_s8_a_tunnel_is_remembered_while_the_trace_is_silent(
    simulator: Simulator, detector: Detector, sources: FakeSources
) -> None:
    """A page that says nothing now does not deny what it said before; after an hour it does."""
    await detect_first(detector, simulator, HERE)
    open_tunnel(simulator)
    assert (await detect(detector, HERE)).tunnel_witness == "cloudflare"
    simulator.faults.clear()
    simulator.faults.add("ip", "cloudflare", kind="html")

    sources.advance(CYCLE_S)
    for asked in (detector.detached(), detector):
        assert (await detect(asked, HERE)).address is None
    assert accepted(detector, HERE) == HOME

    sources.advance(timedelta(hours=1).total_seconds())
    assert (await detect(detector, HERE)).address == ip_address(EXIT)


@pytest.mark.parametrize("back_s", [40, 3 * 3600])
async def test_s8_a_clock_that_is_set_back_ends_no_tunnel(
    simulator: Simulator, detector: Detector, sources: FakeSources, back_s: int
) -> None:
    """It is remembered for an hour from then on, while the trace is silent."""
    await detect(detector, HERE)
    open_tunnel(simulator)
    await detect(detector, HERE)
    simulator.ip.set_address(None, provider="cloudflare", family=4)
    sources.advance(-back_s)

    assert (await detect(detector, HERE)).address is None
    sources.advance(timedelta(minutes=59).total_seconds())
    assert (await detect(detector, HERE)).address is None
    sources.advance(timedelta(minutes=2).total_seconds())
    assert (await detect(detector, HERE)).address == ip_address(EXIT)


async def test_s8_a_tunnel_is_not_forgotten_in_a_cool_down(
    simulator: Simulator, detector: Detector, sources: FakeSources
) -> None:
    """To report a tunnel is no failure: the trace is asked first, update after update."""
    await detect_first(detector, simulator, HERE)
    open_tunnel(simulator)

    for _ in range(20):
        sources.advance(CYCLE_S)
        assert (await detect(detector, HERE)).address is None

    assert queried(simulator) == ["cloudflare"] * 20


async def test_s8_families_have_tunnels_of_their_own(
    simulator: Simulator, detector: Detector
) -> None:
    """A tunnel that only IPv6 requests go through says nothing of the IPv4 address."""
    simulator.faults.add("ip", "cloudflare", kind="warp_on", family=6)

    assert (await detect(detector, HERE_V6)).address is None
    assert (await detect(detector, HERE)).address == ip_address(HOME)


@pytest.mark.parametrize("source", [ROUTER, LOCAL], ids=["router", "local"])
async def test_s8_a_source_of_its_own_is_held_down_instead(
    simulator: Simulator, detector: Detector, sources: FakeSources, source: Source
) -> None:
    """A router or an interface knows the address without pages: it has to be stable."""
    home = HOME if source is ROUTER else HOME_V6
    open_tunnel(simulator)

    first = await detect(detector, source)
    assert (first.address, first.candidate, first.hold_down_s) == (None, ip_address(home), 10)
    sources.advance(9)
    assert (await detect(detector, source)).address is None
    sources.advance(1)

    assert (await detect(detector, source)).address == ip_address(home)
    queried(simulator)
    assert (await detect(detector, source)).address == ip_address(home)
    assert queried(simulator) == []


async def test_s8_a_silence_in_a_tunnel_begins_the_hold_down_again(
    simulator: Simulator, detector: Detector, sources: FakeSources
) -> None:
    """What nobody confirms has to be reported all the time."""
    open_tunnel(simulator)
    await detect(detector, ROUTER)
    sources.advance(6)
    sources.values["router"] = None
    assert (await detect(detector, ROUTER)).candidate is None
    sources.values["router"] = HOME
    sources.advance(6)

    assert (await detect(detector, ROUTER)).hold_down_s == 10


async def test_s8_an_unseen_silence_in_a_tunnel_begins_the_hold_down_again(
    simulator: Simulator, detector: Detector, sources: FakeSources
) -> None:
    """A silence between two reads is known by the time of the last report."""
    open_tunnel(simulator)
    await detect(detector, ROUTER)
    sources.advance(11)
    sources.since = sources.now

    assert (await detect(detector, ROUTER)).hold_down_s == 10


async def test_s8_no_provider_replaces_a_silent_router_in_a_tunnel(
    simulator: Simulator, detector: Detector, sources: FakeSources
) -> None:
    """What pages report counts for nothing there either."""
    open_tunnel(simulator)
    sources.values["router"] = None
    await detect(detector, ROUTER)
    sources.advance(CYCLE_S)

    detection = await detect(detector, ROUTER)

    assert (detection.address, detection.candidate, detection.is_substituted) == (None, None, False)
    assert detection.tunnel_witness == "cloudflare"


@pytest.mark.parametrize("family", Family)
async def test_a_gateway_without_a_tunnel_is_no_witness(
    simulator: Simulator, detector: Detector, family: Family
) -> None:
    """Only the response of that provider does not count; the others decide."""
    simulator.faults.add("ip", "cloudflare", kind="gateway_on")

    detection = await detect(detector, Source(family))

    home = HOME if family is Family.IPV4 else HOME_V6
    assert reported(detection) == {
        "cloudflare": DetectionError.WARP,
        "ipify": home,
        "ident.me": home,
    }
    assert (detection.address, detection.tunnel_witness) == (ip_address(home), None)


async def test_s8_the_end_of_a_tunnel_is_noticed_at_once(
    simulator: Simulator, detector: Detector
) -> None:
    """The page that reported it is asked first, wherever it is in the list and however it fails."""
    source = custom(simulator, "ident.me", "ipify", "cloudflare")
    simulator.faults.add("ip", "ipify", kind="html")
    open_tunnel(simulator)
    assert (await detect(detector, source)).tunnel_witness is not None
    simulator.faults.clear()
    simulator.ip.set_address(HOME)
    queried(simulator)

    assert (await detect(detector, source)).address == ip_address(HOME)
    assert queried(simulator) == ["cloudflare", "ident.me"]


async def test_s8_a_cool_down_does_not_prolong_a_tunnel(
    simulator: Simulator, detector: Detector, sources: FakeSources
) -> None:
    """A trace that failed so often is asked all the same, for nobody else can deny the tunnel."""
    open_tunnel(simulator)
    await detect(detector, HERE)
    simulator.faults.clear()
    simulator.faults.add("ip", "cloudflare", kind="html")
    for _ in range(4):
        sources.advance(CYCLE_S)
        assert (await detect(detector, HERE)).address is None
    simulator.faults.clear()
    simulator.ip.set_address(HOME)

    assert (await detect(detector, HERE)).address == ip_address(HOME)


@pytest.mark.parametrize(
    "names",
    [
        ("ipify", "ident.me", "cloudflare"),
        ("ipify", "ident.me", "amazon", "cloudflare"),
        ("ident.me", "cloudflare", "ipify"),
    ],
)
async def test_s8_a_trace_is_asked_before_another_address_is_accepted(
    simulator: Simulator, detector: Detector, names: tuple[str, ...]
) -> None:
    """However late it is among the pages: those before it cannot know of the tunnel."""
    source = custom(simulator, *names)
    await detect_first(detector, simulator, source)
    open_tunnel(simulator)

    detection = await detect(detector, source)

    assert (detection.address, detection.tunnel_witness is None) == (None, False)
    assert queried(simulator) == [names[0], "cloudflare"]
    simulator.faults.clear()
    simulator.ip.set_address(HOME)
    await detect(detector, source)
    queried(simulator)
    assert (await detect(detector, source)).address == ip_address(HOME)
    assert queried(simulator) == [names[0]]


async def test_s8_the_first_address_of_custom_urls_is_not_that_of_a_tunnel(
    simulator: Simulator, detector: Detector
) -> None:
    """Nothing was accepted before, and the trace is the last of the pages."""
    open_tunnel(simulator)
    source = custom(simulator, "ipify", "ident.me", "cloudflare")

    assert (await detect(detector, source)).address is None
    assert detector.accepted(source) is None


@pytest.mark.parametrize("source", [HERE, ROUTER], ids=["pages", "router"])
async def test_s8_a_trace_in_cool_down_is_asked_before_another_address_is_accepted(
    simulator: Simulator, detector: Detector, sources: FakeSources, source: Source
) -> None:
    """A tunnel that begins in its cool-down is seen; while the address stays nobody asks it."""
    await detect_first(detector, simulator, HERE)
    await detect_first(detector, simulator, source)
    simulator.faults.add("ip", "cloudflare", kind="html")
    for _ in range(4):
        queried(simulator)
        await detect(detector, HERE)
    assert queried(simulator) == ["ipify"]
    simulator.faults.clear()
    open_tunnel(simulator)
    sources.values["router"] = NEXT

    detection = await detect(detector, source)

    assert (detection.address, detection.tunnel_witness) == (None, "cloudflare")
    assert detection.candidate == (ip_address(NEXT) if source is ROUTER else None)


async def test_s8_a_trace_that_still_fails_holds_nothing_up(
    simulator: Simulator, detector: Detector
) -> None:
    """A trace in cool-down is asked once more for a change, and others confirm it."""
    await detect_first(detector, simulator, HERE)
    simulator.faults.add("ip", "cloudflare", kind="html")
    for _ in range(4):
        await detect(detector, HERE)
    simulator.ip.set_address(NEXT)
    queried(simulator)

    assert (await detect(detector, HERE)).address == ip_address(NEXT)
    assert queried(simulator) == ["ipify", "cloudflare", "ident.me"]
    assert (await detect(detector, HERE)).address == ip_address(NEXT)
    assert queried(simulator) == ["ipify"]


def test_a_tunnel_is_remembered_for_an_hour() -> None:
    """A provider that does not deny it later may be down meanwhile; then it is asked as usual."""
    tunnels, said_at = Tunnels(), datetime(2026, 11, 26, 12, tzinfo=UTC)
    trace, hour = ddns.PROVIDERS[0], timedelta(hours=1)
    tunnels.add([Response(provider=trace.name, error=DetectionError.TUNNEL)], Family.IPV4, said_at)

    just_before = said_at + hour - timedelta(seconds=1)
    assert tunnels.witness([trace], Family.IPV4, just_before) == trace.name
    assert tunnels.witness([trace], Family.IPV4, said_at + hour) is None


async def test_who_reported_a_tunnel_is_asked_first_even_in_cool_down(
    simulator: Simulator, detector: Detector, sources: FakeSources
) -> None:
    """Before another address of an entity is accepted: all others would agree on the exit."""
    await detect_first(detector, simulator, ROUTER)
    open_tunnel(simulator)
    await detect(detector, HERE)
    simulator.faults.clear()
    simulator.faults.add("ip", "cloudflare", kind="status", status=500)
    for _ in range(6):
        await detect(detector, HERE)
    queried(simulator)

    sources.values["router"] = NEXT
    await detect(detector, ROUTER)

    assert queried(simulator)[0] == "cloudflare"
