"""Single records: what is kept, what is reset, and how they look."""

from datetime import UTC, datetime
from typing import Any

from aiohttp import ClientSession
from cloudflare import AsyncCloudflare, BadRequestError, NotFoundError
import pytest

from lab import Lab
from lab.cloudflare import Zone


async def test_a_record_is_created_and_shown(lab: Lab, zone: Zone, client: AsyncCloudflare) -> None:
    """POST answers with the full record, which the list shows from then on."""
    made = await client.dns.records.create(
        zone_id=zone.id, type="A", name="home", content="192.0.2.1", ttl=3600, comment="hello"
    )

    assert made is not None
    assert (made.name, made.content, made.ttl, made.proxied) == (
        "home.example.com",
        "192.0.2.1",
        3600,
        False,
    )
    assert made.id is not None
    again = await client.dns.records.get(zone_id=zone.id, dns_record_id=made.id)
    assert again == made
    assert [record["id"] for record in lab.cloudflare.records(zone)] == [made.id]
    assert lab.log.surprises == []


async def test_a_record_has_the_keys_of_today_in_their_order(
    lab: Lab, zone: Zone, session: ClientSession
) -> None:
    """A record has no `zone_id`, `zone_name` or `locked` any more, and trims its microseconds."""
    lab.cloudflare.now = lambda: datetime(2026, 11, 23, 12, 0, 0, 179770, tzinfo=UTC)
    lab.cloudflare.add_record(zone, type="A", name="@", content="192.0.2.1")

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


async def test_patch_keeps_what_it_does_not_name(lab: Lab, session: ClientSession) -> None:
    """PATCH of the content leaves proxying, TTL, comment, tags and settings alone."""
    zone = lab.cloudflare.add_zone("paid.example", plan="pro")
    old = lab.cloudflare.add_record(
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

    (kept,) = lab.cloudflare.records(zone)
    changed = {"content", "modified_on"}
    assert {key for key in kept if kept[key] != old[key]} == changed
    assert kept["content"] == "192.0.2.2"
    assert lab.log.select(method="PATCH")[0].body == {"content": "192.0.2.2"}


async def test_the_sdk_patches_a_record_with_the_fields_it_insists_on(
    lab: Lab, zone: Zone, client: AsyncCloudflare
) -> None:
    """The SDK always sends type, name and TTL; the comment stays all the same."""
    old = lab.cloudflare.add_record(
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


async def test_put_resets_what_it_does_not_name(lab: Lab, client: AsyncCloudflare) -> None:
    """PUT without TTL, proxying, comment and tags puts each back to its default."""
    zone = lab.cloudflare.add_zone("paid.example", plan="pro")
    old = lab.cloudflare.add_record(
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

    (new,) = lab.cloudflare.records(zone)
    assert (new["ttl"], new["proxied"], new["comment"], new["tags"]) == (1, False, None, [])
    assert (new["id"], new["created_on"]) == (old["id"], old["created_on"])


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
async def test_a_record_cannot_change_its_type(
    lab: Lab, zone: Zone, session: ClientSession, method: str
) -> None:
    """Since the middle of 2026 a record's type is for life."""
    record = lab.cloudflare.add_record(zone, type="A", name="home", content="192.0.2.1")
    body = {"type": "AAAA", "name": "home", "content": "2001:db8::1", "ttl": 1}

    async with session.request(
        method, f"zones/{zone.id}/dns_records/{record['id']}", json=body
    ) as response:
        assert response.status == 400
    assert lab.cloudflare.records(zone) == [record]


async def test_a_deleted_record_is_gone(lab: Lab, zone: Zone, client: AsyncCloudflare) -> None:
    """DELETE answers with the id alone, and a second DELETE finds nothing."""
    record = lab.cloudflare.add_record(zone, type="A", name="home", content="192.0.2.1")

    gone = await client.dns.records.delete(zone_id=zone.id, dns_record_id=record["id"])

    assert gone is not None
    assert gone.id == record["id"]
    with pytest.raises(NotFoundError) as caught:
        await client.dns.records.delete(zone_id=zone.id, dns_record_id=record["id"])
    assert [(error.code, error.message) for error in caught.value.errors] == [
        (81044, "Record does not exist.")
    ]


@pytest.mark.parametrize(
    "given,full",
    [
        ("@", "example.com"),
        ("example.com", "example.com"),
        ("Example.COM.", "example.com"),
        ("home", "home.example.com"),
        ("Home.example.com", "home.example.com"),
        ("*", "*.example.com"),
        ("*.lab", "*.lab.example.com"),
        ("_acme-challenge.home", "_acme-challenge.home.example.com"),
        ("büro", "xn--bro-hoa.example.com"),
        ("XN--BRO-HOA", "xn--bro-hoa.example.com"),
    ],
)
def test_a_name_is_completed_and_lower_cased(lab: Lab, zone: Zone, given: str, full: str) -> None:
    """Relative, absolute and international names become full names in lower-case Punycode."""
    assert (
        lab.cloudflare.add_record(zone, type="A", name=given, content="192.0.2.1")["name"] == full
    )


def test_a_proxied_record_has_an_automatic_ttl(lab: Lab, zone: Zone) -> None:
    """A proxied record shows TTL 1, whatever was asked for."""
    record = lab.cloudflare.add_record(
        zone, type="A", name="home", content="192.0.2.1", ttl=3600, proxied=True
    )
    assert (record["ttl"], record["proxied"]) == (1, True)

    record = lab.cloudflare.edit_record(zone, record["id"], proxied=False, ttl=120)
    assert (record["ttl"], record["proxied"]) == (120, False)


@pytest.mark.parametrize(
    "fields,shown",
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
def test_each_type_shows_its_content_in_one_form(
    lab: Lab, zone: Zone, fields: dict[str, Any], shown: dict[str, Any]
) -> None:
    """Addresses and host names are shown in their canonical form."""
    record = lab.cloudflare.add_record(zone, name="home", **fields)

    assert {key: record[key] for key in shown} == shown


def test_new_data_make_new_content(lab: Lab, zone: Zone) -> None:
    """A record that is made of data does not keep the content of the old ones."""
    data = {"flags": 0, "tag": "issue", "value": "ca.example"}
    record = lab.cloudflare.add_record(zone, type="CAA", name="@", data=data)

    record = lab.cloudflare.edit_record(zone, record["id"], data=data | {"value": "ca.example.org"})

    assert record["content"] == "0 issue ca.example.org"


@pytest.mark.parametrize("empty", [None, ""], ids=["null", "empty"])
def test_a_comment_can_be_cleared(lab: Lab, zone: Zone, empty: str | None) -> None:
    """Null and an empty text both take a comment away, and its time with it."""
    record = lab.cloudflare.add_record(
        zone, type="A", name="home", content="192.0.2.1", comment="mine"
    )
    assert record["comment_modified_on"] == record["created_on"]

    record = lab.cloudflare.edit_record(zone, record["id"], comment=empty)

    assert record["comment"] is None
    assert "comment_modified_on" not in record


async def test_usage_tells_how_full_a_zone_is(lab: Lab, zone: Zone, session: ClientSession) -> None:
    """A zone on the Free plan has room for two hundred records."""
    lab.cloudflare.add_record(zone, type="A", name="home", content="192.0.2.1")

    async with session.get(f"zones/{zone.id}/dns_records/usage") as response:
        assert (await response.json())["result"] == {"record_quota": 200, "record_usage": 1}


async def test_what_cloudflare_would_ignore_is_a_surprise(
    lab: Lab, zone: Zone, session: ClientSession
) -> None:
    """Fields and parameters that mean nothing are noted, so that a test can insist on none."""
    body = {"type": "A", "name": "home", "content": "192.0.2.1", "colour": "blue"}
    async with session.post(f"zones/{zone.id}/dns_records?fast=1", json=body) as response:
        assert response.status == 200

    assert lab.log.surprises == [
        "POST /zones/{zone_id}/dns_records: query parameter 'fast' is ignored",
        "POST /zones/{zone_id}/dns_records: body field 'colour' is ignored",
    ]


async def test_an_sdk_error_carries_code_and_status(zone: Zone, client: AsyncCloudflare) -> None:
    """A refusal reaches the SDK as an exception with Cloudflare's own code."""
    with pytest.raises(BadRequestError) as caught:
        await client.dns.records.create(
            zone_id=zone.id, type="A", name="home", content="not an address", ttl=1
        )
    assert [error.code for error in caught.value.errors] == [9005]
