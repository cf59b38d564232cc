"""The request log: facts about every request, and never a secret."""

from datetime import datetime

from aiohttp import ClientSession
from cloudflare import AsyncCloudflare

from lab import Lab
from lab.cloudflare import Zone

from .conftest import EMAIL, KEY, TOKEN


async def test_a_request_is_logged_with_all_its_facts(
    lab: Lab, zone: Zone, session: ClientSession
) -> None:
    """Endpoint, target, body, status, sizes and times are there; the token is not."""
    body = {"type": "A", "name": "home", "content": "192.0.2.1"}
    async with session.post(f"zones/{zone.id}/dns_records?x=%C3%B6", json=body) as response:
        sent = len(await response.read())

    (entry,) = lab.log.entries
    assert (entry.service, entry.operator, entry.family, entry.auth) == (
        "cloudflare",
        None,
        4,
        "token",
    )
    assert entry.endpoint == "POST /zones/{zone_id}/dns_records"
    assert entry.target == f"/client/v4/zones/{zone.id}/dns_records?x=%C3%B6"
    assert entry.body == body
    assert entry.status == 200
    assert entry.bytes_out > sent
    assert entry.bytes_in > len(entry.target)
    assert entry.end is not None
    assert entry.begin <= entry.end
    assert TOKEN not in repr(entry)
    assert TOKEN not in str(entry.shown())


async def test_the_size_of_a_request_is_what_went_over_the_wire(
    lab: Lab, session: ClientSession
) -> None:
    """Request line, headers and body are counted to the byte."""
    async with session.get("zones", headers={"X-Padding": "x" * 100}) as response:
        headers = response.request_info.headers
    line = f"GET {lab.log.entries[0].target} HTTP/1.1\r\n\r\n"

    assert lab.log.entries[0].bytes_in == len(line) + sum(
        len(f"{name}: {value}\r\n") for name, value in headers.items()
    )


async def test_requests_over_one_connection_share_its_number(
    lab: Lab, client: AsyncCloudflare
) -> None:
    """The SDK keeps its connection, and a second client opens another."""
    for _ in range(3):
        await client.zones.list()
    assert lab.log.connections(service="cloudflare") == 1

    async with ClientSession() as other, other.get(lab.cloudflare.base_url + "/zones"):
        pass
    assert lab.log.connections(service="cloudflare") == 2


async def test_the_log_is_asked_by_any_fact(lab: Lab, zone: Zone, session: ClientSession) -> None:
    """Entries are selected and counted by what is known of them."""
    lab.cloudflare.add_user(EMAIL, KEY)
    for path in ("zones", "zones", f"zones/{zone.id}"):
        async with session.get(path):
            pass
    async with session.get(lab.ip.services[1].urls[6], headers={}) as response:
        assert response.status == 200

    assert lab.log.count() == 4
    assert lab.log.count(service="cloudflare") == 3
    assert lab.log.count(endpoint="GET /zones", status=200) == 2
    assert lab.log.count(operator="ipify", family=6) == 1
    assert lab.log.count(template="/zones/{zone_id}", method="GET", auth="key") == 0
    assert lab.log.counters() == {
        "cloudflare: GET /zones": 2,
        "cloudflare: GET /zones/{zone_id}": 1,
        "ip/ipify: GET /": 1,
    }


async def test_the_log_can_be_cleared(lab: Lab, session: ClientSession) -> None:
    """After `clear` the log tells only what came later."""
    async with session.get("zones"):
        pass
    lab.log.clear()
    assert lab.log.count() == 0

    async with session.get("nowhere") as response:
        assert response.status == 400
    assert [entry.template for entry in lab.log.entries] == ["(unknown)"]


async def test_requests_in_a_row_do_not_overlap(lab: Lab, session: ClientSession) -> None:
    """A request that began after another had ended was not side by side with it."""
    for _ in range(2):
        async with session.get("zones"):
            pass

    first, second = lab.log.entries
    assert not first.overlaps(second)
    assert not second.overlaps(first)


async def test_two_kinds_of_credentials_are_a_surprise(lab: Lab, session: ClientSession) -> None:
    """A client that shows its key beside its token shows too much."""
    async with session.get("zones/", headers={"X-Auth-Key": KEY}) as response:
        assert response.status == 200

    assert lab.log.surprises == [
        "GET /zones: two kinds of credentials in one request",
        "GET /zones: the path ends with a slash",
    ]


async def test_a_mistake_of_the_lab_itself_is_a_surprise(
    lab: Lab, zone: Zone, session: ClientSession
) -> None:
    """A test that insists on no surprises does not take the lab's own bug for Cloudflare's."""

    def broken_clock() -> datetime:
        raise RuntimeError("no clock")

    lab.cloudflare.now = broken_clock
    body = {"type": "A", "name": "home", "content": "192.0.2.1"}
    async with session.post(f"zones/{zone.id}/dns_records", json=body) as response:
        assert response.status == 500

    assert lab.log.entries[0].surprises == ["the lab itself failed: RuntimeError('no clock')"]
