"""Records that were created at another name than requested: they are deleted again."""

from dataclasses import replace

import pytest

from custom_components.raindrop.ddns.cloudflare.client import CloudflareClient
from custom_components.raindrop.ddns.errors import CloudflareRefusedError
from custom_components.raindrop.ddns.models import OWNER_COMMENT, Change, HostName, Reason, Record
from custom_components.raindrop.ddns.records.apply import apply
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import OLD
from tests.library.apply.test_apply import BATCH, DONE, REFUSED, UNCONFIRMED, batch_response
from tests.library.builders import A1, HOME, create, record, update, zone_id

OUTSIDE = "home.example.net"
"""A name outside the zone: Cloudflare appends the name of the zone."""
PORCH = HostName("porch.example.com")


@pytest.mark.parametrize("count", [1, 2])
async def test_a_misplaced_record_is_deleted_again(
    simulator: Simulator, zone: Zone, client: CloudflareClient, count: int
) -> None:
    """A record that Cloudflare created at another name is deleted; its change is refused."""
    before = simulator.cloudflare.records(zone)
    changes: list[Change] = [create(f"n{number}.{OUTSIDE}", A1) for number in range(count)]

    outcomes = await apply(client, zone_id(zone), changes)

    assert [outcome.change for outcome in outcomes] == changes
    assert [outcome.reason for outcome in outcomes] == [REFUSED] * count
    assert [type(outcome.error) for outcome in outcomes] == [CloudflareRefusedError] * count
    assert {str(outcome.error) for outcome in outcomes} == {"The name is not in this zone"}
    assert simulator.cloudflare.records(zone) == before


async def test_a_misplaced_record_does_not_stop_the_others(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """Only the change of the misplaced record is refused; the others in the batch are done."""
    (old,) = await client.list_records(zone_id(zone))
    changes: list[Change] = [
        create("fine.example.com", A1),
        create(OUTSIDE, A1),
        update(old, A1),
    ]

    outcomes = await apply(client, zone_id(zone), changes)

    assert [outcome.reason for outcome in outcomes] == [DONE, REFUSED, DONE]
    contents = {r["name"]: r["content"] for r in simulator.cloudflare.records(zone)}
    assert contents == {"home.example.com": str(A1), "fine.example.com": str(A1)}


async def test_a_misplaced_record_of_a_single_write_is_deleted_again(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """A misplaced record is deleted whether it was created in a batch or singly."""
    before = simulator.cloudflare.records(zone)
    simulator.faults.add("cloudflare", BATCH, kind="error", status=400, code=9207)

    (outcome,) = await apply(client, zone_id(zone), [create(OUTSIDE, A1)])

    assert outcome.reason is REFUSED
    assert simulator.cloudflare.records(zone) == before


async def test_a_change_is_refused_if_its_misplaced_record_cannot_be_deleted(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """A failure to delete a misplaced record does not fail the update."""
    simulator.faults.add("cloudflare", "DELETE *", kind="html")

    (outcome,) = await apply(client, zone_id(zone), [create(OUTSIDE, A1)])

    assert outcome.reason is REFUSED
    assert simulator.log.count(method="DELETE") == 1


async def test_s12_a_record_that_was_renamed_externally_is_not_deleted(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """Lesson S12: a record that was renamed between list and write is not misplaced."""
    created = simulator.cloudflare.add_record(
        zone, type="A", name="gate", content=OLD, comment=OWNER_COMMENT
    )
    old = next(r for r in await client.list_records(zone_id(zone)) if r.id == created["id"])
    simulator.cloudflare.edit_record(zone, old.id, name=PORCH)

    (outcome,) = await apply(client, zone_id(zone), [update(old, A1)])

    assert outcome.reason is DONE
    assert outcome.record is not None
    assert (outcome.record.name, outcome.record.content) == (PORCH, str(A1))
    assert old.id in {r["id"] for r in simulator.cloudflare.records(zone)}
    assert simulator.log.count(method="DELETE") == 0


async def test_s12_a_record_that_is_not_owned_is_never_misplaced(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """Lesson S12: a record in the response without the ownership comment is not deleted."""
    not_owned = record(A1, number=8, name="other.example.com", comment="front door")
    simulator.faults.add(
        "cloudflare", BATCH, kind="body", body=batch_response(not_owned, keys=("posts", "patches"))
    )

    (outcome,) = await apply(client, zone_id(zone), [create("home.example.com", A1)])

    assert outcome.reason is Reason.NOT_APPLIED
    assert simulator.log.count(method="DELETE") == 0


@pytest.mark.parametrize("number", [1, 2])
async def test_s12_the_record_of_another_change_is_never_misplaced(
    simulator: Simulator, zone: Zone, client: CloudflareClient, number: int
) -> None:
    """Lesson S12: if a response shows only one of two updated records, none is deleted."""
    first = record(OLD, number=1, comment=OWNER_COMMENT)
    second = record(OLD, number=2, name="b.example.com", comment=OWNER_COMMENT)
    shown = replace(first if number == 1 else second, content=str(A1))
    simulator.faults.add("cloudflare", BATCH, kind="body", body=batch_response(shown))

    outcomes = await apply(client, zone_id(zone), [update(first, A1), update(second, A1)])

    assert {outcome.reason for outcome in outcomes} == {DONE, UNCONFIRMED}
    assert simulator.log.count(method="DELETE") == 0


@pytest.mark.parametrize(
    "shown, reason",
    [
        pytest.param([record(OLD, number=1)], Reason.NOT_APPLIED, id="another address"),
        pytest.param([], UNCONFIRMED, id="not shown"),
    ],
)
async def test_s15_a_misplaced_record_does_not_affect_an_update(
    simulator: Simulator,
    zone: Zone,
    client: CloudflareClient,
    shown: list[Record],
    reason: Reason,
) -> None:
    """Lesson S15: an update in a batch with a misplaced record is judged by its own record."""
    misplaced = simulator.cloudflare.add_record(
        zone, type="A", name=f"{OUTSIDE}.example.com", content=str(A1), comment=OWNER_COMMENT
    )
    there = record(A1, name=misplaced["name"], comment=OWNER_COMMENT)
    body = batch_response(*shown, replace(there, id=misplaced["id"]))
    simulator.faults.add("cloudflare", BATCH, kind="body", body=body)

    changes: list[Change] = [update(record(OLD, number=1), A1), create(OUTSIDE, A1)]

    outcomes = await apply(client, zone_id(zone), changes)

    assert [outcome.change for outcome in outcomes] == changes
    assert [outcome.reason for outcome in outcomes] == [reason, REFUSED]


@pytest.mark.parametrize(
    "name, fields",
    [
        pytest.param("shed", {}, id="another name"),
        pytest.param(f"{HOME}.example.com", {}, id="the requested name, completed"),
        pytest.param(f"{HOME}.example.com", {"content": OLD}, id="another address"),
        pytest.param(f"{HOME}.example.com", {"comment": "mine now"}, id="not owned any more"),
    ],
)
@pytest.mark.parametrize("is_known", [True, False])
async def test_an_owned_record_is_not_deleted_because_a_response_shows_it(
    *,
    simulator: Simulator,
    zone: Zone,
    client: CloudflareClient,
    name: str,
    fields: dict[str, str],
    is_known: bool,
) -> None:
    """The response to a creation shows an older record: it is read first, and stays."""
    kept = simulator.cloudflare.add_record(
        zone, **{"type": "A", "name": name, "content": str(A1), "comment": OWNER_COMMENT} | fields
    )
    existing = await client.list_records(zone_id(zone)) if is_known else []
    simulator.cloudflare.add_record(zone, type="A", name=HOME, content=str(A1))
    shown = record(A1, name=kept["name"], comment=OWNER_COMMENT)
    body = batch_response(replace(shown, id=kept["id"]), keys=("posts", "patches"))
    simulator.faults.add("cloudflare", BATCH, kind="body", body=body)

    (outcome,) = await apply(client, zone_id(zone), [create(HOME, A1)], existing)

    assert outcome.reason is Reason.NOT_APPLIED
    assert simulator.log.count(method="DELETE") == 0
    assert kept["id"] in {r["id"] for r in simulator.cloudflare.records(zone)}


@pytest.mark.parametrize("kind", ["html", "rate_limit"])
async def test_a_misplaced_record_that_cannot_be_read_again_is_not_deleted(
    simulator: Simulator, zone: Zone, client: CloudflareClient, kind: str
) -> None:
    """Nothing is deleted on the word of one response."""
    simulator.faults.add("cloudflare", "GET *", kind=kind)

    (outcome,) = await apply(client, zone_id(zone), [create(OUTSIDE, A1)])

    assert outcome.reason is Reason.NOT_APPLIED
    assert simulator.log.count(method="DELETE") == 0
