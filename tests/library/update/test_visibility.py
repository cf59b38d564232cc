"""From when on resolvers must answer with a record, and what their answers mean."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.raindrop.ddns.detection.detection import Detection
from custom_components.raindrop.ddns.models import Address, Reason, Record, RecordKey, ZoneId
from custom_components.raindrop.ddns.public_answers import (
    PublicAnswers,
    PublicQuestions,
    questions_about,
    with_public_answers,
    without_public_answers,
)
from custom_components.raindrop.ddns.state import RecordState, State
from custom_components.raindrop.ddns.update_result import EventType
from custom_components.raindrop.ddns.visibility import (
    is_visible,
    next_in_turn,
    why_unseen,
    with_visibility,
)
from custom_components.raindrop.ddns.zone_config import ZoneConfig
from custom_components.raindrop.ddns.zones import Zone, ZoneStatus, ZoneType
from tests.library.builders import A1, A2, A3, HERE, V4, V6, managed, record
from tests.library.zone_updater import ZoneUpdater

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LONG_AGO = NOON - timedelta(days=9)
CLOUDFLARE = frozenset({"ada.ns.cloudflare.com", "bob.ns.cloudflare.com"})
REGISTRAR = frozenset({"ns1.registrar.example"})
CONFIG = ZoneConfig(
    zone_id=ZoneId("0" * 32), home_sources=[HERE], managed_records=[managed("home.example.com")]
)
PUBLIC = Zone(id=CONFIG.zone_id, name=None, status=ZoneStatus.ACTIVE, type=ZoneType.FULL)
SEEN = RecordState(
    record=record(A1), last_address=A1, synced_address=A1, visible_from=LONG_AGO, exists=True
)


def state_of(known: RecordState) -> State:
    """Return the state of a zone with one record, whose address is known."""
    return State(detections={HERE: Detection(source=HERE, address=A1)}, records={V4: known})


def answered(
    state: State,
    *addresses: Address,
    is_known: bool = True,
    asked: Record | None = None,
    name_servers: frozenset[str] | None = None,
) -> tuple[State, list[EventType]]:
    """Return the state after resolvers answered, and the events."""
    asked = asked or state.record(V4).record
    assert asked
    questions = PublicQuestions(records={V4: asked}, name_servers=CLOUDFLARE)
    answers = PublicAnswers(
        questions=questions,
        addresses={V4: frozenset(addresses) if is_known else None},
        name_servers=name_servers,
    )
    after, result = with_public_answers(CONFIG, state, answers, NOON)
    return after, [event.type for event in result.events]


def later(before: RecordState, found: Record | None) -> RecordState:
    """Return a record state after a list that shows a record, which was left as it is."""
    return with_visibility(before, found, found, NOON)


def test_an_external_change_is_seen_though_it_is_corrected() -> None:
    """Resolvers may remember it for its TTL."""
    known = replace(SEEN, is_not_seen=True)
    known = with_visibility(known, record(A2, ttl_s=3600), record(A1), NOON)
    assert known.visible_from == NOON + timedelta(minutes=70)
    assert not known.is_not_seen


@pytest.mark.parametrize(
    "before, after, minutes",
    [
        pytest.param(record(A1), record(A2), 5, id="automatic TTL"),
        pytest.param(record(A1, ttl_s=60), record(A2, ttl_s=3600), 60, id="longer TTL after"),
        pytest.param(record(A1, ttl_s=3600), record(A2, ttl_s=60), 60, id="longer TTL before"),
        pytest.param(record(A1, ttl_s=3600), record(A1, ttl_s=60), 60, id="only the TTL"),
        pytest.param(record(A1, proxied=True), record(A1, ttl_s=60), 5, id="no longer proxied"),
        pytest.param(None, record(A1), 30, id="created"),
        pytest.param(None, record(A1, ttl_s=7200), 120, id="created with a long TTL"),
        pytest.param(record(A1), record(A2, ttl_s=10**30), 24 * 60, id="an impossible TTL"),
        pytest.param(record(A1, ttl_s=-9), record(A2, ttl_s=-9), 0, id="a negative TTL"),
    ],
)
def test_a_change_must_be_seen_after_the_longer_ttl_and_ten_minutes(
    before: Record | None, after: Record, minutes: int
) -> None:
    """Resolvers remember the old record, or for half an hour that there was none."""
    known = with_visibility(RecordState(record=before), before, after, NOON)
    assert known.visible_from == NOON + timedelta(minutes=minutes + 10)


@pytest.mark.parametrize(
    "modified_on, since",
    [(LONG_AGO, LONG_AGO), (NOON + timedelta(hours=1), NOON), (None, NOON)],
    ids=["long ago", "another clock", "not known"],
)
def test_a_record_that_is_read_first_has_its_own_time(
    modified_on: datetime | None, since: datetime
) -> None:
    """After a start it counts since when Cloudflare has the record."""
    found = replace(record(A1), modified_on=modified_on)
    known = with_visibility(RecordState(), found, found, NOON)
    assert known.visible_from == since + timedelta(minutes=40)


def test_a_change_that_is_found_counts_from_then_on() -> None:
    """Whenever it was made: what was before it is known only until the last list."""
    known = later(SEEN, replace(record(A2), modified_on=LONG_AGO))
    assert known.visible_from == NOON + timedelta(minutes=15)


def test_a_record_that_is_not_seen_stays_so_while_it_keeps_its_address() -> None:
    """Whatever else changes; what was answered says nothing about another address."""
    known = replace(SEEN, is_not_seen=True)
    assert later(known, record(A1, ttl_s=600)).is_not_seen
    assert not later(known, record(A2)).is_not_seen


def test_a_record_that_was_changed_there_and_back_waits_again() -> None:
    """Resolvers may remember what nobody else noticed."""
    known = later(SEEN, replace(record(A1), modified_on=NOON))
    assert known.visible_from == NOON + timedelta(minutes=15)


def test_a_record_that_stays_keeps_its_time() -> None:
    """Another comment is no change that resolvers see."""
    known = replace(SEEN, is_not_seen=True)
    assert later(known, record(A1, comment="new")) == known


@pytest.mark.parametrize("found", [None, record(A1, proxied=True)], ids=["deleted", "proxied"])
def test_what_has_no_address_of_the_home_is_not_to_be_seen(found: Record | None) -> None:
    """A proxied name answers with Cloudflare's addresses."""
    known = replace(SEEN, is_not_seen=True, public_addresses=frozenset({A2}))
    assert later(known, found) == replace(SEEN, visible_from=None)


def test_a_restart_forgets_no_record_that_is_not_seen() -> None:
    """Unless the record holds another address now."""
    stored = RecordState(last_address=A1, is_not_seen=True)
    assert later(stored, record(A1)).is_not_seen
    assert not later(stored, record(A2)).is_not_seen


@pytest.mark.parametrize(
    "known, expected",
    [
        (SEEN, True),
        (replace(SEEN, reason=Reason.NOT_SEEN), True),
        (replace(SEEN, reason=Reason.CNAME), False),
        (replace(SEEN, visible_from=NOON), True),
        (replace(SEEN, visible_from=NOON + timedelta(seconds=1)), False),
        (replace(SEEN, visible_from=None), False),
    ],
    ids=["in sync", "not seen", "conflict", "due", "too early", "proxied"],
)
def test_only_what_must_be_seen_is_looked_at(known: RecordState, *, expected: bool) -> None:
    """A record that is not in sync, or changed a moment ago, says nothing."""
    assert is_visible(known, NOON) is expected


def test_records_take_turns() -> None:
    """Every record has its turn; those not seen have every second one."""
    keys = [V4, V6]

    def turns(records: Mapping[RecordKey, RecordState]) -> list[int | None]:
        found = (next_in_turn(State(records=records), turn, NOON) for turn in range(6))
        return [keys.index(key) if key else None for key in found]

    assert turns({V4: SEEN, V6: SEEN}) == [0, 1, 0, 1, 0, 1]
    assert turns({V4: SEEN, V6: replace(SEEN, is_not_seen=True)}) == [0, 1, 1, 1, 0, 1]
    assert turns({V4: replace(SEEN, visible_from=None)}) == [None] * 6


def test_an_answer_with_another_address_is_a_problem_until_one_has_the_address() -> None:
    """It begins with one event and ends with another; what is not known changes nothing."""
    seen, events = answered(state_of(SEEN), A1, A3)
    assert (seen.record(V4).reason, events) == (None, [])
    assert seen.record(V4).public_addresses == frozenset({A1, A3})

    missed, events = answered(seen, A2)
    assert (missed.record(V4).reason, events) == (Reason.NOT_SEEN, [EventType.FAILED])
    assert not missed.record(V4).is_in_sync

    unknown, events = answered(missed, is_known=False)
    assert (unknown, events) == (missed, [])

    again, events = answered(missed)
    assert (again.record(V4).public_addresses, events) == (frozenset(), [])

    found, events = answered(again, A1)
    assert (found.record(V4).reason, events) == (None, [EventType.RECOVERED])


def test_an_answer_about_a_record_that_changed_meanwhile_is_ignored() -> None:
    """It may be right for the record as it was."""
    state = state_of(SEEN)
    assert answered(state, A2, asked=record(A2))[0] == state


def test_another_reason_comes_first() -> None:
    """A record that Cloudflare has wrong is not said to be unseen."""
    after, _ = answered(state_of(replace(SEEN, synced_address=A3)), A2)
    assert after.record(V4).reason is Reason.UNREAD


@pytest.mark.parametrize("found", [REGISTRAR, frozenset[str]()], ids=["others", "none"])
def test_a_zone_that_is_delegated_elsewhere_is_seen_by_nobody(found: frozenset[str]) -> None:
    """Then no record of it is seen, whatever else is answered; one of the servers is enough."""
    lost, events = answered(state_of(SEEN), A1, name_servers=found)
    assert lost.foreign_name_servers == found
    assert (lost.record(V4).reason, events) == (Reason.NOT_SEEN, [EventType.FAILED])

    assert answered(lost, A1)[0] == lost

    back, events = answered(lost, A1, name_servers=REGISTRAR | {"bob.ns.cloudflare.com"})
    assert back.foreign_name_servers is None
    assert (back.record(V4).reason, events) == (None, [EventType.RECOVERED])


@pytest.mark.parametrize("proxied", [True, False])
def test_the_world_sees_only_the_proxied_records_of_a_partial_zone(*, proxied: bool) -> None:
    """The provider of the zone points their names to Cloudflare's proxy."""
    known = replace(SEEN, record=record(A1, proxied=proxied))
    zone = Zone(id=CONFIG.zone_id, name=None, type=ZoneType.PARTIAL)
    assert why_unseen(known, State(zone=zone)) is (None if proxied else Reason.ZONE_PARTIAL)


@pytest.mark.parametrize(
    "zone, is_asked",
    [
        pytest.param(None, True, id="not known"),
        pytest.param(PUBLIC, True, id="active"),
        pytest.param(replace(PUBLIC, status=None, type=None), True, id="its state is not known"),
        pytest.param(replace(PUBLIC, status=ZoneStatus.PENDING), False, id="not delegated"),
        pytest.param(replace(PUBLIC, type=ZoneType.PARTIAL), False, id="partial"),
    ],
)
def test_resolvers_are_asked_about_records_that_the_internet_sees(
    zone: Zone | None, *, is_asked: bool
) -> None:
    """A zone that is not Cloudflare's by its own words has no answers."""
    state = replace(state_of(SEEN), zone=zone)
    assert questions_about(state, [V4]).records == ({V4: SEEN.record} if is_asked else {})


def test_a_record_that_was_never_in_sync_is_not_missed() -> None:
    """Nothing is known of it that could be seen."""
    never = RecordState(exists=False)
    config = replace(CONFIG, managed_records=[])
    questions = PublicQuestions(name_servers=CLOUDFLARE)
    answers = PublicAnswers(questions=questions, addresses={}, name_servers=REGISTRAR)
    after, _ = with_public_answers(config, State(records={V6: never}), answers, NOON)
    assert after.foreign_name_servers == REGISTRAR
    assert after.records == {}


def test_answers_can_be_forgotten() -> None:
    """Nothing is left of them where no resolver is asked any more."""
    lost, _ = answered(state_of(SEEN), A2, name_servers=REGISTRAR)
    clean = without_public_answers(lost)
    assert clean.foreign_name_servers is None
    assert clean.record(V4).public_addresses is None
    assert not clean.record(V4).is_not_seen


async def test_an_update_knows_from_when_on_its_change_must_be_visible(
    updater: ZoneUpdater,
) -> None:
    """The record was there before, so no cache holds for longer that there is none."""
    (existing,) = updater.simulator.cloudflare.records(updater.zone)
    updater.simulator.cloudflare.edit_record(updater.zone, existing["id"], ttl=300)

    await updater.update()

    visible_from = updater.detector.now() + timedelta(minutes=15)
    assert updater.state.record(V4).visible_from == visible_from
