"""Reuse of detections: how often providers are queried for ten zones."""

from asyncio import gather, get_running_loop
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_address

import pytest

from custom_components.raindrop.ddns.detection import hedged
from custom_components.raindrop.ddns.detection.detector import Detector
from custom_components.raindrop.ddns.errors import DetectionError
from custom_components.raindrop.ddns.sources import Source
from simulator import Simulator
from tests.conftest import HOME, NEXT
from tests.library.builders import HERE, HERE_V6
from tests.library.detection.helpers import (
    CYCLE,
    CYCLE_S,
    FOREVER_S,
    LOCAL,
    PROVIDERS,
    ROUTER,
    detect,
    detect_first,
    queried,
    reported,
)
from tests.library.fake_sources import FakeSources


@pytest.mark.parametrize("source", [HERE, ROUTER, HERE_V6, LOCAL])
async def test_ten_zones_cost_one_look_up(
    simulator: Simulator, detector: Detector, sources: FakeSources, source: Source
) -> None:
    """Ten zones, at the same time or one after another, cost one look-up in a cycle."""
    detections = await gather(*(detect(detector, source, CYCLE) for _ in range(10)))
    assert len(queried(simulator)) == (2 if source in {HERE, HERE_V6} else 1)
    for _ in range(10):
        sources.advance(CYCLE_S / 11)
        detections.append(await detect(detector, source, CYCLE))

    distinct = {(d.address, d.source_response, d.responses) for d in detections}
    assert len(distinct) == 1
    assert detections[-1].address is not None
    assert queried(simulator) == []


@pytest.mark.parametrize(
    "passed_s, max_age_s, is_reused",
    [
        pytest.param(0, 0, False, id="no age allowed/queried"),
        pytest.param(0, 1, True, id="fresh/reused"),
        pytest.param(299, 300, True, id="younger than a cycle/reused"),
        pytest.param(300, 300, False, id="a cycle old/queried"),
        pytest.param(301, 300, False, id="older/queried"),
        pytest.param(-1, 300, False, id="clock set back/queried"),
    ],
)
async def test_a_young_detection_is_reused(
    simulator: Simulator,
    detector: Detector,
    sources: FakeSources,
    passed_s: float,
    max_age_s: float,
    *,
    is_reused: bool,
) -> None:
    """The caller decides how old a detection of another zone may be."""
    await detect_first(detector, simulator, HERE)
    simulator.ip.set_address(NEXT)
    sources.advance(passed_s)

    detection = await detector.look(HERE, timedelta(seconds=max_age_s))

    assert detection.address == (ip_address(HOME) if is_reused else None)
    assert queried(simulator) == ([] if is_reused else ["cloudflare"])


async def test_a_changed_entity_ends_the_reuse(
    simulator: Simulator, detector: Detector, sources: FakeSources
) -> None:
    """A young detection is not reused when the router reports something else by now."""
    await detect_first(detector, simulator, ROUTER)
    simulator.ip.set_address(NEXT)
    assert (await detector.look(ROUTER, CYCLE)).address == ip_address(HOME)
    sources.values["router"] = NEXT

    assert (await detect(detector, ROUTER, CYCLE)).address == ip_address(NEXT)
    assert queried(simulator) == ["cloudflare"]

    sources.values["router"] = None
    assert (await detect(detector, ROUTER, CYCLE)).address is None


async def test_a_substituted_detection_is_reused_while_the_router_is_silent(
    simulator: Simulator, detector: Detector, sources: FakeSources
) -> None:
    """While the router reports nothing, one look-up of web providers is enough for all zones."""
    sources.values["router"] = None
    await detect(detector, ROUTER)
    sources.advance(CYCLE_S)
    for _ in range(10):
        assert (await detect(detector, ROUTER, CYCLE)).is_substituted

    assert queried(simulator) == ["cloudflare", "ipify"]


async def test_a_detection_without_an_address_is_not_reused(
    simulator: Simulator, detector: Detector
) -> None:
    """Where no address was detected, the next caller queries again."""
    simulator.faults.add("ip", kind="status")
    assert (await detect(detector, HERE, CYCLE)).address is None
    simulator.faults.clear()
    simulator.log.clear()

    assert (await detect(detector, HERE, CYCLE)).address == ip_address(HOME)
    assert queried(simulator) == ["cloudflare", "ipify"]


async def test_a_detection_knows_its_time(
    simulator: Simulator, detector: Detector, sources: FakeSources
) -> None:
    """A detection has the time of its last response, and is equal to one of another time."""
    first = await detect_first(detector, simulator, HERE)
    assert first.detected_at == sources.now
    sources.advance(CYCLE_S)
    second = await detect(detector, HERE)
    sources.advance(CYCLE_S)
    third = await detect(detector, HERE)

    assert (second, second.detected_at) == (third, sources.now - CYCLE)


async def test_silent_providers_cannot_exceed_the_limit(
    simulator: Simulator, detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A detection has a limit, however many providers are silent."""
    monkeypatch.setattr(hedged, "HEDGE_DELAY_S", 0.01)
    simulator.faults.add("ip", kind="hang")

    detection = await detect(detector, HERE, limit_s=0.3)

    assert (detection.address, detection.is_unconfirmed) == (None, False)
    assert reported(detection) == dict.fromkeys(PROVIDERS, DetectionError.TIMEOUT)


async def test_after_the_limit_no_further_provider_is_queried(
    simulator: Simulator, detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the time of the detection is over, the remaining providers are not queried."""
    monkeypatch.setattr(hedged, "HEDGE_DELAY_S", FOREVER_S)
    simulator.faults.add("ip", kind="hang")

    detection = await detect(detector, HERE, limit_s=0.05)

    assert reported(detection) == {"cloudflare": DetectionError.TIMEOUT}
    assert queried(simulator) == ["cloudflare"]


async def test_the_confirmation_has_no_time_of_its_own(
    simulator: Simulator, detector: Detector
) -> None:
    """The limit is for the look-up and its confirmation together."""
    look = await detector.look(HERE)
    expired = replace(look, deadline=get_running_loop().time() - FOREVER_S)

    detection = await detector.confirm(expired)

    assert (detection.address, reported(detection)) == (None, {"cloudflare": HOME})
    assert queried(simulator) == ["cloudflare"]
