"""Detection by web providers: the order of queries, the quorum, and concurrent callers."""

from asyncio import CancelledError, create_task, gather
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp import ClientSession
import pytest

from custom_components.raindrop import ddns
from custom_components.raindrop.ddns.detection.detection import Detection, Response
from custom_components.raindrop.ddns.detection.detector import Detector, SourceState, parse_state
from custom_components.raindrop.ddns.detection.providers import (
    PROVIDERS as BUILT_IN,
)
from custom_components.raindrop.ddns.detection.quorum import quorum
from custom_components.raindrop.ddns.detection.response_formats import ResponseFormat
from custom_components.raindrop.ddns.errors import DetectionError
from custom_components.raindrop.ddns.models import Address
from custom_components.raindrop.ddns.sources import Family
from simulator import Simulator
from tests.conftest import HOME, HOME_V6, NEXT
from tests.library.builders import A1, A2, A3, B1, B2, HERE, HERE_V6
from tests.library.detection.helpers import (
    LOCAL,
    LTE,
    OTHER,
    PROVIDERS,
    PROVIDERS_V6,
    ROUTER,
    detect,
    detect_first,
    reported,
)
from tests.library.fake_sources import new_detector


async def test_s7_the_first_address_needs_two_providers(
    simulator: Simulator, detector: Detector
) -> None:
    """Lesson S7: at the start no address is accepted yet, and one provider alone is no quorum."""
    look = await detector.look(HERE)

    assert (look.address, look.is_unconfirmed) == (None, True)
    assert reported(look) == {"cloudflare": HOME}

    detection = await detector.confirm(look)

    assert (detection.address, detection.is_unconfirmed) == (ip_address(HOME), False)
    assert reported(detection) == {"cloudflare": HOME, "ipify": HOME}
    assert simulator.log.count(service="ip") == 2


async def test_an_unchanged_address_costs_one_query(
    simulator: Simulator, detector: Detector
) -> None:
    """A response that repeats the accepted address is enough by itself, update after update."""
    await detect_first(detector, simulator, HERE)

    for _ in range(3):
        detection = await detect(detector, HERE)
        assert detection.address == ip_address(HOME)
        assert reported(detection) == {"cloudflare": HOME}

    assert [entry.provider for entry in simulator.log.entries] == ["cloudflare"] * 3
    assert simulator.log.surprises == []


async def test_a_changed_address_costs_two_queries(
    simulator: Simulator, detector: Detector
) -> None:
    """A change is accepted when a second provider reports it; after that one is enough again."""
    await detect_first(detector, simulator, HERE)
    simulator.ip.set_address(NEXT)

    look = await detector.look(HERE)
    assert look.address is None
    detection = await detector.confirm(look)

    assert detection.address == ip_address(NEXT)
    assert simulator.log.count(service="ip") == 2
    assert (await detector.look(HERE)).address == ip_address(NEXT)


@pytest.mark.parametrize(
    "addresses, expected, queries",
    [
        pytest.param([OTHER, HOME, HOME], HOME, 3, id="first is wrong/third decides for accepted"),
        pytest.param([NEXT, OTHER, NEXT], NEXT, 3, id="second is wrong/third decides for new"),
        pytest.param([NEXT, OTHER, OTHER], OTHER, 3, id="first is late/third decides for other"),
        pytest.param(
            [NEXT, OTHER, "81.2.69.148", NEXT], NEXT, 4, id="three addresses/fourth decides"
        ),
        pytest.param(
            [NEXT, OTHER, HOME, "81.2.69.150", HOME], HOME, 5, id="four addresses/fifth decides"
        ),
        pytest.param(
            [NEXT, OTHER, "81.2.69.148", "81.2.69.150", "81.2.69.152"],
            None,
            5,
            id="five addresses/none",
        ),
        pytest.param(
            [NEXT, OTHER, "81.2.69.148", "81.2.69.150", HOME], None, 5, id="one for accepted/none"
        ),
    ],
)
async def test_s7_a_conflict_is_decided_by_a_quorum(
    simulator: Simulator,
    detector: Detector,
    addresses: list[str],
    expected: str | None,
    queries: int,
) -> None:
    """Lesson S7: where providers conflict, further ones are queried until two agree."""
    await detect_first(detector, simulator, HERE)
    for provider, address in zip(PROVIDERS, addresses, strict=False):
        simulator.ip.set_address(address, provider=provider)

    detection = await detect(detector, HERE)

    assert detection.address == (ip_address(expected) if expected else None)
    assert detection.is_conflicting
    assert [entry.provider for entry in simulator.log.entries] == PROVIDERS[:queries]
    assert reported(detection) == dict(zip(PROVIDERS, addresses, strict=False))


async def test_no_provider_is_queried_twice_for_one_detection(
    simulator: Simulator, detector: Detector
) -> None:
    """A detection that is unconfirmed after all responses is not confirmed by the same ones."""
    for last, provider in enumerate(PROVIDERS, start=150):
        simulator.ip.set_address(f"81.2.69.{last}", provider=provider)
    detection = await detect(detector, HERE)
    assert detection.is_unconfirmed

    assert await detector.confirm(detection) == detection
    assert simulator.log.count(service="ip") == 5


async def test_the_accepted_address_outlasts_a_conflict(
    simulator: Simulator, detector: Detector
) -> None:
    """The accepted address stays accepted while providers conflict."""
    await detect_first(detector, simulator, HERE)
    for last, provider in enumerate(PROVIDERS, start=150):
        simulator.ip.set_address(f"81.2.69.{last}", provider=provider)
    assert (await detect(detector, HERE)).address is None
    simulator.ip.set_address(HOME)

    assert (await detector.look(HERE)).address == ip_address(HOME)


async def test_ipv6_is_queried_over_ipv6(simulator: Simulator, detector: Detector) -> None:
    """Each family has its own sockets, and only providers that support it are queried."""
    simulator.ip.set_address("2001:218:1:9::9", provider="ipify")

    detection = await detect(detector, HERE_V6)

    assert detection.address == ip_address(HOME_V6)
    assert reported(detection) == {
        "cloudflare": HOME_V6,
        "ipify": "2001:218:1:9::9",
        "ident.me": HOME_V6,
    }
    assert {entry.family for entry in simulator.log.entries} == {6}
    simulator.ip.set_address(None, family=6)
    unreachable = await detector.look(HERE_V6)
    assert list(reported(unreachable)) == PROVIDERS_V6


async def test_families_are_independent(simulator: Simulator, detector: Detector) -> None:
    """The accepted address and the failures of one family do not affect the other."""
    simulator.ip.set_address(None, family=6)

    ipv4, ipv6 = await gather(detector.look(HERE), detector.look(HERE_V6))

    assert (await detector.confirm(ipv4)).address == ip_address(HOME)
    assert (await detector.confirm(ipv6)) == ipv6
    assert (ipv6.address, ipv6.is_unconfirmed) == (None, False)
    assert ipv6.is_unsupported_family
    assert set(reported(ipv6).values()) == {DetectionError.UNREACHABLE}


async def test_both_families_are_queried_concurrently(
    simulator: Simulator, detector: Detector
) -> None:
    """The look-up of one family does not wait for that of the other."""
    hold = simulator.faults.add("ip", "cloudflare", kind="hold")
    looks = gather(detector.look(HERE), detector.look(HERE_V6))

    first, second = await simulator.log.arrived(2, service="ip")
    hold.release()
    await looks

    assert first.overlaps(second)
    assert {first.family, second.family} == {4, 6}


async def test_concurrent_callers_share_the_query_in_flight(
    simulator: Simulator, detector: Detector
) -> None:
    """Ten zones that look at the same time cost one query, which they share."""
    hold = simulator.faults.add("ip", "cloudflare", kind="hold")
    looks = [create_task(detector.look(HERE)) for _ in range(10)]
    await simulator.log.arrived(1, service="ip")
    hold.release()

    detections = await gather(*looks)

    assert {detection.responses for detection in detections} == {detections[0].responses}
    assert simulator.log.count(service="ip") == 1


async def test_after_a_cancelled_query_the_next_caller_queries_again(
    simulator: Simulator, detector: Detector
) -> None:
    """When the only caller is cancelled, its query ends, and the next caller sends another."""
    hold = simulator.faults.add("ip", "cloudflare", kind="hold")
    look = create_task(detector.look(HERE))
    await simulator.log.arrived(1, service="ip")
    look.cancel()
    with pytest.raises(CancelledError):
        await look
    hold.release()

    assert reported(await detector.look(HERE)) == {"cloudflare": HOME}
    assert simulator.log.count(service="ip") == 2


def response(provider: str, address: Address | None) -> Response:
    """Return a response with an address, or one that timed out."""
    error = None if address else DetectionError.TIMEOUT
    return Response(provider=provider, address=address, error=error)


@pytest.mark.parametrize(
    "addresses, accepted, agreed",
    [
        pytest.param([], None, None, id="no response/none"),
        pytest.param([], A1, None, id="no response but accepted/none"),
        pytest.param([None], None, None, id="failure/none"),
        pytest.param([None], A1, None, id="failure but accepted/none"),
        pytest.param([A1], None, None, id="one/none"),
        pytest.param([A1], A1, A1, id="one that is accepted/it"),
        pytest.param([None, A1], A1, A1, id="failure and accepted/it"),
        pytest.param([A1, A1], A1, A1, id="two that are accepted/it"),
        pytest.param([A2], A1, None, id="one that is new/none"),
        pytest.param([A2, A2], A1, A2, id="two that are new/it"),
        pytest.param([A2, None, A2], A1, A2, id="two around a failure/it"),
        pytest.param([A2, A1], A1, None, id="one against accepted/none"),
        pytest.param([A2, A1, A1], A1, A1, id="two for accepted/it"),
        pytest.param([A2, A1, A2], A1, A2, id="two against accepted/it"),
        pytest.param([A1, A2, A3], None, None, id="three addresses/none"),
        pytest.param([A1, A1, A2, A2], A1, None, id="two against two/none"),
        pytest.param([A1, A1, A2, A2, A2], None, None, id="two against three/none"),
    ],
)
def test_quorum(
    addresses: list[Address | None], accepted: Address | None, agreed: Address | None
) -> None:
    """Agreed is the accepted address if none conflicts, else the only one with two votes."""
    responses = tuple(response(str(n), address) for n, address in enumerate(addresses))

    assert quorum(Detection(source=HERE, responses=responses), accepted) == agreed


@pytest.mark.parametrize(
    "own, others, accepted, agreed",
    [
        pytest.param(B1, [], None, None, id="own alone/none"),
        pytest.param(B1, [], B1, B1, id="own that is accepted/it"),
        pytest.param(B1, [B1], None, B1, id="confirmed/own"),
        pytest.param(B1, [B2], None, B1, id="confirmed by its subnet/own"),
        pytest.param(B1, [B2], B1, B1, id="accepted and its subnet/own"),
        pytest.param(B1, [B1 + (1 << 64)], B1, None, id="other subnet/none"),
        pytest.param(B1, [B1 + (1 << 64)] * 2, None, None, id="two of another subnet/none"),
        pytest.param(None, [B1, B1], None, None, id="no own address/none"),
    ],
)
def test_quorum_of_the_local_interface(
    own: Address | None, others: list[Address], accepted: Address | None, agreed: Address | None
) -> None:
    """Only the interface's own address is accepted, and an address of its subnet confirms it."""
    detection = Detection(
        source=LOCAL,
        source_response=response("host", own),
        responses=tuple(response(str(n), address) for n, address in enumerate(others)),
    )

    assert quorum(detection, accepted) == agreed


@pytest.mark.parametrize(
    "value, address, error, rejected",
    [
        pytest.param(None, None, DetectionError.SILENT, None, id="nothing/silent"),
        pytest.param(f" {A1}\n", A1, None, None, id="text/address"),
        pytest.param("on", None, DetectionError.NOT_AN_ADDRESS, None, id="other text/none"),
        pytest.param(
            "10.0.0.1", None, DetectionError.NOT_PUBLIC, ip_address("10.0.0.1"), id="private/none"
        ),
        pytest.param(A1, A1, None, None, id="address/it"),
        pytest.param(B1, None, DetectionError.WRONG_FAMILY, B1, id="other family/none"),
        pytest.param(
            ip_address("100.64.0.1"),
            None,
            DetectionError.CGNAT,
            ip_address("100.64.0.1"),
            id="CGNAT address/none",
        ),
    ],
)
def test_a_source_state_is_parsed_to_a_response(
    value: str | Address | None,
    address: Address | None,
    error: DetectionError | None,
    rejected: Address | None,
) -> None:
    """The text of an entity and the address of an interface pass the same checks."""
    response = parse_state(SourceState(provider="router", value=value), ROUTER)

    assert response == Response(provider="router", address=address, error=error, rejected=rejected)


def test_the_built_in_providers_are_safe() -> None:
    """Each is queried over HTTPS, and Cloudflare, which holds the zone, is the first."""
    names = [provider.name for provider in BUILT_IN]

    assert names == ["Cloudflare", "ipify", "ident.me", "Amazon", "Home Assistant"]
    for provider in BUILT_IN:
        assert provider.urls.keys() <= set(Family)
        assert {urlsplit(url).scheme for url in provider.urls.values()} == {"https"}
    for family in Family:
        assert len([provider for provider in BUILT_IN if family in provider.urls]) >= 3
    first = BUILT_IN[0]
    assert (first.format, set(first.urls)) == (ResponseFormat.TRACE, set(Family))


def test_the_simulator_replaces_the_built_in_providers(simulator: Simulator) -> None:
    """The attribute of the public face is the one seam: tests never reach the Internet."""
    assert [provider.name for provider in ddns.PROVIDERS] == PROVIDERS


@pytest.mark.parametrize("source", [HERE, LTE], ids=["automatic", "entity"])
async def test_a_detector_without_providers_detects_nothing(
    sessions: Mapping[Family, ClientSession], source: ddns.Source
) -> None:
    """No provider to query is neither an address nor a failure."""
    detector = new_detector(sessions, ())

    detection = await detect(detector, source)

    own = Response(provider="lte", error=DetectionError.SILENT) if source is LTE else None
    assert detection == Detection(source=source, source_response=own)
