"""Faults on purpose: what a client meets, and whether its write was carried out."""

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

from lab import Kind, Lab
from lab.cloudflare import Zone
from lab.faults import IP_ONLY, Detail

LIST = "GET /zones/{zone_id}/dns_records"
CREATE = "POST /zones/{zone_id}/dns_records"
RECORD = {"type": "A", "name": "home", "content": "192.0.2.1"}


async def create(client: AsyncCloudflare, zone: Zone) -> None:
    """Create a record through the SDK."""
    await client.dns.records.create(
        zone_id=zone.id, type="A", name="home", content="192.0.2.1", ttl=1
    )


@pytest.mark.parametrize(
    "kind,detail,error",
    [
        ("error", {}, InternalServerError),
        ("error", {"status": 503, "code": 1000, "message": "timeout"}, InternalServerError),
        ("spurious_403", {}, PermissionDeniedError),
        ("rate_limit", {"retry_after": 7}, RateLimitError),
        ("html", {}, InternalServerError),
        ("html", {"status": 520}, InternalServerError),
        ("html", {"status": 403}, PermissionDeniedError),
        ("status", {}, InternalServerError),
        ("reset", {}, APIConnectionError),
    ],
)
async def test_a_fault_that_comes_first_keeps_the_write_from_happening(
    lab: Lab,
    zone: Zone,
    client: AsyncCloudflare,
    kind: str,
    detail: Detail,
    error: type[Exception],
) -> None:
    """Errors, pages of the edge and resets arrive, nothing is written, and then all is well."""
    lab.faults.add("cloudflare", CREATE, kind=kind, times=1, **detail)

    with pytest.raises(error):
        await create(client, zone)

    (entry,) = lab.log.entries
    assert (entry.auth, entry.body) == ("token", RECORD | {"ttl": 1})
    assert lab.cloudflare.records(zone) == []
    assert lab.log.entries[-1].fault == kind
    assert lab.faults.active == ()
    await create(client, zone)
    assert len(lab.cloudflare.records(zone)) == 1


@pytest.mark.parametrize(
    "kind,detail,codes",
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
    lab: Lab, client: AsyncCloudflare, kind: str, detail: Detail, codes: list[int]
) -> None:
    """Envelopes carry codes; pages and nonsense carry none."""
    lab.faults.add("cloudflare", "GET /zones", kind=kind, **detail)

    with pytest.raises(APIStatusError) as caught:
        await client.zones.list()
    assert [error.code for error in caught.value.errors] == codes


async def test_an_error_can_have_a_chain(lab: Lab, session: ClientSession) -> None:
    """An error is told in Cloudflare's envelope, as it was set."""
    lab.faults.add(
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


async def test_a_rate_limit_says_how_long_to_wait(lab: Lab, session: ClientSession) -> None:
    """A 429 carries `Retry-After`, and neither messages nor result."""
    lab.faults.add("cloudflare", "*", kind="rate_limit", retry_after=42)

    async with session.get("zones") as response:
        assert response.headers["Retry-After"] == "42"
        assert set(await response.json()) == {"success", "errors"}


async def test_a_lost_answer_has_done_its_work(
    lab: Lab, zone: Zone, client: AsyncCloudflare
) -> None:
    """The write is applied, and the client sees nothing but a broken connection."""
    lab.faults.add("cloudflare", CREATE, kind="lost_answer", times=1)

    with pytest.raises(APIConnectionError):
        await create(client, zone)

    assert len(lab.cloudflare.records(zone)) == 1
    assert lab.log.entries[-1].status is None


async def test_a_cut_answer_breaks_its_promise(
    lab: Lab, zone: Zone, session: ClientSession
) -> None:
    """Half of the promised bytes arrive, then the connection closes; the write is applied."""
    lab.faults.add("cloudflare", CREATE, kind="cut", times=1)

    async with session.post(f"zones/{zone.id}/dns_records", json=RECORD) as response:
        assert response.status == 200
        with pytest.raises(ClientPayloadError):
            await response.read()
    assert len(lab.cloudflare.records(zone)) == 1


async def test_a_truncated_answer_is_no_json(lab: Lab, zone: Zone, session: ClientSession) -> None:
    """The exchange is in order, only its JSON ends in the middle; the write is applied."""
    lab.faults.add("cloudflare", CREATE, kind="truncated", times=1)

    async with session.post(f"zones/{zone.id}/dns_records", json=RECORD) as response:
        text = await response.text()
    assert text.startswith('{"result":{"id":')
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)
    assert len(lab.cloudflare.records(zone)) == 1


async def test_a_garbled_answer_is_no_text(lab: Lab, session: ClientSession) -> None:
    """Binary nonsense comes with the type of JSON."""
    lab.faults.add("cloudflare", "GET /zones", kind="garbled")

    async with session.get("zones") as response:
        assert response.content_type == "application/json"
        with pytest.raises(UnicodeDecodeError):
            (await response.read()).decode()


async def test_a_huge_answer_can_be_left_unread(lab: Lab, session: ClientSession) -> None:
    """A client that reads four kilobytes and leaves gets away with it."""
    lab.faults.add("cloudflare", "GET *", kind="huge", size=50_000_000)

    async with session.get("zones") as response:
        assert response.content_length == 50_000_000
        assert len(await response.content.read(4096)) == 4096


async def test_a_dripping_answer_is_complete_in_the_end(lab: Lab, session: ClientSession) -> None:
    """The bytes come one by one."""
    lab.faults.add("cloudflare", "GET /zones", kind="drip", delay=0)

    async with session.get("zones") as response:
        assert (await response.json())["result"] == []


async def test_a_redirect_leads_elsewhere(lab: Lab, session: ClientSession) -> None:
    """A client that follows is sent to the URL; one that does not sees the 302."""
    lab.faults.add("cloudflare", "GET /zones", kind="redirect", url="http://127.0.0.1:9/login")

    async with session.get("zones", allow_redirects=False) as response:
        assert (response.status, response.headers["Location"]) == (302, "http://127.0.0.1:9/login")


async def test_an_unreachable_api_refuses_connections(
    lab: Lab, zone: Zone, session: ClientSession
) -> None:
    """The port closes, breaks what was connected, and opens again as the same port."""
    async with session.get("zones") as response:
        await response.read()
    lab.cloudflare.reachable = False

    with pytest.raises(aiohttp.ClientOSError, match="reset"):
        await session.post(f"zones/{zone.id}/dns_records", json=RECORD)
    with pytest.raises(aiohttp.ClientConnectorError):
        await session.get("zones")
    assert lab.cloudflare.reachable is False
    lab.cloudflare.reachable = True

    async with session.get("zones") as response:
        assert response.status == 200


async def test_a_removed_fault_does_not_hit(lab: Lab, session: ClientSession) -> None:
    """One fault can go while the others stay."""
    fault = lab.faults.add("cloudflare", "*", kind="html")
    lab.faults.add("cloudflare", "*", kind="error")
    lab.faults.remove(fault)
    lab.faults.remove(fault)

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
        {"service": "ip", "target": "*", "kind": "rate_limit"},
        {"service": "dns", "target": "*", "kind": "html"},
    ],
)
def test_a_fault_that_could_never_hit_is_refused(lab: Lab, fault: dict[str, Any]) -> None:
    """A misspelt target or kind is an error in the test, not a fault that never comes."""
    with pytest.raises(ValueError, match=r"has no|is not a valid|cannot happen|needs its url"):
        lab.faults.add(**({"service": "cloudflare"} | fault))


@pytest.mark.parametrize("kind", sorted(set(Kind) - IP_ONLY - {Kind.HANG}))
async def test_the_lab_survives_every_fault(lab: Lab, session: ClientSession, kind: str) -> None:
    """Whatever a client met, the next request is answered; a hang has its own test."""
    fault = lab.faults.add(
        "cloudflare", "*", kind=kind, times=1, delay=0, size=10, url="http://127.0.0.1:9/"
    )
    fault.release()
    try:
        async with session.post("zones", allow_redirects=False) as response:
            await response.read()
    except ClientPayloadError, ServerDisconnectedError, aiohttp.ClientOSError:
        assert kind in {"reset", "lost_answer", "cut"}

    async with session.get("zones") as response:
        assert response.status == 200
