"""Faults: what the client receives, and whether its write is applied."""

import json
from typing import Any

import aiohttp
from aiohttp import ClientPayloadError, ClientSession, ServerDisconnectedError
from cloudflare import (
    APIConnectionError,
    APIStatusError,
    AsyncCloudflare,
    InternalServerError,
    PermissionDeniedError,
    RateLimitError,
)
import pytest

from simulator import Kind, Simulator
from simulator.cloudflare import Zone
from simulator.faults import DOH_ONLY, IP_ONLY, Detail

LIST = "GET /zones/{zone_id}/dns_records"
CREATE = "POST /zones/{zone_id}/dns_records"
RECORD = {"type": "A", "name": "home", "content": "192.0.2.1"}


async def create(client: AsyncCloudflare, zone: Zone) -> None:
    """Create a record through the SDK."""
    await client.dns.records.create(
        zone_id=zone.id, type="A", name="home", content="192.0.2.1", ttl=1
    )


@pytest.mark.parametrize(
    "kind, detail, error",
    [
        ("error", {}, InternalServerError),
        ("error", {"status": 503, "code": 1000, "message": "timeout"}, InternalServerError),
        ("spurious_403", {}, PermissionDeniedError),
        ("rate_limit", {"retry_after": 7}, RateLimitError),
        ("html", {}, InternalServerError),
        ("html", {"status": 520}, InternalServerError),
        ("html", {"status": 403}, PermissionDeniedError),
        ("portal", {"status": 403}, PermissionDeniedError),
        ("status", {}, InternalServerError),
        ("reset", {}, APIConnectionError),
    ],
)
async def test_a_fault_before_the_request_prevents_the_write(
    simulator: Simulator,
    zone: Zone,
    client: AsyncCloudflare,
    kind: str,
    detail: Detail,
    error: type[Exception],
) -> None:
    """Errors, edge pages and resets arrive, nothing is written, and the next request works."""
    simulator.faults.add("cloudflare", CREATE, kind=kind, times=1, **detail)

    with pytest.raises(error):
        await create(client, zone)

    (entry,) = simulator.log.entries
    assert (entry.auth, entry.body) == ("token", RECORD | {"ttl": 1})
    assert simulator.cloudflare.records(zone) == []
    assert simulator.log.entries[-1].fault == kind
    assert simulator.faults.active == ()
    await create(client, zone)
    assert len(simulator.cloudflare.records(zone)) == 1


@pytest.mark.parametrize(
    "kind, detail, codes",
    [
        ("error", {}, [10001]),
        ("error", {"code": 1000, "message": "Request timeout"}, [1000]),
        ("spurious_403", {}, [10000]),
        ("rate_limit", {}, [971]),
        ("html", {}, []),
        ("garbled", {"status": 500}, []),
    ],
)
async def test_the_sdk_reads_the_codes_of_an_error(
    simulator: Simulator, client: AsyncCloudflare, kind: str, detail: Detail, codes: list[int]
) -> None:
    """Envelopes have error codes; pages and garbage have none."""
    simulator.faults.add("cloudflare", "GET /zones", kind=kind, **detail)

    with pytest.raises(APIStatusError) as caught:
        await client.zones.list()
    assert [error.code for error in caught.value.errors] == codes


async def test_an_error_can_have_a_chain(simulator: Simulator, session: ClientSession) -> None:
    """An error is sent in Cloudflare's envelope with the details of the fault."""
    simulator.faults.add(
        "cloudflare",
        "*",
        kind="error",
        status=400,
        code=1004,
        message="Outer",
        chain=[(9005, "Inner")],
    )

    async with session.get("zones") as response:
        assert response.status == 400
        assert await response.json() == {
            "success": False,
            "errors": [
                {
                    "code": 1004,
                    "message": "Outer",
                    "error_chain": [{"code": 9005, "message": "Inner"}],
                }
            ],
            "messages": [],
            "result": None,
        }


async def test_a_rate_limit_has_a_retry_after_header(
    simulator: Simulator, session: ClientSession
) -> None:
    """A 429 has `Retry-After`, and neither messages nor result."""
    simulator.faults.add("cloudflare", "*", kind="rate_limit", retry_after=42)

    async with session.get("zones") as response:
        assert response.headers["Retry-After"] == "42"
        assert set(await response.json()) == {"success", "errors"}


async def test_a_lost_response_follows_an_applied_write(
    simulator: Simulator, zone: Zone, client: AsyncCloudflare
) -> None:
    """The write is applied, and the client sees only a reset connection."""
    simulator.faults.add("cloudflare", CREATE, kind="lost_response", times=1)

    with pytest.raises(APIConnectionError):
        await create(client, zone)

    assert len(simulator.cloudflare.records(zone)) == 1
    assert simulator.log.entries[-1].status is None


async def test_a_cut_response_is_incomplete(
    simulator: Simulator, zone: Zone, session: ClientSession
) -> None:
    """Half of the announced bytes arrive, then the connection closes; the write is applied."""
    simulator.faults.add("cloudflare", CREATE, kind="cut", times=1)

    async with session.post(f"zones/{zone.id}/dns_records", json=RECORD) as response:
        assert response.status == 200
        with pytest.raises(ClientPayloadError):
            await response.read()
    assert len(simulator.cloudflare.records(zone)) == 1


async def test_a_truncated_response_is_invalid_json(
    simulator: Simulator, zone: Zone, session: ClientSession
) -> None:
    """The response is valid HTTP with half of its JSON; the write is applied."""
    simulator.faults.add("cloudflare", CREATE, kind="truncated", times=1)

    async with session.post(f"zones/{zone.id}/dns_records", json=RECORD) as response:
        text = await response.text()
    assert text.startswith('{"result":{"id":')
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)
    assert len(simulator.cloudflare.records(zone)) == 1


async def test_a_garbled_response_is_not_text(simulator: Simulator, session: ClientSession) -> None:
    """Random bytes have the content type of JSON."""
    simulator.faults.add("cloudflare", "GET /zones", kind="garbled")

    async with session.get("zones") as response:
        assert response.content_type == "application/json"
        with pytest.raises(UnicodeDecodeError):
            (await response.read()).decode()


async def test_a_huge_response_can_be_left_unread(
    simulator: Simulator, session: ClientSession
) -> None:
    """A client can read 4 KiB and close the connection."""
    simulator.faults.add("cloudflare", "GET *", kind="huge", size=50_000_000)

    async with session.get("zones") as response:
        assert response.content_length == 50_000_000
        assert len(await response.content.read(4096)) == 4096


async def test_a_dripping_response_is_complete(
    simulator: Simulator, session: ClientSession
) -> None:
    """The bytes arrive one by one."""
    simulator.faults.add("cloudflare", "GET /zones", kind="drip", delay=0)

    async with session.get("zones") as response:
        assert (await response.json())["result"] == []


async def test_a_redirect_has_the_url_of_the_fault(
    simulator: Simulator, session: ClientSession
) -> None:
    """A client that does not follow redirects sees the 302."""
    simulator.faults.add(
        "cloudflare", "GET /zones", kind="redirect", url="http://127.0.0.1:9/login"
    )

    async with session.get("zones", allow_redirects=False) as response:
        assert (response.status, response.headers["Location"]) == (302, "http://127.0.0.1:9/login")


@pytest.mark.parametrize("url", ["http://[", "http://a:99999999/", "https://x:port/", "//", ""])
async def test_a_redirect_can_have_an_odd_location(simulator: Simulator, url: str) -> None:
    """A location that is no URL is sent as it is, by the API and by a provider."""
    odd = url or " "
    simulator.faults.add("cloudflare", "*", kind="redirect", url=odd)
    simulator.faults.add("ip", "ipify", kind="redirect", url=odd)
    urls = (simulator.cloudflare.base_url + "/zones", simulator.ip.services[1].urls[4])

    async with ClientSession() as session:
        for requested in urls:
            async with session.get(requested, allow_redirects=False) as response:
                assert (response.status, response.headers["Location"]) == (302, url)


async def test_an_unreachable_api_refuses_connections(
    simulator: Simulator, zone: Zone, session: ClientSession
) -> None:
    """The port closes, resets open connections, and reopens with the same number."""
    async with session.get("zones") as response:
        await response.read()
    simulator.cloudflare.reachable = False

    with pytest.raises(aiohttp.ClientOSError, match="reset"):
        await session.post(f"zones/{zone.id}/dns_records", json=RECORD)
    with pytest.raises(aiohttp.ClientConnectorError):
        await session.get("zones")
    assert simulator.cloudflare.reachable is False
    simulator.cloudflare.reachable = True

    async with session.get("zones") as response:
        assert response.status == 200


async def test_a_removed_fault_does_not_apply(simulator: Simulator, session: ClientSession) -> None:
    """One fault can be removed while the others stay active."""
    fault = simulator.faults.add("cloudflare", "*", kind="html")
    simulator.faults.add("cloudflare", "*", kind="error")
    simulator.faults.remove(fault)
    simulator.faults.remove(fault)

    async with session.get("zones") as response:
        assert response.status == 500


@pytest.mark.parametrize(
    "fault",
    [
        {"target": "GET /zone", "kind": "html"},
        {"target": "ipify", "kind": "html"},
        {"target": "*", "kind": "explosion"},
        {"target": "*", "kind": "warp_on"},
        {"target": "*", "kind": "redirect"},
        {"target": "*", "kind": "gateway_on"},
        {"target": "*", "kind": "ignored_fields"},
        {"service": "ip", "target": "*", "kind": "short_list"},
        {"service": "ip", "target": "*", "kind": "rate_limit"},
        {"service": "dns", "target": "*", "kind": "html"},
    ],
)
def test_an_impossible_fault_is_an_error(simulator: Simulator, fault: dict[str, Any]) -> None:
    """A misspelled target or kind raises an error instead of never applying."""
    with pytest.raises(ValueError, match=r"has no|is not a valid|cannot happen|needs its"):
        simulator.faults.add(**({"service": "cloudflare"} | fault))


@pytest.mark.parametrize("kind", sorted(set(Kind) - IP_ONLY - DOH_ONLY - {Kind.HANG}))
async def test_the_simulator_works_after_every_fault(
    simulator: Simulator, session: ClientSession, kind: str
) -> None:
    """The request after a fault gets its response; a hang has its own test."""
    fault = simulator.faults.add(
        "cloudflare",
        "*",
        kind=kind,
        times=1,
        delay=0,
        size=10,
        url="http://127.0.0.1:9/",
        fields=["ttl"],
    )
    fault.release()
    try:
        async with session.post("zones", allow_redirects=False) as response:
            await response.read()
    except ClientPayloadError, ServerDisconnectedError, aiohttp.ClientOSError:
        assert kind in {"reset", "lost_response", "cut"}

    async with session.get("zones") as response:
        assert response.status == 200
