"""Detection by the local interface, which web providers confirm by its subnet."""

from ipaddress import ip_address

from custom_components.raindrop.ddns.detection.detector import Detector
from custom_components.raindrop.ddns.errors import DetectionError
from simulator import Simulator
from tests.conftest import HOME_V6
from tests.library.detection.helpers import (
    CYCLE_S,
    LOCAL,
    PROVIDERS_V6,
    accepted,
    detect,
    detect_first,
    queried,
    reported,
)
from tests.library.fake_sources import FakeSources

SAME_SUBNET = "2001:218:1:2:9d3c:41aa:7b02:e6f1"
NEXT_V6, NEXT_SAME_SUBNET = "2001:218:1:3::142", "2001:218:1:3:9d3c::1"


async def test_the_local_address_is_confirmed_by_its_subnet(
    simulator: Simulator, detector: Detector
) -> None:
    """A host connects from a temporary address: one of the same subnet confirms the stable one."""
    simulator.ip.set_address(SAME_SUBNET)

    detection = await detect(detector, LOCAL)

    assert (detection.address, detection.is_conflicting) == (ip_address(HOME_V6), False)
    assert reported(detection) == {"host": HOME_V6, "cloudflare": SAME_SUBNET}
    assert queried(simulator) == ["cloudflare"]
    assert (await detect(detector, LOCAL)).address == ip_address(HOME_V6)
    assert queried(simulator) == []


async def test_the_local_address_is_never_replaced_by_that_of_another_subnet(
    simulator: Simulator, detector: Detector
) -> None:
    """If web providers report an address of another subnet, neither is accepted."""
    simulator.ip.set_address(NEXT_V6)

    detection = await detect(detector, LOCAL)

    assert (detection.address, detection.is_conflicting) == (None, True)
    assert queried(simulator) == PROVIDERS_V6
    assert accepted(detector, LOCAL) is None


async def test_a_new_prefix_changes_the_local_address(
    simulator: Simulator, detector: Detector, sources: FakeSources
) -> None:
    """When the prefix changes, the host's new stable address is accepted."""
    await detect_first(detector, simulator, LOCAL)
    sources.values[""] = ip_address(NEXT_V6)
    simulator.ip.set_address(NEXT_SAME_SUBNET)

    assert (await detect(detector, LOCAL)).address == ip_address(NEXT_V6)
    assert queried(simulator) == ["cloudflare"]


async def test_a_local_address_with_an_unused_prefix_is_not_accepted(
    simulator: Simulator, detector: Detector, sources: FakeSources
) -> None:
    """If the host's prefix is not the one that web providers see, neither address is accepted."""
    await detect_first(detector, simulator, LOCAL)
    sources.values[""] = ip_address(NEXT_V6)

    detection = await detect(detector, LOCAL)

    assert (detection.address, detection.is_conflicting) == (None, True)
    assert accepted(detector, LOCAL) == HOME_V6


async def test_a_host_without_a_stable_address_costs_no_query(
    simulator: Simulator, detector: Detector, sources: FakeSources
) -> None:
    """Web providers cannot report the stable address, so they never replace the interface."""
    sources.values[""] = None
    for _ in range(2):
        detection = await detect(detector, LOCAL)
        assert (detection.address, reported(detection)) == (None, {"host": DetectionError.SILENT})
        sources.advance(CYCLE_S)

    assert queried(simulator) == []
