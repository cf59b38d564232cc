"""Deleting owned records, which happens only if the user removes a domain and chooses so."""

import pytest

from custom_components.raindrop.ddns.cloudflare.client import CloudflareClient
from custom_components.raindrop.ddns.errors import CloudflareError, CloudflareRefusedError
from custom_components.raindrop.ddns.models import OWNER_COMMENT, HostName, RecordKey
from custom_components.raindrop.ddns.records.delete import delete_owned
from custom_components.raindrop.ddns.sources import Family
from custom_components.raindrop.ddns.zones import MAX_BATCH_PAID
from simulator import Simulator
from simulator.cloudflare import Zone
from simulator.faults import Detail
from tests.conftest import OLD
from tests.library.builders import zone_id
from tests.library.zone_updater import BATCH, LIST

DELETE = "DELETE /zones/{zone_id}/dns_records/{dns_record_id}"
GATE = RecordKey(HostName("gate.example.com"), Family.IPV4)
GARAGE = RecordKey(HostName("garage.example.com"), Family.IPV4)
GATE_V6 = RecordKey(GATE.name, Family.IPV6)


def add(
    simulator: Simulator, zone: Zone, name: str, content: str = OLD, *, is_owned: bool = True
) -> str:
    """Add a record and return its ID."""
    comment = OWNER_COMMENT if is_owned else None
    kind = "AAAA" if ":" in content else "A"
    added = simulator.cloudflare.add_record(
        zone, type=kind, name=name, content=content, comment=comment
    )
    return str(added["id"])


def existing(simulator: Simulator, zone: Zone) -> set[str]:
    """Return the IDs of the existing records."""
    return {record["id"] for record in simulator.cloudflare.records(zone)}


def writes(simulator: Simulator) -> list[str]:
    """Return the requests to Cloudflare that change something."""
    return [request for request in requests(simulator) if request != LIST]


def requests(simulator: Simulator) -> list[str]:
    """Return the requests to Cloudflare."""
    return [entry.endpoint for entry in simulator.log.select(service="cloudflare")]


async def test_s12_only_owned_records_are_deleted(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """Lesson S12: records without the ownership comment are kept when a domain is removed."""
    owned = add(simulator, zone, "gate")
    add(simulator, zone, "gate", "192.0.2.1", is_owned=False)
    simulator.cloudflare.add_record(
        zone, type="A", name="gate", content="192.0.2.2", comment=f"{OWNER_COMMENT}, once"
    )
    before = existing(simulator, zone)

    assert await delete_owned(client, zone_id(zone), [GATE]) == {}

    assert existing(simulator, zone) == before - {owned}


async def test_s12_only_records_of_the_record_keys_are_deleted(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """Lesson S12: owned records with another name or type belong to other domains."""
    owned = add(simulator, zone, "gate")
    add(simulator, zone, "gate", "2001:218:1:2::5")
    add(simulator, zone, "garage")
    add(simulator, zone, "*.gate")
    add(simulator, zone, "@")
    simulator.cloudflare.add_record(
        zone, type="TXT", name="gate", content="hello", comment=OWNER_COMMENT
    )
    before = existing(simulator, zone)

    await delete_owned(client, zone_id(zone), [GATE])

    assert existing(simulator, zone) == before - {owned}


async def test_both_families_of_a_domain_are_deleted_together(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """All owned records of a domain are deleted, also several of one type."""
    owned = {add(simulator, zone, "gate", text) for text in (OLD, "192.0.2.1", "2001:218:1:2::5")}
    before = existing(simulator, zone)

    assert await delete_owned(client, zone_id(zone), {GATE, GATE_V6}) == {}

    assert existing(simulator, zone) == before - owned


async def test_the_zone_is_listed_before_records_are_deleted(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """The name is listed once, then its record is deleted by its ID."""
    owned = add(simulator, zone, "gate")
    simulator.log.clear()

    await delete_owned(client, zone_id(zone), [GATE])

    assert requests(simulator) == [LIST, DELETE]
    assert simulator.log.entries[-1].target.endswith(owned)


async def test_s12_a_record_that_is_no_longer_owned_is_kept(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """Lesson S12: a record whose ownership comment was changed is not deleted."""
    owned = add(simulator, zone, "gate")
    simulator.cloudflare.edit_record(zone, owned, comment="mine now")
    simulator.log.clear()

    assert await delete_owned(client, zone_id(zone), [GATE]) == {}

    assert owned in existing(simulator, zone)
    assert requests(simulator) == [LIST]


@pytest.mark.parametrize("record_keys", [[], [GATE]], ids=["no record keys", "no records"])
async def test_without_owned_records_nothing_is_deleted(
    simulator: Simulator, zone: Zone, client: CloudflareClient, record_keys: list[RecordKey]
) -> None:
    """Without an owned record, removing a domain changes nothing."""
    before = existing(simulator, zone)

    assert await delete_owned(client, zone_id(zone), record_keys) == {}

    assert existing(simulator, zone) == before
    assert writes(simulator) == []


async def test_a_record_that_is_already_deleted_is_no_error(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """If a record was deleted externally in the meantime, the others are still deleted."""
    add(simulator, zone, "gate")
    add(simulator, zone, "gate", "192.0.2.1")
    simulator.faults.add("cloudflare", BATCH, kind="error", status=404, code=81044, times=1)
    simulator.faults.add("cloudflare", "DELETE *", kind="error", status=404, code=81044, times=1)

    assert await delete_owned(client, zone_id(zone), [GATE]) == {}

    assert writes(simulator) == [BATCH, DELETE, DELETE]


async def test_s10_after_a_failed_list_nothing_is_deleted(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """Lesson S10: if the zone cannot be listed, nothing is deleted and the error is returned."""
    owned = add(simulator, zone, "gate")
    simulator.faults.add("cloudflare", LIST, kind="html")

    failed = await delete_owned(client, zone_id(zone), [GATE, GATE_V6])

    assert failed.keys() == {GATE, GATE_V6}
    assert owned in existing(simulator, zone)
    assert writes(simulator) == []


@pytest.mark.parametrize("kind", ["spurious_403", "rate_limit", "reset", "html"])
async def test_a_failure_stops_the_deletion(
    simulator: Simulator, zone: Zone, client: CloudflareClient, kind: str
) -> None:
    """After an error that is no refusal nothing more is tried; it is returned for each key."""
    client.max_batch = 1
    add(simulator, zone, "gate")
    add(simulator, zone, "garage")
    before = existing(simulator, zone)
    simulator.faults.add("cloudflare", "DELETE *", kind=kind)

    failed = await delete_owned(client, zone_id(zone), [GATE, GARAGE])

    assert failed.keys() == {GATE, GARAGE}
    assert all(isinstance(error, CloudflareError) for error in failed.values())
    assert existing(simulator, zone) == before
    assert len({entry.target for entry in simulator.log.select(method="DELETE")}) == 1


async def test_many_records_are_deleted_in_one_batch(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """A hundred domains that are removed together cost one list and one batch."""
    keys = [RecordKey(HostName(f"n{n}.example.com"), Family.IPV4) for n in range(100)]
    before = existing(simulator, zone)
    for key in keys:
        add(simulator, zone, key.name)
    simulator.log.clear()

    assert await delete_owned(client, zone_id(zone), keys) == {}

    assert existing(simulator, zone) == before
    assert requests(simulator) == [LIST, BATCH]


async def test_more_records_than_a_batch_holds_are_deleted_in_several(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """No batch has more operations than the plan allows."""
    keys = [RecordKey(HostName(f"n{n}.example.com"), Family.IPV4) for n in range(5)]
    before = existing(simulator, zone)
    for key in keys:
        add(simulator, zone, key.name)
    client.max_batch = 2

    assert await delete_owned(client, zone_id(zone), keys) == {}

    assert existing(simulator, zone) == before
    assert writes(simulator) == [BATCH, BATCH, DELETE]


async def test_a_record_that_cannot_be_deleted_does_not_stop_the_others(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """A refused batch is halved until the refused record is alone; only its key is returned."""
    keys = [RecordKey(HostName(f"n{n}.example.com"), Family.IPV4) for n in range(8)]
    before = existing(simulator, zone)
    added = [add(simulator, zone, key.name) for key in keys]
    refusal: Detail = {"status": 400, "code": 81053, "message": "managed by another product"}
    for _ in range(3):
        simulator.faults.add("cloudflare", BATCH, kind="error", times=1, **refusal)
    simulator.faults.add("cloudflare", "DELETE *", kind="error", times=1, **refusal)

    failed = await delete_owned(client, zone_id(zone), keys)

    assert failed.keys() == {keys[0]}
    assert isinstance(failed[keys[0]], CloudflareRefusedError)
    assert existing(simulator, zone) == before | {added[0]}
    assert writes(simulator) == [BATCH, BATCH, BATCH, DELETE, DELETE, BATCH, BATCH]


async def test_a_plan_that_allows_fewer_operations_does_not_stop_the_deletion(
    simulator: Simulator, zone: Zone, client: CloudflareClient
) -> None:
    """A zone that lost its paid plan refuses a large batch; smaller ones are sent."""
    zone.record_quota = 300
    keys = [RecordKey(HostName(f"n{n}.example.com"), Family.IPV4) for n in range(250)]
    before = existing(simulator, zone)
    for key in keys:
        add(simulator, zone, key.name)
    client.max_batch = MAX_BATCH_PAID

    assert await delete_owned(client, zone_id(zone), keys) == {}

    assert existing(simulator, zone) == before
    assert writes(simulator) == [BATCH, BATCH, BATCH]
