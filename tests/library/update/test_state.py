"""The state of a zone: the reason of each record, errors and times of changes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.raindrop.ddns.detection.detection import Detection, Response
from custom_components.raindrop.ddns.errors import (
    CloudflareConnectionError,
    CloudflareRefusedError,
    CloudflareResponseError,
    DetectionError,
)
from custom_components.raindrop.ddns.failover import FailoverState
from custom_components.raindrop.ddns.models import (
    Address,
    Reason,
    RecordKey,
)
from custom_components.raindrop.ddns.plan_values import Conflict, Outcome
from custom_components.raindrop.ddns.reasons import reason_of
from custom_components.raindrop.ddns.sources import ConnectionId
from custom_components.raindrop.ddns.state import RecordState, State, carried_over
from tests.library import test_zones
from tests.library.builders import A1, A2, B1, HERE, HERE_V6, HOME, V4, V6, create, managed, record

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
CONFLICTS = [
    Reason.MISSING,
    Reason.AMBIGUOUS,
    Reason.OTHER_HOME,
    Reason.CNAME,
    Reason.DELEGATED,
    Reason.READ_ONLY,
    Reason.PLACEHOLDER,
    Reason.NO_PREFIX,
    Reason.PROXIED_UNKNOWN,
    Reason.CONTESTED,
    Reason.SAME_ADDRESS,
    Reason.MIXED_PROXIED,
]
FAILURES = [Reason.REFUSED, Reason.NOT_APPLIED, Reason.UNCONFIRMED]
ACCEPTED = Detection(source=HERE, address=A1, responses=(Response(provider="a", address=A1),))
FAILED = Detection(source=HERE, responses=(Response(provider="a", error=DetectionError.TIMEOUT),))
UNREACHABLE = Detection(
    source=HERE,
    responses=tuple(Response(provider=name, error=DetectionError.UNREACHABLE) for name in "ab"),
)
HOLD_DOWN = Detection(source=HERE, candidate=A2, responses=(Response(provider="a", address=A2),))
FLAPPING = replace(HOLD_DOWN, is_flapping=True)
CONFLICTING = Detection(
    source=HERE,
    responses=(Response(provider="a", address=A1), Response(provider="b", address=A2)),
    is_conflicting=True,
)
PARTLY_UNREACHABLE = Detection(
    source=HERE,
    responses=(
        Response(provider="a", error=DetectionError.UNREACHABLE),
        Response(provider="b", error=DetectionError.STATUS),
    ),
)


def known(
    *,
    synced: Address | None = None,
    last: Address | None = None,
    conflict: Reason | None = None,
    failure: Reason | None = None,
) -> RecordState:
    """Return a record state."""
    return RecordState(
        synced_address=synced,
        last_address=last,
        conflict=Conflict(record_key=V4, reason=conflict) if conflict else None,
        failure=Outcome(change=create(HOME, A1), reason=failure) if failure else None,
    )


IN_SYNC = known(synced=A1, last=A1)


@pytest.mark.parametrize("reason", CONFLICTS)
def test_a_conflict_is_the_reason_of_its_record(reason: Reason) -> None:
    """A record in conflict is not in sync for the reason of the conflict."""
    assert reason_of(known(conflict=reason), ACCEPTED) is reason


@pytest.mark.parametrize("reason", FAILURES)
def test_a_failed_change_is_the_reason_of_its_record(reason: Reason) -> None:
    """A record whose change failed is not in sync for the reason of the outcome."""
    assert reason_of(known(synced=A1, last=A1, failure=reason), ACCEPTED) is reason


@pytest.mark.parametrize(
    "record_state, detection, reason",
    [
        pytest.param(IN_SYNC, ACCEPTED, None, id="in sync/none"),
        pytest.param(known(synced=A1, last=B1), ACCEPTED, None, id="interface identifier/none"),
        pytest.param(known(), ACCEPTED, Reason.UNREAD, id="never read/unread"),
        pytest.param(
            known(synced=A2, last=A2), ACCEPTED, Reason.UNREAD, id="address changed/unread"
        ),
        pytest.param(
            known(synced=A2, last=A1), ACCEPTED, Reason.UNREAD, id="address changed back/unread"
        ),
        pytest.param(known(last=A1), ACCEPTED, Reason.UNREAD, id="after a restart/unread"),
        pytest.param(known(synced=A1), ACCEPTED, Reason.UNREAD, id="never in sync/unread"),
        pytest.param(known(), FAILED, Reason.NO_ADDRESS, id="first detection failed/no address"),
        pytest.param(
            known(), CONFLICTING, Reason.NO_ADDRESS, id="conflicting responses/no address"
        ),
        pytest.param(
            known(), PARTLY_UNREACHABLE, Reason.NO_ADDRESS, id="partly unreachable/no address"
        ),
        pytest.param(
            known(synced=A1),
            FAILED,
            Reason.NO_ADDRESS,
            id="detection failed, never in sync/no address",
        ),
        pytest.param(known(last=A1), FAILED, None, id="detection failed, in sync before/none"),
        pytest.param(
            known(last=A1), CONFLICTING, None, id="conflicting responses, in sync before/none"
        ),
        pytest.param(known(), UNREACHABLE, Reason.NO_ADDRESS, id="no network/no address"),
        pytest.param(known(last=A2), UNREACHABLE, None, id="no network, in sync before/none"),
        pytest.param(known(last=A1), FLAPPING, Reason.FLAPPING, id="flapping/flapping"),
        pytest.param(known(), FLAPPING, Reason.FLAPPING, id="flapping from the start/flapping"),
        pytest.param(known(last=A1), HOLD_DOWN, None, id="hold-down/none"),
        pytest.param(known(), HOLD_DOWN, Reason.NO_ADDRESS, id="first hold-down/no address"),
        pytest.param(
            known(conflict=Reason.CNAME), UNREACHABLE, Reason.CNAME, id="no network, CNAME/CNAME"
        ),
        pytest.param(
            known(failure=Reason.REFUSED),
            FAILED,
            Reason.REFUSED,
            id="detection failed, refused/refused",
        ),
        pytest.param(
            known(conflict=Reason.MISSING, failure=Reason.UNCONFIRMED),
            ACCEPTED,
            Reason.MISSING,
            id="conflict and failure/conflict",
        ),
    ],
)
def test_the_reason_of_a_record(
    record_state: RecordState, detection: Detection, reason: Reason | None
) -> None:
    """A record is in sync if it was brought in line with the accepted address.

    A detection that fails afterwards leaves it in sync.
    """
    assert reason_of(record_state, detection) is reason


def test_an_ipv6_address_that_the_home_does_not_have_is_no_problem() -> None:
    """Without IPv6 at home, an IPv6 record has no reason; its conflict still is one."""
    unreachable = Response(provider="a", error=DetectionError.UNREACHABLE)
    detection = Detection(source=HERE_V6, responses=(unreachable,))

    assert reason_of(known(), detection) is None
    assert reason_of(known(conflict=Reason.CNAME), detection) is Reason.CNAME


def test_every_reason_is_tested() -> None:
    """A conflict, a failed change, a text, the detection, public DNS and the zone have reasons."""
    detection = {Reason.UNREAD, Reason.NO_ADDRESS, Reason.FLAPPING}
    zone = {reason for reason, _ in test_zones.PROBLEMS if reason}

    others = {Reason.TEXT, Reason.NOT_SEEN, Reason.PAUSED, Reason.CONNECTION_DOWN}
    others |= {Reason.OLD_ADDRESS, Reason.SHARED_ADDRESS, Reason.NOT_FOUND, Reason.BUSY}
    others |= {Reason.IPV4_OFF, Reason.SETTINGS_CHANGED, Reason.SETTINGS_UNKNOWN}
    others |= {Reason.ADDRESS_TAKEN}
    assert set(Reason) == {*CONFLICTS, *FAILURES} | others | detection | zone


def test_a_zone_that_cannot_be_read_leaves_records_in_sync() -> None:
    """A failed list is an error of the zone; its records stay in sync."""
    error = CloudflareConnectionError("down")
    state = State(records={V4: IN_SYNC}, list_error=error)

    assert reason_of(state.record(V4), ACCEPTED) is None
    assert state.errors == (error,)


def test_an_unknown_record_has_an_empty_state() -> None:
    """The state of a record key that was never updated is empty."""
    state = State(records={V4: IN_SYNC})

    assert state.record(V4) == IN_SYNC
    assert state.record(V6) == RecordState()


def test_the_time_of_the_last_change() -> None:
    """The last change is that of the newest record with a time, by Cloudflare's clock."""
    hour_old = RecordState(record=replace(record(A1), modified_on=NOON - timedelta(hours=1)))
    new = RecordState(record=replace(record(B1, kind="AAAA"), modified_on=NOON))
    without_time = RecordState(record=record(A2))

    assert State().written_at([V4]) is None
    assert State(records={V4: RecordState()}).written_at([V4]) is None
    assert State(records={V4: without_time}).written_at([V4]) is None
    assert State(records={V4: hour_old, V6: new}).written_at([V4, V6]) == NOON
    assert State(records={V4: hour_old, V6: new}).written_at([V4]) == NOON - timedelta(hours=1)
    assert State(records={V4: without_time, V6: new}).written_at([V4, V6]) == NOON


def test_the_errors_of_a_zone_and_of_its_records() -> None:
    """The error of the list comes first, then those of failed changes."""
    broken, refused = CloudflareResponseError("broken"), CloudflareRefusedError("refused")
    failure = Outcome(change=create(HOME, A1), reason=Reason.REFUSED, error=refused)
    state = State(
        list_error=broken,
        records={V6: RecordState(record=record(A1)), V4: RecordState(failure=failure)},
    )

    assert state.errors == (broken, refused)
    assert state.errors_of([V4]) == (broken, refused)
    assert state.errors_of([V6]) == (broken,)
    assert replace(state, list_error=None).errors_of([V6]) == ()
    assert State().errors == ()


def test_equal_states_are_equal() -> None:
    """Two states that know the same are equal."""
    state = State(records={V4: RecordState(record=record(A1))}, is_converged=True)

    assert replace(state, records=dict(state.records)) == state
    assert replace(state, is_converged=False) != state


FIBRE, LTE = (V4._replace(connection=ConnectionId(name)) for name in ("fibre", "lte"))
KNOWN, OTHER = RecordState(last_address=A1), RecordState(last_address=A2)
USED = replace(KNOWN, failover=FailoverState(in_use=LTE.connection, since=NOON))


@pytest.mark.parametrize(
    "known, managed, expected",
    [
        pytest.param({V4: KNOWN}, [FIBRE, LTE], {FIBRE: KNOWN}, id="all/the first one"),
        pytest.param({V4: USED}, [FIBRE, LTE], {LTE: USED}, id="all/the one in use"),
        pytest.param({V4: USED}, [FIBRE], {FIBRE: USED}, id="all/that one is gone"),
        pytest.param({FIBRE: KNOWN, LTE: OTHER}, [V4], {V4: KNOWN, LTE: OTHER}, id="one again"),
        pytest.param({LTE: OTHER}, [FIBRE, LTE], {LTE: OTHER}, id="another one/nothing"),
        pytest.param({V4: KNOWN, V6: OTHER}, [V4, V6], {V4: KNOWN, V6: OTHER}, id="the same"),
        pytest.param({V6: KNOWN}, [FIBRE], {V6: KNOWN}, id="another family/nothing"),
    ],
)
def test_what_is_known_of_a_name_is_carried_over(
    known: dict[RecordKey, RecordState],
    managed: list[RecordKey],
    expected: dict[RecordKey, RecordState],
) -> None:
    """What the only record had, that of the connection in use has, else the first, and back."""
    assert carried_over(known, managed) == expected


def test_what_a_connection_reports_that_is_down_counts_for_nothing() -> None:
    """Of another record with the same source it does."""
    down, up = managed(HOME), managed("www.example.com")
    state = State(detections={HERE: ACCEPTED}, records={V4: RecordState(is_down=True)})

    assert state.detection(down) == Detection(source=HERE)
    assert state.detection(up) == ACCEPTED
