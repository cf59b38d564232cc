"""Detection when providers fail or callers are cancelled."""

from asyncio import Task, all_tasks, create_task, gather, wait
from collections.abc import Mapping
from ipaddress import ip_address

from aiohttp import ClientSession
import pytest

from custom_components.raindrop.ddns.detection import hedged
from custom_components.raindrop.ddns.detection.detector import Detector
from custom_components.raindrop.ddns.detection.providers import Provider
from custom_components.raindrop.ddns.detection.response_formats import ResponseFormat
from custom_components.raindrop.ddns.errors import DetectionError
from custom_components.raindrop.ddns.sources import Family, Source
from simulator import Simulator
from simulator.faults import Detail
from tests.conftest import HOME, HOME_V6
from tests.library.builders import HERE
from tests.library.detection.helpers import PROVIDERS, detect, detect_first, reported
from tests.library.fake_sources import new_detector
from tests.library.raw_server import raw_server, response

IPV4, IPV6 = Family.IPV4, Family.IPV6
HTML = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>8.8.8.8</body></html>"
TYPICAL: dict[str, tuple[str, Detail, DetectionError]] = {
    "hang/timeout": ("hang", {}, DetectionError.TIMEOUT),
    "reset/unreachable": ("reset", {}, DetectionError.UNREACHABLE),
    "lost response/unreachable": ("lost_response", {}, DetectionError.UNREACHABLE),
    "cut/unreachable": ("cut", {}, DetectionError.UNREACHABLE),
    "HTML 502/status": ("html", {}, DetectionError.STATUS),
    "HTML 403/status": ("html", {"status": 403}, DetectionError.STATUS),
    "empty 503/status": ("status", {}, DetectionError.STATUS),
    "created/status": ("body", {"status": 201, "body": HOME}, DetectionError.STATUS),
    "redirect/status": ("redirect", {"url": "http://127.0.0.1:9/"}, DetectionError.STATUS),
    "huge/too long": ("huge", {}, DetectionError.TOO_LONG),
    "huge 500/too long": ("huge", {"status": 500}, DetectionError.TOO_LONG),
    "one byte too many/too long": ("body", {"body": " " * 4097}, DetectionError.TOO_LONG),
    "garbled/no address": ("garbled", {}, DetectionError.NOT_AN_ADDRESS),
    "HTML 200/no address": ("html", {"status": 200}, DetectionError.NOT_AN_ADDRESS),
    "HTML with address/no address": ("body", {"body": HTML}, DetectionError.NOT_AN_ADDRESS),
    "empty/no address": ("body", {"body": ""}, DetectionError.NOT_AN_ADDRESS),
    "blank/no address": ("body", {"body": " " * 4096}, DetectionError.NOT_AN_ADDRESS),
    "umlaut/no address": ("body", {"body": "8.8.8.8 für Dich"}, DetectionError.NOT_AN_ADDRESS),
    "binary/no address": ("body", {"body": b"8.8.8.8\xff"}, DetectionError.NOT_AN_ADDRESS),
    "dig/no address": ("body", {"body": ";; connection timed out"}, DetectionError.NOT_AN_ADDRESS),
    "truncated/warp": ("truncated", {}, DetectionError.WARP),
}


@pytest.mark.parametrize("fault", TYPICAL)
async def test_s3_a_failed_provider_is_replaced_by_the_next(
    simulator: Simulator, detector: Detector, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """Lesson S3: a provider that fails, in whatever way, costs one more query and nothing else."""
    kind, detail, error = TYPICAL[fault]
    await detect_first(detector, simulator, HERE)
    if kind == "hang":
        monkeypatch.setattr(hedged, "HEDGE_DELAY_S", 0.05)
    simulator.faults.add("ip", "cloudflare", kind=kind, **detail)

    detection = await detector.look(HERE)

    assert detection.address == ip_address(HOME)
    assert reported(detection) == {"cloudflare": error, "ipify": HOME}
    assert detection.is_conflicting is False


@pytest.mark.parametrize(
    "address, error",
    [
        pytest.param("10.0.0.1", DetectionError.NOT_PUBLIC, id="private"),
        pytest.param("100.64.0.1", DetectionError.CGNAT, id="CGNAT"),
        pytest.param("104.18.0.0", DetectionError.CLOUDFLARE, id="Cloudflare's own"),
        pytest.param("224.0.0.1", DetectionError.NOT_PUBLIC, id="multicast"),
    ],
)
async def test_s6_an_unusable_address_is_rejected(
    simulator: Simulator, detector: Detector, address: str, error: DetectionError
) -> None:
    """Lesson S6: an address that no home can have is none, even if all providers report it."""
    simulator.ip.set_address(address)

    detection = await detect(detector, HERE)

    assert (detection.address, detection.is_unconfirmed) == (None, False)
    assert reported(detection) == dict.fromkeys(PROVIDERS, error)
    assert {response.rejected for response in detection.responses} == {ip_address(address)}


@pytest.mark.parametrize(
    "kind, error",
    [
        pytest.param("foreign_h", DetectionError.WRONG_HOST, id="captive portal"),
        pytest.param("wrong_family", DetectionError.WRONG_FAMILY, id="other family"),
    ],
)
@pytest.mark.parametrize("family", Family)
async def test_s4_a_trace_of_another_connection_is_rejected(
    simulator: Simulator, detector: Detector, kind: str, error: DetectionError, family: Family
) -> None:
    """Lesson S4: a trace of another host, or over another family, reports no address."""
    simulator.faults.add("ip", "cloudflare", kind=kind)

    detection = await detector.look(Source(family))

    assert reported(detection)["cloudflare"] == error
    assert detection.is_unconfirmed


@pytest.mark.parametrize("family, home", [(IPV4, HOME), (IPV6, HOME_V6)])
async def test_s1_an_address_of_the_other_family_is_rejected(
    simulator: Simulator, detector: Detector, family: Family, home: str
) -> None:
    """Lesson S1: an IPv6 address is never taken for the IPv4 address, nor the other way round."""
    simulator.faults.add("ip", kind="wrong_family")

    detection = await detect(detector, Source(family))

    assert detection.address is None
    assert set(reported(detection).values()) == {DetectionError.WRONG_FAMILY}
    simulator.faults.clear()
    assert (await detect(detector, Source(family))).address == ip_address(home)


@pytest.mark.parametrize("kind", ["reset", "html", "garbled", "huge", "warp_on", "status"])
async def test_s9_no_address_is_detected_when_all_providers_fail(
    simulator: Simulator, detector: Detector, kind: str
) -> None:
    """Lesson S9: if no provider reports an address there is none; the accepted one stays known."""
    await detect_first(detector, simulator, HERE)
    simulator.ip.set_address(None) if kind == "warp_on" else simulator.faults.add("ip", kind=kind)

    detection = await detect(detector, HERE)

    assert (detection.address, detection.is_unconfirmed) == (None, False)
    assert list(reported(detection)) == PROVIDERS
    simulator.faults.clear()
    simulator.ip.set_address(HOME)
    assert (await detector.look(HERE)).address == ip_address(HOME)


@pytest.mark.parametrize(
    "cancelled, queries",
    [
        pytest.param(0, 2, id="caller that queries/another queries again"),
        pytest.param(1, 1, id="caller that shares/one query"),
    ],
)
async def test_a_cancelled_caller_does_not_affect_the_others(
    simulator: Simulator, detector: Detector, cancelled: int, queries: int
) -> None:
    """When one of three concurrent callers is cancelled, the others still get the response."""
    hold = simulator.faults.add("ip", "cloudflare", kind="hold")
    looks = [create_task(detector.look(HERE)) for _ in range(3)]
    await simulator.log.arrived(1, service="ip")

    gone = looks.pop(cancelled)
    gone.cancel()
    await simulator.log.arrived(queries, service="ip")
    hold.release()

    assert [reported(detection) for detection in await gather(*looks)] == [{"cloudflare": HOME}] * 2
    assert gone.cancelled()
    assert simulator.log.count(service="ip") == queries


async def test_a_cancelled_look_up_leaves_no_task(
    simulator: Simulator, detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the only caller is cancelled, all of its concurrent queries are cancelled as well."""
    monkeypatch.setattr(hedged, "HEDGE_DELAY_S", 0.01)
    simulator.faults.add("ip", kind="hang")
    look = create_task(detector.look(HERE))
    await simulator.log.arrived(3, service="ip")
    assert len(running_queries()) >= 2

    look.cancel()
    await wait([look])

    assert look.cancelled()
    assert running_queries() == []


def running_queries() -> list[Task[object]]:
    """Return the tasks that query a provider."""
    return [task for task in all_tasks() if " _query " in repr(task.get_coro())]


@pytest.mark.parametrize(
    "response_format, body, address",
    [
        pytest.param(ResponseFormat.TEXT, "81.2.69.1", "81.2.69.1", id="text"),
        pytest.param(ResponseFormat.JSON, '{"ip":"81.2.69.1"}', "81.2.69.1", id="JSON"),
        pytest.param(
            ResponseFormat.TRACE, "h=127.0.0.1\nip=81.2.69.1\nwarp=off\n", "81.2.69.1", id="trace"
        ),
        pytest.param(ResponseFormat.TEXT, '{"ip":"81.2.69.1"}', None, id="JSON as text"),
        pytest.param(ResponseFormat.JSON, "81.2.69.1", None, id="text as JSON"),
        pytest.param(
            ResponseFormat.TRACE,
            "h=api.cloudflare.com\nip=81.2.69.1\nwarp=off\n",
            None,
            id="trace of another host",
        ),
    ],
)
async def test_a_response_is_read_in_the_format_of_its_provider(
    sessions: Mapping[Family, ClientSession],
    response_format: ResponseFormat,
    body: str,
    address: str | None,
) -> None:
    """A response in any other format than the provider's reports no address."""
    async with raw_server(response(body.encode())) as server:
        provider = Provider(
            name="one", format=response_format, urls={Family.IPV4: f"{server.origin}/ip"}
        )
        detection = await new_detector(sessions, [provider]).look(HERE)

    assert detection.responses[0].address == (ip_address(address) if address else None)
    request = server.received[0].decode()
    assert request.startswith("GET /ip HTTP/1.1\r\n")
    assert "Accept-Encoding: identity\r\n" in request
    assert "Authorization" not in request
