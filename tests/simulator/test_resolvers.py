"""The simulated public resolvers."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from simulator import Simulator
from simulator.cloudflare import Zone
from simulator.resolvers import PROXY_ADDRESSES, WRONG_ADDRESSES

type Resolve = Callable[..., Awaitable[dict[str, Any]]]

HEADERS = {"Accept": "application/dns-json"}
NOERROR, SERVFAIL, NXDOMAIN = 0, 2, 3
NAME_SERVERS = ["ada.ns.cloudflare.com.", "bob.ns.cloudflare.com."]


@pytest.fixture
async def resolve(simulator: Simulator) -> AsyncGenerator[Resolve]:
    """Return a client of a resolver."""
    async with aiohttp.ClientSession(headers=HEADERS) as session:

        async def resolve(name: str, type_: str, resolver: str = "cloudflare") -> dict[str, Any]:
            query = {"name": name, "type": type_}
            async with session.get(simulator.doh.urls[resolver], params=query) as response:
                assert response.status == 200
                answer: dict[str, Any] = await response.json()
                return answer

        yield resolve


@pytest.fixture
def records(simulator: Simulator, zone: Zone) -> None:
    """Give the zone some records."""
    for fields in (
        {"type": "A", "name": "home", "content": "81.2.69.142", "ttl": 600},
        {"type": "A", "name": "home", "content": "81.2.69.143", "ttl": 600},
        {"type": "AAAA", "name": "hidden", "content": "2001:218:1:2::142", "proxied": True},
        {"type": "A", "name": "*", "content": "81.2.69.144"},
    ):
        simulator.cloudflare.add_record(zone, **fields)


def data(answer: dict[str, Any]) -> list[str]:
    """Return the data of all records in an answer."""
    return [record["data"] for record in answer.get("Answer", ())]


@pytest.mark.usefixtures("records")
@pytest.mark.parametrize(
    "name, type_, expected, status",
    [
        pytest.param("home.example.com", "A", ["81.2.69.142", "81.2.69.143"], 0, id="two"),
        pytest.param("home.example.com", "AAAA", [], NOERROR, id="another type"),
        pytest.param("hidden.example.com", "AAAA", [PROXY_ADDRESSES["AAAA"]], 0, id="proxied"),
        pytest.param("x.example.com", "A", ["81.2.69.144"], NOERROR, id="wildcard"),
        pytest.param("*.example.com", "A", ["81.2.69.144"], NOERROR, id="the wildcard itself"),
        pytest.param("a.b.example.com", "A", [], NXDOMAIN, id="no record"),
        pytest.param("example.com", "A", [], NOERROR, id="only the zone"),
        pytest.param("example.com", "NS", NAME_SERVERS, NOERROR, id="name servers"),
        pytest.param("example.net", "NS", [], NXDOMAIN, id="no zone"),
    ],
)
async def test_names_are_answered_from_the_records(
    resolve: Resolve, name: str, type_: str, expected: list[str], status: int
) -> None:
    """A resolver answers as the zone's name servers do."""
    answer = await resolve(name, type_)
    assert (data(answer), answer["Status"]) == (expected, status)


async def test_resolvers_write_names_differently(resolve: Resolve, zone: Zone) -> None:
    """Google ends a name with a dot."""
    answers = [await resolve(zone.name, "NS", resolver) for resolver in ("cloudflare", "google")]
    assert [a["Question"][0]["name"] for a in answers] == ["example.com", "example.com."]


async def test_answers_are_cached(simulator: Simulator, zone: Zone, resolve: Resolve) -> None:
    """Each resolver remembers an answer for its TTL, and an absence for half an hour."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    simulator.cloudflare.now = lambda: now
    assert data(await resolve("home.example.com", "A")) == []
    record = simulator.cloudflare.add_record(
        zone, type="A", name="home", content="81.2.69.142", ttl=600
    )
    assert data(await resolve("home.example.com", "A", "google")) == ["81.2.69.142"]

    now += timedelta(seconds=1799)
    assert data(await resolve("home.example.com", "A")) == []
    now += timedelta(seconds=1)
    assert data(await resolve("home.example.com", "A")) == ["81.2.69.142"]

    simulator.cloudflare.edit_record(zone, record["id"], content="81.2.69.144")
    now += timedelta(seconds=599)
    assert data(await resolve("home.example.com", "A")) == ["81.2.69.142"]
    simulator.doh.clear_caches()
    assert data(await resolve("home.example.com", "A")) == ["81.2.69.144"]


@pytest.mark.usefixtures("records")
async def test_faults_are_those_of_a_resolver(simulator: Simulator, resolve: Resolve) -> None:
    """A resolver answers wrongly, with an old answer, that there is nothing, or with a failure."""
    home = "home.example.com"
    simulator.faults.add("doh", kind="wrong_answer", times=2)
    assert data(await resolve(home, "A")) == [WRONG_ADDRESSES["A"]]
    assert data(await resolve("example.com", "NS")) == NAME_SERVERS
    simulator.faults.add("doh", kind="nxdomain", times=1)
    assert (await resolve(home, "A"))["Status"] == NXDOMAIN
    simulator.faults.add("doh", "GET /dns-query", kind="servfail", times=1)
    assert (await resolve(home, "A", "google"))["Status"] == NOERROR
    assert (await resolve(home, "A"))["Status"] == SERVFAIL

    now = simulator.cloudflare.now()
    assert len(data(await resolve(home, "A"))) == 2
    simulator.cloudflare.delete_record(
        "example.com", simulator.cloudflare.records("example.com")[0]["id"]
    )
    simulator.cloudflare.now = lambda: now + timedelta(days=1)
    simulator.faults.add("doh", kind="stale_answer", times=1)
    assert len(data(await resolve(home, "A"))) == 2
    assert len(data(await resolve(home, "A"))) == 1


async def test_a_zone_is_delegated_elsewhere(
    simulator: Simulator, records: None, resolve: Resolve
) -> None:
    """Then its records are seen by nobody; the control API can end it."""
    async with aiohttp.ClientSession(base_url=simulator.control_url) as control:
        for name_servers in (["ns1.registrar.example"], [], None):
            body = {"zone": "example.com", "name_servers": name_servers}
            async with control.put("/delegations", json=body) as response:
                assert response.status == 200
            found = data(await resolve("example.com", "NS"))
            assert found == (NAME_SERVERS if name_servers is None else name_servers)
            assert len(data(await resolve("home.example.com", "A"))) == (
                2 if name_servers is None else 0
            )


async def test_bad_questions_are_refused(simulator: Simulator) -> None:
    """A question needs a name, a known type and the header; further parameters are a surprise."""
    url = simulator.doh.urls["cloudflare"]
    async with aiohttp.ClientSession() as session:
        for query, headers, status in (
            ({"name": "example.com", "type": "A", "x": "1"}, HEADERS, 200),
            ({"name": "example.com", "type": "A"}, {}, 400),
            ({"name": "example.com", "type": "MX"}, HEADERS, 400),
            ({"type": "A"}, HEADERS, 400),
        ):
            async with session.get(url, params=query, headers=headers) as response:
                assert response.status == status
        async with session.post(url, headers=HEADERS) as response:
            assert response.status == 404
    assert simulator.log.surprises == ["GET /dns-query: unknown parameter x"]


def test_faults_belong_to_their_service(simulator: Simulator) -> None:
    """A resolver has no rate limit of Cloudflare's API, and the API no stale answers."""
    for service, kind in (("doh", "rate_limit"), ("cloudflare", "stale_answer")):
        with pytest.raises(ValueError, match="cannot happen"):
            simulator.faults.add(service, kind=kind)  # type: ignore[arg-type]
