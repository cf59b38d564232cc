"""The reason of a record in each state, and what it means for its zone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from custom_components.raindrop.ddns.detection.detection import Detection
from custom_components.raindrop.ddns.models import Reason, ZoneId
from custom_components.raindrop.ddns.plan_values import Conflict
from custom_components.raindrop.ddns.reasons import with_reasons
from custom_components.raindrop.ddns.state import RecordState, State
from custom_components.raindrop.ddns.zone_config import ManagedRecord, ZoneConfig
from tests.library.builders import A1, HERE, V4, managed, record

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
RIGHT = RecordState(record=record(A1), last_address=A1, synced_address=A1, exists=True)
HOME = managed(V4.name)


def judged(known: RecordState, home: ManagedRecord = HOME) -> State:
    """Return the state of a zone with one record, whose address is known."""
    config = ZoneConfig(zone_id=ZoneId("0" * 32), home_sources=[HERE], managed_records=[home])
    found = {HERE: Detection(source=HERE, address=A1)}
    return with_reasons(config, State(detections=found, records={V4: known}), NOON)


def test_a_paused_record_is_neither_unknown_nor_overdue() -> None:
    """Nothing is written, whatever was known of it, and that is no problem."""
    since = NOON - timedelta(hours=1)
    known = replace(RIGHT, unknown_since=since, is_overdue=True)
    after = judged(known, replace(HOME, is_paused=True))
    assert after.record(V4) == replace(RIGHT, reason=Reason.PAUSED)
    assert not after.has_unknown_record
    assert not after.has_unsynced_record


def test_a_record_that_is_not_seen_is_in_sync_with_the_home() -> None:
    """That the world does not see it is a problem of another kind: no update can change it."""
    unseen = judged(replace(RIGHT, is_not_seen=True))
    assert unseen.record(V4).reason is Reason.NOT_SEEN
    assert not unseen.has_unsynced_record

    conflict = Conflict(record_key=V4, reason=Reason.AMBIGUOUS)
    assert judged(replace(RIGHT, conflict=conflict)).has_unsynced_record
    assert not judged(RIGHT).has_unsynced_record
