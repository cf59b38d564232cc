"""The reason why a record is not in sync, and since when that has been unknown."""

from dataclasses import replace
from datetime import datetime, timedelta

from .detection.detection import Detection
from .models import Reason, RecordKey
from .state import RecordState, State
from .visibility import why_unseen
from .zone_config import ManagedRecord, ZoneConfig

_LONGEST_UNKNOWN = timedelta(minutes=14, seconds=50)
"""How long it may be unknown whether a record is in sync: about three updates."""


def with_reasons(config: ZoneConfig, state: State, now: datetime) -> State:
    """Return a state with the reason of each record that is not in sync, and since when."""
    up = {k.rrset for k, record in state.records.items() if k.connection and not record.is_down}
    records: dict[RecordKey, RecordState] = {}
    for managed in config.managed_records:
        key, record = managed.record_key, state.record(managed.record_key)
        if managed.is_paused:
            records[key] = _without_need(record, Reason.PAUSED)
        elif record.is_down and record.record is None and key.rrset in up:
            records[key] = _without_need(record, Reason.CONNECTION_DOWN)
        else:
            records[key] = _with_reason(managed, state, now)
    return replace(
        state,
        records=records,
        has_unknown_record=any(record.unknown_since for record in records.values()),
        has_unsynced_record=any(
            r.reason and r.reason.is_problem and not r.reason.is_only_unseen
            for r in records.values()
        ),
    )


def _without_need(record: RecordState, reason: Reason) -> RecordState:
    """Return a record for which there is nothing to do: neither a failure nor a recovery."""
    return replace(record, unknown_since=None, is_overdue=False, reason=reason)


def _with_reason(managed: ManagedRecord, state: State, now: datetime) -> RecordState:
    """Return a record with the reason why it is not in sync, and since when that is unknown.

    While one of several connections is up, waiting for the time to use it is as promised.
    """
    record, detection = state.record(managed.record_key), state.detection(managed)
    has_address = detection.address is not None or state.has_connection_up(managed)
    is_known = _needs_no_address(record, detection) or (has_address and state.list_error is None)
    # A time in the future is due to a clock that was set back.
    since = None if is_known else min(record.unknown_since or now, now)
    is_overdue = since is not None and now - since >= _LONGEST_UNKNOWN
    if (since, is_overdue) != (record.unknown_since, record.is_overdue):
        record = replace(record, unknown_since=since, is_overdue=is_overdue)
    reason = reason_of(record, detection) or _text_reason(record) or why_unseen(record, state)
    # Waiting for a flapping address is neither a failure nor a recovery.
    has_failed = reason is not None and (record.has_failed or reason is not Reason.FLAPPING)
    if (reason, has_failed) == (record.reason, record.has_failed):
        return record
    return replace(record, reason=reason, has_failed=has_failed)


def reason_of(record: RecordState, detection: Detection) -> Reason | None:
    """Return why a record at Cloudflare is not in sync, None if it is.

    After a failed detection or list, a record that was in sync stays so until that is
    overdue. A family that the home does not have is a problem only for a record that
    exists.
    """
    if record.conflict:
        return record.conflict.reason
    if record.failure:
        return record.failure.reason
    if detection.is_flapping:
        return Reason.FLAPPING
    is_known = record.last_address is not None and not record.is_overdue
    if detection.address is None:
        is_quiet = detection.is_unsupported_family and not record.is_overdue
        return None if is_known or is_quiet else Reason.NO_ADDRESS
    return None if is_known and record.synced_address == detection.address else Reason.UNREAD


def _text_reason(record: RecordState) -> Reason | None:
    return Reason.TEXT if record.text_failures or record.left_texts else None


def _needs_no_address(record: RecordState, detection: Detection) -> bool:
    """Return whether this is a family that the home does not have, without a record of it.

    Before the first list, a record that was in sync once is assumed to exist.
    """
    exists = record.last_address is not None if record.exists is None else record.exists
    return detection.is_unsupported_family and not exists
