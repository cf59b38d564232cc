"""One round: detect, decide, apply, report."""

from asyncio import gather
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from .addresses import parse_record
from .apply import apply
from .cloudflare import CloudflareClient
from .detect import Detector
from .errors import CloudflareError, CloudflareRefusedError
from .model import (
    Address,
    Conflict,
    ConflictKind,
    Family,
    Outcome,
    Plan,
    Reading,
    Record,
    Result,
    Slot,
    Target,
    Want,
    ZoneId,
)
from .plan import make_plan
from .report import Report

_EXISTS = {81057, 81058}
"""Cloudflare's codes for a record that exists already."""

type Readings = Mapping[Family, Reading]


async def reconcile(
    client: CloudflareClient,
    detector: Detector,
    zone_id: ZoneId,
    families: Iterable[Family],
    targets: Sequence[Target],
    previous: Report,
    *,
    audit: bool = False,
    may_ask: bool = True,
) -> Report:
    """Return the report of one round; raises none of Cloudflare's errors.

    ``families`` are those to look up, with or without a target.

    Cloudflare is asked nothing while the addresses are the ones known and
    ``previous`` is settled, unless ``audit`` asks to read the zone. With
    ``may_ask`` false it is not asked at all (a rate limit to sit out), and what
    is to be done stays to be done.

    When a reading differs from what is known, the look-up that confirms it and
    the zone's list go out side by side, so that a change costs three round
    trips. Where operators contradicted each other the round before, the list
    waits for their agreement: a source that keeps lying costs no requests.
    """
    readings = await _look(detector, families)
    is_eager = any(reading.is_open for reading in readings.values()) and not any(
        reading.is_disputed for reading in previous.readings.values()
    )
    must_read = audit or not previous.is_settled or is_eager
    if may_ask and (must_read or _has_moved(targets, readings, previous)):
        readings, listing = await gather(
            _confirm(detector, readings), _list(client, zone_id, targets)
        )
    else:
        readings = await _confirm(detector, readings)
        has_moved = _has_moved(targets, readings, previous)
        if not may_ask or not has_moved:
            is_settled = previous.is_settled and not has_moved
            return replace(previous, readings=readings, is_settled=is_settled, was_read=False)
        listing = await _list(client, zone_id, targets)
    if isinstance(listing, CloudflareError):
        return replace(previous, readings=readings, error=listing, is_settled=False, was_read=False)
    wants = _wants(targets, readings, previous)
    plan = make_plan(wants, listing)
    outcomes = await apply(client, zone_id, plan.changes)
    return _report(wants, replace(previous, readings=readings), plan, outcomes)


async def _look(detector: Detector, families: Iterable[Family]) -> Readings:
    """Return what the first operator says of each family."""
    readings = await gather(*(detector.look(family) for family in families))
    return {reading.family: reading for reading in readings}


async def _confirm(detector: Detector, readings: Readings) -> Readings:
    """Return the readings that two operators agree on."""
    confirmed = await gather(*(detector.confirm(r) for r in readings.values()))
    return {reading.family: reading for reading in confirmed}


async def _list(
    client: CloudflareClient, zone_id: ZoneId, targets: Iterable[Target]
) -> list[Record] | CloudflareError:
    """Return all records at the targets' names, or why they are not known.

    A single name is asked for by itself: a large zone is not moved for it.
    """
    names = {target.slot.name for target in targets}
    try:
        return await client.list_records(zone_id, names.pop() if len(names) == 1 else None)
    except CloudflareError as err:
        return err


def _has_moved(targets: Iterable[Target], readings: Readings, previous: Report) -> bool:
    """Return whether an address is believed that a slot was not compared with yet."""
    known = {family: reading.address for family, reading in readings.items()}
    return any(
        (address := known.get(target.slot.family)) is not None
        and address != previous.compared.get(target.slot)
        for target in targets
    )


def _wants(targets: Iterable[Target], readings: Readings, previous: Report) -> list[Want]:
    """Return the address that each slot should hold, as far as it is known."""
    known = {family: reading.address for family, reading in readings.items()}
    return [
        Want(
            slot=target.slot,
            address=known.get(target.slot.family),
            policy=target.policy,
            last=previous.kept.get(target.slot),
            repairs=previous.repairs.get(target.slot, 0),
        )
        for target in targets
    ]


def _report(
    wants: Sequence[Want], previous: Report, plan: Plan, outcomes: Sequence[Outcome]
) -> Report:
    """Return the report of a round that read the zone.

    Of a slot whose address is not known this time, what was known of it stays.
    """
    by_slot = {outcome.change.slot: outcome for outcome in outcomes}
    unknown = {want.slot for want in wants if want.address is None}
    conflicts = {slot: c for slot, c in previous.conflicts.items() if slot in unknown}
    conflicts |= {conflict.slot: conflict for conflict in plan.conflicts}
    records = {**plan.records, **{s: o.record for s, o in by_slot.items() if o.record}}
    settled = [want for want in wants if _is_settled(want.slot, conflicts, by_slot)]
    right = [w for w in settled if w.slot not in conflicts and not _is_refused(w.slot, by_slot)]
    return Report(
        readings=previous.readings,
        compared={**previous.compared, **{w.slot: w.address for w in settled if w.address}},
        kept={**previous.kept, **dict(_contents(right, records))},
        repairs=_repairs(previous, plan, outcomes),
        records=records,
        conflicts=conflicts,
        outcomes=by_slot,
        is_settled=len(settled) == len(wants),
        was_read=True,
    )


def _contents(
    wants: Iterable[Want], records: Mapping[Slot, Record]
) -> Iterator[tuple[Slot, Address]]:
    """Yield what the records of slots hold whose address is known."""
    for want in wants:
        record = records.get(want.slot)
        address = parse_record(record.content) if record else None
        if want.address is not None and address is not None:
            yield want.slot, address


def _is_settled(
    slot: Slot, conflicts: Mapping[Slot, Conflict], outcomes: Mapping[Slot, Outcome]
) -> bool:
    """Return whether the next round would gain nothing by looking at a slot again.

    A change that is refused for what it says waits for the next audit, and so
    does a stranger who insists. Not so a record that exists already: the next
    list will show it.
    """
    if slot in conflicts:
        return conflicts[slot].kind is ConflictKind.CONTESTED
    outcome = outcomes.get(slot)
    if outcome is None or outcome.result is Result.DONE:
        return True
    error = outcome.error
    return isinstance(error, CloudflareRefusedError) and not _EXISTS & set(error.codes)


def _is_refused(slot: Slot, outcomes: Mapping[Slot, Outcome]) -> bool:
    """Return whether a slot should have been changed and was not."""
    return slot in outcomes and outcomes[slot].result is not Result.DONE


def _repairs(previous: Report, plan: Plan, outcomes: Iterable[Outcome]) -> dict[Slot, int]:
    """Return how often in a row each slot had to be put right; one that was right starts anew."""
    drifted = {o.change.slot: o.result is Result.DONE for o in outcomes if o.change.is_drift}
    drifted |= {c.slot: False for c in plan.conflicts if c.kind is ConflictKind.CONTESTED}
    counts = {slot: previous.repairs.get(slot, 0) + done for slot, done in drifted.items()}
    return {slot: count for slot, count in counts.items() if count}
