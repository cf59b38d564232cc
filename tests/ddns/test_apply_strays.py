"""Records that come to stand at another name than was asked for: none may stay behind."""

from dataclasses import replace

import pytest

from custom_components.raindrop.ddns.apply import apply
from custom_components.raindrop.ddns.cloudflare import CloudflareClient
from custom_components.raindrop.ddns.errors import CloudflareRefusedError
from custom_components.raindrop.ddns.model import OWNER_COMMENT, Change, HostName, Record
from lab import Lab
from lab.cloudflare import Zone
from tests.conftest import OLD

from .builders import A1, create, record, update, zone_id
from .test_apply import BATCH, DONE, REFUSED, UNCONFIRMED, answered

ELSEWHERE = "home.example.net"
"""A name that does not belong to the zone, which Cloudflare completes with the zone's own."""
PORCH = HostName("porch.example.com")


@pytest.mark.parametrize("count", [1, 2])
async def test_a_record_that_came_to_stand_elsewhere_is_taken_away_again(
    lab: Lab, zone: Zone, client: CloudflareClient, count: int
) -> None:
    """A name of another zone is completed by Cloudflare with ours: no stray may stay behind."""
    before = lab.cloudflare.records(zone)
    changes: list[Change] = [create(f"n{number}.{ELSEWHERE}", A1) for number in range(count)]

    outcomes = await apply(client, zone_id(zone), changes)

    assert [outcome.change for outcome in outcomes] == changes
    assert [outcome.result for outcome in outcomes] == [REFUSED] * count
    assert [type(outcome.error) for outcome in outcomes] == [CloudflareRefusedError] * count
    assert {str(outcome.error) for outcome in outcomes} == {"The name is not in this zone"}
    assert lab.cloudflare.records(zone) == before


async def test_beside_a_stray_the_others_are_written(
    lab: Lab, zone: Zone, client: CloudflareClient
) -> None:
    """Only the change that went astray is refused; those beside it in the batch are done."""
    (old,) = await client.list_records(zone_id(zone))
    changes: list[Change] = [
        create("fine.example.com", A1),
        create(ELSEWHERE, A1),
        update(old, A1),
    ]

    outcomes = await apply(client, zone_id(zone), changes)

    assert [outcome.result for outcome in outcomes] == [DONE, REFUSED, DONE]
    standing = {r["name"]: r["content"] for r in lab.cloudflare.records(zone)}
    assert standing == {"home.example.com": str(A1), "fine.example.com": str(A1)}


async def test_a_stray_that_was_created_singly_goes_as_well(
    lab: Lab, zone: Zone, client: CloudflareClient
) -> None:
    """It makes no difference whether a record was created in a batch or by itself."""
    before = lab.cloudflare.records(zone)
    lab.faults.add("cloudflare", BATCH, kind="error", status=400, code=9207)

    (outcome,) = await apply(client, zone_id(zone), [create(ELSEWHERE, A1)])

    assert outcome.result is REFUSED
    assert lab.cloudflare.records(zone) == before


async def test_a_stray_that_cannot_be_deleted_is_refused_all_the_same(
    lab: Lab, zone: Zone, client: CloudflareClient
) -> None:
    """A failure to clean up is no reason to fail the round."""
    lab.faults.add("cloudflare", "DELETE *", kind="html")

    (outcome,) = await apply(client, zone_id(zone), [create(ELSEWHERE, A1)])

    assert outcome.result is REFUSED
    assert lab.log.count(method="DELETE") == 1


async def test_s12_a_record_that_was_renamed_meanwhile_is_not_deleted(
    lab: Lab, zone: Zone, client: CloudflareClient
) -> None:
    """Lesson S12: whom the user gave another name between list and write is no stray."""
    made = lab.cloudflare.add_record(
        zone, type="A", name="gate", content=OLD, comment=OWNER_COMMENT
    )
    old = next(r for r in await client.list_records(zone_id(zone)) if r.id == made["id"])
    lab.cloudflare.edit_record(zone, old.id, name=PORCH)

    (outcome,) = await apply(client, zone_id(zone), [update(old, A1)])

    assert outcome.result is DONE
    assert outcome.record is not None
    assert (outcome.record.name, outcome.record.content) == (PORCH, str(A1))
    assert old.id in {r["id"] for r in lab.cloudflare.records(zone)}
    assert lab.log.count(method="DELETE") == 0


async def test_s12_a_record_of_other_hands_is_never_a_stray(
    lab: Lab, zone: Zone, client: CloudflareClient
) -> None:
    """Lesson S12: what an answer shows without our comment was not created by us."""
    foreign = record(A1, number=8, name="other.example.com", comment="front door")
    lab.faults.add(
        "cloudflare", BATCH, kind="body", body=answered(foreign, keys=("posts", "patches"))
    )

    (outcome,) = await apply(client, zone_id(zone), [create("home.example.com", A1)])

    assert outcome.result is UNCONFIRMED
    assert lab.log.count(method="DELETE") == 0


@pytest.mark.parametrize("number", [1, 2])
async def test_s12_the_record_of_another_change_is_never_a_stray(
    lab: Lab, zone: Zone, client: CloudflareClient, number: int
) -> None:
    """Lesson S12: an answer that mixes up two of our names deletes neither."""
    first = record(OLD, number=1, comment=OWNER_COMMENT)
    second = record(OLD, number=2, name="b.example.com", comment=OWNER_COMMENT)
    shown = replace(first if number == 1 else second, content=str(A1))
    lab.faults.add("cloudflare", BATCH, kind="body", body=answered(shown))

    outcomes = await apply(client, zone_id(zone), [update(first, A1), update(second, A1)])

    assert sorted(outcome.result for outcome in outcomes) == [DONE, UNCONFIRMED]
    assert lab.log.count(method="DELETE") == 0


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param([record(OLD, number=1)], id="another address"),
        pytest.param([], id="not shown"),
    ],
)
async def test_s15_beside_a_stray_an_update_is_judged_by_itself(
    lab: Lab, zone: Zone, client: CloudflareClient, shown: list[Record]
) -> None:
    """Lesson S15: what one name came to says nothing of a record that exists already."""
    stray = record(A1, number=9, name=f"{ELSEWHERE}.example.com", comment=OWNER_COMMENT)
    body = answered(*shown, stray)
    lab.faults.add("cloudflare", BATCH, kind="body", body=body)

    changes: list[Change] = [update(record(OLD, number=1), A1), create(ELSEWHERE, A1)]

    outcomes = await apply(client, zone_id(zone), changes)

    assert [outcome.change for outcome in outcomes] == changes
    assert [outcome.result for outcome in outcomes] == [UNCONFIRMED, REFUSED]
    assert str(outcomes[0].error) == "Cloudflare's answer shows another address"
