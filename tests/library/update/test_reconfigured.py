"""The state for another configuration: what is known of a record, and what is forgotten."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from custom_components.raindrop.ddns.failover import FailoverState
from custom_components.raindrop.ddns.models import Policy, Reason, ZoneId
from custom_components.raindrop.ddns.plan_values import Conflict, Outcome, TextOutcome
from custom_components.raindrop.ddns.sources import Connection, ConnectionId
from custom_components.raindrop.ddns.state import RecordState, State, reconfigured
from custom_components.raindrop.ddns.text_records import TextUpdate
from custom_components.raindrop.ddns.zone_config import ManagedRecord, ZoneConfig
from tests.library.builders import A1, A2, HERE, HOME, V4, managed, record, txt, update

TEXT = TextUpdate(
    record_key=V4, record=txt("a"), text="b", replaced=(), record_keys=frozenset({V4})
)
TROUBLED = RecordState(
    last_address=A1,
    conflict=Conflict(record_key=V4, reason=Reason.CONTESTED),
    failure=Outcome(change=update(record(A1), A2), reason=Reason.REFUSED),
    text_failures=(TextOutcome(change=TEXT, reason=Reason.REFUSED),),
    left_texts=(txt("c"),),
    refusals=2,
    external_changes=(datetime(2026, 11, 23, 12, tzinfo=UTC),),
)


def config(*managed_records: ManagedRecord) -> ZoneConfig:
    """Return a zone with these records."""
    return ZoneConfig(
        zone_id=ZoneId("0" * 32), home_sources=[HERE], managed_records=managed_records
    )


@pytest.mark.parametrize("is_paused", [True, False], ids=["paused", "no longer paused"])
def test_pausing_forgets_what_went_wrong(*, is_paused: bool) -> None:
    """What was refused, contested or in conflict before is tried and judged again."""
    before = config(replace(managed(HOME), is_paused=not is_paused))
    after = config(replace(managed(HOME), is_paused=is_paused))

    state = reconfigured(State(records={V4: TROUBLED}), before, after)

    assert state.record(V4) == RecordState(last_address=A1)


def test_another_policy_forgets_nothing_that_went_wrong() -> None:
    """Nor does a domain that is added again: only pausing is a fresh start."""
    state = State(records={V4: TROUBLED})
    other = config(managed(HOME, policy=Policy(create=True)))

    assert reconfigured(state, config(managed(HOME)), other).record(V4) == TROUBLED
    assert reconfigured(state, config(), other).record(V4) == TROUBLED


def test_each_changed_record_is_compared_again() -> None:
    """An unchanged one before it does not end the search."""
    first, second = managed(HOME), managed("www.example.com")
    known = RecordState(synced_address=A1)
    state = State(records={first.record_key: known, second.record_key: known})
    changed = replace(second, policy=Policy(create=True))

    after = reconfigured(state, config(first, second), config(first, changed))

    assert after.record(first.record_key).synced_address == A1
    assert after.record(second.record_key).synced_address is None


@pytest.mark.parametrize("has_connections", [True, False])
def test_only_a_record_with_connections_keeps_which_one_is_in_use(*, has_connections: bool) -> None:
    """Another policy is no reason to go back to the first connection."""
    connection = Connection(id=ConnectionId("fibre"), name="Fibre", source=HERE)
    failover = FailoverState(in_use=connection.id, since=datetime(2026, 11, 23, 12, tzinfo=UTC))
    state = State(records={V4: RecordState(failover=failover)})
    before = replace(managed(HOME), connections=(connection,))
    after = replace(
        managed(HOME, policy=Policy(create=True)),
        connections=(connection,) if has_connections else (),
    )

    known = reconfigured(state, config(before), config(after)).record(V4)

    assert known.failover == (failover if has_connections else None)


def test_what_a_removed_connection_leaves_is_looked_for() -> None:
    """Its record is nobody's any more, so the zone has to be read; without one it has not."""
    of_fibre = replace(managed(HOME), record_key=V4._replace(connection=ConnectionId("fibre")))
    other = managed("www.example.com")
    state = State(is_converged=True)

    assert not reconfigured(state, config(of_fibre, other), config(other)).is_converged
    assert reconfigured(state, config(managed(HOME), other), config(other)).is_converged
