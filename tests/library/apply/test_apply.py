"""Applying changes: one batch for many, bisected to find the change that is refused."""

from collections.abc import Sequence
from dataclasses import replace
from ipaddress import IPv4Address
import json
from math import ceil, log2

import pytest

from custom_components.raindrop.ddns.cloudflare.client import CloudflareClient
from custom_components.raindrop.ddns.errors import (
    CloudflareNotFoundError,
    CloudflareRefusedError,
    CloudflareResponseError,
)
from custom_components.raindrop.ddns.models import (
    Change,
    Reason,
    Record,
    Update,
)
from custom_components.raindrop.ddns.plan_values import Outcome
from custom_components.raindrop.ddns.records.apply import apply
from custom_components.raindrop.ddns.zones import MAX_BATCH
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import OLD, operations
from tests.library.builders import A1, A2, B1, HOME, create, record, record_id, update, zone_id

BATCH = "POST /zones/{zone_id}/dns_records/batch"
DONE, REFUSED, UNCONFIRMED = None, Reason.REFUSED, Reason.UNCONFIRMED
NOT_APPLIED = Reason.NOT_APPLIED
"""The reasons of outcomes; an outcome without a reason is done."""


def fill(simulator: Simulator, zone: Zone, count: int) -> None:
    """Add records to a zone."""
    for number in range(count):
        simulator.cloudflare.add_record(zone, type="A", name=f"n{number}", content=OLD, ttl=3600)


async def add_records(
    simulator: Simulator, zone: Zone, client: CloudflareClient, count: int
) -> list[Record]:
    """Add records to a zone and return them; the log is empty afterwards."""
    fill(simulator, zone, count)
    listed = await client.list_records(zone_id(zone))
    simulator.log.clear()
    return [r for r in listed if r.name != HOME]


def of_deleted_record(change: Change) -> Change:
    """Return the same update of a record that does not exist any more."""
    assert isinstance(change, Update)
    return replace(change, record=replace(change.record, id=record_id(0xDEAD)))


def reasons(outcomes: Sequence[Outcome]) -> dict[str, Reason | None]:
    """Return the reason of each outcome, by the name of its record."""
    return {outcome.change.record_key.name: outcome.reason for outcome in outcomes}


async def test_no_changes_need_no_request(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """Without changes, Cloudflare is not called."""
    assert await apply(client, zone_id(zone), []) == []
    assert simulator.log.count(service="cloudflare") == 0


async def test_many_changes_are_one_request(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """All changes of a zone are sent in one batch; each outcome has the record after it."""
    records = await add_records(simulator, zone, client, 20)
    changes: list[Change] = [update(r, A1) for r in records]
    changes += [create("new.example.com", A1), create("new.example.com", B1)]

    outcomes = await apply(client, zone_id(zone), changes)

    assert [outcome.change for outcome in outcomes] == changes
    assert {outcome.reason for outcome in outcomes} == {DONE}
    assert simulator.log.count(service="cloudflare") == 1
    for outcome in outcomes:
        assert outcome.record is not None
        assert outcome.record.content == str(outcome.change.address)
        assert outcome.record.name == outcome.change.record_key.name
        assert outcome.error is None


@pytest.mark.parametrize(
    "count, batches", [(1, [1]), (200, [200]), (201, [200, 1]), (401, [200, 200, 1])]
)
async def test_a_batch_is_no_larger_than_every_plan_allows(
    simulator: Simulator, zone: Zone, client: CloudflareClient, count: int, batches: list[int]
) -> None:
    """More changes than the Free plan allows at once are sent in several batches."""
    assert MAX_BATCH == 200
    pro = simulator.cloudflare.add_zone("pro.example", plan="pro")
    changes = [create(f"n{number}.pro.example", A1) for number in range(count)]

    outcomes = await apply(client, zone_id(pro), changes)

    assert [outcome.reason for outcome in outcomes] == [DONE] * count
    sizes = [len(operations(batch, "posts")) for batch in simulator.log.select(endpoint=BATCH)]
    assert sizes == batches
    assert len(simulator.cloudflare.records(pro)) == count


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7, 8, 200])
async def test_s17_one_refused_change_is_found_by_bisection(
    simulator: Simulator, zone: Zone, client: CloudflareClient, count: int
) -> None:
    """Lesson S17: at any position, a refused change costs few requests and stops no other."""
    pro = simulator.cloudflare.add_zone("pro.example", plan="pro")
    records = await add_records(simulator, pro, client, count)

    for position in range(count) if count < 10 else (0, 1, 62, 99, 100, 137, 198, 199):
        address = IPv4Address(f"81.2.70.{position}")
        changes: list[Change] = [update(r, address) for r in records]
        changes[position] = refused_change = of_deleted_record(changes[position])
        simulator.log.clear()

        outcomes = await apply(client, zone_id(pro), changes)

        further = simulator.log.count(service="cloudflare") - 1
        assert further <= ceil(log2(count)) + 1
        assert {o.change.record_key.name for o in outcomes} == {c.record_key.name for c in changes}
        assert len(outcomes) == count
        (refused,) = [outcome for outcome in outcomes if outcome.reason is not DONE]
        assert (refused.change, refused.reason) == (refused_change, REFUSED)
        assert isinstance(refused.error, CloudflareNotFoundError)
        written = {
            r["name"] for r in simulator.cloudflare.records(pro) if r["content"] == str(address)
        }
        assert written == {r.name for r in records} - {refused_change.record_key.name}


@pytest.mark.parametrize(
    "count, positions",
    [
        pytest.param(2, {0, 1}, id="all of two"),
        pytest.param(3, {0, 2}, id="both ends"),
        pytest.param(8, {3, 4}, id="the middle"),
        pytest.param(8, {0, 1, 2, 3}, id="the first half"),
        pytest.param(8, {4, 5, 6, 7}, id="the second half"),
        pytest.param(8, {0, 2, 4, 6, 7}, id="five"),
        pytest.param(8, set(range(8)), id="all"),
        pytest.param(30, {1, 7, 8, 15, 22, 29}, id="six of thirty"),
    ],
)
async def test_s17_several_refused_changes_do_not_stop_the_others(
    simulator: Simulator, zone: Zone, client: CloudflareClient, count: int, positions: set[int]
) -> None:
    """Lesson S17: with any number of refused changes, every other change is written once."""
    records = await add_records(simulator, zone, client, count)
    changes: list[Change] = [update(r, A1) for r in records]
    for position in positions:
        changes[position] = of_deleted_record(changes[position])

    outcomes = await apply(client, zone_id(zone), changes)

    assert len(outcomes) == count
    assert {changes.index(o.change) for o in outcomes if o.reason is REFUSED} == positions
    assert {changes.index(o.change) for o in outcomes if o.reason is DONE} == (
        set(range(count)) - positions
    )
    assert all(isinstance(o.error, CloudflareNotFoundError) for o in outcomes if o.error)
    contents = [r["content"] for r in simulator.cloudflare.records(zone)]
    assert contents.count(str(A1)) == count - len(positions)


@pytest.mark.parametrize("positions", [{0, 31, 64, 99}, {10, 11, 12, 13}])
async def test_s22_a_few_refused_changes_cost_a_few_requests(
    simulator: Simulator, zone: Zone, client: CloudflareClient, positions: set[int]
) -> None:
    """Lesson S22: up to four refused changes are searched for: fewer requests than one each."""
    records = await add_records(simulator, zone, client, 100)
    changes: list[Change] = [update(r, A1) for r in records]
    for position in positions:
        changes[position] = of_deleted_record(changes[position])

    outcomes = await apply(client, zone_id(zone), changes)

    assert [outcome.reason for outcome in outcomes].count(DONE) == 100 - len(positions)
    further = simulator.log.count(service="cloudflare") - 1
    assert further <= len(positions) * (ceil(log2(100)) + 1)
    assert simulator.log.count(method="PATCH") == 0


async def test_s22_after_four_refused_changes_the_rest_is_written_singly(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """Lesson S22: after the fourth refused change, the search ends and single requests follow."""
    records = await add_records(simulator, zone, client, 10)
    changes: list[Change] = [update(r, A1) for r in records]
    for position in (1, 3, 5, 7, 9):
        changes[position] = of_deleted_record(changes[position])

    outcomes = await apply(client, zone_id(zone), changes)

    assert [outcome.reason for outcome in outcomes].count(DONE) == 5
    # The last two: one that is accepted, and the fifth that is refused.
    assert simulator.log.count(method="PATCH") == 2


async def test_each_refused_change_has_its_own_error(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """The outcome of each refused change has Cloudflare's error for that change."""
    records = await add_records(simulator, zone, client, 2)
    simulator.cloudflare.add_record(zone, type="CNAME", name="alias", content="a.example.net")
    changes: list[Change] = [
        create("fine.example.com", A1),
        create("alias.example.com", A1),
        update(records[0], A1),
        of_deleted_record(update(records[1], A1)),
    ]

    outcomes = {o.change: o for o in await apply(client, zone_id(zone), changes)}

    assert [outcomes[change].reason for change in changes] == [DONE, REFUSED, DONE, REFUSED]
    cname, deleted = outcomes[changes[1]].error, outcomes[changes[3]].error
    assert isinstance(cname, CloudflareRefusedError)
    assert cname.codes == (81054,)
    assert isinstance(deleted, CloudflareNotFoundError)


@pytest.mark.parametrize("count", [1, 2, 5, 12])
@pytest.mark.parametrize("code, status", [(9207, 400), (7003, 400), (10405, 405)])
async def test_s17_if_all_batches_are_refused_changes_are_written_singly(
    simulator: Simulator, zone: Zone, client: CloudflareClient, count: int, code: int, status: int
) -> None:
    """Lesson S17: if Cloudflare refuses batches as such, every change is still written."""
    records = await add_records(simulator, zone, client, count - 1)
    changes: list[Change] = [create("new.example.com", A1), *(update(r, A1) for r in records)]
    simulator.faults.add("cloudflare", BATCH, kind="error", status=status, code=code)

    outcomes = await apply(client, zone_id(zone), changes)

    assert reasons(outcomes) == {change.record_key.name: DONE for change in changes}
    assert len(outcomes) == count
    contents = {r["name"]: r["content"] for r in simulator.cloudflare.records(zone)}
    assert contents == {HOME: OLD} | {change.record_key.name: str(A1) for change in changes}
    singles = simulator.log.count(service="cloudflare") - simulator.log.count(endpoint=BATCH)
    assert singles == count


async def test_a_refused_single_write_does_not_stop_the_others(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """If changes are written singly, a refused one does not stop the others."""
    records = await add_records(simulator, zone, client, 6)
    changes: list[Change] = [update(r, A1) for r in records]
    changes[5] = of_deleted_record(changes[5])
    simulator.faults.add("cloudflare", BATCH, kind="error", status=400, code=9207)

    outcomes = await apply(client, zone_id(zone), changes)

    assert {o.change.record_key.name for o in outcomes if o.reason is REFUSED} == {
        changes[5].record_key.name
    }
    assert [o.reason for o in outcomes].count(DONE) == 5


def batch_response(*records: Record, keys: tuple[str, str] = ("patches", "posts")) -> str:
    """Return the response to a batch with these records."""
    fields = ("id", "name", "type", "content", "comment")
    result = [{"ttl": 1} | {field: getattr(r, field) for field in fields} for r in records]
    return json.dumps({"success": True, "result": {keys[0]: result, keys[1]: None}})


@pytest.mark.parametrize(
    "shown, is_create, reason",
    [
        pytest.param([], False, UNCONFIRMED, id="update/no records"),
        pytest.param([], True, UNCONFIRMED, id="create/no records"),
        pytest.param([record(A2, number=7)], False, NOT_APPLIED, id="update/another address"),
        pytest.param([record(A2, number=7)], True, NOT_APPLIED, id="create/another address"),
        pytest.param(
            [record("none.example.net", number=7)], False, NOT_APPLIED, id="update/no address"
        ),
        pytest.param(
            [record(A1, number=8, name="other.example.com")],
            False,
            UNCONFIRMED,
            id="update/another record",
        ),
        pytest.param(
            [record(A1, number=8, name="other.example.com")],
            True,
            NOT_APPLIED,
            id="create/another name",
        ),
        pytest.param([record(A1, number=8, kind="TXT")], True, NOT_APPLIED, id="create/TXT"),
    ],
)
async def test_s15_a_write_is_done_only_if_the_response_shows_it(
    *,
    simulator: Simulator,
    zone: Zone,
    client: CloudflareClient,
    shown: list[Record],
    is_create: bool,
    reason: Reason,
) -> None:
    """Lesson S15: a response without what was sent confirms nothing."""
    change = create(HOME, A1) if is_create else update(record(A2, number=7), A1)
    keys = ("posts", "patches") if is_create else ("patches", "posts")
    simulator.faults.add("cloudflare", BATCH, kind="body", body=batch_response(*shown, keys=keys))

    (outcome,) = await apply(client, zone_id(zone), [change])

    assert outcome.reason is reason
    is_unclear = isinstance(outcome.error, CloudflareResponseError)
    assert is_unclear is (reason is UNCONFIRMED)
    assert simulator.log.count(service="cloudflare") == 1


async def test_s15_each_change_is_checked_by_itself(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """Lesson S15: of two changes in one batch, only the one in the response is done."""
    first, second = record(OLD, number=1), record(OLD, number=2, name="b.example.com")
    body = batch_response(replace(first, content=str(A1)), second)
    simulator.faults.add("cloudflare", BATCH, kind="body", body=body)

    outcomes = await apply(client, zone_id(zone), [update(first, A1), update(second, A1)])

    assert [outcome.reason for outcome in outcomes] == [DONE, NOT_APPLIED]


async def test_a_change_of_attributes_is_done_without_an_address(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """If only an attribute is changed, the record in the response is enough."""
    (old,) = await add_records(simulator, zone, client, 1)
    change = replace(update(old, A1), address=None, proxied=True)

    (outcome,) = await apply(client, zone_id(zone), [change])

    assert outcome.reason is DONE
    assert outcome.record is not None
    assert (outcome.record.proxied, outcome.record.content) == (True, OLD)
