"""One update of a zone: detect, plan, apply, and return what is known now and what happened."""

from asyncio import gather
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property
from typing import Any

from .addresses import parse_record
from .cloudflare.client import CloudflareClient
from .detection.detector import Detector
from .detection.result import Detection
from .errors import CloudflareError, CloudflareRefusedError
from .models import (
    Conflict,
    DesiredRecord,
    ManagedRecord,
    Outcome,
    Plan,
    Reason,
    Record,
    RecordKey,
    Source,
    ZoneId,
)
from .records.apply import apply
from .records.plan import make_plan
from .state import RecordState, State, UpdateResult, events_between

_RECORD_EXISTS = {81057, 81058}
"""Cloudflare's codes for a record that exists already."""

type Detections = Mapping[Source, Detection]


@dataclass(frozen=True, kw_only=True)
class ZoneConfig:
    """What is managed in a zone: the same from update to update."""

    zone_id: ZoneId
    home_sources: Sequence[Source]
    """The sources of the home's own address, one for each family, used by a record or not."""
    managed_records: Sequence[ManagedRecord]
    """The records of the zone; each may have a source of its own."""

    @cached_property
    def sources(self) -> frozenset[Source]:
        """All sources that an update asks."""
        return frozenset({*self.home_sources, *(m.source for m in self.managed_records)})


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateOptions:
    """What one update shall do."""

    full_sync: bool = False
    """Read the zone whatever the addresses are."""
    may_call_api: bool = True
    """Whether Cloudflare may be called; if not, changes are left to a later update."""
    max_age: timedelta = timedelta()
    """How old a detection may be to be used again."""
    overrule: RecordKey | None = None
    """Correct this record even if external changes of it keep coming back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What an update would detect and change."""

    detections: Detections = field(default_factory=dict)
    plan: Plan


_DEFAULT_OPTIONS = UpdateOptions()


async def update_zone(
    client: CloudflareClient,
    detector: Detector,
    config: ZoneConfig,
    state: State,
    options: UpdateOptions = _DEFAULT_OPTIONS,
) -> tuple[State, UpdateResult]:
    """Bring the managed records of a zone in sync; return the new state and what happened.

    ``state`` is what the last update returned, or what was kept over a
    restart. Raises no CloudflareError: what failed is part of the state.

    Cloudflare is not called while all detections repeat the accepted addresses
    and ``state`` is converged. When one differs, the query that confirms it and
    the list of the zone go out side by side, so that a change costs three round
    trips. Where providers conflicted in the last update, the list waits for
    their agreement: a provider that keeps reporting a wrong address costs no
    requests.
    """
    detections = await _look(detector, config.sources, options.max_age)
    unconfirmed = _unconfirmed(detections)
    must_read = options.full_sync or not state.is_converged
    if not (must_read or unconfirmed) and detections == state.detections:
        return replace(state, detections=detections), UpdateResult()
    has_new_dispute = any(not state.conflicting_updates.get(d.source) for d in unconfirmed)
    is_urgent = must_read or has_new_dispute or not _is_synced(config, detections, state)
    listing: list[Record] | CloudflareError | None = None
    if options.may_call_api and is_urgent:
        detections, listing = await gather(_confirm(detector, detections), _list(client, config))
    else:
        detections = await _confirm(detector, detections)
        if options.may_call_api and not _is_synced(config, detections, state):
            listing = await _list(client, config)
    if listing is None or isinstance(listing, CloudflareError):
        return _without_list(config, detections, state, listing)
    desired_records = _desired_records(config, detections, state, options.overrule)
    plan = make_plan(desired_records, listing)
    outcomes = await apply(client, config.zone_id, plan.changes)
    return _with_plan(config, detections, state, plan, outcomes)


async def preview(
    detector: Detector, config: ZoneConfig, existing: Sequence[Record], state: State | None = None
) -> Preview:
    """Return what an update would detect and change; nothing is written or remembered.

    An address in hold-down counts as accepted: it is written once it is stable.
    ``existing`` are all records at the names of the managed records. The first
    form, the form for a domain and a dry run all show this.
    """
    detector = detector.detached()
    detections = await _confirm(detector, await _look(detector, config.sources, timedelta()))
    # An address in hold-down is going to be written.
    assumed = {s: replace(d, address=d.address or d.candidate) for s, d in detections.items()}
    desired_records = _desired_records(config, assumed, state or State())
    return Preview(detections=detections, plan=make_plan(desired_records, existing))


async def _look(detector: Detector, sources: Iterable[Source], max_age: timedelta) -> Detections:
    """Return what each source itself or its first provider reports."""
    detections = await _gather([detector.look(source, max_age) for source in sources])
    return {detection.source: detection for detection in detections}


async def _confirm(detector: Detector, detections: Detections) -> Detections:
    """Return the detections, those that were unconfirmed after a quorum was sought."""
    confirmed = await _gather([detector.confirm(d) for d in _unconfirmed(detections)])
    return {**detections, **{detection.source: detection for detection in confirmed}}


def _unconfirmed(detections: Detections) -> list[Detection]:
    return [detection for detection in detections.values() if detection.is_unconfirmed]


async def _gather[ResultT](work: Sequence[Coroutine[Any, Any, ResultT]]) -> Sequence[ResultT]:
    """Run coroutines side by side; a single one, the usual case, without a task."""
    return [await work[0]] if len(work) == 1 else await gather(*work)


async def _list(client: CloudflareClient, config: ZoneConfig) -> list[Record] | CloudflareError:
    """Return all records at the managed names, or why they are not known.

    A single name is listed by itself: a large zone is not transferred for it.
    """
    names = {managed.record_key.name for managed in config.managed_records}
    try:
        return await client.list_records(config.zone_id, names.pop() if len(names) == 1 else None)
    except CloudflareError as err:
        return err


def _is_synced(config: ZoneConfig, detections: Detections, state: State) -> bool:
    """Return whether every record was brought in line with its address, where that is known."""
    return all(
        (address := detections[managed.source].address) is None
        or address == state.record(managed.record_key).synced_address
        for managed in config.managed_records
    )


def _desired_records(
    config: ZoneConfig, detections: Detections, state: State, overrule: RecordKey | None = None
) -> list[DesiredRecord]:
    desired_records = []
    for managed in config.managed_records:
        key, known = managed.record_key, state.record(managed.record_key)
        desired_records.append(
            DesiredRecord(
                record_key=key,
                address=detections[managed.source].address,
                policy=managed.policy,
                last_address=known.last_address,
                last_record=known.last_record,
                corrections=0 if key == overrule else known.corrections,
            )
        )
    return desired_records


def _without_list(
    config: ZoneConfig, detections: Detections, state: State, error: CloudflareError | None
) -> tuple[State, UpdateResult]:
    """Return the next state after an update that did not read the zone, or tried in vain."""
    records = {m.record_key: state.record(m.record_key) for m in config.managed_records}
    is_converged = error is None and state.is_converged and _is_synced(config, detections, state)
    after = _next_state(
        config, detections, state, records, error or state.list_error, is_converged=is_converged
    )
    return after, UpdateResult(
        errors=(error,) if error else (), events=events_between(state, after, {})
    )


def _with_plan(
    config: ZoneConfig,
    detections: Detections,
    state: State,
    plan: Plan,
    outcomes: Iterable[Outcome],
) -> tuple[State, UpdateResult]:
    """Return the next state after an update that read the zone and applied a plan."""
    conflicts = {conflict.record_key: conflict for conflict in plan.conflicts}
    outcome_of = {outcome.change.record_key: outcome for outcome in outcomes}
    records: dict[RecordKey, RecordState] = {}
    for managed in config.managed_records:
        key = managed.record_key
        records[key] = _record_state(
            state.record(key),
            detections[managed.source],
            plan.records.get(key),
            conflicts.get(key),
            outcome_of.get(key),
        )
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
) -> RecordState:
    """Return what is known of a record after its zone was read and changed.

    While its address is not known, its conflict, failure and corrections stay.
    """
    if detection.address is None:
        return replace(before, record=existing)
    record = outcome.record if outcome and outcome.record else existing
    failure = None if outcome is None or outcome.is_done else outcome
    is_in_sync = record is not None and conflict is None and failure is None
    address = parse_record(record.content) if record and is_in_sync else None
    return replace(
        before,
        record=record,
        conflict=conflict,
        failure=failure,
        corrections=_corrections(before, conflict, outcome),
        synced_address=detection.address if _is_converged(conflict, failure) else None,
        last_record=record if is_in_sync else before.last_record,
        last_address=address or before.last_address,
    )


def _corrections(before: RecordState, conflict: Conflict | None, outcome: Outcome | None) -> int:
    """Return how many corrections in a row there are now; a record that is in sync has none."""
    if conflict and conflict.reason is Reason.CONTESTED:
        return before.corrections
    if outcome and outcome.change.is_drift:
        return before.corrections + outcome.is_done
    return 0


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
