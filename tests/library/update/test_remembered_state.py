"""What is remembered of each record from one update to the next."""

from dataclasses import replace
from ipaddress import ip_address
import json

import pytest

from custom_components.raindrop.ddns.errors import CloudflareRefusedError
from custom_components.raindrop.ddns.models import (
    Create,
    HostName,
    InterfaceId,
    Policy,
    Reason,
    RecordKey,
)
from custom_components.raindrop.ddns.sources import Family, Meaning, Source, SourceKind
from custom_components.raindrop.ddns.state import RecordState, State
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, HOME_V6, NEXT, OLD
from tests.library.builders import V4, V6, managed
from tests.library.fake_sources import FakeSources
from tests.library.update.external_changes import (
    ExternalChange,
    delete,
    edit,
    refuse_writes,
    unproxy,
)
from tests.library.zone_updater import BATCH, LIST, ZoneUpdater

AWAY = RecordKey(HostName("away.example.com"), Family.IPV4)
CREATE = Policy(create=True)
EXISTS = [81057, 81058]


async def test_the_address_in_sync_is_remembered(updater: ZoneUpdater) -> None:
    """The address that a record was read or written with is remembered by record key."""
    await updater.update()
    first = updater.state.record(V4)
    assert first.last_address == first.synced_address == ip_address(HOME)
    assert first.last_record == first.record is not None
    assert first.external_changes == ()

    updater.simulator.ip.set_address(NEXT)
    await updater.update()
    second = updater.state.record(V4)
    assert second.last_address == second.synced_address == ip_address(NEXT)
    assert second.last_record == second.record != first.record


async def test_a_record_that_may_have_been_proxied_is_not_created(updater: ZoneUpdater) -> None:
    """What was stored of it could not be read: unproxied, it could show a home that was hidden."""
    delete(updater)
    updater.managed_records = [managed("home.example.com", policy=CREATE)]
    updater.state = State(records={V4: RecordState(is_forgotten=True)})

    for _ in range(2):
        await updater.update(full_sync=True)
        assert updater.contents == {}
        assert updater.state.record(V4).reason is Reason.PROXIED_UNKNOWN


async def test_the_address_of_the_router_says_nothing_about_the_prefix_of_its_network(
    updater: ZoneUpdater, sources: FakeSources
) -> None:
    """A record that needs the prefix is not written."""
    router = Source(Family.IPV6, SourceKind.ENTITY, entity="sensor.router", meaning=Meaning.ROUTER)
    sources.values["sensor.router"] = HOME_V6
    policy = Policy(create=True, interface_id=InterfaceId(bits=0xBEEF))
    updater.managed_records = [
        replace(managed("nas.example.com", Family.IPV6, policy), source=router)
    ]

    for _ in range(3):
        sources.advance(300)
        await updater.update(full_sync=True)
    assert updater.state.detections[router].address == ip_address(HOME_V6)
    assert "AAAA nas.example.com" not in updater.contents
    (known,) = updater.state.records.values()
    assert known.reason is Reason.NO_PREFIX


async def test_a_record_that_was_in_sync_from_the_start_is_remembered(
    simulator: Simulator, zone: Zone, updater: ZoneUpdater
) -> None:
    """An address is remembered even if nothing was written."""
    simulator.ip.set_address(OLD)

    result = await updater.update()

    assert (updater.requests, result.outcomes) == ([LIST], {})
    known = updater.state.record(V4)
    assert known.last_address == known.synced_address == ip_address(OLD)


async def test_with_an_interface_id_the_last_address_differs_from_the_synced_address(
    simulator: Simulator, zone: Zone, updater: ZoneUpdater
) -> None:
    """The synced address is the detected one, the last address that of the other machine."""
    simulator.cloudflare.add_record(zone, type="AAAA", name="home", content="2001:218:9:8::7")
    updater.families = (Family.IPV6,)
    updater.managed_records = [
        managed("home.example.com", Family.IPV6, Policy(interface_id=InterfaceId()))
    ]

    await updater.update()

    assert updater.contents["AAAA home.example.com"] == "2001:218:1:2::7"
    known = updater.state.record(V6)
    assert known.synced_address == ip_address(HOME_V6)
    assert known.last_address == ip_address("2001:218:1:2::7")
    assert known.reason is None
    await updater.update()
    assert updater.requests == []
    assert (await updater.update(full_sync=True)).outcomes == {}


async def test_a_record_without_an_address_keeps_the_last_address(
    simulator: Simulator, zone: Zone, updater: ZoneUpdater
) -> None:
    """If an existing record holds no address to keep, the last address stays known."""
    aaaa = simulator.cloudflare.add_record(zone, type="AAAA", name="home", content="2001:218::7")
    updater.families = (Family.IPV6,)
    updater.managed_records = [
        managed("home.example.com", Family.IPV6, Policy(interface_id=InterfaceId()))
    ]
    await updater.update()
    page = {"page": 1, "per_page": 100, "count": 1, "total_count": 1, "total_pages": 1}
    body = {"success": True, "result": [aaaa | {"content": "unknown"}], "result_info": page}
    simulator.faults.add("cloudflare", LIST, kind="body", body=json.dumps(body))

    result = await updater.update(full_sync=True)

    known = updater.state.record(V6)
    assert known.record is not None
    assert (known.record.content, result.outcomes, result.was_read) == ("unknown", {}, True)
    assert known.last_address == ip_address("2001:218:1:2::7")


async def test_each_record_is_synced_by_itself(updater: ZoneUpdater) -> None:
    """A conflict of one record does not keep another from being in sync."""
    updater.managed_records = [managed("home.example.com"), managed("away.example.com")]

    await updater.update()

    home, away = updater.state.record(V4), updater.state.record(AWAY)
    assert home.synced_address == home.last_address == ip_address(HOME)
    assert (away.synced_address, away.last_address) == (None, None)
    assert (home.reason, away.reason) == (None, Reason.MISSING)
    assert not updater.state.is_converged


async def test_a_failed_change_leaves_its_record_not_synced(updater: ZoneUpdater) -> None:
    """A record whose change is unconfirmed has no synced address, but keeps its last one."""
    await updater.update()
    updater.simulator.ip.set_address(NEXT)
    updater.simulator.faults.add("cloudflare", BATCH, kind="reset", times=1)

    await updater.update()

    known = updater.state.record(V4)
    assert (known.synced_address, known.last_address) == (None, ip_address(HOME))
    assert known.reason is Reason.UNCONFIRMED
    await updater.update()
    known = updater.state.record(V4)
    assert known.synced_address == known.last_address == ip_address(NEXT)
    assert (known.reason, known.failure) == (None, None)


async def test_a_refused_change_sets_the_synced_address_only(updater: ZoneUpdater) -> None:
    """A change that was refused three times is not tried again, but its record is not in sync."""
    await updater.update()
    updater.simulator.ip.set_address(NEXT)
    refuse_writes(updater, 9003)

    for _ in range(3):
        assert updater.state.record(V4).synced_address != ip_address(NEXT)
        await updater.update()

    known = updater.state.record(V4)
    assert updater.state.is_converged
    assert known.synced_address == ip_address(NEXT)
    assert known.last_address == ip_address(HOME)
    assert known.reason is Reason.REFUSED


async def test_a_failed_detection_of_a_family_keeps_what_is_known(
    simulator: Simulator, zone: Zone, updater: ZoneUpdater
) -> None:
    """An update without an address keeps the synced and the last address of a record."""
    updater.families = (Family.IPV4, Family.IPV6)
    updater.managed_records = [
        managed("home.example.com", family, CREATE) for family in updater.families
    ]
    await updater.update()
    before = updater.state.record(V6)
    simulator.ip.set_address(None, family=6)
    simulator.ip.set_address(NEXT)

    await updater.update()

    ipv4, ipv6 = updater.state.record(V4), updater.state.record(V6)
    assert before.synced_address == ip_address(HOME_V6)
    assert ipv4.synced_address == ipv4.last_address == ip_address(NEXT)
    assert ipv6.synced_address == ipv6.last_address == ip_address(HOME_V6)
    assert ipv6.reason is None


@pytest.mark.parametrize("code", EXISTS)
@pytest.mark.parametrize(
    "name, policy", [("new", CREATE), ("home", Policy())], ids=["create", "update"]
)
async def test_s21_a_record_that_already_exists_is_adopted_in_the_next_update(
    simulator: Simulator, zone: Zone, updater: ZoneUpdater, code: int, name: str, policy: Policy
) -> None:
    """Lesson S21: after "already exists" the zone is read again to find the record."""
    key = RecordKey(HostName(f"{name}.example.com"), Family.IPV4)
    updater.managed_records = [managed(key.name, policy=policy)]
    refuse_writes(updater, code)

    result = await updater.update()

    (outcome,) = result.outcomes.values()
    assert isinstance(outcome.error, CloudflareRefusedError)
    assert outcome.reason is Reason.REFUSED
    assert not updater.state.is_converged
    known = updater.state.record(key)
    assert (known.synced_address, known.last_address) == (None, None)
    simulator.faults.clear()
    for record in simulator.cloudflare.records(zone):
        simulator.cloudflare.delete_record(zone, record["id"])
    simulator.cloudflare.add_record(zone, type="A", name=name, content=HOME)

    result = await updater.update()

    assert updater.requests == [LIST]
    known = updater.state.record(key)
    assert (result.outcomes, known.conflict, updater.state.is_converged) == ({}, None, True)
    assert known.last_address == ip_address(HOME)
    assert len(updater.contents) == 1


async def test_a_record_that_is_created_externally_during_an_update_is_adopted(
    simulator: Simulator, zone: Zone, updater: ZoneUpdater
) -> None:
    """A record that is created externally between list and write gets no duplicate."""
    updater.managed_records = [managed("new.example.com", policy=CREATE)]
    hold = simulator.faults.add("cloudflare", LIST, kind="hold")
    task = updater.start()
    await simulator.log.arrived(1, endpoint=LIST)
    simulator.cloudflare.add_record(zone, type="A", name="new", content=HOME)
    hold.release()

    result = await task

    assert [outcome.reason for outcome in result.outcomes.values()] == [Reason.REFUSED]
    result = await updater.update()
    assert updater.requests == [LIST]
    assert (result.outcomes, updater.state.is_converged) == ({}, True)


@pytest.mark.parametrize(
    "policy, change",
    [
        pytest.param(Policy(), edit, id="another address"),
        pytest.param(CREATE, delete, id="deleted"),
        pytest.param(Policy(proxied=True), unproxy, id="no longer proxied"),
    ],
)
async def test_external_changes_are_counted_until_a_record_is_contested(
    updater: ZoneUpdater, policy: Policy, change: ExternalChange
) -> None:
    """Drift is corrected twice; the third time the record is contested and left as it is."""
    updater.managed_records = [managed("home.example.com", policy=policy)]
    await updater.update()
    assert updater.state.record(V4).external_changes == ()
    for count in (1, 2):
        change(updater)
        result = await updater.update(full_sync=True)
        assert len(updater.state.record(V4).external_changes) == count
        assert [outcome.change.is_drift for outcome in result.outcomes.values()] == [True]
        assert updater.state.record(V4).reason is None
        await updater.update()
        assert len(updater.state.record(V4).external_changes) == count
    change(updater)
    before = updater.contents

    for _ in range(2):
        await updater.update(full_sync=True)
        assert updater.requests == [LIST]
        known = updater.state.record(V4)
        assert known.conflict is not None
        assert known.conflict.reason is known.reason is Reason.CONTESTED
        assert (len(known.external_changes), updater.state.is_converged) == (3, True)
        assert known.last_address == ip_address(HOME)
    assert updater.contents == before
    await updater.update()
    assert updater.requests == []


async def contest(updater: ZoneUpdater) -> None:
    """Change the record externally until it is contested."""
    await updater.update()
    for _ in range(3):
        edit(updater)
        await updater.update(full_sync=True)
    assert updater.state.record(V4).reason is Reason.CONTESTED


async def test_a_contested_record_that_is_in_sync_again_is_managed_again(
    updater: ZoneUpdater,
) -> None:
    """If the external change is taken back, the conflict ends."""
    await contest(updater)
    edit(updater, HOME)

    await updater.update(full_sync=True)

    known = updater.state.record(V4)
    assert (known.conflict, len(known.external_changes), known.reason) == (None, 2, None)


async def test_a_new_address_is_written_to_a_contested_record(updater: ZoneUpdater) -> None:
    """A changed address ends the conflict, and its update is no drift."""
    await contest(updater)
    updater.simulator.ip.set_address(NEXT)

    result = await updater.update()

    assert updater.contents == {"A home.example.com": NEXT}
    known = updater.state.record(V4)
    assert (known.conflict, len(known.external_changes)) == (None, 2)
    assert [outcome.change.is_drift for outcome in result.outcomes.values()] == [False]


async def test_a_failed_correction_does_not_count(updater: ZoneUpdater) -> None:
    """Only corrections that are done count."""
    await updater.update()
    edit(updater)
    await updater.update(full_sync=True)
    edit(updater)
    updater.simulator.faults.add("cloudflare", BATCH, kind="rate_limit", times=2)
    for _ in range(2):
        await updater.update(full_sync=True)
        assert len(updater.state.record(V4).external_changes) == 1

    await updater.update(full_sync=True)
    assert len(updater.state.record(V4).external_changes) == 2
    assert updater.contents == {"A home.example.com": HOME}


async def test_a_deleted_record_is_created_again(updater: ZoneUpdater) -> None:
    """A record that was deleted externally is created again if the policy allows it."""
    updater.managed_records = [managed("home.example.com", policy=CREATE)]
    await updater.update()
    delete(updater)

    result = await updater.update(full_sync=True)

    (outcome,) = result.outcomes.values()
    assert isinstance(outcome.change, Create)
    assert outcome.change.is_drift
    known = updater.state.record(V4)
    assert known.record is not None
    assert known.record.content == HOME


async def test_an_overruled_record_is_corrected_although_contested(updater: ZoneUpdater) -> None:
    """If the user overrules external changes, the record is corrected; nothing counts any more."""
    await contest(updater)

    result = await updater.update(full_sync=True, overrule=V4)

    assert updater.requests == [LIST, BATCH]
    assert updater.contents == {"A home.example.com": HOME}
    assert [outcome.change.is_drift for outcome in result.outcomes.values()] == [True]
    known = updater.state.record(V4)
    assert (known.conflict, known.reason, known.external_changes) == (None, None, ())


async def test_only_the_overruled_record_is_corrected(
    simulator: Simulator, zone: Zone, updater: ZoneUpdater
) -> None:
    """Another contested record is left as it is."""
    away = simulator.cloudflare.add_record(zone, type="A", name="away", content=HOME)
    home = next(r for r in simulator.cloudflare.records(zone) if r["id"] != away["id"])
    updater.managed_records = [managed("home.example.com"), managed("away.example.com")]
    await updater.update()
    for _ in range(3):
        for record in (home, away):
            simulator.cloudflare.edit_record(zone, record["id"], content=OLD)
        await updater.update(full_sync=True)

    result = await updater.update(full_sync=True, overrule=AWAY)

    assert set(result.outcomes) == {AWAY}
    assert updater.contents == {"A home.example.com": OLD, "A away.example.com": HOME}
    assert updater.state.record(V4).reason is Reason.CONTESTED
    assert [len(updater.state.record(key).external_changes) for key in (V4, AWAY)] == [3, 0]


async def test_an_overruled_record_that_is_refused_does_not_count(updater: ZoneUpdater) -> None:
    """If the correction of an overruled record is refused, its external changes still count."""
    await contest(updater)
    refuse_writes(updater, 9003)

    await updater.update(full_sync=True, overrule=V4)

    known = updater.state.record(V4)
    assert known.conflict is None
    assert (known.reason, len(known.external_changes)) == (Reason.REFUSED, 2)
