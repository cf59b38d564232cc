"""The batch endpoint: one request, one transaction."""

from typing import Any

from aiohttp import ClientSession
from cloudflare import AsyncCloudflare, BadRequestError, NotFoundError
import pytest

from simulator import Simulator
from simulator.cloudflare import Zone
from simulator.cloudflare.plans import PlanName
from simulator.cloudflare.switches import AbsentLists


def host(number: int, **more: Any) -> dict[str, Any]:
    """Return the body of a minimal record."""
    return {"type": "A", "name": f"host{number}", "content": "192.0.2.1", **more}


async def test_a_batch_has_all_four_kinds_of_operations(
    simulator: Simulator, zone: Zone, client: AsyncCloudflare
) -> None:
    """Deletes, patches, puts and posts share one request, and the response has every record."""
    deleted, patched, replaced = (
        simulator.cloudflare.add_record(zone, **host(number, comment="old", ttl=3600))
        for number in range(3)
    )

    done = await client.dns.records.batch(
        zone_id=zone.id,
        deletes=[{"id": deleted["id"]}],
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
    assert [
        (record["content"], record["comment"]) for record in simulator.cloudflare.records(zone)
    ] == [
        ("192.0.2.2", "old"),
        ("192.0.2.3", None),
        ("2001:db8::3", None),
    ]
    assert simulator.log.count() == 1
    assert simulator.log.surprises == []


async def test_deletes_are_applied_before_posts(
    simulator: Simulator, zone: Zone, client: AsyncCloudflare
) -> None:
    """A CNAME can be replaced by an address in one batch."""
    cname = simulator.cloudflare.add_record(zone, type="CNAME", name="home", content="example.net")

    await client.dns.records.batch(
        zone_id=zone.id,
        posts=[{"type": "A", "name": "home", "ttl": 1, "content": "192.0.2.1"}],
        deletes=[{"id": cname["id"]}],
    )

    assert [record["type"] for record in simulator.cloudflare.records(zone)] == ["A"]


async def test_a_failed_batch_changes_nothing(
    simulator: Simulator, zone: Zone, client: AsyncCloudflare
) -> None:
    """One invalid operation rolls back all, and only the first error is reported."""
    record = simulator.cloudflare.add_record(zone, **host(0))
    before = simulator.cloudflare.records(zone)

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
    assert simulator.cloudflare.records(zone) == before
    assert simulator.cloudflare.add_record(zone, **host(1))["name"] == "host1.example.com"


async def test_a_batch_with_an_unknown_record_is_refused(
    simulator: Simulator, zone: Zone, client: AsyncCloudflare
) -> None:
    """An unknown id, or one that the same batch has deleted, is 81044."""
    record = simulator.cloudflare.add_record(zone, **host(0))

    with pytest.raises(NotFoundError) as caught:
        await client.dns.records.batch(
            zone_id=zone.id, deletes=[{"id": record["id"]}, {"id": record["id"]}]
        )

    assert [error.code for error in caught.value.errors] == [81044]
    assert len(simulator.cloudflare.records(zone)) == 1


@pytest.mark.parametrize("absent, shown", [("null", None), ("empty", [])])
async def test_a_missing_list_is_null_or_empty(
    simulator: Simulator, zone: Zone, session: ClientSession, absent: AbsentLists, shown: object
) -> None:
    """Both responses are known, so a client must accept both."""
    simulator.cloudflare.switches.batch_absent_lists = absent
    body = {"deletes": [], "patches": None, "posts": [host(0)]}

    async with session.post(f"zones/{zone.id}/dns_records/batch", json=body) as response:
        result = (await response.json())["result"]

    assert list(result) == ["deletes", "patches", "puts", "posts"]
    assert (result["deletes"], result["puts"]) == ([], shown)
    assert len(result["posts"]) == 1
    assert simulator.log.entries[0].surprises == ["list 'patches' is null"]


@pytest.mark.parametrize("plan, most", [("free", 200), ("pro", 3500)])
async def test_a_plan_limits_the_operations_of_a_batch(
    simulator: Simulator, session: ClientSession, plan: PlanName, most: int
) -> None:
    """The Free plan allows 200 operations in a batch, a paid plan 3,500."""
    zone = simulator.cloudflare.add_zone("limits.example", plan=plan)
    url = f"zones/{zone.id}/dns_records/batch"

    async with session.post(url, json={"posts": [host(n) for n in range(most + 1)]}) as response:
        assert response.status == 400
    assert simulator.cloudflare.records(zone) == []
    async with session.post(url, json={"posts": [host(n) for n in range(most)]}) as response:
        assert response.status == 200
    assert len(simulator.cloudflare.records(zone)) == most


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
async def test_an_invalid_batch_is_refused(
    zone: Zone, session: ClientSession, body: object
) -> None:
    """An empty batch, a malformed list and a change without an id are errors."""
    async with session.post(f"zones/{zone.id}/dns_records/batch", json=body) as response:
        assert response.status in {400, 404}
        assert (await response.json())["success"] is False


async def test_ignored_fields_of_a_batch_are_surprises(
    simulator: Simulator, zone: Zone, session: ClientSession
) -> None:
    """Unknown lists and fields are added to the surprises."""
    record = simulator.cloudflare.add_record(zone, **host(0))
    body = {"deletes": [{"id": record["id"], "name": "host0"}], "gets": []}

    async with session.post(f"zones/{zone.id}/dns_records/batch", json=body) as response:
        assert response.status == 200
    assert simulator.log.entries[0].surprises == [
        "body field 'gets' is ignored",
        "'name' is ignored in a delete",
    ]
