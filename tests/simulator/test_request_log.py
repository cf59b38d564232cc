"""The request log: the attributes of every request, without secrets."""

from datetime import datetime

from aiohttp import ClientSession
from cloudflare import AsyncCloudflare

from simulator import Simulator
from simulator.cloudflare import Zone

from .conftest import EMAIL, KEY, TOKEN


async def test_a_request_is_logged_with_all_attributes(
    simulator: Simulator, zone: Zone, session: ClientSession
) -> None:
    """The entry has endpoint, target, body, status, sizes and times, but not the token."""
    body = {"type": "A", "name": "home", "content": "192.0.2.1"}
    async with session.post(f"zones/{zone.id}/dns_records?x=%C3%B6", json=body) as response:
        sent = len(await response.read())

    (entry,) = simulator.log.entries
    assert (entry.service, entry.provider, entry.family, entry.auth) == (
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


async def test_the_size_of_a_request_includes_its_headers(
    simulator: Simulator, session: ClientSession
) -> None:
    """Request line, headers and body are counted to the byte."""
    async with session.get("zones", headers={"X-Padding": "x" * 100}) as response:
        headers = response.request_info.headers
    line = f"GET {simulator.log.entries[0].target} HTTP/1.1\r\n\r\n"

    assert simulator.log.entries[0].bytes_in == len(line) + sum(
        len(f"{name}: {value}\r\n") for name, value in headers.items()
    )


async def test_requests_on_one_connection_have_its_number(
    simulator: Simulator, client: AsyncCloudflare
) -> None:
    """The SDK reuses its connection, and a second client opens another."""
    for _ in range(3):
        await client.zones.list()
    assert simulator.log.connections(service="cloudflare") == 1

    async with ClientSession() as other, other.get(simulator.cloudflare.base_url + "/zones"):
        pass
    assert simulator.log.connections(service="cloudflare") == 2


async def test_the_log_can_be_filtered(
    simulator: Simulator, zone: Zone, session: ClientSession
) -> None:
    """Entries are selected and counted by their attributes."""
    simulator.cloudflare.add_user(EMAIL, KEY)
    for path in ("zones", "zones", f"zones/{zone.id}"):
        async with session.get(path):
            pass
    async with session.get(simulator.ip.services[1].urls[6], headers={}) as response:
        assert response.status == 200

    assert simulator.log.count() == 4
    assert simulator.log.count(service="cloudflare") == 3
    assert simulator.log.count(endpoint="GET /zones", status=200) == 2
    assert simulator.log.count(provider="ipify", family=6) == 1
    assert simulator.log.count(template="/zones/{zone_id}", method="GET", auth="key") == 0
    assert simulator.log.counters() == {
        "cloudflare: GET /zones": 2,
        "cloudflare: GET /zones/{zone_id}": 1,
        "ip/ipify: GET /": 1,
    }


async def test_the_log_can_be_cleared(simulator: Simulator, session: ClientSession) -> None:
    """After `clear` the log has only later requests."""
    async with session.get("zones"):
        pass
    simulator.log.clear()
    assert simulator.log.count() == 0

    async with session.get("nowhere") as response:
        assert response.status == 400
    assert [entry.template for entry in simulator.log.entries] == ["(unknown)"]


async def test_sequential_requests_do_not_overlap(
    simulator: Simulator, session: ClientSession
) -> None:
    """A request that started after the end of another does not overlap it."""
    for _ in range(2):
        async with session.get("zones"):
            pass

    first, second = simulator.log.entries
    assert not first.overlaps(second)
    assert not second.overlaps(first)


async def test_two_kinds_of_credentials_are_a_surprise(
    simulator: Simulator, session: ClientSession
) -> None:
    """A request with both a token and a key exposes one of them needlessly."""
    async with session.get("zones/", headers={"X-Auth-Key": KEY}) as response:
        assert response.status == 200

    assert simulator.log.surprises == [
        "GET /zones: two kinds of credentials in one request",
        "GET /zones: the path ends with a slash",
    ]


async def test_an_error_in_the_simulator_is_a_surprise(
    simulator: Simulator, zone: Zone, session: ClientSession
) -> None:
    """A test without surprises does not mistake a bug in the simulator for Cloudflare's."""

    def broken_clock() -> datetime:
        raise RuntimeError("no clock")

    simulator.cloudflare.now = broken_clock
    body = {"type": "A", "name": "home", "content": "192.0.2.1"}
    async with session.post(f"zones/{zone.id}/dns_records", json=body) as response:
        assert response.status == 500

    assert simulator.log.entries[0].surprises == [
        "the simulator itself failed: RuntimeError('no clock')"
    ]
