"""A create without a response that is carried out after the address changed."""

from dataclasses import replace
from ipaddress import ip_address

import pytest

from custom_components.raindrop.ddns.models import OWNER_COMMENT, HostName, Policy, Reason
from custom_components.raindrop.ddns.state import RecordState, State
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, NEXT
from tests.library.builders import managed
from tests.library.zone_updater import BATCH, LIST, ZoneUpdater
from tests.waiting import until

DELETE = "DELETE /zones/{zone_id}/dns_records/{dns_record_id}"
NAME = "new.example.com"


@pytest.fixture
async def late_updater(updater: ZoneUpdater, simulator: Simulator, zone: Zone) -> ZoneUpdater:
    """Return what created a record twice: late with the old address, then with the new one."""
    updater.managed_records = [managed(NAME, policy=Policy(create=True))]
    updater.client.timeout_s = 1
    late = simulator.faults.add("cloudflare", BATCH, kind="hold_request", times=1)
    await updater.update()
    simulator.faults.let_pass(late)
    updater.client.timeout_s = 20
    simulator.ip.set_address(NEXT)
    await updater.update()
    late.release()
    await until(lambda: sorted(contents(simulator, zone)) == sorted([HOME, NEXT]))
    return updater


def contents(simulator: Simulator, zone: Zone) -> list[str]:
    """Return the addresses at the name."""
    return [r["content"] for r in simulator.cloudflare.records(zone) if r["name"] == NAME]


async def test_it_is_deleted_by_the_next_full_sync(
    late_updater: ZoneUpdater, simulator: Simulator, zone: Zone
) -> None:
    """Both would answer for the name, one of them with an address of the past."""
    await late_updater.update(full_sync=True)

    assert late_updater.requests == [LIST, DELETE]
    assert contents(simulator, zone) == [NEXT]
    (state,) = late_updater.state.records.values()
    assert (state.is_in_sync, state.last_address) == (True, ip_address(NEXT))
    await late_updater.update(full_sync=True)
    assert late_updater.requests == [LIST]


async def test_it_is_deleted_also_when_the_address_changes(
    late_updater: ZoneUpdater, simulator: Simulator, zone: Zone
) -> None:
    """First the record that stays is updated."""
    simulator.ip.set_address("81.2.69.146")

    await late_updater.update()

    assert late_updater.requests == [LIST, BATCH, DELETE]
    assert contents(simulator, zone) == ["81.2.69.146"]


async def test_it_stays_while_the_other_one_cannot_be_written(
    late_updater: ZoneUpdater, simulator: Simulator, zone: Zone
) -> None:
    """Nothing is deleted beside a record of which it is not known that it is right."""
    simulator.ip.set_address("81.2.69.146")
    simulator.faults.add("cloudflare", BATCH, kind="lost_response", times=1)

    await late_updater.update()
    assert late_updater.requests == [LIST, BATCH]
    await late_updater.update()
    assert contents(simulator, zone) == ["81.2.69.146"]


async def test_it_stays_while_another_record_is_refused_for_good(
    late_updater: ZoneUpdater, simulator: Simulator, zone: Zone
) -> None:
    """A refusal concerns one record; after a denial, nothing more is tried."""
    refused = '{"success": false, "errors": [{"code": 9999, "message": "no"}]}'
    for status, deleted in ((403, False), (400, True)):
        late_updater.managed_records = [
            *late_updater.managed_records[:1],
            managed(f"n{status}.example.com", policy=Policy(create=True)),
        ]
        for endpoint in (BATCH, "POST /zones/{zone_id}/dns_records"):
            simulator.faults.add(
                "cloudflare", endpoint, kind="body", status=status, body=refused, times=1
            )
        await late_updater.update()
        assert (DELETE in late_updater.requests) is deleted
        simulator.faults.clear()
    assert contents(simulator, zone) == [NEXT]


async def test_it_is_deleted_although_a_text_is_refused(
    late_updater: ZoneUpdater, simulator: Simulator, zone: Zone
) -> None:
    """What a text has does not matter to who looks up the name."""
    text, _ = [
        simulator.cloudflare.add_record(
            zone, type="TXT", name="mail", content=f'"v=spf1 ip4:{address} -all"'
        )
        for address in (NEXT, "81.2.69.146")
    ]
    (record,) = late_updater.managed_records
    late_updater.managed_records = [
        replace(record, text_names=frozenset({HostName("mail.example.com")}))
    ]
    simulator.ip.set_address("81.2.69.146")

    result = await late_updater.update()

    assert [outcome.change.record.id for outcome in result.texts if outcome.error] == [text["id"]]
    assert contents(simulator, zone) == ["81.2.69.146"]


@pytest.mark.parametrize("kind", ["status", "body"])
async def test_a_failed_deletion_is_reported_and_tried_again(
    late_updater: ZoneUpdater, simulator: Simulator, zone: Zone, kind: str
) -> None:
    """One that failed is tried in the next update, one that was refused in the next full sync."""
    refusal = '{"success": false, "errors": [{"code": 1043, "message": "no"}]}'
    status = 400 if kind == "body" else 503
    simulator.faults.add("cloudflare", DELETE, kind=kind, times=1, status=status, body=refusal)

    result = await late_updater.update(full_sync=True)
    assert len(result.errors) == 1
    assert len(contents(simulator, zone)) == 2
    await late_updater.update()
    assert late_updater.requests == ([] if kind == "body" else [LIST, DELETE])
    await late_updater.update(full_sync=True)
    assert contents(simulator, zone) == [NEXT]


async def test_a_copy_that_was_made_externally_stays(
    late_updater: ZoneUpdater, simulator: Simulator, zone: Zone
) -> None:
    """With the comment of this home, but with an address that it never sent."""
    simulator.cloudflare.add_record(
        zone, type="A", name="new", content="192.0.2.7", comment=OWNER_COMMENT
    )

    await late_updater.update(full_sync=True)

    assert sorted(contents(simulator, zone)) == sorted([NEXT, "192.0.2.7"])


async def test_what_was_sent_is_known_after_a_restart(
    late_updater: ZoneUpdater, simulator: Simulator, zone: Zone
) -> None:
    """The state that is kept has it, and no more than a few addresses."""
    (known,) = late_updater.state.records.items()
    key, record = known
    assert record.sent_addresses == (ip_address(HOME),)
    kept = RecordState(last_address=record.last_address, sent_addresses=record.sent_addresses)
    late_updater.state = State(records={key: kept})

    await late_updater.update()

    assert contents(simulator, zone) == [NEXT]


async def test_the_last_few_are_known(
    updater: ZoneUpdater, simulator: Simulator, zone: Zone
) -> None:
    """Each address once, the last three."""
    updater.managed_records = [managed(NAME, policy=Policy(create=True))]
    simulator.faults.add("cloudflare", BATCH, kind="reset")
    for last in (1, 2, 3, 4, 4):
        simulator.ip.set_address(f"81.2.69.{last}")
        await updater.update()
    (record,) = updater.state.records.values()
    assert record.reason is Reason.UNCONFIRMED
    assert record.sent_addresses == tuple(ip_address(f"81.2.69.{last}") for last in (2, 3, 4))
