"""Carrying changes out: one batch for many, and the search for the one that is refused."""

from collections.abc import Sequence
from dataclasses import replace
from ipaddress import IPv4Address
import json
from math import ceil, log2

import pytest

from custom_components.raindrop.ddns import cloudflare
from custom_components.raindrop.ddns.apply import apply
from custom_components.raindrop.ddns.cloudflare import CloudflareClient
from custom_components.raindrop.ddns.errors import (
    CloudflareNotFoundError,
    CloudflareRefusedError,
    CloudflareResponseError,
)
from custom_components.raindrop.ddns.model import Change, Outcome, Record, Result, Update
from lab import Lab
from lab.cloudflare import Zone
from tests.conftest import OLD, operations

from .builders import A1, A2, B1, HOME, create, record, record_id, update, zone_id

BATCH = "POST /zones/{zone_id}/dns_records/batch"
DONE, REFUSED, UNCONFIRMED = Result.DONE, Result.REFUSED, Result.UNCONFIRMED


def fill(lab: Lab, zone: Zone, count: int) -> None:
    """Add records to a zone by a stranger's hand."""
    for number in range(count):
        lab.cloudflare.add_record(zone, type="A", name=f"n{number}", content=OLD, ttl=3600)


async def standing(lab: Lab, zone: Zone, client: CloudflareClient, count: int) -> list[Record]:
    """Return so many records of a zone, and forget what that took."""
    fill(lab, zone, count)
    listed = await client.list_records(zone_id(zone))
    lab.log.clear()
    return [r for r in listed if r.name != HOME]


def gone(change: Change) -> Change:
    """Return a change to a record that somebody deleted meanwhile."""
    assert isinstance(change, Update)
    return replace(change, record=replace(change.record, id=record_id(0xDEAD)))


def results(outcomes: Sequence[Outcome]) -> dict[str, Result]:
    """Return how each change ended, by its name."""
    return {outcome.change.slot.name: outcome.result for outcome in outcomes}


async def test_nothing_to_do_asks_nothing(lab: Lab, zone: Zone, client: CloudflareClient) -> None:
    """Without changes there is no request."""
    assert await apply(client, zone_id(zone), []) == []
    assert lab.log.count(service="cloudflare") == 0


async def test_many_changes_are_one_request(lab: Lab, zone: Zone, client: CloudflareClient) -> None:
    """All changes of a zone go out in one batch, and each outcome shows the record after it."""
    records = await standing(lab, zone, client, 20)
    changes: list[Change] = [update(r, A1) for r in records]
    changes += [create("new.example.com", A1), create("new.example.com", B1)]

    outcomes = await apply(client, zone_id(zone), changes)

    assert [outcome.change for outcome in outcomes] == changes
    assert {outcome.result for outcome in outcomes} == {DONE}
    assert lab.log.count(service="cloudflare") == 1
    for outcome in outcomes:
        assert outcome.record is not None
        assert outcome.record.content == str(outcome.change.address)
        assert outcome.record.name == outcome.change.slot.name
        assert outcome.error is None


@pytest.mark.parametrize(
    "count, batches", [(1, [1]), (200, [200]), (201, [200, 1]), (401, [200, 200, 1])]
)
async def test_a_batch_holds_what_every_plan_allows(
    lab: Lab, zone: Zone, client: CloudflareClient, count: int, batches: list[int]
) -> None:
    """More changes than the Free plan takes at once go out in several batches."""
    assert cloudflare.MAX_BATCH == 200
    pro = lab.cloudflare.add_zone("pro.example", plan="pro")
    changes = [create(f"n{number}.pro.example", A1) for number in range(count)]

    outcomes = await apply(client, zone_id(pro), changes)

    assert [outcome.result for outcome in outcomes] == [DONE] * count
    sizes = [len(operations(batch, "posts")) for batch in lab.log.select(endpoint=BATCH)]
    assert sizes == batches
    assert len(lab.cloudflare.records(pro)) == count


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7, 8, 200])
async def test_s17_one_culprit_is_found_by_halving(
    lab: Lab, zone: Zone, client: CloudflareClient, count: int
) -> None:
    """Lesson S17: wherever the one that is refused stands, the others are written, and cheaply."""
    pro = lab.cloudflare.add_zone("pro.example", plan="pro")
    records = await standing(lab, pro, client, count)

    for position in range(count) if count < 10 else (0, 1, 62, 99, 100, 137, 198, 199):
        address = IPv4Address(f"81.2.70.{position}")
        changes: list[Change] = [update(r, address) for r in records]
        changes[position] = culprit = gone(changes[position])
        lab.log.clear()

        outcomes = await apply(client, zone_id(pro), changes)

        further = lab.log.count(service="cloudflare") - 1
        assert further <= ceil(log2(count)) + 1
        assert {o.change.slot.name for o in outcomes} == {c.slot.name for c in changes}
        assert len(outcomes) == count
        (refused,) = [outcome for outcome in outcomes if outcome.result is not DONE]
        assert (refused.change, refused.result) == (culprit, REFUSED)
        assert isinstance(refused.error, CloudflareNotFoundError)
        written = {r["name"] for r in lab.cloudflare.records(pro) if r["content"] == str(address)}
        assert written == {r.name for r in records} - {culprit.slot.name}


@pytest.mark.parametrize(
    "count, culprits",
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
async def test_s17_several_culprits_do_not_stop_the_rest(
    lab: Lab, zone: Zone, client: CloudflareClient, count: int, culprits: set[int]
) -> None:
    """Lesson S17: however many are refused, every other change is written, once."""
    records = await standing(lab, zone, client, count)
    changes: list[Change] = [update(r, A1) for r in records]
    for position in culprits:
        changes[position] = gone(changes[position])

    outcomes = await apply(client, zone_id(zone), changes)

    assert len(outcomes) == count
    assert {changes.index(o.change) for o in outcomes if o.result is REFUSED} == culprits
    assert {changes.index(o.change) for o in outcomes if o.result is DONE} == (
        set(range(count)) - culprits
    )
    assert all(isinstance(o.error, CloudflareNotFoundError) for o in outcomes if o.error)
    contents = [r["content"] for r in lab.cloudflare.records(zone)]
    assert contents.count(str(A1)) == count - len(culprits)


@pytest.mark.parametrize("culprits", [{0, 31, 64, 99}, {10, 11, 12, 13}])
async def test_s22_a_few_culprits_cost_a_few_requests(
    lab: Lab, zone: Zone, client: CloudflareClient, culprits: set[int]
) -> None:
    """Lesson S22: up to four culprits are searched for, which costs less than going one by one."""
    records = await standing(lab, zone, client, 100)
    changes: list[Change] = [update(r, A1) for r in records]
    for position in culprits:
        changes[position] = gone(changes[position])

    outcomes = await apply(client, zone_id(zone), changes)

    assert [outcome.result for outcome in outcomes].count(DONE) == 100 - len(culprits)
    further = lab.log.count(service="cloudflare") - 1
    assert further <= len(culprits) * (ceil(log2(100)) + 1)
    assert lab.log.count(method="PATCH") == 0


async def test_s22_after_four_culprits_the_rest_is_written_singly(
    lab: Lab, zone: Zone, client: CloudflareClient
) -> None:
    """Lesson S22: where a fifth is refused, most may be, and no more requests go into searching."""
    records = await standing(lab, zone, client, 10)
    changes: list[Change] = [update(r, A1) for r in records]
    for position in (1, 3, 5, 7, 9):
        changes[position] = gone(changes[position])

    outcomes = await apply(client, zone_id(zone), changes)

    assert [outcome.result for outcome in outcomes].count(DONE) == 5
    # The last two: one that is fine, and the fifth culprit.
    assert lab.log.count(method="PATCH") == 2


async def test_creates_and_updates_are_refused_for_their_own_sake(
    lab: Lab, zone: Zone, client: CloudflareClient
) -> None:
    """Each refusal keeps Cloudflare's reason for that very change."""
    records = await standing(lab, zone, client, 2)
    lab.cloudflare.add_record(zone, type="CNAME", name="alias", content="a.example.net")
    changes: list[Change] = [
        create("fine.example.com", A1),
        create("alias.example.com", A1),
        update(records[0], A1),
        gone(update(records[1], A1)),
    ]

    outcomes = {o.change: o for o in await apply(client, zone_id(zone), changes)}

    assert [outcomes[change].result for change in changes] == [DONE, REFUSED, DONE, REFUSED]
    alias, lost = outcomes[changes[1]].error, outcomes[changes[3]].error
    assert isinstance(alias, CloudflareRefusedError)
    assert alias.codes == (81054,)
    assert isinstance(lost, CloudflareNotFoundError)


@pytest.mark.parametrize("count", [1, 2, 5, 12])
@pytest.mark.parametrize("code, status", [(9207, 400), (7003, 400), (10405, 405)])
async def test_s17_where_batches_are_refused_changes_go_out_singly(
    lab: Lab, zone: Zone, client: CloudflareClient, count: int, code: int, status: int
) -> None:
    """Lesson S17: if it is batches that Cloudflare refuses, every change is still written."""
    records = await standing(lab, zone, client, count - 1)
    changes: list[Change] = [create("new.example.com", A1), *(update(r, A1) for r in records)]
    lab.faults.add("cloudflare", BATCH, kind="error", status=status, code=code)

    outcomes = await apply(client, zone_id(zone), changes)

    assert results(outcomes) == {change.slot.name: DONE for change in changes}
    assert len(outcomes) == count
    contents = {r["name"]: r["content"] for r in lab.cloudflare.records(zone)}
    assert contents == {HOME: OLD} | {change.slot.name: str(A1) for change in changes}
    singles = lab.log.count(service="cloudflare") - lab.log.count(endpoint=BATCH)
    assert singles == count


async def test_a_single_that_is_refused_does_not_stop_the_others(
    lab: Lab, zone: Zone, client: CloudflareClient
) -> None:
    """Also one by one, a change that is refused leaves the rest alone."""
    records = await standing(lab, zone, client, 6)
    changes: list[Change] = [update(r, A1) for r in records]
    changes[5] = gone(changes[5])
    lab.faults.add("cloudflare", BATCH, kind="error", status=400, code=9207)

    outcomes = await apply(client, zone_id(zone), changes)

    assert {o.change.slot.name for o in outcomes if o.result is REFUSED} == {changes[5].slot.name}
    assert [o.result for o in outcomes].count(DONE) == 5


def answered(*records: Record, keys: tuple[str, str] = ("patches", "posts")) -> str:
    """Return the answer to a batch that shows these records."""
    fields = ("id", "name", "type", "content", "comment")
    shown = [{"ttl": 1} | {field: getattr(r, field) for field in fields} for r in records]
    return json.dumps({"success": True, "result": {keys[0]: shown, keys[1]: None}})


@pytest.mark.parametrize(
    "held",
    [
        pytest.param([], id="no records"),
        pytest.param([record(A2, number=7)], id="another address"),
        pytest.param([record("none.example.net", number=7)], id="no address"),
        pytest.param([record(A1, number=8, name="other.example.com")], id="another record"),
        pytest.param([record(A1, number=8, kind="TXT")], id="another type"),
    ],
)
@pytest.mark.parametrize("is_new", [False, True])
async def test_s15_a_write_counts_only_if_the_answer_shows_it(
    *, lab: Lab, zone: Zone, client: CloudflareClient, held: list[Record], is_new: bool
) -> None:
    """Lesson S15: a success that does not show the address that was sent is not confirmed."""
    change = create(HOME, A1) if is_new else update(record(A2, number=7), A1)
    keys = ("posts", "patches") if is_new else ("patches", "posts")
    lab.faults.add("cloudflare", BATCH, kind="body", body=answered(*held, keys=keys))

    (outcome,) = await apply(client, zone_id(zone), [change])

    assert (outcome.result, outcome.record) == (UNCONFIRMED, None)
    assert isinstance(outcome.error, CloudflareResponseError)
    assert lab.log.count(service="cloudflare") == 1


async def test_s15_each_change_is_checked_by_itself(
    lab: Lab, zone: Zone, client: CloudflareClient
) -> None:
    """Lesson S15: of two writes in one answer, the one that is shown is done and the other not."""
    first, second = record(OLD, number=1), record(OLD, number=2, name="b.example.com")
    body = answered(replace(first, content=str(A1)), second)
    lab.faults.add("cloudflare", BATCH, kind="body", body=body)

    outcomes = await apply(client, zone_id(zone), [update(first, A1), update(second, A1)])

    assert [outcome.result for outcome in outcomes] == [DONE, UNCONFIRMED]


async def test_a_change_of_attributes_needs_no_address_to_be_shown(
    lab: Lab, zone: Zone, client: CloudflareClient
) -> None:
    """Where only an attribute is enforced, the record in the answer is enough."""
    (old,) = await standing(lab, zone, client, 1)
    change = replace(update(old, A1), address=None, proxied=True)

    (outcome,) = await apply(client, zone_id(zone), [change])

    assert outcome.result is DONE
    assert outcome.record is not None
    assert (outcome.record.proxied, outcome.record.content) == (True, OLD)
