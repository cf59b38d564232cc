"""The next state of a zone: what one update makes known of its records, and why some are wrong."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from .addresses import parse_record
from .detection.result import Detection, Detections
from .errors import CloudflareError, CloudflareRefusedError
from .models import Conflict, Outcome, Plan, Reason, Record, RecordKey, ZoneConfig
from .records.external_changes import next_times
from .state import RecordState, State, UpdateResult, events_between

_RECORD_EXISTS = {81057, 81058}
"""Cloudflare's codes for a record that exists already."""


def is_synced(config: ZoneConfig, detections: Detections, state: State) -> bool:
    """Return whether every record was brought in line with its address, where that is known."""
    return all(
        (address := detections[managed.source].address) is None
        or address == state.record(managed.record_key).synced_address
        for managed in config.managed_records
    )


def without_list(
    config: ZoneConfig, detections: Detections, state: State, error: CloudflareError | None
) -> tuple[State, UpdateResult]:
    """Return the next state after an update that did not read the zone, or tried in vain."""
    records = {m.record_key: state.record(m.record_key) for m in config.managed_records}
    is_converged = error is None and state.is_converged and is_synced(config, detections, state)
    after = _next_state(
        config, detections, state, records, error or state.list_error, is_converged=is_converged
    )
    return after, UpdateResult(
        errors=(error,) if error else (), events=events_between(state, after, {})
    )


def with_plan(
    config: ZoneConfig,
    detections: Detections,
    state: State,
    plan: Plan,
    outcomes: Iterable[Outcome],
    *,
    now: datetime,
    overrule: RecordKey | None,
) -> tuple[State, UpdateResult]:
    """Return the next state after an update that read the zone and applied a plan.

    The external changes of a record that was overruled count no more.
    """
    conflicts = {conflict.record_key: conflict for conflict in plan.conflicts}
    outcome_of = {outcome.change.record_key: outcome for outcome in outcomes}
    records: dict[RecordKey, RecordState] = {}
    for managed in config.managed_records:
        key = managed.record_key
        record = _record_state(
            state.record(key),
            detections[managed.source],
            plan.records.get(key),
            conflicts.get(key),
            outcome_of.get(key),
            now,
        )
        is_overruled = key == overrule and not (record.conflict or record.failure)
        records[key] = replace(record, external_changes=()) if is_overruled else record
    is_converged = all(_is_converged(r.conflict, r.failure) for r in records.values())
    after = _next_state(config, detections, state, records, None, is_converged=is_converged)
    return after, UpdateResult(
        outcomes=outcome_of,
        was_read=True,
        errors=tuple(outcome.error for outcome in outcome_of.values() if outcome.error),
        events=events_between(state, after, outcome_of),
    )


def _record_state(
    before: RecordState,
    detection: Detection,
    existing: Record | None,
    conflict: Conflict | None,
    outcome: Outcome | None,
    now: datetime,
) -> RecordState:
    """Return what is known of a record after its zone was read and changed.

    While its address is not known, its conflict, failure and external changes stay.
    """
    record = outcome.record if outcome and outcome.record else existing
    # A record that is gone is created again with what it had.
    last_attributes = record.attributes if record else before.last_attributes
    if detection.address is None:
        return replace(before, record=record, last_attributes=last_attributes)
    failure = None if outcome is None or outcome.is_done else outcome
    is_in_sync = record is not None and conflict is None and failure is None
    address = parse_record(record.content) if record and is_in_sync else None
    return replace(
        before,
        record=record,
        conflict=conflict,
        failure=failure,
        external_changes=next_times(
            before.external_changes,
            now,
            is_corrected=outcome is not None and outcome.is_done and outcome.change.is_drift,
            is_left=conflict is not None and conflict.reason is Reason.CONTESTED,
        ),
        synced_address=detection.address if _is_converged(conflict, failure) else None,
        last_record=record if is_in_sync else before.last_record,
        last_attributes=last_attributes,
        last_address=address or before.last_address,
    )


def _is_converged(conflict: Conflict | None, failure: Outcome | None) -> bool:
    """Return whether the next update would gain nothing by looking at a record again.

    A change that is refused for its content waits for the next full sync, and
    so does a contested record. A record that exists already does not: the next
    list will show it.
    """
    if conflict:
        return conflict.reason is Reason.CONTESTED
    if failure is None:
        return True
    error = failure.error
    return isinstance(error, CloudflareRefusedError) and not _RECORD_EXISTS & set(error.codes)


def _next_state(
    config: ZoneConfig,
    detections: Detections,
    state: State,
    records: Mapping[RecordKey, RecordState],
    list_error: CloudflareError | None,
    *,
    is_converged: bool,
) -> State:
    """Return the next state, with the reason of each record and the home's addresses."""
    accepted = {s.family: a for s in config.home_sources if (a := detections[s].address)}
    return State(
        detections=detections,
        public_addresses={**state.public_addresses, **accepted},
        conflicting_updates={
            source: state.conflicting_updates.get(source, 0) + 1
            for source, detection in detections.items()
            if detection.is_conflicting
        },
        records={
            managed.record_key: _with_reason(
                records[managed.record_key], detections[managed.source]
            )
            for managed in config.managed_records
        },
        list_error=list_error,
        is_converged=is_converged,
    )


def _with_reason(record: RecordState, detection: Detection) -> RecordState:
    reason = reason_of(record, detection)
    # Waiting for a flapping address is neither a failure nor a recovery.
    has_failed = reason is not None and (record.has_failed or reason is not Reason.FLAPPING)
    if (reason, has_failed) == (record.reason, record.has_failed):
        return record
    return replace(record, reason=reason, has_failed=has_failed)


def reason_of(record: RecordState, detection: Detection) -> Reason | None:
    """Return why a record is not in sync, None if it is.

    A failed detection leaves a record in sync that was so before, and a
    family that the home does not have is no problem.
    """
    if record.conflict:
        return record.conflict.reason
    if record.failure:
        return record.failure.reason
    if detection.is_unsupported_family:
        return None
    if detection.is_flapping:
        return Reason.FLAPPING
    is_known = record.last_address is not None
    if detection.address is None:
        return None if is_known else Reason.NO_ADDRESS
    return None if is_known and record.synced_address == detection.address else Reason.UNREAD
