"""Listing the records of a zone: filters, order and pages."""

from aiohttp import ClientSession
from cloudflare import AsyncCloudflare
import pytest

from simulator import Simulator
from simulator.cloudflare import Zone


@pytest.fixture
def zone(simulator: Simulator) -> Zone:
    """Return a zone with several kinds of records."""
    zone = simulator.cloudflare.add_zone("example.com", plan="pro")
    add = simulator.cloudflare.add_record
    add(zone, type="A", name="home", content="192.0.2.1", ttl=120, comment="Garage, left")
    add(zone, type="AAAA", name="home", content="2001:db8::1", proxied=True, tags=["Owner:me"])
    add(zone, type="A", name="away", content="192.0.2.2", tags=["owner:you", "urgent"])
    add(zone, type="CNAME", name="www", content="home.example.com", comment="left over")
    return zone


async def listed(session: ClientSession, zone: Zone, query: str) -> list[str]:
    """Return the type and the first label of the records that match a query."""
    async with session.get(f"zones/{zone.id}/dns_records?{query}") as response:
        assert response.status == 200
        result = (await response.json())["result"]
    return [f"{record['type']} {record['name'].partition('.')[0]}" for record in result]


@pytest.mark.parametrize(
    "query, found",
    [
        ("", ["A away", "A home", "AAAA home", "CNAME www"]),
        ("name=home.example.com", ["A home", "AAAA home"]),
        ("name.exact=HOME.example.com", ["A home", "AAAA home"]),
        ("name.exact=home.example.com&type=AAAA", ["AAAA home"]),
        ("name.contains=om", ["A away", "A home", "AAAA home", "CNAME www"]),
        ("name.startswith=w", ["CNAME www"]),
        ("name.endswith=.org", []),
        ("type=a", ["A away", "A home"]),
        ("content=192.0.2.1", ["A home"]),
        ("content.exact=192.0.2.1", ["A home"]),
        ("content.startswith=192.", ["A away", "A home"]),
        ("content.endswith=::1", ["AAAA home"]),
        ("proxied=true", ["AAAA home"]),
        ("proxied=false&type=A", ["A away", "A home"]),
        ("comment=left+over", ["CNAME www"]),
        ("comment.exact=LEFT+over", ["CNAME www"]),
        ("comment.contains=left", ["A home", "CNAME www"]),
        ("comment.startswith=garage", ["A home"]),
        ("comment.present=", ["A home", "CNAME www"]),
        ("comment.absent=&type=A", ["A away"]),
        ("tag=owner:me", ["AAAA home"]),
        ("tag.present=owner", ["A away", "AAAA home"]),
        ("tag.absent=owner", ["A home", "CNAME www"]),
        ("tag.present=urgent&tag.exact=owner:me&tag_match=any", ["A away", "AAAA home"]),
        ("tag.present=urgent&tag.exact=owner:me", []),
        ("search=garage", ["A home"]),
        ("match=any&type=CNAME&proxied=true", ["AAAA home", "CNAME www"]),
        ("match=any", ["A away", "A home", "AAAA home", "CNAME www"]),
        ("order=name", ["A away", "A home", "AAAA home", "CNAME www"]),
        ("order=content&direction=desc", ["CNAME www", "AAAA home", "A away", "A home"]),
        ("order=ttl&direction=desc&per_page=1", ["A home"]),
        ("per_page=3&page=2", ["CNAME www"]),
        ("per_page=3&page=9", []),
    ],
)
async def test_filters_select_records(
    simulator: Simulator, session: ClientSession, zone: Zone, query: str, found: list[str]
) -> None:
    """Filters ignore case, and all of them must match unless `match=any` is set."""
    assert await listed(session, zone, query) == found
    assert simulator.log.surprises == []


@pytest.mark.parametrize(
    "query",
    [
        "name=contains:home",
        "name=home",
        "name.exact=home.example.com.",
        "name=h%C3%B6me.example.com",
        "content=192.0.2.1,192.0.2.2",
    ],
)
async def test_outdated_filters_find_nothing(
    session: ClientSession, zone: Zone, query: str
) -> None:
    """Operators inside values, comma lists, relative and Unicode names are compared literally."""
    assert await listed(session, zone, query) == []


async def test_a_name_that_can_find_nothing_is_a_surprise(
    simulator: Simulator, session: ClientSession, zone: Zone
) -> None:
    """A name filter other than a full name in Punycode is a surprise."""
    await listed(session, zone, "name.exact=home")

    assert simulator.log.surprises == [
        (
            "GET /zones/{zone_id}/dns_records: "
            "name.exact=home is not a full name in Punycode, so it finds nothing"
        )
    ]


@pytest.mark.parametrize(
    "query",
    [
        "type=A,AAAA",
        "per_page=0",
        "per_page=5000001",
        "page=one",
        "proxied=yes",
        "match=some",
        "order=color",
        "direction=up",
    ],
)
async def test_an_invalid_query_is_refused(session: ClientSession, zone: Zone, query: str) -> None:
    """A value outside its range is an error, never replaced by a default."""
    async with session.get(f"zones/{zone.id}/dns_records?{query}") as response:
        assert response.status == 400
        assert (await response.json())["success"] is False


async def test_the_sdk_lists_all_pages(
    simulator: Simulator, client: AsyncCloudflare, zone: Zone
) -> None:
    """Without `per_page` a page has 100 records, and the SDK requests all pages."""
    for number in range(250):
        simulator.cloudflare.add_record(zone, type="A", name=f"host{number}", content="192.0.2.9")

    found = [record.name async for record in client.dns.records.list(zone_id=zone.id)]

    assert len(found) == len(set(found)) + 1 == 254
    assert simulator.log.count(endpoint="GET /zones/{zone_id}/dns_records") in {3, 4}
    assert simulator.log.connections() == 1


async def test_one_page_can_hold_a_whole_zone(
    simulator: Simulator, session: ClientSession, zone: Zone
) -> None:
    """A page can have up to five million records, so one request lists any zone."""
    for number in range(1000):
        simulator.cloudflare.add_record(zone, type="A", name=f"host{number}", content="192.0.2.9")

    async with session.get(f"zones/{zone.id}/dns_records?per_page=5000000") as response:
        envelope = await response.json()

    assert len(envelope["result"]) == 1004
    assert envelope["result_info"] == {
        "page": 1,
        "per_page": 5000000,
        "count": 1004,
        "total_count": 1004,
        "total_pages": 1,
    }
    assert simulator.log.entries[-1].bytes_out > 200_000
