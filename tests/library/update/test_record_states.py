"""How one update changes the state of a record, as a table."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from ipaddress import ip_address

import pytest

from custom_components.raindrop.ddns.models import Policy, Reason
from custom_components.raindrop.ddns.plan_values import Conflict, Outcome
from custom_components.raindrop.ddns.sources import Family
from custom_components.raindrop.ddns.state import RecordState, State
from custom_components.raindrop.ddns.update_result import EventType
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, NEXT, OLD
from tests.library.builders import A1, HERE, V4, V6, create, managed
from tests.library.fake_sources import FakeSources
from tests.library.update.external_changes import delete, edit, refuse_writes
from tests.library.zone_updater import BATCH, LIST, ZoneUpdater

FAILED, RECOVERED, UPDATED = EventType.FAILED, EventType.RECOVERED, EventType.UPDATED
DRIFT = EventType.DRIFT_CORRECTED
AT_HOME, AT_OLD = ip_address(HOME), ip_address(OLD)
IN_SYNC = RecordState(last_address=AT_HOME, synced_address=AT_HOME)
NOON = FakeSources().now
ADDRESS_CHANGED = RecordState(last_address=AT_OLD, synced_address=AT_OLD)


def in_conflict(reason: Reason, before: RecordState) -> RecordState:
    """Return a record state with a conflict that was an event."""
    conflict = Conflict(record_key=V4, reason=reason)
    return replace(before, conflict=conflict, reason=reason, has_failed=True)


BEFORE = {
    "unknown": RecordState(),
    "restarted": RecordState(last_address=AT_HOME),
    "in sync": IN_SYNC,
    "address changed": ADDRESS_CHANGED,
    "corrected": replace(IN_SYNC, external_changes=(NOON,)),
    "contested": in_conflict(Reason.CONTESTED, replace(IN_SYNC, external_changes=3 * (NOON,))),
    "missing": in_conflict(Reason.MISSING, RecordState(last_address=AT_HOME)),
    "refused": RecordState(
        last_address=AT_OLD,
        synced_address=AT_HOME,
        failure=Outcome(change=create(V4.name, A1), reason=Reason.REFUSED),
        refusals=3,
        reason=Reason.REFUSED,
        has_failed=True,
    ),
    "unread": replace(ADDRESS_CHANGED, reason=Reason.UNREAD, has_failed=True),
    "flapping": replace(IN_SYNC, reason=Reason.FLAPPING),
    "failed, flapping": replace(IN_SYNC, reason=Reason.FLAPPING, has_failed=True),
}


def existing_matches(updater: ZoneUpdater) -> None:
    """Let the existing record hold the address of the home."""
    edit(updater, HOME)


def existing_differs(updater: ZoneUpdater) -> None:
    """Let the existing record hold another address."""
    edit(updater, OLD)


def replace_by_cname(updater: ZoneUpdater) -> None:
    """Replace the record by a CNAME."""
    delete(updater)
    updater.simulator.cloudflare.add_record(
        updater.zone, type="CNAME", name="home", content="a.example.net"
    )


def refuse_change(updater: ZoneUpdater) -> None:
    """Let Cloudflare refuse the change."""
    refuse_writes(updater, 9003)


def cut_connection(updater: ZoneUpdater) -> None:
    """Let the connection fail during the write."""
    updater.simulator.faults.add("cloudflare", BATCH, kind="reset")


def fail_detection(updater: ZoneUpdater) -> None:
    """Let all providers fail."""
    existing_matches(updater)
    updater.simulator.faults.add("ip", kind="html")


def fail_list(updater: ZoneUpdater) -> None:
    """Let the list of the zone fail."""
    updater.simulator.faults.add("cloudflare", LIST, kind="html")


def forbid_calls(updater: ZoneUpdater) -> None:
    """Do nothing: the update may not call the API."""


SITUATIONS: dict[str, Callable[[ZoneUpdater], None]] = {
    "matches": existing_matches,
    "differs": existing_differs,
    "deleted": delete,
    "cname": replace_by_cname,
    "refused": refuse_change,
    "unconfirmed": cut_connection,
    "no address": fail_detection,
    "list failed": fail_list,
    "no calls": forbid_calls,
}


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table: what an update makes of a record state."""

    before: str
    situation: str
    reason: Reason | None = None
    last: str | None = HOME
    synced: str | None = HOME
    changes: int = 0
    """How many external changes count then."""
    events: tuple[EventType, ...] = ()


TABLE = [
    Row("unknown", "matches"),
    Row("unknown", "differs", events=(UPDATED,)),
    Row("unknown", "deleted", Reason.MISSING, None, None, events=(FAILED,)),
    Row("unknown", "cname", Reason.CNAME, None, None, events=(FAILED,)),
    Row("unknown", "refused", Reason.REFUSED, None, None, events=(FAILED,)),
    Row("unknown", "unconfirmed", Reason.UNCONFIRMED, None, None, events=(FAILED,)),
    Row("unknown", "no address", Reason.NO_ADDRESS, None, None, events=(FAILED,)),
    Row("unknown", "list failed", Reason.UNREAD, None, None, events=(FAILED,)),
    Row("unknown", "no calls", Reason.UNREAD, None, None, events=(FAILED,)),
    Row("restarted", "matches"),
    Row("restarted", "differs", changes=1, events=(DRIFT,)),
    Row("restarted", "deleted", Reason.MISSING, HOME, None, events=(FAILED,)),
    Row("restarted", "no address", None, HOME, None),
    Row("restarted", "list failed", Reason.UNREAD, HOME, None, events=(FAILED,)),
    Row("in sync", "matches"),
    Row("in sync", "differs", changes=1, events=(DRIFT,)),
    Row("in sync", "deleted", Reason.MISSING, HOME, None, events=(FAILED,)),
    Row("in sync", "refused", Reason.REFUSED, HOME, None, events=(FAILED,)),
    Row("in sync", "unconfirmed", Reason.UNCONFIRMED, HOME, None, events=(FAILED,)),
    Row("in sync", "no address"),
    Row("in sync", "list failed"),
    Row("in sync", "no calls"),
    Row("address changed", "matches"),
    Row("address changed", "differs", events=(UPDATED,)),
    Row("address changed", "refused", Reason.REFUSED, OLD, None, events=(FAILED,)),
    Row("address changed", "unconfirmed", Reason.UNCONFIRMED, OLD, None, events=(FAILED,)),
    Row("address changed", "no address", None, OLD, OLD),
    Row("address changed", "list failed", Reason.UNREAD, OLD, OLD, events=(FAILED,)),
    Row("address changed", "no calls", Reason.UNREAD, OLD, OLD, events=(FAILED,)),
    Row("corrected", "matches", changes=1),
    Row("corrected", "differs", changes=2, events=(DRIFT,)),
    Row("corrected", "deleted", Reason.MISSING, HOME, None, changes=1, events=(FAILED,)),
    Row("corrected", "refused", Reason.REFUSED, HOME, None, changes=1, events=(FAILED,)),
    Row("corrected", "no address", changes=1),
    Row("corrected", "list failed", changes=1),
    Row("contested", "matches", changes=2, events=(RECOVERED,)),
    Row("contested", "differs", Reason.CONTESTED, changes=3),
    Row("contested", "deleted", Reason.MISSING, HOME, None, changes=2),
    Row("contested", "no address", Reason.CONTESTED, changes=3),
    Row("missing", "matches", events=(RECOVERED,)),
    Row("missing", "differs", changes=1, events=(DRIFT, RECOVERED)),
    Row("missing", "deleted", Reason.MISSING, HOME, None),
    Row("missing", "cname", Reason.CNAME, HOME, None),
    Row("missing", "no address", Reason.MISSING, HOME, None),
    Row("missing", "list failed", Reason.MISSING, HOME, None),
    Row("refused", "matches", events=(RECOVERED,)),
    Row("refused", "differs", events=(UPDATED, RECOVERED)),
    Row("refused", "refused", Reason.REFUSED, OLD, HOME),
    Row("refused", "no address", Reason.REFUSED, OLD, HOME),
    Row("unread", "matches", events=(RECOVERED,)),
    Row("unread", "differs", events=(UPDATED, RECOVERED)),
    Row("unread", "list failed", Reason.UNREAD, OLD, OLD),
    Row("flapping", "matches"),
    Row("flapping", "refused", Reason.REFUSED, HOME, None, events=(FAILED,)),
    Row("failed, flapping", "matches", events=(RECOVERED,)),
    Row("failed, flapping", "refused", Reason.REFUSED, HOME, None),
]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.before}/{row.situation}")
async def test_a_record_state_after_an_update(updater: ZoneUpdater, row: Row) -> None:
    """An update moves a record from one state to the next and reports each failure once."""
    updater.state = State(records={V4: BEFORE[row.before]}, is_converged=True)
    SITUATIONS[row.situation](updater)

    result = await updater.update(full_sync=True, may_call_api=row.situation != "no calls")

    after = updater.state.record(V4)
    assert after.reason is row.reason
    assert after.has_failed is (row.reason is not None)
    assert after.last_address == (ip_address(row.last) if row.last else None)
    assert after.synced_address == (ip_address(row.synced) if row.synced else None)
    assert len(after.external_changes) == row.changes
    assert tuple(event.type for event in result.events) == row.events
    assert (after.conflict and after.conflict.reason) in {None, after.reason}
    assert (after.failure and after.failure.reason) in {None, after.reason}
    read = row.situation not in {"list failed", "no calls"}
    assert (result.was_read, bool(after.record)) == (
        read,
        read and row.situation not in {"deleted", "cname"},
    )


@pytest.mark.parametrize(
    "before, has_failed",
    [("in sync", False), ("flapping", False), ("unread", True), ("failed, flapping", True)],
)
async def test_a_flapping_address_is_neither_a_failure_nor_a_recovery(
    updater: ZoneUpdater, before: str, *, has_failed: bool
) -> None:
    """While an address is flapping, a record that failed stays failed, and no other one fails."""
    for address in (HOME, NEXT, HOME):
        updater.simulator.ip.set_address(address)
        await updater.update()
    assert updater.state.detections[HERE].is_flapping
    updater.state = State(records={V4: BEFORE[before]})

    result = await updater.update()

    after = updater.state.record(V4)
    assert (after.reason, after.has_failed) == (Reason.FLAPPING, has_failed)
    assert result.events == ()


async def test_the_reason_of_a_record_does_not_affect_the_other_family(
    simulator: Simulator, zone: Zone, updater: ZoneUpdater
) -> None:
    """A conflict of the IPv4 record says nothing about the IPv6 record."""
    simulator.cloudflare.add_record(zone, type="A", name="home", content="192.0.2.1")
    updater.families = tuple(Family)
    updater.managed_records = [
        managed("home.example.com", family, Policy(create=True)) for family in Family
    ]

    await updater.update()

    assert updater.state.record(V4).reason is Reason.AMBIGUOUS
    assert updater.state.record(V6).reason is None


async def test_a_record_that_is_no_longer_managed_is_forgotten(updater: ZoneUpdater) -> None:
    """The state has the records that are managed and no others."""
    updater.managed_records = [managed("home.example.com"), managed("away.example.com")]
    await updater.update()
    updater.managed_records = [managed("home.example.com")]

    await updater.update()

    assert set(updater.state.records) == {V4}
    assert updater.state.is_converged
