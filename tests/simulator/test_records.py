"""Single records: which fields are kept or reset, and their form in the API."""

from datetime import UTC, datetime
from typing import Any

from aiohttp import ClientSession
from cloudflare import AsyncCloudflare, BadRequestError, NotFoundError
import pytest

from simulator import Simulator
from simulator.cloudflare import Zone


async def test_a_record_is_created_and_listed(
    simulator: Simulator, zone: Zone, client: AsyncCloudflare
) -> None:
    """POST returns the full record, which the list contains afterwards."""
    created = await client.dns.records.create(
        zone_id=zone.id, type="A", name="home", content="192.0.2.1", ttl=3600, comment="hello"
    )

    assert created is not None
    assert (created.name, created.content, created.ttl, created.proxied) == (
        "home.example.com",
        "192.0.2.1",
        3600,
        False,
    )
    assert created.id is not None
    fetched = await client.dns.records.get(zone_id=zone.id, dns_record_id=created.id)
    assert fetched == created
    assert [record["id"] for record in simulator.cloudflare.records(zone)] == [created.id]
    assert simulator.log.surprises == []


async def test_a_record_has_the_current_keys_in_order(
    simulator: Simulator, zone: Zone, session: ClientSession
) -> None:
    """A record has no `zone_id`, `zone_name` and `locked`, and no trailing zeros in its times."""
    simulator.cloudflare.now = lambda: datetime(2026, 11, 23, 12, 0, 0, 179770, tzinfo=UTC)
    simulator.cloudflare.add_record(zone, type="A", name="@", content="192.0.2.1")

    async with session.get(f"zones/{zone.id}/dns_records") as response:
        text = await response.text()
        envelope = await response.json()

    assert list(envelope) == ["result", "success", "errors", "messages", "result_info"]
    record = envelope["result"][0]
    assert text.startswith(f'{{"result":[{{"id":"{record["id"]}","name":"example.com","type":"A",')
    assert record == {
        "id": record["id"],
        "name": "example.com",
        "type": "A",
        "content": "192.0.2.1",
        "proxiable": True,
        "proxied": False,
        "ttl": 1,
        "settings": {},
        "meta": {},
        "comment": None,
        "tags": [],
        "created_on": "2026-11-23T12:00:00.17977Z",
        "modified_on": "2026-11-23T12:00:00.17977Z",
    }


async def test_patch_keeps_missing_fields(simulator: Simulator, session: ClientSession) -> None:
    """PATCH of the content keeps proxying, TTL, comment, tags and settings."""
    zone = simulator.cloudflare.add_zone("paid.example", plan="pro")
    old = simulator.cloudflare.add_record(
        zone,
        type="A",
        name="home",
        content="192.0.2.1",
        ttl=3600,
        comment="mine",
        tags=["owner:me"],
        settings={"ipv4_only": True},
    )

    url = f"zones/{zone.id}/dns_records/{old['id']}"
    async with session.patch(url, json={"content": "192.0.2.2"}) as response:
        assert response.status == 200

    (kept,) = simulator.cloudflare.records(zone)
    changed = {"content", "modified_on"}
    assert {key for key in kept if kept[key] != old[key]} == changed
    assert kept["content"] == "192.0.2.2"
    assert simulator.log.select(method="PATCH")[0].body == {"content": "192.0.2.2"}


async def test_the_sdk_patches_a_record_with_its_required_fields(
    simulator: Simulator, zone: Zone, client: AsyncCloudflare
) -> None:
    """The SDK always sends type, name and TTL; the comment is kept."""
    old = simulator.cloudflare.add_record(
        zone, type="A", name="home", content="192.0.2.1", ttl=3600, comment="mine"
    )

    new = await client.dns.records.edit(
        zone_id=zone.id,
        dns_record_id=old["id"],
        type="A",
        name="home",
        ttl=120,
        content="192.0.2.2",
    )

    assert new is not None
    assert (new.content, new.ttl, new.comment) == ("192.0.2.2", 120, "mine")


async def test_put_resets_missing_fields(simulator: Simulator, client: AsyncCloudflare) -> None:
    """PUT without TTL, proxying, comment and tags resets each to its default."""
    zone = simulator.cloudflare.add_zone("paid.example", plan="pro")
    old = simulator.cloudflare.add_record(
        zone, type="A", name="home", content="192.0.2.1", ttl=3600, comment="mine", tags=["a:b"]
    )

    await client.dns.records.update(
        zone_id=zone.id,
        dns_record_id=old["id"],
        type="A",
        name="home",
        content="192.0.2.2",
        ttl=1,
    )

    (new,) = simulator.cloudflare.records(zone)
    assert (new["ttl"], new["proxied"], new["comment"], new["tags"]) == (1, False, None, [])
    assert (new["id"], new["created_on"]) == (old["id"], old["created_on"])


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
async def test_the_type_of_a_record_cannot_be_changed(
    simulator: Simulator, zone: Zone, session: ClientSession, method: str
) -> None:
    """Since the middle of 2026 the type of a record is fixed."""
    record = simulator.cloudflare.add_record(zone, type="A", name="home", content="192.0.2.1")
    body = {"type": "AAAA", "name": "home", "content": "2001:db8::1", "ttl": 1}

    async with session.request(
        method, f"zones/{zone.id}/dns_records/{record['id']}", json=body
    ) as response:
        assert response.status == 400
    assert simulator.cloudflare.records(zone) == [record]


async def test_a_deleted_record_is_deleted(
    simulator: Simulator, zone: Zone, client: AsyncCloudflare
) -> None:
    """DELETE returns only the id, and a second DELETE is a 404."""
    record = simulator.cloudflare.add_record(zone, type="A", name="home", content="192.0.2.1")

    deleted = await client.dns.records.delete(zone_id=zone.id, dns_record_id=record["id"])

    assert deleted is not None
    assert deleted.id == record["id"]
    with pytest.raises(NotFoundError) as caught:
        await client.dns.records.delete(zone_id=zone.id, dns_record_id=record["id"])
    assert [(error.code, error.message) for error in caught.value.errors] == [
        (81044, "Record does not exist.")
    ]


@pytest.mark.parametrize(
    "given, full",
    [
        ("@", "example.com"),
        ("example.com", "example.com"),
        ("Example.COM.", "example.com"),
        ("home", "home.example.com"),
        ("Home.example.com", "home.example.com"),
        ("*", "*.example.com"),
        ("*.simulator", "*.simulator.example.com"),
        ("_acme-challenge.home", "_acme-challenge.home.example.com"),
        ("büro", "xn--bro-hoa.example.com"),
        ("XN--BRO-HOA", "xn--bro-hoa.example.com"),
    ],
)
def test_a_name_is_completed_and_lower_cased(
    simulator: Simulator, zone: Zone, given: str, full: str
) -> None:
    """Relative, absolute and international names become full names in lower-case Punycode."""
    assert (
        simulator.cloudflare.add_record(zone, type="A", name=given, content="192.0.2.1")["name"]
        == full
    )


def test_a_proxied_record_has_an_automatic_ttl(simulator: Simulator, zone: Zone) -> None:
    """A proxied record has TTL 1, whatever was requested."""
    record = simulator.cloudflare.add_record(
        zone, type="A", name="home", content="192.0.2.1", ttl=3600, proxied=True
    )
    assert (record["ttl"], record["proxied"]) == (1, True)

    record = simulator.cloudflare.edit_record(zone, record["id"], proxied=False, ttl=120)
    assert (record["ttl"], record["proxied"]) == (120, False)


@pytest.mark.parametrize(
    "fields, shown",
    [
        (
            {"type": "AAAA", "content": "2001:DB8:0::1"},
            {"content": "2001:db8::1", "proxiable": True},
        ),
        ({"type": "A", "content": "192.168.1.1"}, {"proxiable": False}),
        (
            {"type": "CNAME", "content": "Target.example.NET."},
            {"content": "target.example.net", "settings": {"flatten_cname": False}},
        ),
        ({"type": "CNAME", "content": "@"}, {"content": "example.com"}),
        (
            {"type": "MX", "content": "mx.example.net", "priority": 10},
            {"priority": 10, "proxiable": False},
        ),
        (
            {"type": "CAA", "data": {"flags": 0, "tag": "issue", "value": "ca.example"}},
            {"content": "0 issue ca.example"},
        ),
        ({"type": "A", "content": "192.0.2.1", "private_routing": True}, {"private_routing": True}),
    ],
)
def test_each_type_has_a_canonical_content(
    simulator: Simulator, zone: Zone, fields: dict[str, Any], shown: dict[str, Any]
) -> None:
    """Addresses and host names are returned in canonical form."""
    record = simulator.cloudflare.add_record(zone, name="home", **fields)

    assert {key: record[key] for key in shown} == shown


def test_new_data_replaces_the_content(simulator: Simulator, zone: Zone) -> None:
    """A record that is defined by data does not keep the content of the old data."""
    data = {"flags": 0, "tag": "issue", "value": "ca.example"}
    record = simulator.cloudflare.add_record(zone, type="CAA", name="@", data=data)

    record = simulator.cloudflare.edit_record(
        zone, record["id"], data=data | {"value": "ca.example.org"}
    )

    assert record["content"] == "0 issue ca.example.org"


@pytest.mark.parametrize("empty", [None, ""], ids=["null", "empty"])
def test_a_comment_can_be_cleared(simulator: Simulator, zone: Zone, empty: str | None) -> None:
    """Null and an empty text both remove a comment and its time."""
    record = simulator.cloudflare.add_record(
        zone, type="A", name="home", content="192.0.2.1", comment="mine"
    )
    assert record["comment_modified_on"] == record["created_on"]

    record = simulator.cloudflare.edit_record(zone, record["id"], comment=empty)

    assert record["comment"] is None
    assert "comment_modified_on" not in record


async def test_usage_has_the_quota_and_the_number_of_records(
    simulator: Simulator, zone: Zone, session: ClientSession
) -> None:
    """A zone on the Free plan has a quota of 200 records."""
    simulator.cloudflare.add_record(zone, type="A", name="home", content="192.0.2.1")

    async with session.get(f"zones/{zone.id}/dns_records/usage") as response:
        assert (await response.json())["result"] == {"record_quota": 200, "record_usage": 1}


async def test_ignored_fields_and_parameters_are_surprises(
    simulator: Simulator, zone: Zone, session: ClientSession
) -> None:
    """Fields and parameters without a meaning are recorded, so that a test can require none."""
    body = {"type": "A", "name": "home", "content": "192.0.2.1", "color": "blue"}
    async with session.post(f"zones/{zone.id}/dns_records?fast=1", json=body) as response:
        assert response.status == 200

    assert simulator.log.surprises == [
        "POST /zones/{zone_id}/dns_records: query parameter 'fast' is ignored",
        "POST /zones/{zone_id}/dns_records: body field 'color' is ignored",
    ]


async def test_an_sdk_error_has_the_code(zone: Zone, client: AsyncCloudflare) -> None:
    """A refusal reaches the SDK as an exception with Cloudflare's code."""
    with pytest.raises(BadRequestError) as caught:
        await client.dns.records.create(
            zone_id=zone.id, type="A", name="home", content="not an address", ttl=1
        )
    assert [error.code for error in caught.value.errors] == [9005]
