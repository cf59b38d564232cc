"""Detection by an entity: its quorum with web providers, its silences, and its replacement."""

from asyncio import create_task, gather
from ipaddress import ip_address

import pytest

from custom_components.raindrop.ddns.detection.detector import Detector
from custom_components.raindrop.ddns.errors import DetectionError
from custom_components.raindrop.ddns.sources import Source
from simulator import Simulator
from tests.conftest import HOME, HOME_V6, NEXT
from tests.library.builders import HERE
from tests.library.detection.helpers import (
    CYCLE,
    CYCLE_S,
    LTE,
    OTHER,
    PROVIDERS,
    ROUTER,
    accepted,
    detect,
    detect_first,
    queried,
    reported,
)
from tests.library.fake_sources import FakeSources


async def test_an_unchanged_entity_costs_no_query(simulator: Simulator, detector: Detector) -> None:
    """While the router reports the accepted address, no web provider is queried."""
    first = await detect(detector, ROUTER)
    assert reported(first) == {"router": HOME, "cloudflare": HOME}
    assert queried(simulator) == ["cloudflare"]

    for _ in range(3):
        detection = await detect(detector, ROUTER)
        assert (detection.address, reported(detection)) == (ip_address(HOME), {"router": HOME})

    assert queried(simulator) == []
    assert (detection.provider, detection.is_substituted) == ("router", False)


async def test_the_response_of_the_entity_is_kept_apart(detector: Detector) -> None:
    """A detection has the entity's own response beside those of web providers."""
    detection = await detect(detector, ROUTER)

    assert detection.source_response
    assert detection.source_response.provider == "router"
    assert [response.provider for response in detection.responses] == ["cloudflare"]


async def test_a_changed_entity_costs_one_query(
    simulator: Simulator, detector: Detector, sources: FakeSources
) -> None:
    """When the router reports a new address, one web provider has to confirm it."""
    await detect_first(detector, simulator, ROUTER)
    sources.values["router"] = NEXT
    simulator.ip.set_address(NEXT)

    look = await detector.look(ROUTER)
    assert (look.address, look.is_unconfirmed, look.reported) == (None, True, ip_address(NEXT))
    detection = await detector.confirm(look)

    assert (detection.address, detection.is_conflicting) == (ip_address(NEXT), False)
    assert queried(simulator) == ["cloudflare"]
    assert accepted(detector, ROUTER) == NEXT


@pytest.mark.parametrize("router", [NEXT, OTHER])
async def test_s8_two_providers_outvote_the_router(
    simulator: Simulator, detector: Detector, sources: FakeSources, router: str
) -> None:
    """Lesson S8: a router behind another router, or beside a VPN, reports another address.

    Two providers that see the home from outside are a quorum, and the conflict
    is part of the detection.
    """
    await detect_first(detector, simulator, ROUTER)
    sources.values["router"] = router

    detection = await detect(detector, ROUTER)

    assert (detection.address, detection.is_conflicting) == (ip_address(HOME), True)
    assert reported(detection) == {"router": router, "cloudflare": HOME, "ipify": HOME}
    assert (detection.provider, detection.is_substituted) == ("cloudflare", False)


async def test_a_router_that_no_provider_confirms_is_not_accepted(
    simulator: Simulator, detector: Detector, sources: FakeSources
) -> None:
    """If only the router reports an address and all web providers fail, it is not accepted."""
    await detect_first(detector, simulator, ROUTER)
    sources.values["router"] = NEXT
    simulator.faults.add("ip", kind="status")

    detection = await detect(detector, ROUTER)

    assert (detection.address, detection.is_unconfirmed) == (None, True)
    assert queried(simulator) == PROVIDERS
    assert accepted(detector, ROUTER) == HOME


@pytest.mark.parametrize(
    "text, error, rejected",
    [
        pytest.param("100.64.0.1", DetectionError.CGNAT, "100.64.0.1", id="CGNAT/shown"),
        pytest.param("192.168.1.2", DetectionError.NOT_PUBLIC, "192.168.1.2", id="private/shown"),
        pytest.param(
            "104.18.0.0", DetectionError.CLOUDFLARE, "104.18.0.0", id="Cloudflare's own/shown"
        ),
        pytest.param(HOME_V6, DetectionError.WRONG_FAMILY, HOME_V6, id="other family/shown"),
        pytest.param("connected", DetectionError.NOT_AN_ADDRESS, None, id="word/nothing"),
        pytest.param(f"IP {HOME}", DetectionError.NOT_AN_ADDRESS, None, id="sentence/nothing"),
        pytest.param("", DetectionError.NOT_AN_ADDRESS, None, id="empty/nothing"),
        pytest.param("unavailable", DetectionError.NOT_AN_ADDRESS, None, id="unavailable/nothing"),
        pytest.param(None, DetectionError.SILENT, None, id="no state/nothing"),
    ],
)
@pytest.mark.parametrize("source", [ROUTER, LTE], ids=["default route", "other route"])
async def test_s5_the_state_of_an_entity_is_checked_like_any_response(
    simulator: Simulator,
    detector: Detector,
    sources: FakeSources,
    source: Source,
    text: str | None,
    error: DetectionError,
    rejected: str | None,
) -> None:
    """Lesson S5: an entity's unusable address is none, and no web provider is queried yet."""
    sources.values[source.entity] = text

    detection = await detect(detector, source)

    assert (detection.address, detection.candidate, detection.is_unconfirmed) == (None, None, False)
    (response,) = detection.all_responses
    assert (response.provider, response.error) == (source.entity, error)
    assert response.rejected == (ip_address(rejected) if rejected else None)
    assert (detection.reported, detection.provider, queried(simulator)) == (None, None, [])


async def test_a_silence_shorter_than_a_cycle_costs_no_query(
    simulator: Simulator, detector: Detector, sources: FakeSources
) -> None:
    """A router that restarts reports nothing for a while, and no web provider replaces it."""
    await detect_first(detector, simulator, ROUTER)
    sources.values["router"] = None
    for _ in range(4):
        detection = await detect(detector, ROUTER)
        assert (detection.address, reported(detection)) == (None, {"router": DetectionError.SILENT})
        sources.advance(60)
    sources.values["router"] = HOME

    assert (await detect(detector, ROUTER)).address == ip_address(HOME)
    assert queried(simulator) == []


@pytest.mark.parametrize("text", [None, "unavailable", "100.64.0.1"])
async def test_after_a_cycle_of_silence_web_providers_replace_the_entity(
    simulator: Simulator, detector: Detector, sources: FakeSources, text: str | None
) -> None:
    """A router that reports no address for a whole cycle is replaced by web providers."""
    await detect_first(detector, simulator, ROUTER)
    sources.values["router"] = text
    await detect(detector, ROUTER)
    sources.advance(CYCLE_S)
    simulator.ip.set_address(NEXT)

    detection = await detect(detector, ROUTER)

    assert (detection.address, detection.is_substituted) == (ip_address(NEXT), True)
    assert queried(simulator) == ["cloudflare", "ipify"]
    assert detection.provider == "cloudflare"
    again = await detect(detector, ROUTER)
    assert (again.address, again.is_substituted) == (ip_address(NEXT), True)
    assert queried(simulator) == ["cloudflare"]


async def test_web_providers_replace_the_entity_ten_seconds_before_a_cycle_is_over(
    simulator: Simulator, detector: Detector, sources: FakeSources
) -> None:
    """Updates are not exact to the second: the grace period ends just before the next one."""
    await detect_first(detector, simulator, ROUTER)
    sources.values["router"] = None
    await detect(detector, ROUTER)
    sources.advance(CYCLE_S - 11)
    assert (await detect(detector, ROUTER)).address is None
    sources.advance(1)

    assert (await detect(detector, ROUTER)).address == ip_address(HOME)


async def test_a_report_ends_a_silence(
    simulator: Simulator, detector: Detector, sources: FakeSources
) -> None:
    """A router that reports an address between two silences has the whole grace period again."""
    await detect_first(detector, simulator, ROUTER)
    for text in (None, HOME, None):
        sources.values["router"] = text
        await detect(detector, ROUTER)
        sources.advance(CYCLE_S - 60)

    assert (await detect(detector, ROUTER)).address is None
    assert queried(simulator) == []


async def test_a_silence_counts_from_its_beginning(
    simulator: Simulator, detector: Detector, sources: FakeSources
) -> None:
    """If the beginning of the silence is known, the grace period counts from there."""
    sources.values["router"] = None
    sources.since = sources.now - CYCLE

    assert (await detect(detector, ROUTER)).address == ip_address(HOME)

    sources.since = sources.now + CYCLE
    assert (await detect(detector, ROUTER)).address == ip_address(HOME)


async def test_the_entity_of_another_route_is_never_replaced(
    simulator: Simulator, detector: Detector, sources: FakeSources
) -> None:
    """However long it is silent: web providers do not see the address of another route."""
    sources.values["lte"] = None
    for _ in range(3):
        detection = await detect(detector, LTE)
        assert (detection.address, detection.is_substituted) == (None, False)
        sources.advance(CYCLE_S)

    assert queried(simulator) == []


async def test_an_entity_and_web_providers_are_queried_concurrently(
    simulator: Simulator, detector: Detector, sources: FakeSources
) -> None:
    """Independent sources do not wait for each other."""
    sources.values["router"] = NEXT
    hold = simulator.faults.add("ip", "cloudflare", kind="hold")
    detections = [create_task(detect(detector, source)) for source in (HERE, ROUTER)]

    first, second = await simulator.log.arrived(2, service="ip")
    hold.release()
    await gather(*detections)

    assert first.overlaps(second)


async def test_sources_have_their_own_accepted_address(
    simulator: Simulator, detector: Detector
) -> None:
    """The accepted address of one source is not that of another one of the same family."""
    await detect_first(detector, simulator, ROUTER)

    assert (accepted(detector, ROUTER), accepted(detector, HERE)) == (HOME, None)
