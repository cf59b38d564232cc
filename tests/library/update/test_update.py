"""Updates in a row: what is requested, what is written and what the state is."""

from datetime import timedelta
from ipaddress import ip_address

import pytest

from custom_components.raindrop.ddns.models import HostName, Policy, Reason, RecordKey, Update
from custom_components.raindrop.ddns.sources import Family
from custom_components.raindrop.ddns.update_result import UpdateResult
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, HOME_V6, NEXT, OLD
from tests.library.builders import HERE, HERE_V6, V4, managed, record_id
from tests.library.detection.helpers import OTHER
from tests.library.zone_updater import BATCH, LIST, ZoneUpdater

BOTH = (Family.IPV4, Family.IPV6)
CREATE = Policy(create=True)


async def test_the_first_update_writes_the_address(updater: ZoneUpdater) -> None:
    """The first update detects the address, reads the zone and writes what differs."""
    result = await updater.update()

    assert updater.contents == {"A home.example.com": HOME}
    assert updater.providers == ["cloudflare", "ipify"]
    assert updater.requests == [LIST, BATCH]
    state, record = updater.state, updater.state.record(V4)
    assert state.detections[HERE].address == ip_address(HOME)
    assert state.public_addresses == {Family.IPV4: ip_address(HOME)}
    assert (record.synced_address, record.last_address) == (ip_address(HOME), ip_address(HOME))
    assert record.record is not None
    assert record.record.content == HOME
    assert (record.reason, record.has_failed) == (None, False)
    assert (state.is_converged, state.list_error, state.errors) == (True, None, ())
    assert (result.was_read, result.errors) == (True, ())
    (outcome,) = result.outcomes.values()
    assert isinstance(outcome.change, Update)
    assert (outcome.is_done, outcome.change.record.content) == (True, OLD)
    assert state.written_at([V4]) == record.record.modified_on is not None
    assert updater.simulator.log.surprises == []


async def test_s22_an_update_without_a_change_does_not_call_cloudflare(
    updater: ZoneUpdater,
) -> None:
    """Lesson S22: while the address does not change, an update is one query of one provider."""
    await updater.update()
    first = updater.state

    for _ in range(3):
        result = await updater.update()

        assert (updater.providers, updater.requests) == (["cloudflare"], [])
        assert result == UpdateResult()
        assert updater.state.records == first.records
        assert updater.state.is_converged


async def test_updates_without_a_change_leave_an_equal_state(updater: ZoneUpdater) -> None:
    """The state after an update without a change equals the one before, also after a full sync."""
    await updater.update()
    await updater.update()
    second = updater.state

    assert await updater.update() == UpdateResult()
    assert updater.state == second
    for _ in range(2):
        assert await updater.update(full_sync=True) == UpdateResult(was_read=True)
        assert updater.state == second


async def test_a_change_of_address_is_two_queries_one_list_and_one_batch(
    updater: ZoneUpdater,
) -> None:
    """A changed address costs two queries of providers and two requests to Cloudflare."""
    await updater.update()
    updater.simulator.ip.set_address(NEXT)

    await updater.update()

    assert updater.contents == {"A home.example.com": NEXT}
    assert (updater.providers, updater.requests) == (["cloudflare", "ipify"], [LIST, BATCH])
    assert updater.state.record(V4).synced_address == ip_address(NEXT)
    await updater.update()
    assert updater.state.is_converged
    assert updater.requests == []


async def test_the_confirming_query_and_the_list_run_concurrently(updater: ZoneUpdater) -> None:
    """The query that confirms a change and the list of the zone do not wait for each other."""
    simulator = updater.simulator
    await updater.update()
    simulator.ip.set_address(NEXT)
    holds = [
        simulator.faults.add("ip", "ipify", kind="hold"),
        simulator.faults.add("cloudflare", LIST, kind="hold"),
    ]
    simulator.log.clear()
    task = updater.start()
    (confirming,) = await simulator.log.arrived(1, provider="ipify")
    (listing,) = await simulator.log.arrived(1, endpoint=LIST)
    assert (confirming.status, listing.status) == (None, None)
    for hold in holds:
        hold.release()

    await task

    (first,) = simulator.log.select(provider="cloudflare")
    (batch,) = simulator.log.select(endpoint=BATCH)
    assert confirming.overlaps(listing)
    assert not first.overlaps(confirming)
    assert not first.overlaps(listing)
    assert not batch.overlaps(listing)
    assert not batch.overlaps(confirming)


async def test_the_first_update_reads_the_zone_while_the_address_is_detected(
    updater: ZoneUpdater,
) -> None:
    """Both take a round trip; neither waits for the other."""
    simulator = updater.simulator
    holds = [
        simulator.faults.add("ip", "cloudflare", kind="hold"),
        simulator.faults.add("cloudflare", LIST, kind="hold"),
    ]
    task = updater.start()
    (looking,) = await simulator.log.arrived(1, provider="cloudflare")
    (listing,) = await simulator.log.arrived(1, endpoint=LIST)
    assert (looking.status, listing.status) == (None, None)
    assert simulator.log.select(provider="ipify") == []
    for hold in holds:
        hold.release()

    await task

    assert looking.overlaps(listing)
    assert updater.contents == {"A home.example.com": HOME}


async def test_a_full_sync_reads_the_zone_after_the_first_response(updater: ZoneUpdater) -> None:
    """The list does not get old while a provider is slow."""
    simulator = updater.simulator
    await updater.update()
    hold = simulator.faults.add("ip", "cloudflare", kind="hold")
    simulator.log.clear()
    task = updater.start(full_sync=True)
    await simulator.log.arrived(1, provider="cloudflare")
    assert simulator.log.select(endpoint=LIST) == []
    hold.release()

    await task

    assert updater.requests == [LIST]


async def test_nothing_is_written_before_an_address_is_confirmed(updater: ZoneUpdater) -> None:
    """Even if the zone is listed first, nothing is written until a second provider agrees."""
    simulator = updater.simulator
    await updater.update()
    simulator.ip.set_address(NEXT, provider="cloudflare")

    result = await updater.update()

    assert updater.providers == ["cloudflare", "ipify", "ident.me"]
    assert updater.requests == [LIST]
    assert updater.contents == {"A home.example.com": HOME}
    assert (updater.state.detections[HERE].address, result.outcomes) == (ip_address(HOME), {})


async def test_s7_a_provider_that_keeps_reporting_a_wrong_address_costs_one_list(
    updater: ZoneUpdater,
) -> None:
    """Lesson S7: after conflicting responses, the list waits until two providers agree."""
    await updater.update()
    updater.simulator.ip.set_address(NEXT, provider="cloudflare")
    await updater.update()
    assert updater.requests == [LIST]

    for _ in range(3):
        await updater.update()
        assert updater.requests == []
        assert updater.providers == ["cloudflare", "ipify", "ident.me"]
        assert updater.state.detections[HERE].is_conflicting
        assert updater.state.is_converged
    assert updater.state.conflicting_updates == {HERE: 4}


async def test_a_change_is_written_despite_conflicting_responses(updater: ZoneUpdater) -> None:
    """A provider with a wrong address delays a change by one round trip, no more."""
    await updater.update()
    updater.simulator.ip.set_address("81.2.69.150", provider="cloudflare")
    await updater.update()
    updater.simulator.ip.set_address(NEXT)
    updater.simulator.ip.set_address("81.2.69.150", provider="cloudflare")

    await updater.update()

    assert updater.contents == {"A home.example.com": NEXT}
    assert updater.requests == [LIST, BATCH]
    updater.simulator.ip.set_address(NEXT)
    await updater.update()
    assert updater.requests == []


async def test_a_full_sync_reads_the_zone_and_corrects_drift(updater: ZoneUpdater) -> None:
    """A full sync lists the zone without a changed address and corrects external changes."""
    await updater.update()
    await updater.update(full_sync=True)
    assert (updater.providers, updater.requests) == (["cloudflare"], [LIST])
    (record,) = updater.simulator.cloudflare.records(updater.zone)
    updater.simulator.cloudflare.edit_record(updater.zone, record["id"], content="192.0.2.7")

    result = await updater.update(full_sync=True)

    assert updater.requests == [LIST, BATCH]
    assert updater.contents == {"A home.example.com": HOME}
    assert [outcome.is_done for outcome in result.outcomes.values()] == [True]


async def test_a_full_sync_corrects_only_enforced_attributes(updater: ZoneUpdater) -> None:
    """An attribute is corrected if the policy enforces it and kept otherwise."""
    updater.managed_records = [managed("home.example.com", policy=Policy(proxied=True))]
    await updater.update()
    (record,) = updater.simulator.cloudflare.records(updater.zone)
    updater.simulator.cloudflare.edit_record(
        updater.zone, record["id"], proxied=False, comment="gate"
    )

    await updater.update(full_sync=True)

    (batch,) = updater.simulator.log.select(endpoint=BATCH)
    assert batch.body == {"patches": [{"id": record["id"], "proxied": True}]}
    (after,) = updater.simulator.cloudflare.records(updater.zone)
    assert (after["proxied"], after["comment"]) == (True, "gate")


async def test_one_name_is_listed_alone_and_several_as_a_zone(updater: ZoneUpdater) -> None:
    """For another address of a single record only its name is listed, else the whole zone."""
    await updater.update()
    assert "name.exact" not in updater.simulator.log.select(endpoint=LIST)[0].target
    updater.simulator.ip.set_address(NEXT)
    await updater.update()
    assert "name.exact=home.example.com" in updater.simulator.log.select(endpoint=LIST)[0].target
    await updater.update(full_sync=True)
    assert "name.exact" not in updater.simulator.log.select(endpoint=LIST)[0].target

    updater.managed_records = [
        managed("home.example.com"),
        managed("away.example.com", policy=CREATE),
    ]
    await updater.update(full_sync=True)

    assert updater.requests == [LIST, BATCH]
    assert "name.exact" not in updater.simulator.log.select(endpoint=LIST)[0].target


async def test_two_domains_of_both_families_are_two_requests(updater: ZoneUpdater) -> None:
    """For any number of domains and families, an update is one list and one batch."""
    names = ("home.example.com", "away.example.com")
    updater.families = BOTH
    updater.managed_records = [managed(name, family, CREATE) for name in names for family in BOTH]

    await updater.update()

    assert updater.requests == [LIST, BATCH]
    assert sorted(map(str, updater.providers)) == ["cloudflare", "cloudflare", "ipify", "ipify"]
    assert updater.contents == {
        f"{family.record_type} {name}": HOME if family is Family.IPV4 else HOME_V6
        for name in names
        for family in BOTH
    }
    assert set(updater.state.records) == {
        RecordKey(HostName(name), family) for name in names for family in BOTH
    }
    updater.simulator.ip.set_address("2001:218:1:2::777")

    result = await updater.update()

    assert updater.requests == [LIST, BATCH]
    assert {outcome.change.record_key.family for outcome in result.outcomes.values()} == {
        Family.IPV6
    }
    assert updater.contents["AAAA away.example.com"] == "2001:218:1:2::777"
    assert updater.contents["A away.example.com"] == HOME


async def test_a_family_without_a_managed_record_is_detected(updater: ZoneUpdater) -> None:
    """The public address of a family is detected even if no record needs it."""
    updater.families = BOTH

    await updater.update()

    assert updater.state.detections[HERE_V6].address == ip_address(HOME_V6)
    assert updater.state.public_addresses[Family.IPV6] == ip_address(HOME_V6)
    assert updater.contents == {"A home.example.com": HOME}


async def test_s12_unmanaged_records_are_not_changed(
    simulator: Simulator, zone: Zone, updater: ZoneUpdater
) -> None:
    """Lesson S12: no record is deleted or replaced, and unmanaged records are not changed."""
    simulator.cloudflare.add_record(zone, type="AAAA", name="home", content="2001:218::1", ttl=300)
    simulator.cloudflare.add_record(zone, type="A", name="away", content=OLD, proxied=True)
    simulator.cloudflare.add_record(zone, type="TXT", name="home", content="hello")
    before = {record["id"]: record for record in simulator.cloudflare.records(zone)}
    managed_id = next(id_ for id_, record in before.items() if record["comment"] == "front door")

    for address in (NEXT, HOME, OTHER):
        simulator.ip.set_address(address)
        await updater.update()
        assert {entry.method for entry in simulator.log.select(service="cloudflare")} == {
            "GET",
            "POST",
        }
        (batch,) = simulator.log.select(endpoint=BATCH)
        assert isinstance(batch.body, dict)
        assert list(batch.body) == ["patches"]

    after = {record["id"]: record for record in simulator.cloudflare.records(zone)}
    assert after.pop(managed_id)["content"] == OTHER
    del before[managed_id]
    assert after == before


@pytest.mark.parametrize("is_proxied", [True, False], ids=["proxied", "unproxied"])
async def test_s13_a_change_of_address_keeps_the_proxy(
    updater: ZoneUpdater, *, is_proxied: bool
) -> None:
    """Lesson S13: a proxied record stays proxied, and an unproxied one unproxied."""
    (record,) = updater.simulator.cloudflare.records(updater.zone)
    updater.simulator.cloudflare.edit_record(updater.zone, record["id"], proxied=is_proxied)

    for address in (HOME, NEXT, OTHER):
        updater.simulator.ip.set_address(address)
        await updater.update()
        (record,) = updater.simulator.cloudflare.records(updater.zone)
        assert (record["content"], record["proxied"]) == (address, is_proxied)


async def test_s14_a_change_of_address_changes_only_the_content(updater: ZoneUpdater) -> None:
    """Lesson S14: TTL, comment and all other fields are kept through all updates."""
    (before,) = updater.simulator.cloudflare.records(updater.zone)

    for address in (HOME, NEXT, OTHER):
        updater.simulator.ip.set_address(address)
        await updater.update()

    (after,) = updater.simulator.cloudflare.records(updater.zone)
    changed = {key for key in before if before[key] != after[key]}
    assert changed == {"content", "modified_on"}


@pytest.mark.parametrize(
    "name, policy, reason",
    [
        pytest.param("none.example.com", Policy(), Reason.MISSING, id="no record"),
        pytest.param("alias.example.com", CREATE, Reason.CNAME, id="CNAME"),
        pytest.param("several.example.com", Policy(), Reason.AMBIGUOUS, id="several records"),
        pytest.param(
            "several.example.com",
            Policy(create=True, record_id=record_id(1)),
            Reason.AMBIGUOUS,
            id="pinned is gone",
        ),
    ],
)
async def test_a_conflict_is_checked_in_every_update_until_it_is_solved(
    simulator: Simulator,
    zone: Zone,
    updater: ZoneUpdater,
    name: str,
    policy: Policy,
    reason: Reason,
) -> None:
    """A zone with a conflict that only the user can solve is read in every update."""
    simulator.cloudflare.add_record(zone, type="CNAME", name="alias", content="a.example.net")
    simulator.cloudflare.add_record(zone, type="A", name="several", content="192.0.2.1")
    simulator.cloudflare.add_record(zone, type="A", name="several", content="192.0.2.2")
    key = RecordKey(HostName(name), Family.IPV4)
    updater.managed_records = [managed(name, policy=policy)]
    before = updater.contents

    for _ in range(3):
        result = await updater.update()
        conflict = updater.state.record(key).conflict
        assert conflict is not None
        assert (conflict.reason, updater.state.record(key).reason) == (reason, reason)
        assert (updater.state.is_converged, result.outcomes, updater.state.errors) == (
            False,
            {},
            (),
        )
        assert updater.requests == [LIST]
    assert updater.contents == before

    for record in simulator.cloudflare.records(zone):
        simulator.cloudflare.delete_record(zone, record["id"])
    updater.managed_records = [managed(name, policy=CREATE)]
    await updater.update()
    assert (updater.state.record(key).conflict, updater.state.record(key).reason) == (None, None)
    assert updater.state.is_converged
    assert updater.contents == {f"A {name}": HOME}


async def test_an_ambiguity_is_not_solved_by_updating_again(
    simulator: Simulator, zone: Zone, updater: ZoneUpdater
) -> None:
    """A record with the last address beside one with the new address stays ambiguous.

    Otherwise the record with the last address would keep it for good, and the
    user would never know.
    """
    await updater.update()
    simulator.cloudflare.add_record(zone, type="A", name="home", content=NEXT)
    simulator.ip.set_address(NEXT)

    await updater.update()
    conflict = updater.state.record(V4).conflict
    assert conflict is not None
    assert conflict.reason is Reason.AMBIGUOUS

    await updater.update()
    assert updater.state.record(V4).conflict == conflict


async def test_an_update_without_managed_records_detects_the_address(updater: ZoneUpdater) -> None:
    """A zone without domains has a public address, too."""
    updater.managed_records = []

    result = await updater.update(may_call_api=False)

    assert updater.state.detections[HERE].address == ip_address(HOME)
    assert updater.state.public_addresses == {Family.IPV4: ip_address(HOME)}
    assert (updater.requests, updater.state.records, result) == ([], {}, UpdateResult())


async def test_a_recent_detection_is_used_again(updater: ZoneUpdater) -> None:
    """A second zone uses the detection of the first if it is younger than the maximum age."""
    other = ZoneUpdater(updater.simulator, updater.zone, updater.client, updater.detector)
    await updater.update()

    await other.update(max_age=timedelta(seconds=1))

    assert (other.providers, other.requests) == ([], [LIST])
    assert other.state.public_addresses == {Family.IPV4: ip_address(HOME)}
    await other.update()
    assert other.providers == ["cloudflare"]
