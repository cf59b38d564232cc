"""Large batches, which paid plans allow, and what happens when a plan is given up."""

from dataclasses import replace

import pytest

from custom_components.raindrop.ddns.apply import apply
from custom_components.raindrop.ddns.cloudflare import MAX_BATCH, MAX_BATCH_PAID, CloudflareClient
from custom_components.raindrop.ddns.errors import CloudflareNotFoundError
from custom_components.raindrop.ddns.model import Change, Create
from lab import Lab
from lab.cloudflare import Zone
from lab.cloudflare.plans import PlanName
from tests.conftest import operations

from .builders import A1, A2, create, record, record_id, update, zone_id
from .test_apply import BATCH, DONE, REFUSED, UNCONFIRMED


@pytest.fixture
def large(client: CloudflareClient) -> CloudflareClient:
    """Return the client of a zone that was on a paid plan when it was set up."""
    client.max_batch = MAX_BATCH_PAID
    return client


def zone_of(lab: Lab, plan: PlanName) -> Zone:
    """Return an empty zone with room for all changes."""
    return lab.cloudflare.add_zone("large.example", plan=plan, record_quota=5000)


def creations(count: int, start: int = 0) -> list[Create]:
    """Return so many records that the zone lacks."""
    return [create(f"n{number}.large.example", A1) for number in range(start, start + count)]


def sizes(lab: Lab) -> list[int]:
    """Return how many records each batch was to create."""
    return [len(operations(batch, "posts")) for batch in lab.log.select(endpoint=BATCH)]


@pytest.mark.parametrize(
    "count, batches",
    [
        pytest.param(201, [201], id="more than the Free plan takes/one"),
        pytest.param(3500, [3500], id="all that fits/one"),
        pytest.param(3501, [3500, 1], id="one too many/two"),
    ],
)
async def test_a_paid_plan_takes_large_batches(
    lab: Lab, zone: Zone, large: CloudflareClient, count: int, batches: list[int]
) -> None:
    """On a paid plan up to 3,500 changes go out together."""
    paid = zone_of(lab, "pro")

    outcomes = await apply(large, zone_id(paid), creations(count))

    assert [outcome.result for outcome in outcomes] == [DONE] * count
    assert sizes(lab) == batches
    assert large.max_batch == MAX_BATCH_PAID


async def test_a_plan_that_was_given_up_is_noticed_once(
    lab: Lab, zone: Zone, large: CloudflareClient
) -> None:
    """Back on the Free plan a large batch is refused; from then on they are small."""
    free = zone_of(lab, "free")

    outcomes = await apply(large, zone_id(free), creations(450))

    assert [outcome.change for outcome in outcomes] == creations(450)
    assert {outcome.result for outcome in outcomes} == {DONE}
    assert sizes(lab) == [450, 200, 200, 50]
    assert large.max_batch == MAX_BATCH
    assert len(lab.cloudflare.records(free)) == 450
    lab.log.clear()

    await apply(large, zone_id(free), creations(201, start=450))

    assert sizes(lab) == [200, 1]


async def test_a_batch_that_every_plan_takes_says_nothing_about_the_plan(
    lab: Lab, zone: Zone, large: CloudflareClient
) -> None:
    """A refusal of 200 changes or fewer is for the sake of one of them."""
    paid = zone_of(lab, "pro")
    gone = update(record(A2, number=0xDEAD, name="gone.large.example"), A1)

    outcomes = await apply(large, zone_id(paid), [*creations(199), gone])

    assert [outcome.result for outcome in outcomes].count(DONE) == 199
    assert large.max_batch == MAX_BATCH_PAID


@pytest.mark.parametrize("plan", ["free", "pro"])
async def test_s17_a_culprit_in_a_large_batch_does_not_stop_the_rest(
    lab: Lab, zone: Zone, large: CloudflareClient, plan: PlanName
) -> None:
    """Lesson S17: a large batch that is refused goes out in small ones, around the culprit."""
    kept = zone_of(lab, plan)
    old = record(A2, number=0xDEAD, name="gone.large.example")
    changes: list[Change] = [*creations(250), update(old, A1), *creations(50, start=250)]

    outcomes = await apply(large, zone_id(kept), changes)

    assert {outcome.change for outcome in outcomes} == set(changes)
    assert len(outcomes) == len(changes)
    (refused,) = [outcome for outcome in outcomes if outcome.result is not DONE]
    assert (refused.result, refused.change) == (REFUSED, update(old, A1))
    assert isinstance(refused.error, CloudflareNotFoundError)
    assert len(lab.cloudflare.records(kept)) == 300


@pytest.mark.parametrize(
    "kind, first", [("reset", UNCONFIRMED), ("html", UNCONFIRMED), ("rate_limit", REFUSED)]
)
async def test_s16_a_large_batch_that_failed_is_not_sent_again(
    lab: Lab, zone: Zone, large: CloudflareClient, kind: str, first: str
) -> None:
    """Lesson S16: a failure is no refusal, so nothing is split and nothing is learnt."""
    paid = zone_of(lab, "pro")
    lab.faults.add("cloudflare", BATCH, kind=kind)

    outcomes = await apply(large, zone_id(paid), creations(300))

    assert [outcome.result for outcome in outcomes] == [first] * 300
    assert lab.log.count(service="cloudflare") == 1
    assert large.max_batch == MAX_BATCH_PAID


async def test_a_failure_after_a_large_batch_was_refused_is_the_last_request(
    lab: Lab, zone: Zone, large: CloudflareClient
) -> None:
    """When the connection breaks at the first small batch, the others are not tried."""
    free = zone_of(lab, "free")
    lab.faults.add("cloudflare", BATCH, kind="drip", delay=0, times=1)
    lab.faults.add("cloudflare", BATCH, kind="reset")

    outcomes = await apply(large, zone_id(free), creations(450))

    assert sizes(lab) == [450, 200]
    assert [outcome.result for outcome in outcomes] == [UNCONFIRMED] * 200 + [REFUSED] * 250
    assert [outcome.change for outcome in outcomes] == creations(450)


async def test_s17_what_a_large_batch_updates_is_written_around_the_culprit(
    lab: Lab, zone: Zone, large: CloudflareClient
) -> None:
    """Lesson S17: it makes no difference whether records are created or updated."""
    paid = zone_of(lab, "pro")
    await apply(large, zone_id(paid), creations(300))
    listed = await large.list_records(zone_id(paid))
    changes = [update(old, A2) for old in listed]
    changes[7] = replace(changes[7], record=replace(listed[7], id=record_id(0xDEAD)))

    outcomes = await apply(large, zone_id(paid), changes)

    assert [o.change for o in outcomes if o.result is REFUSED] == [changes[7]]
    contents = [r["content"] for r in lab.cloudflare.records(paid)]
    assert (contents.count(str(A2)), contents.count(str(A1))) == (299, 1)
