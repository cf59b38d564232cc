"""Detection of the network's IPv6 prefix, with what this host's interface shows."""

from ipaddress import ip_address

import pytest

from custom_components.raindrop.ddns.detection.detector import Detector
from custom_components.raindrop.ddns.sources import Family, Meaning, Source, SourceKind
from simulator import Simulator
from tests.conftest import HOME_V6
from tests.library.builders import HERE_V6
from tests.library.detection.helpers import CYCLE, detect, queried
from tests.library.fake_sources import FakeSources

TEMPORARY, NEXT_V6 = "2001:218:1:2:9d3c:41aa:7b02:e6f1", "2001:218:1:3::142"
PREFIX = "2001:218:1:2::/64"
NETWORK = Source(Family.IPV6, SourceKind.ENTITY, entity="router")
ROUTER = Source(Family.IPV6, SourceKind.ENTITY, entity="router", meaning=Meaning.ROUTER)


@pytest.mark.parametrize("second", [TEMPORARY, "2001:218:1:2::77"])
async def test_temporary_addresses_confirm_each_other(
    simulator: Simulator, detector: Detector, second: str
) -> None:
    """Two pages may see two of them: both stand for the stable one, and nothing conflicts."""
    simulator.ip.set_address(TEMPORARY)
    simulator.ip.set_address(second, provider="ipify")
    detection = await detect(detector, HERE_V6)
    assert (detection.address, detection.is_conflicting) == (ip_address(HOME_V6), False)
    assert queried(simulator) == ["cloudflare", "ipify"]


async def test_another_stable_address_is_noticed_at_once(
    simulator: Simulator, detector: Detector, sources: FakeSources
) -> None:
    """A detection is not used again once this host has another address in the prefix."""
    simulator.ip.set_address(TEMPORARY)
    await detect(detector, HERE_V6)
    sources.values[""] = ip_address("2001:218:1:2::77")
    detection = await detect(detector, HERE_V6, max_age=CYCLE)
    assert detection.address == ip_address("2001:218:1:2::77")


async def test_a_prefix_in_a_tunnel_is_held_down(
    simulator: Simulator, detector: Detector, sources: FakeSources
) -> None:
    """Nobody confirms it then; a silence begins the hold-down again."""
    simulator.faults.add("ip", "cloudflare", kind="warp_on")
    sources.values["router"] = PREFIX
    first = await detect(detector, NETWORK)
    assert (first.address, first.candidate) == (None, ip_address(HOME_V6))
    sources.advance(9)
    sources.since = sources.now
    assert (await detect(detector, NETWORK)).hold_down_s == 10
    sources.advance(10)
    assert (await detect(detector, NETWORK)).address == ip_address(HOME_V6)


async def test_a_router_is_stable_for_ten_seconds(
    simulator: Simulator, detector: Detector, sources: FakeSources
) -> None:
    """No page is asked, be it silent for long."""
    sources.values["router"] = NEXT_V6
    first = await detect(detector, ROUTER)
    assert (first.candidate, first.hold_down_s) == (ip_address(NEXT_V6), 10)
    sources.advance(10)
    assert (await detect(detector, ROUTER)).address == ip_address(NEXT_V6)
    sources.values["router"] = None
    for _ in range(3):
        sources.advance(300)
        assert (await detect(detector, ROUTER)).address is None
    assert queried(simulator) == []
