"""Large batches, which paid plans allow, and zones that went back to the Free plan."""

from dataclasses import replace

import pytest

from custom_components.raindrop.ddns.cloudflare.client import (
    CloudflareClient,
)
from custom_components.raindrop.ddns.errors import CloudflareNotFoundError
from custom_components.raindrop.ddns.models import Change, Create, Reason
from custom_components.raindrop.ddns.records.apply import apply
from custom_components.raindrop.ddns.zones import MAX_BATCH, MAX_BATCH_PAID
from simulator import Simulator
from simulator.cloudflare import Zone
from simulator.cloudflare.plans import PlanName
from tests.conftest import operations
from tests.library.apply.test_apply import BATCH, DONE, REFUSED, UNCONFIRMED
from tests.library.builders import A1, A2, create, record, record_id, update, zone_id


@pytest.fixture
def large(client: CloudflareClient) -> CloudflareClient:
    """Return a client that was created for a zone on a paid plan."""
    client.max_batch = MAX_BATCH_PAID
    return client


def zone_of(simulator: Simulator, plan: PlanName) -> Zone:
    """Return an empty zone with a quota for all changes."""
    return simulator.cloudflare.add_zone("large.example", plan=plan, record_quota=5000)


def creations(count: int, start: int = 0) -> list[Create]:
    """Return changes that create records."""
    return [create(f"n{number}.large.example", A1) for number in range(start, start + count)]


def sizes(simulator: Simulator) -> list[int]:
    """Return the number of creations in each batch."""
    return [len(operations(batch, "posts")) for batch in simulator.log.select(endpoint=BATCH)]


@pytest.mark.parametrize(
    "count, batches",
    [
        pytest.param(201, [201], id="more than the Free plan allows/one"),
        pytest.param(3500, [3500], id="all that fits/one"),
        pytest.param(3501, [3500, 1], id="one too many/two"),
    ],
)
async def test_a_paid_plan_allows_large_batches(
    simulator: Simulator, zone: Zone, large: CloudflareClient, count: int, batches: list[int]
) -> None:
    """On a paid plan, up to 3,500 changes are sent in one batch."""
    paid = zone_of(simulator, "pro")

    outcomes = await apply(large, zone_id(paid), creations(count))

    assert [outcome.reason for outcome in outcomes] == [DONE] * count
    assert sizes(simulator) == batches
    assert large.max_batch == MAX_BATCH_PAID


async def test_a_downgrade_is_noticed_once(
    simulator: Simulator, zone: Zone, large: CloudflareClient
) -> None:
    """After a downgrade a large batch is refused; all further batches are small."""
    free = zone_of(simulator, "free")

    outcomes = await apply(large, zone_id(free), creations(450))

    assert [outcome.change for outcome in outcomes] == creations(450)
    assert {outcome.reason for outcome in outcomes} == {DONE}
    assert sizes(simulator) == [450, 200, 200, 50]
    assert large.max_batch == MAX_BATCH
    assert len(simulator.cloudflare.records(free)) == 450
    simulator.log.clear()

    await apply(large, zone_id(free), creations(201, start=450))

    assert sizes(simulator) == [200, 1]


async def test_a_refused_small_batch_does_not_change_the_limit(
    simulator: Simulator, zone: Zone, large: CloudflareClient
) -> None:
    """A batch of 200 changes or fewer is refused because of one of them, not of its size."""
    paid = zone_of(simulator, "pro")
    deleted = update(record(A2, number=0xDEAD, name="gone.large.example"), A1)

    outcomes = await apply(large, zone_id(paid), [*creations(199), deleted])

    assert [outcome.reason for outcome in outcomes].count(DONE) == 199
    assert large.max_batch == MAX_BATCH_PAID


@pytest.mark.parametrize("plan", ["free", "pro"])
async def test_s17_a_refused_change_in_a_large_batch_does_not_stop_the_others(
    simulator: Simulator, zone: Zone, large: CloudflareClient, plan: PlanName
) -> None:
    """Lesson S17: a refused large batch is sent in small ones, without the refused change."""
    zone_on_plan = zone_of(simulator, plan)
    old = record(A2, number=0xDEAD, name="gone.large.example")
    changes: list[Change] = [*creations(250), update(old, A1), *creations(50, start=250)]

    outcomes = await apply(large, zone_id(zone_on_plan), changes)

    assert {outcome.change for outcome in outcomes} == set(changes)
    assert len(outcomes) == len(changes)
    (refused,) = [outcome for outcome in outcomes if outcome.reason is not DONE]
    assert (refused.reason, refused.change) == (REFUSED, update(old, A1))
    assert isinstance(refused.error, CloudflareNotFoundError)
    assert len(simulator.cloudflare.records(zone_on_plan)) == 300


@pytest.mark.parametrize(
    "kind, reason", [("reset", UNCONFIRMED), ("html", UNCONFIRMED), ("rate_limit", REFUSED)]
)
async def test_s16_a_failed_large_batch_is_not_sent_again(
    simulator: Simulator, zone: Zone, large: CloudflareClient, kind: str, reason: Reason
) -> None:
    """Lesson S16: after a failure the batch is not split and the limit does not change."""
    paid = zone_of(simulator, "pro")
    simulator.faults.add("cloudflare", BATCH, kind=kind)

    outcomes = await apply(large, zone_id(paid), creations(300))

    assert [outcome.reason for outcome in outcomes] == [reason] * 300
    assert simulator.log.count(service="cloudflare") == 1
    assert large.max_batch == MAX_BATCH_PAID


async def test_no_request_follows_a_failure_after_a_refused_large_batch(
    simulator: Simulator, zone: Zone, large: CloudflareClient
) -> None:
    """If the connection fails at the first small batch, the others are not sent."""
    free = zone_of(simulator, "free")
    simulator.faults.add("cloudflare", BATCH, kind="drip", delay=0, times=1)
    simulator.faults.add("cloudflare", BATCH, kind="reset")

    outcomes = await apply(large, zone_id(free), creations(450))

    assert sizes(simulator) == [450, 200]
    assert [outcome.reason for outcome in outcomes] == [UNCONFIRMED] * 200 + [REFUSED] * 250
    assert [outcome.change for outcome in outcomes] == creations(450)


async def test_s17_a_refused_update_in_a_large_batch_does_not_stop_the_others(
    simulator: Simulator, zone: Zone, large: CloudflareClient
) -> None:
    """Lesson S17: the same holds if records are updated, not created."""
    paid = zone_of(simulator, "pro")
    await apply(large, zone_id(paid), creations(300))
    listed = await large.list_records(zone_id(paid))
    changes = [update(old, A2) for old in listed]
    changes[7] = replace(changes[7], record=replace(listed[7], id=record_id(0xDEAD)))

    outcomes = await apply(large, zone_id(paid), changes)

    assert [o.change for o in outcomes if o.reason is REFUSED] == [changes[7]]
    contents = [r["content"] for r in simulator.cloudflare.records(paid)]
    assert (contents.count(str(A2)), contents.count(str(A1))) == (299, 1)
