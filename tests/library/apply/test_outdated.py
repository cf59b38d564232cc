"""Changes that are not sent, because the configuration they follow from is outdated."""

import pytest

from custom_components.raindrop.ddns.cloudflare.client import CloudflareClient
from custom_components.raindrop.ddns.models import Change, Reason
from custom_components.raindrop.ddns.records.apply import apply
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.library.apply.test_apply import add_records, of_deleted_record
from tests.library.builders import A1, A2, create, update, zone_id


@pytest.mark.parametrize("allowed", range(4))
async def test_batches_that_are_not_sent_have_no_outcome(
    simulator: Simulator, zone: Zone, client: CloudflareClient, allowed: int
) -> None:
    """A large zone needs several batches; between two of them the configuration may change."""
    client.max_batch = 2
    changes = [create(f"n{number}.example.com", A1) for number in range(6)]
    outcomes = await apply(
        client,
        zone_id(zone),
        changes,
        is_current=lambda: simulator.log.count(service="cloudflare") < allowed,
    )
    assert [outcome.change for outcome in outcomes] == changes[: 2 * allowed]
    assert all(outcome.is_done for outcome in outcomes)
    assert simulator.log.count(service="cloudflare") == allowed


async def test_a_search_for_refused_changes_stops_at_any_request(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """Wherever it ends, no change is called refused that was not found to be."""
    records = await add_records(simulator, zone, client, 12)
    refused = {record.name for record in records[::2]}
    allowed = 0
    while True:
        address = A1 if allowed % 2 else A2
        changes: list[Change] = [
            of_deleted_record(update(r, address)) if r.name in refused else update(r, address)
            for r in records
        ]
        simulator.log.clear()

        def is_current(allowed: int = allowed) -> bool:
            return simulator.log.count(service="cloudflare") < allowed

        outcomes = await apply(client, zone_id(zone), changes, is_current=is_current)

        assert simulator.log.count(service="cloudflare") <= allowed
        by_reason = {
            r: {o.change.record_key.name for o in outcomes if o.reason is r}
            for r in (None, Reason.REFUSED)
        }
        assert by_reason[Reason.REFUSED] <= refused
        assert not by_reason[None] & refused
        if len(outcomes) == len(changes):
            break
        allowed += 1
    assert allowed > 12
