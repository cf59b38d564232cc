"""Detection by several custom URLs, of which two have to agree."""

from ipaddress import ip_address

from custom_components.raindrop.ddns.detection.detector import Detector
from simulator import Simulator
from tests.conftest import HOME, NEXT
from tests.library.detection.helpers import accepted, custom, detect, detect_first, queried


async def test_two_custom_urls_have_to_agree(simulator: Simulator, detector: Detector) -> None:
    """Two URLs are queried like providers: both for a change, one while nothing changes."""
    source = custom(simulator, "amazon", "cloudflare")

    assert (await detect(detector, source)).address == ip_address(HOME)
    assert queried(simulator) == ["amazon", "cloudflare"]
    assert (await detect(detector, source)).address == ip_address(HOME)
    assert queried(simulator) == ["amazon"]


async def test_two_custom_urls_that_conflict_detect_nothing(
    simulator: Simulator, detector: Detector
) -> None:
    """Where two URLs conflict there is no third to decide, and the accepted address stays."""
    source = custom(simulator, "amazon", "cloudflare")
    await detect_first(detector, simulator, source)
    simulator.ip.set_address(NEXT, provider="amazon")

    detection = await detect(detector, source)

    assert (detection.address, detection.is_unconfirmed) == (None, True)
    assert detection.is_conflicting
    assert queried(simulator) == ["amazon", "cloudflare"]
    assert accepted(detector, source) == HOME


async def test_custom_urls_have_no_cool_down(simulator: Simulator, detector: Detector) -> None:
    """Custom URLs are queried every time, however often they fail."""
    source = custom(simulator, "amazon", "cloudflare")
    await detect_first(detector, simulator, source)
    simulator.faults.add("ip", "amazon", kind="status")
    for _ in range(5):
        assert (await detect(detector, source)).address == ip_address(HOME)

    assert queried(simulator) == ["amazon", "cloudflare"] * 5
