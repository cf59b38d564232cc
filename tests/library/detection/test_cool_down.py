"""Cool-down: providers that keep failing are not queried for an hour."""

from ipaddress import ip_address

import pytest

from custom_components.raindrop.ddns.detection import hedged
from custom_components.raindrop.ddns.detection.detector import Detector
from custom_components.raindrop.ddns.sources import Source
from simulator import Simulator
from tests.conftest import NEXT
from tests.library.builders import HERE, HERE_V6
from tests.library.detection.helpers import PROVIDERS, detect, detect_first, queried
from tests.library.fake_sources import FakeSources

HOUR_S = 3600.0


async def detect_repeatedly(
    detector: Detector, simulator: Simulator, count: int, source: Source = HERE
) -> list[str | None]:
    """Detect the address several times; return the providers that the last time queried."""
    for _ in range(count):
        simulator.log.clear()
        await detect(detector, source)
    return queried(simulator)


async def test_a_provider_that_keeps_failing_goes_into_cool_down(
    simulator: Simulator, detector: Detector, sources: FakeSources
) -> None:
    """A provider that failed three times while others responded is not queried for an hour."""
    await detect_first(detector, simulator, HERE)
    simulator.faults.add("ip", "cloudflare", kind="status")

    assert await detect_repeatedly(detector, simulator, 3) == ["cloudflare", "ipify"]
    assert await detect_repeatedly(detector, simulator, 3) == ["ipify"]
    sources.advance(HOUR_S - 1)
    assert await detect_repeatedly(detector, simulator, 3) == ["ipify"]
    sources.advance(1)
    assert await detect_repeatedly(detector, simulator, 3) == ["cloudflare", "ipify"]
    assert await detect_repeatedly(detector, simulator, 1) == ["ipify"]
    sources.advance(HOUR_S)
    simulator.faults.clear()
    assert await detect_repeatedly(detector, simulator, 5) == ["cloudflare"]


@pytest.mark.parametrize("failing, other", [(HERE, HERE_V6), (HERE_V6, HERE)])
async def test_a_cool_down_is_for_one_family(
    simulator: Simulator, detector: Detector, failing: Source, other: Source
) -> None:
    """A provider that fails over one family only is still queried over the other."""
    await detect_first(detector, simulator, HERE)
    await detect_first(detector, simulator, HERE_V6)
    simulator.faults.add("ip", "cloudflare", kind="status", family=4 if failing is HERE else 6)

    assert await detect_repeatedly(detector, simulator, 4, failing) == ["ipify"]
    assert await detect_repeatedly(detector, simulator, 4, other) == ["cloudflare"]


async def test_a_response_resets_the_failures(simulator: Simulator, detector: Detector) -> None:
    """Only failures in a row count: after a response in between there is no cool-down."""
    await detect_first(detector, simulator, HERE)
    for _ in range(4):
        simulator.faults.add("ip", "cloudflare", kind="status", times=2)
        assert await detect_repeatedly(detector, simulator, 2) == ["cloudflare", "ipify"]
        assert await detect_repeatedly(detector, simulator, 1) == ["cloudflare"]


async def test_a_network_failure_causes_no_cool_down(
    simulator: Simulator, detector: Detector
) -> None:
    """If all providers fail it is the network, and when it is back all are queried as before."""
    await detect_first(detector, simulator, HERE)
    simulator.faults.add("ip", kind="status")
    assert await detect_repeatedly(detector, simulator, 6) == PROVIDERS
    simulator.faults.clear()

    assert await detect_repeatedly(detector, simulator, 1) == ["cloudflare"]


async def test_failures_of_the_network_do_not_count(
    simulator: Simulator, detector: Detector
) -> None:
    """Detections in which all fail do not add up with one in which a single provider does."""
    await detect_first(detector, simulator, HERE)
    simulator.faults.add("ip", kind="status")
    await detect_repeatedly(detector, simulator, 2)
    simulator.faults.clear()
    simulator.faults.add("ip", "cloudflare", kind="status")

    assert await detect_repeatedly(detector, simulator, 1) == ["cloudflare", "ipify"]
    assert await detect_repeatedly(detector, simulator, 1) == ["cloudflare", "ipify"]


async def test_providers_in_cool_down_are_queried_if_too_few_are_left(
    simulator: Simulator, detector: Detector
) -> None:
    """Two have to agree: if fewer are left, those in cool-down are queried all the same."""
    await detect_first(detector, simulator, HERE)
    for provider in PROVIDERS[:3]:
        simulator.faults.add("ip", provider, kind="status")
    assert await detect_repeatedly(detector, simulator, 4) == ["amazon"]
    simulator.faults.add("ip", "amazon", kind="status")

    assert await detect_repeatedly(detector, simulator, 3) == ["amazon", "home-assistant"]
    assert await detect_repeatedly(detector, simulator, 1) == PROVIDERS


async def test_of_two_providers_that_are_left_the_slow_one_is_queried_again(
    simulator: Simulator, detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the others are in cool-down, two slow providers can still agree."""
    monkeypatch.setattr(hedged, "HEDGE_DELAY_S", 0.01)
    await detect_first(detector, simulator, HERE)
    for provider in PROVIDERS[:3]:
        simulator.faults.add("ip", provider, kind="status")
    assert await detect_repeatedly(detector, simulator, 4) == ["amazon"]
    simulator.ip.set_address(NEXT)
    simulator.faults.add("ip", "amazon", kind="hold", times=1)

    assert (await detect(detector, HERE)).address == ip_address(NEXT)
    assert queried(simulator) == ["amazon", "home-assistant", "cloudflare", "amazon"]


async def test_a_clock_that_is_set_back_ends_every_cool_down(
    simulator: Simulator, detector: Detector, sources: FakeSources
) -> None:
    """No cool-down lasts until a time that is more than an hour away."""
    await detect_first(detector, simulator, HERE)
    simulator.faults.add("ip", "cloudflare", kind="status")
    assert await detect_repeatedly(detector, simulator, 4) == ["ipify"]

    sources.advance(-10)

    assert await detect_repeatedly(detector, simulator, 1) == ["cloudflare", "ipify"]
