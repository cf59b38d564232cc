"""The next state of a zone: what is known about its records after an update."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from .addresses import parse_record
from .desired_records import detection_of, of_others
from .detection.detection import Detection, Detections
from .down_connections import are_handled
from .errors import CloudflareError, CloudflareRefusedError
from .models import Address, Owner, Reason, Record, RecordAttributes, RecordKey, Update
from .plan_values import Conflict, Outcome, Plan
from .reasons import with_reasons
from .records.external_changes import next_times
from .state import IncompleteRecord, RecordState, State
from .text_records import TextUpdate
from .text_states import TextsRead, text_outcomes
from .update_result import UpdateResult, events_between
from .visibility import delegation, with_visibility
from .zone_config import ManagedRecord, ZoneConfig

_RECORD_EXISTS = {81057, 81058}
"""Cloudflare's codes for a record that exists already."""
_MAX_TRIES = 3
"""How many updates in a row try a refused change before it waits for the next full sync."""
_MAX_SENT = 3
"""How many addresses of requests without a response are kept."""


def is_synced(config: ZoneConfig, detections: Detections, state: State) -> bool:
    """Return whether every record was brought in line with its address, where that is known.

    The record of a connection that is down is in line once it is deleted, if it can be.
    """
    return all(
        (address := detection_of(managed, detections).address) is None
        or address == state.record(managed.record_key).synced_address
        for managed in config.managed_records
    ) and are_handled(config, detections, state)


def without_list(
    config: ZoneConfig,
    detections: Detections,
    state: State,
    error: CloudflareError | None,
    *,
    now: datetime,
) -> tuple[State, UpdateResult]:
    """Return the next state after an update that did not read the zone, or failed to."""
    records = {m.record_key: _with_down(m, state) for m in config.managed_records}
    is_converged = error is None and state.is_converged and is_synced(config, detections, state)
    # Without records, nothing more is listed, which would end an earlier error.
    list_error = (error or state.list_error) if records else None
    after = _next_state(
        config, detections, state, records, list_error, is_converged=is_converged, now=now
    )
    return after, UpdateResult(
        errors=(error,) if error else (), events=events_between(config, state, after, {})
    )


def with_plan(
    config: ZoneConfig,
    detections: Detections,
    state: State,
    listing: Iterable[Record],
    plan: Plan,
    outcomes: Iterable[Outcome],
    *,
    now: datetime,
    overrule: RecordKey | None,
) -> tuple[State, UpdateResult]:
    """Return the next state after an update that read the zone and applied a plan.

    The deletions of the plan are those that were made. The external changes of an
    overruled record no longer count. A record whose change was not sent keeps its state
    for the next update.
    """
    conflicts = {conflict.record_key: conflict for conflict in plan.conflicts}
    outcomes = list(outcomes)
    texts = text_outcomes(outcomes)
    outcome_of = {o.change.record_key: o for o in outcomes if not isinstance(o.change, TextUpdate)}
    unsent = {change.record_key for change in plan.changes} - outcome_of.keys()
    listing = list(listing)
    listed = {(record.name, record.type) for record in listing}
    deleted = {deletion.record_key for deletion in plan.deletions}
    kept = {deletion.record_key for deletion in plan.left_deletions}
    texts_read = TextsRead(config, listing, (*texts, *plan.waiting_texts))
    records: dict[RecordKey, RecordState] = {}
    for managed in config.managed_records:
        key = managed.record_key
        detected, detection = detections[managed.source], detection_of(managed, detections)
        existing = None if key in deleted else plan.records.get(key)
        is_listed = (key.name, key.family.record_type) in listed
        record = _record_state(
            _with_down(managed, state),
            detection,
            existing,
            conflicts.get(key),
            outcome_of.get(key) or plan.waiting.get(key),
            now,
            is_listed=existing is not None if key.connection else is_listed,
        )
        if record.is_deletion_refused is not (key in kept):
            record = replace(record, is_deletion_refused=key in kept)
        hints = tuple(plan.stale_hints.get(key, ()))
        if detected.address is not None and hints != record.stale_hints:
            record = replace(record, stale_hints=hints)
        has_address = detection.address is not None
        record = texts_read.known(
            state.record(key), record, managed, plan, now, has_address=has_address
        )
        if others := record.text_addresses.keys() & of_others(managed, config, detections):
            mine = {a: t for a, t in record.text_addresses.items() if a not in others}
            record = replace(record, text_addresses=mine)
        is_overruled = key == overrule and not (record.conflict or record.failure)
        records[key] = replace(record, external_changes=()) if is_overruled else record
    are_texts_converged = len(texts) == len(plan.texts) and all(
        text.error is None
        or (isinstance(text.error, CloudflareRefusedError) and text.error.is_of_content)
        for text in texts
    )
    # What another home has too may be free once it has written its new address.
    are_left_again = all(
        {*record.left_texts} <= {*state.record(key).left_texts} for key, record in records.items()
    )
    is_converged = (
        not unsent
        and are_texts_converged
        and are_left_again
        and all(_is_converged(r.conflict, r.failure, r.refusals) for r in records.values())
    )
    after = _next_state(
        config, detections, state, records, None, is_converged=is_converged, now=now
    )
    unchanged = {key: state.record(key) for key in unsent}
    after = replace(after, records={**after.records, **unchanged})
    return after, UpdateResult(
        outcomes=outcome_of,
        texts=texts,
        is_outdated=bool(unsent),
        was_read=True,
        errors=tuple(outcome.error for outcome in outcomes if outcome.error),
        deletions=plan.deletions,
        events=events_between(config, state, after, outcome_of, plan.deletions),
    )


def _with_down(managed: ManagedRecord, state: State) -> RecordState:
    """Return what is known of a record before an update, and whether its connection is down."""
    known = state.record(managed.record_key)
    return known if known.is_down == managed.is_down else replace(known, is_down=managed.is_down)


def _record_state(
    before: RecordState,
    detection: Detection,
    existing: Record | None,
    conflict: Conflict | None,
    outcome: Outcome | None,
    now: datetime,
    *,
    is_listed: bool,
) -> RecordState:
    """Return what is known of a record after its zone was read and changed.

    While its address is not known, its conflict, failure and external changes stay.
    """
    record = existing if outcome is None or outcome.record is None else outcome.record
    before = with_visibility(before, existing, record, now)
    failure = None if outcome is None or outcome.is_done else outcome
    is_in_sync = detection.address is not None and record is not None and not (conflict or failure)
    # A deleted record is created again with the attributes it had, or should have had.
    sent = _sent_attributes(failure)
    lacking = _incomplete(record) if sent else before.incomplete
    incomplete = None if is_in_sync else lacking
    had = before.last_attributes if incomplete or record is None else _attributes_of(record)
    last_attributes = sent or had
    if detection.address is None:
        # A record changed meanwhile is not in sync when the same address is found again.
        is_unchanged = before.record in {None, record}
        synced_address = before.synced_address if is_unchanged else None
        if before.is_down and record is None:
            # It is created anew when its connection is up: that is no drift.
            before = replace(before, last_address=None, conflict=None, failure=None, refusals=0)
        return replace(
            before,
            record=record,
            exists=is_listed,
            last_attributes=last_attributes,
            synced_address=synced_address,
        )
    address = parse_record(record.content) if record and is_in_sync else None
    refusals = _refusals(before, detection.address, failure)
    is_converged = _is_converged(conflict, failure, refusals)
    return replace(
        before,
        record=record,
        exists=is_listed or record is not None,
        conflict=conflict,
        failure=failure,
        refusals=refusals,
        external_changes=next_times(
            before.external_changes,
            now,
            is_corrected=outcome is not None and outcome.is_done and outcome.change.is_drift,
            is_left=conflict is not None and conflict.reason is Reason.CONTESTED,
        ),
        synced_address=detection.address if is_converged else None,
        last_record=record if is_in_sync else before.last_record,
        last_attributes=last_attributes,
        incomplete=incomplete,
        last_address=address or before.last_address,
        sent_addresses=_sent_addresses(before, outcome),
    )


def _sent_addresses(before: RecordState, outcome: Outcome | None) -> tuple[Address, ...]:
    """Return the addresses of the last requests to create a record that got no response."""
    change = outcome.change if outcome and outcome.reason is Reason.UNCONFIRMED else None
    if change is None or isinstance(change, Update) or change.address in before.sent_addresses:
        return before.sent_addresses
    return (*before.sent_addresses, change.address)[-_MAX_SENT:]


def _attributes_of(record: Record) -> RecordAttributes:
    """Return what this home needs to create a record again.

    That one is this home's also where this one is another's: one that the user
    gave to this home, or that the other home took while this one wrote it.
    """
    attributes = record.attributes
    return replace(attributes, is_owned=True) if record.owner is Owner.OTHER_HOME else attributes


def _sent_attributes(failure: Outcome | None) -> RecordAttributes | None:
    """Return what was sent to create a record that came out differently, None if none did."""
    if failure is None or failure.reason is not Reason.NOT_APPLIED:
        return None
    change = failure.change
    if isinstance(change, Update):
        return None
    return RecordAttributes(
        proxied=change.proxied,
        ttl_s=change.ttl_s,
        comment=change.comment,
        tags=change.tags,
        is_owned=change.is_owned,
    )


def _incomplete(record: Record | None) -> IncompleteRecord | None:
    """Return the attributes a record came out with, None if the response did not show them."""
    if record is None:
        return None
    return IncompleteRecord(id=record.id, proxied=record.proxied, ttl_s=record.ttl_s)


def _is_converged(conflict: Conflict | None, failure: Outcome | None, refusals: int) -> bool:
    """Return whether the next update would gain nothing from reading a record again.

    A change that was refused for its content in several updates in a row waits
    for the next full sync, and so do a contested record and a second one for an address.
    """
    if conflict:
        return conflict.reason in {Reason.CONTESTED, Reason.SAME_ADDRESS}
    return failure is None or refusals >= _MAX_TRIES


def _refusals(before: RecordState, address: Address, failure: Outcome | None) -> int:
    """Return in how many updates in a row Cloudflare refused to write an address.

    A record that already exists is not a refusal: the next list will show it. A change
    that was not applied is one: the next lists show whether it was applied after all.
    An error that forbids all writes is not one, because it ends without a change of the
    record.
    """
    error = failure.error if failure else None
    if (
        not isinstance(error, CloudflareRefusedError)
        or not error.is_of_content
        or _RECORD_EXISTS & set(error.codes)
    ):
        return 0
    is_same = before.synced_address in (None, address)
    return before.refusals + 1 if is_same else 1


def _next_state(
    config: ZoneConfig,
    detections: Detections,
    state: State,
    records: Mapping[RecordKey, RecordState],
    list_error: CloudflareError | None,
    *,
    is_converged: bool,
    now: datetime,
) -> State:
    """Return the next state, with the reason of each record and the home's addresses."""
    accepted = {s.family: a for s in config.home_sources if (a := detections[s].address)}
    after = State(
        detections=detections,
        public_addresses={**state.public_addresses, **accepted},
        conflicting_updates={
            source: state.conflicting_updates.get(source, 0) + 1
            for source, detection in detections.items()
            if detection.is_conflicting
        },
        records=records,
        zone=state.zone,
        list_error=list_error,
        is_converged=is_converged,
        foreign_name_servers=state.foreign_name_servers if delegation(state.zone) else None,
    )
    return with_reasons(config, after, now)
