"""The batch endpoint: one request, one transaction."""

from typing import Any

from aiohttp import ClientSession
from cloudflare import AsyncCloudflare, BadRequestError, NotFoundError
import pytest

from lab import Lab
from lab.cloudflare import Zone
from lab.cloudflare.plans import PlanName
from lab.cloudflare.switches import AbsentLists


def host(number: int, **more: Any) -> dict[str, Any]:
    """Return the body of a small record."""
    return {"type": "A", "name": f"host{number}", "content": "192.0.2.1", **more}


async def test_a_batch_does_all_four_kinds_in_one_request(
    lab: Lab, zone: Zone, client: AsyncCloudflare
) -> None:
    """Deletes, patches, puts and posts go together, and every changed record is answered."""
    gone, patched, replaced = (
        lab.cloudflare.add_record(zone, **host(number, comment="old", ttl=3600))
        for number in range(3)
    )

    done = await client.dns.records.batch(
        zone_id=zone.id,
        deletes=[{"id": gone["id"]}],
        patches=[
            {"id": patched["id"], "type": "A", "name": "host1", "ttl": 3600, "content": "192.0.2.2"}
        ],
        puts=[
            {"id": replaced["id"], "type": "A", "name": "host2", "ttl": 1, "content": "192.0.2.3"}
        ],
        posts=[{"type": "AAAA", "name": "host3", "ttl": 1, "content": "2001:db8::3"}],
    )

    assert done is not None
    assert done.deletes is not None
    assert done.deletes[0].content == "192.0.2.1"
    assert done.posts is not None
    assert done.posts[0].name == "host3.example.com"
    assert [(record["content"], record["comment"]) for record in lab.cloudflare.records(zone)] == [
        ("192.0.2.2", "old"),
        ("192.0.2.3", None),
        ("2001:db8::3", None),
    ]
    assert lab.log.count() == 1
    assert lab.log.surprises == []


async def test_deletes_come_before_posts(lab: Lab, zone: Zone, client: AsyncCloudflare) -> None:
    """A CNAME can make room for an address in the same batch."""
    cname = lab.cloudflare.add_record(zone, type="CNAME", name="home", content="example.net")

    await client.dns.records.batch(
        zone_id=zone.id,
        posts=[{"type": "A", "name": "home", "ttl": 1, "content": "192.0.2.1"}],
        deletes=[{"id": cname["id"]}],
    )

    assert [record["type"] for record in lab.cloudflare.records(zone)] == ["A"]


async def test_a_batch_that_fails_changes_nothing(
    lab: Lab, zone: Zone, client: AsyncCloudflare
) -> None:
    """One bad operation undoes all, and only the first error is told."""
    record = lab.cloudflare.add_record(zone, **host(0))
    before = lab.cloudflare.records(zone)

    with pytest.raises(BadRequestError) as caught:
        await client.dns.records.batch(
            zone_id=zone.id,
            deletes=[{"id": record["id"]}],
            posts=[
                {"type": "A", "name": "host1", "ttl": 1, "content": "192.0.2.1"},
                {"type": "A", "name": "host1", "ttl": 1, "content": "192.0.2.1"},
                {"type": "A", "name": "host2", "ttl": 1, "content": "nonsense"},
            ],
        )

    assert [error.code for error in caught.value.errors] == [81058]
    assert lab.cloudflare.records(zone) == before
    assert lab.cloudflare.add_record(zone, **host(1))["name"] == "host1.example.com"


async def test_a_batch_cannot_touch_a_record_that_is_gone(
    lab: Lab, zone: Zone, client: AsyncCloudflare
) -> None:
    """An unknown id, or one that the same batch has deleted, is 81044."""
    record = lab.cloudflare.add_record(zone, **host(0))

    with pytest.raises(NotFoundError) as caught:
        await client.dns.records.batch(
            zone_id=zone.id, deletes=[{"id": record["id"]}, {"id": record["id"]}]
        )

    assert [error.code for error in caught.value.errors] == [81044]
    assert len(lab.cloudflare.records(zone)) == 1


@pytest.mark.parametrize("absent,shown", [("null", None), ("empty", [])])
async def test_a_list_that_was_not_requested_is_null_or_empty(
    lab: Lab, zone: Zone, session: ClientSession, absent: AbsentLists, shown: object
) -> None:
    """Both are known of the real answer, so a client must accept both."""
    lab.cloudflare.switches.batch_absent_lists = absent
    body = {"deletes": [], "patches": None, "posts": [host(0)]}

    async with session.post(f"zones/{zone.id}/dns_records/batch", json=body) as response:
        result = (await response.json())["result"]

    assert list(result) == ["deletes", "patches", "puts", "posts"]
    assert (result["deletes"], result["puts"]) == ([], shown)
    assert len(result["posts"]) == 1
    assert lab.log.entries[0].surprises == ["list 'patches' is null"]


@pytest.mark.parametrize("plan,most", [("free", 200), ("pro", 3500)])
async def test_a_plan_limits_the_operations_of_a_batch(
    lab: Lab, session: ClientSession, plan: PlanName, most: int
) -> None:
    """The Free plan takes two hundred operations at once, a paid one three and a half thousand."""
    zone = lab.cloudflare.add_zone("limits.example", plan=plan)
    url = f"zones/{zone.id}/dns_records/batch"

    async with session.post(url, json={"posts": [host(n) for n in range(most + 1)]}) as response:
        assert response.status == 400
    assert lab.cloudflare.records(zone) == []
    async with session.post(url, json={"posts": [host(n) for n in range(most)]}) as response:
        assert response.status == 200
    assert len(lab.cloudflare.records(zone)) == most


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"posts": []},
        {"posts": {}},
        {"posts": ["home"]},
        {"patches": [{"content": "192.0.2.2"}]},
        [],
        "text",
    ],
)
async def test_a_senseless_batch_is_refused(
    zone: Zone, session: ClientSession, body: object
) -> None:
    """An empty batch, a list that is none, or a change without an id is an error."""
    async with session.post(f"zones/{zone.id}/dns_records/batch", json=body) as response:
        assert response.status in {400, 404}
        assert (await response.json())["success"] is False


async def test_odd_fields_of_a_batch_are_surprises(
    lab: Lab, zone: Zone, session: ClientSession
) -> None:
    """Lists and fields that mean nothing are noted."""
    record = lab.cloudflare.add_record(zone, **host(0))
    body = {"deletes": [{"id": record["id"], "name": "host0"}], "gets": []}

    async with session.post(f"zones/{zone.id}/dns_records/batch", json=body) as response:
        assert response.status == 200
    assert lab.log.entries[0].surprises == [
        "body field 'gets' is ignored",
        "'name' is ignored in a delete",
    ]
