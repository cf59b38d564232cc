"""A field that does not take is a failure that is reported once and tried again in a full sync."""

from dataclasses import replace
from ipaddress import ip_address
from typing import Any

import pytest

from custom_components.raindrop.ddns.models import HostName, Policy, Reason, RecordKey
from custom_components.raindrop.ddns.sources import Family
from custom_components.raindrop.ddns.state import RecordState, State
from custom_components.raindrop.ddns.update_result import EventType
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, NEXT
from tests.library.apply.test_apply import batch_response
from tests.library.builders import V4, managed, record
from tests.library.update.external_changes import delete
from tests.library.zone_updater import BATCH, LIST, ZoneUpdater

PROXIED = Policy(create=True, proxied=True)
MISSING = RecordKey(HostName("missing.example.com"), Family.IPV4)


def ignore(updater: ZoneUpdater, *fields: str) -> None:
    """Let Cloudflare answer success and keep some fields."""
    updater.simulator.faults.add("cloudflare", BATCH, kind="ignored_fields", fields=fields)


@pytest.mark.parametrize(
    "policy, field",
    [
        pytest.param(PROXIED, "proxied", id="proxied"),
        pytest.param(Policy(ttl_s=300), "ttl", id="TTL"),
        pytest.param(Policy(), "content", id="content"),
    ],
)
async def test_a_field_that_does_not_take_is_reported_once_and_tried_again_in_a_full_sync(
    updater: ZoneUpdater, policy: Policy, field: str
) -> None:
    """There is one event, no write in the next updates, and one in each full sync."""
    updater.managed_records = [managed("home.example.com", policy=policy)]
    ignore(updater, field)

    first = await updater.update()

    known = updater.state.record(V4)
    assert known.reason is Reason.NOT_APPLIED
    assert field in str(updater.state.errors[0])
    assert [event.type for event in first.events] == [EventType.FAILED]
    for requests in ([LIST], [LIST], [], []):
        assert (await updater.update()).events == ()
        assert updater.requests == requests
    again = await updater.update(full_sync=True)
    assert updater.requests == [LIST, BATCH]
    assert (again.events, updater.state.record(V4).reason) == ((), Reason.NOT_APPLIED)


async def test_a_field_that_took_although_the_response_did_not_show_it_is_found(
    updater: ZoneUpdater,
) -> None:
    """The next update reads the zone: the response may have been wrong."""
    updater.managed_records = [managed("home.example.com", policy=PROXIED)]
    ignore(updater, "proxied")
    await updater.update()
    (record,) = updater.simulator.cloudflare.records(updater.zone)
    updater.simulator.cloudflare.edit_record(updater.zone, record["id"], proxied=True)

    result = await updater.update()

    assert updater.requests == [LIST]
    assert updater.state.record(V4).reason is None
    assert [event.type for event in result.events] == [EventType.RECOVERED]


async def test_a_field_that_takes_at_last_is_a_recovery(updater: ZoneUpdater) -> None:
    """As soon as Cloudflare applies the field, the record is in sync."""
    updater.managed_records = [managed("home.example.com", policy=PROXIED)]
    ignore(updater, "proxied")
    await updater.update()
    updater.simulator.faults.clear()

    result = await updater.update(full_sync=True)

    known = updater.state.record(V4)
    assert (known.reason, known.failure) == (None, None)
    assert [event.type for event in result.events] == [EventType.UPDATED, EventType.RECOVERED]


async def test_a_conflict_of_another_record_does_not_lead_to_more_writes(
    updater: ZoneUpdater,
) -> None:
    """An update that reads the zone for another record does not repeat the write."""
    updater.managed_records = [
        managed("home.example.com", policy=PROXIED),
        managed("missing.example.com"),
    ]
    ignore(updater, "proxied")
    await updater.update()

    for _ in range(3):
        result = await updater.update()

        assert updater.requests == [LIST]
        assert updater.state.record(V4).reason is Reason.NOT_APPLIED
        assert updater.state.record(MISSING).reason is Reason.MISSING
        assert (result.events, result.outcomes) == ((), {})


async def test_a_new_address_is_written_although_another_field_does_not_take(
    updater: ZoneUpdater,
) -> None:
    """The address follows at once, whatever else Cloudflare keeps."""
    updater.managed_records = [managed("home.example.com", policy=PROXIED)]
    ignore(updater, "proxied")
    await updater.update()
    updater.simulator.ip.set_address(NEXT)

    await updater.update()

    assert updater.contents == {"A home.example.com": NEXT}
    assert updater.state.record(V4).reason is Reason.NOT_APPLIED


async def test_a_record_that_came_back_without_its_proxy_stays_a_failure(
    simulator: Simulator, zone: Zone, updater: ZoneUpdater
) -> None:
    """If a record was created again unproxied against what was sent, it is not in sync."""
    (old,) = simulator.cloudflare.records(zone)
    simulator.cloudflare.edit_record(zone, old["id"], proxied=True)
    updater.managed_records = [managed("home.example.com", policy=Policy(create=True))]
    await updater.update()
    delete(updater)
    ignore(updater, "proxied")

    for _ in range(3):
        await updater.update(full_sync=True)
        assert updater.state.record(V4).reason is Reason.NOT_APPLIED

    simulator.faults.clear()
    await updater.update(full_sync=True)
    (record,) = simulator.cloudflare.records(zone)
    assert (record["proxied"], record["content"]) == (True, HOME)
    assert updater.state.record(V4).reason is None


async def test_a_failure_that_its_policy_no_longer_asks_for_ends(updater: ZoneUpdater) -> None:
    """If the user gives up the policy, the record is in sync without a write."""
    updater.managed_records = [managed("home.example.com", policy=Policy(ttl_s=300))]
    ignore(updater, "ttl")
    await updater.update()
    updater.managed_records = [managed("home.example.com")]
    updater.state = replace(updater.state, is_converged=False)

    await updater.update()

    assert updater.requests == [LIST]
    assert updater.state.record(V4).reason is None


@pytest.mark.parametrize("kind", ["html", "reset"])
async def test_a_record_that_came_back_unproxied_stays_a_failure_after_another_one(
    simulator: Simulator, zone: Zone, updater: ZoneUpdater, kind: str
) -> None:
    """Neither a write without a response nor an unknown address makes it right as it is."""
    (old,) = simulator.cloudflare.records(zone)
    simulator.cloudflare.edit_record(zone, old["id"], proxied=True)
    updater.managed_records = [managed("home.example.com", policy=Policy(create=True))]
    await updater.update()
    delete(updater)
    ignore(updater, "proxied")
    await updater.update(full_sync=True)
    simulator.faults.clear()
    simulator.faults.add("cloudflare", BATCH, kind=kind, times=1)
    await updater.update(full_sync=True)
    simulator.ip.set_address(None, family=4)
    await updater.update(full_sync=True)
    assert updater.state.record(V4).reason is not None
    simulator.ip.set_address(HOME)

    await updater.update()

    (record,) = simulator.cloudflare.records(zone)
    assert (record["proxied"], record["content"]) == (True, HOME)
    assert updater.state.record(V4).reason is None


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param({"ttl": 7200}, id="TTL"),
        pytest.param({"proxied": True}, id="proxied"),
        pytest.param({"ttl": 7200, "content": NEXT}, id="TTL and content"),
    ],
)
@pytest.mark.parametrize("must_restart", [False, True])
async def test_what_is_changed_in_a_record_that_came_back_incomplete_is_kept(
    simulator: Simulator,
    zone: Zone,
    updater: ZoneUpdater,
    edit: dict[str, Any],
    must_restart: bool,  # noqa: FBT001
) -> None:
    """The policy is to keep: what somebody chose since is enforced no more."""
    await come_back_incomplete(simulator, zone, updater, {"ttl": 3600})
    (record,) = simulator.cloudflare.records(zone)
    assert record["ttl"] == 1
    simulator.cloudflare.edit_record(zone, record["id"], **edit)
    if must_restart:
        restart(updater)

    await updater.update(full_sync=True)

    (after,) = simulator.cloudflare.records(zone)
    expected = {"proxied": False, "ttl": 1} | edit | {"content": HOME}
    assert {name: after[name] for name in expected} == expected
    assert updater.state.record(V4).reason is None
    delete(updater)
    await updater.update(full_sync=True)
    (again,) = simulator.cloudflare.records(zone)
    assert {name: again[name] for name in expected} == expected


async def test_a_record_that_came_back_without_its_ttl_is_given_it(
    simulator: Simulator, zone: Zone, updater: ZoneUpdater
) -> None:
    """As soon as Cloudflare applies it."""
    await come_back_incomplete(simulator, zone, updater, {"ttl": 3600})

    await updater.update(full_sync=True)

    (record,) = simulator.cloudflare.records(zone)
    assert record["ttl"] == 3600
    assert updater.state.record(V4).reason is None


@pytest.mark.parametrize(
    "fields, policy, expected",
    [
        ({"proxied": True}, Policy(create=True, proxied=False), {"proxied": False}),
        ({"ttl": 3600}, Policy(create=True, ttl_s=120), {"ttl": 120}),
    ],
)
async def test_what_is_enforced_comes_before_what_an_incomplete_record_lacks(
    simulator: Simulator,
    zone: Zone,
    updater: ZoneUpdater,
    fields: dict[str, Any],
    policy: Policy,
    expected: dict[str, Any],
) -> None:
    """The user changed the policy since."""
    await come_back_incomplete(simulator, zone, updater, fields)
    updater.managed_records = [managed("home.example.com", policy=policy)]

    await updater.update(full_sync=True)

    (record,) = simulator.cloudflare.records(zone)
    assert expected.items() <= record.items()
    assert updater.state.record(V4).reason is None


async def test_an_external_record_in_place_of_an_incomplete_one_is_kept(
    simulator: Simulator, zone: Zone, updater: ZoneUpdater
) -> None:
    """Only the record that was created incomplete is given what it lacks."""
    await come_back_incomplete(simulator, zone, updater, {"proxied": True})
    delete(updater)
    simulator.cloudflare.add_record(zone, type="A", name="home.example.com", content=HOME)

    await updater.update(full_sync=True)

    (record,) = simulator.cloudflare.records(zone)
    assert record["proxied"] is False
    assert updater.state.record(V4).reason is None


async def test_a_record_of_which_the_response_showed_another_is_created_as_it_was(
    simulator: Simulator, zone: Zone, updater: ZoneUpdater
) -> None:
    """If only a record of another type was shown, the next full sync tries with the same fields."""
    (old,) = simulator.cloudflare.records(zone)
    simulator.cloudflare.edit_record(zone, old["id"], proxied=True)
    updater.managed_records = [managed("home.example.com", policy=Policy(create=True))]
    await updater.update()
    delete(updater)
    body = batch_response(record(ip_address(HOME), kind="TXT"), keys=("posts", "patches"))
    simulator.faults.add("cloudflare", BATCH, kind="body", body=body)
    await updater.update(full_sync=True)
    assert updater.state.record(V4).reason is Reason.NOT_APPLIED
    simulator.faults.clear()

    await updater.update(full_sync=True)

    (again,) = simulator.cloudflare.records(zone)
    assert (again["proxied"], again["content"]) == (True, HOME)
    assert updater.state.record(V4).reason is None


async def test_another_field_that_is_changed_does_not_end_what_an_incomplete_record_lacks(
    simulator: Simulator, zone: Zone, updater: ZoneUpdater
) -> None:
    """A home that was hidden is hidden again, although somebody set the TTL meanwhile."""
    await come_back_incomplete(simulator, zone, updater, {"proxied": True})
    (record,) = simulator.cloudflare.records(zone)
    simulator.cloudflare.edit_record(zone, record["id"], ttl=7200)

    await updater.update(full_sync=True)

    (record,) = simulator.cloudflare.records(zone)
    assert record["proxied"] is True


async def come_back_incomplete(
    simulator: Simulator, zone: Zone, updater: ZoneUpdater, fields: dict[str, Any]
) -> None:
    """Delete a record with some fields under the policy *keep*; it is created without them."""
    (old,) = simulator.cloudflare.records(zone)
    simulator.cloudflare.edit_record(zone, old["id"], **fields)
    updater.managed_records = [managed("home.example.com", policy=Policy(create=True))]
    await updater.update()
    delete(updater)
    ignore(updater, *fields)
    await updater.update(full_sync=True)
    assert updater.state.record(V4).reason is Reason.NOT_APPLIED
    simulator.faults.clear()


def restart(updater: ZoneUpdater) -> None:
    """Forget what does not survive a restart."""
    known = updater.state.record(V4)
    stored = RecordState(
        last_address=known.last_address,
        last_attributes=known.last_attributes,
        incomplete=known.incomplete,
    )
    updater.state = State(records={V4: stored})


async def test_a_new_record_that_came_out_differently_stays_that_of_this_home(
    updater: ZoneUpdater,
) -> None:
    """If it has to be created again, it gets the comment of this home again."""
    updater.managed_records = [managed(MISSING.name, policy=PROXIED)]
    ignore(updater, "proxied")

    await updater.update()

    known = updater.state.record(MISSING)
    assert known.reason is Reason.NOT_APPLIED
    assert known.last_attributes is not None
    assert known.last_attributes.is_owned is True
