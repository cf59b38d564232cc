"""Delegated subdomains and read-only records: what hides a record, and what cannot be written."""

from aiohttp import ClientSession
from cloudflare import AsyncCloudflare, BadRequestError
from cloudflare.types.dns.record_response import ARecord, NSRecord
import pytest

from simulator import Simulator
from simulator.cloudflare import RefusedError, Zone


@pytest.fixture
def delegated(simulator: Simulator, zone: Zone) -> Zone:
    """Return a zone with two delegated subdomains, one below the other."""
    add = simulator.cloudflare.add_record
    add(zone, type="A", name="@", content="192.0.2.1")
    add(zone, type="NS", name="@", content="ns.example.net")
    add(zone, type="NS", name="sub", content="NS1.sub.example.com.")
    add(zone, type="NS", name="sub", content="ns2.example.net")
    add(zone, type="NS", name="a.sub", content="ns1.a.sub.example.com")
    add(zone, type="A", name="ns1.sub", content="192.0.2.2")
    add(zone, type="A", name="ns1.a.sub", content="192.0.2.3")
    add(zone, type="A", name="www.sub", content="192.0.2.4")
    add(zone, type="A", name="www", content="192.0.2.5")
    return zone


async def test_the_sdk_reads_shadow_metadata(client: AsyncCloudflare, delegated: Zone) -> None:
    """Records below an NS record name it; those of name servers are glue, which may be dead."""
    records = [
        record
        async for record in client.dns.records.list(
            zone_id=delegated.id, include_shadow_metadata=True
        )
    ]

    ids = {r.content: r.id for r in records if isinstance(r, NSRecord)}
    sub = [ids["NS1.sub.example.com."], ids["ns2.example.net"]]
    below = ids["ns1.a.sub.example.com"]
    shown = {
        r.name: (r.meta.shadowed_by, r.meta.is_glue, r.meta.dead_glue)
        for r in records
        if isinstance(r, ARecord)
    }
    assert shown == {
        "example.com": (None, None, None),
        "www.example.com": (None, None, None),
        "www.sub.example.com": (sub, None, None),
        "ns1.sub.example.com": (sub, True, None),
        "ns1.a.sub.example.com": ([below, *sub], True, True),
    }
    delegations = {
        r.content: (r.meta.shadowed_by, r.meta.shadowed_records_count)
        for r in records
        if isinstance(r, NSRecord)
    }
    assert delegations == {
        "ns.example.net": (None, None),
        "NS1.sub.example.com.": (None, 4),
        "ns2.example.net": (None, 4),
        "ns1.a.sub.example.com": (sub, 1),
    }


async def test_shadow_metadata_is_only_shown_on_request(
    simulator: Simulator, session: ClientSession, delegated: Zone
) -> None:
    """Without the parameter, and on a page of more than 1,000 records, nothing is shown."""
    delegated.record_quota = 2000
    simulator.cloudflare.add_odd_record(delegated, type="TXT")
    url = f"zones/{delegated.id}/dns_records?per_page=5000"
    for number in range(991):
        simulator.cloudflare.add_record(
            delegated, type="A", name=f"host{number}", content="192.0.2.9"
        )

    async def count(query: str) -> int:
        async with session.get(url + query) as response:
            result = (await response.json())["result"]
        return sum("shadowed_by" in record["meta"] for record in result)

    assert await count("") == 0
    assert await count("&include_shadow_metadata=true") == 0
    assert await count("&include_shadow_metadata=true&name.exact=www.sub.example.com") == 1
    simulator.cloudflare.clear_odd_records(delegated)
    assert await count("&include_shadow_metadata=true") == 4
    assert simulator.log.surprises == []


async def test_shadow_metadata_of_a_single_record(
    simulator: Simulator, client: AsyncCloudflare, delegated: Zone
) -> None:
    """A record may be created below an NS record without an error; the response may say so."""
    created = await client.dns.records.create(
        zone_id=delegated.id,
        type="A",
        name="vpn.sub.example.com",
        content="192.0.2.6",
        ttl=1,
        include_shadow_metadata=True,
    )

    assert isinstance(created, ARecord)
    assert created.meta.shadowed_by is not None
    assert len(created.meta.shadowed_by) == 2
    await client.dns.records.batch(
        zone_id=delegated.id, deletes=[{"id": created.id}], include_shadow_metadata=True
    )
    assert simulator.log.surprises == [
        ("POST /zones/{zone_id}/dns_records/batch: shadow metadata of a batch is not simulated")
    ]


@pytest.mark.parametrize("name", ["vpn.sub", "x.y.sub"])
async def test_a_zone_may_refuse_records_below_an_ns_record(
    client: AsyncCloudflare, delegated: Zone, name: str
) -> None:
    """Some reports say that they are refused; other names are not affected."""
    delegated.refuses_shadowed = True

    with pytest.raises(BadRequestError) as refused:
        await client.dns.records.create(
            zone_id=delegated.id, type="A", name=name, content="192.0.2.6", ttl=1
        )
    await client.dns.records.create(
        zone_id=delegated.id, type="A", name="vpn", content="192.0.2.6", ttl=1
    )

    assert [error.code for error in refused.value.errors] == [89018]


async def test_a_read_only_record_cannot_be_written(
    simulator: Simulator, zone: Zone, client: AsyncCloudflare, session: ClientSession
) -> None:
    """A record that another product keeps says so, and refuses every change by the API."""
    record = simulator.cloudflare.add_read_only_record(
        zone, type="AAAA", name="app", content="100::", proxied=True
    )
    assert record["meta"] == {"read_only": True}
    url = f"zones/{zone.id}/dns_records/{record['id']}"

    async with session.patch(url, json={"content": "2001:db8::1"}) as response:
        assert response.status == 400
    async with session.put(url, json=dict.fromkeys(("name", "type"), "A")) as response:
        assert response.status == 400
    async with session.delete(url) as response:
        assert response.status == 400
    with pytest.raises(BadRequestError):
        await client.dns.records.batch(zone_id=zone.id, deletes=[{"id": record["id"]}])
    with pytest.raises(RefusedError):
        simulator.cloudflare.edit_record(zone, record["id"], content="2001:db8::1")

    assert simulator.cloudflare.records(zone) == [record]
    simulator.cloudflare.delete_record(zone, record["id"])
    assert simulator.cloudflare.records(zone) == []
