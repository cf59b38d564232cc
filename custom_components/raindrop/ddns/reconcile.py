"""One round: detect, decide, apply, report."""

from asyncio import gather
from collections.abc import Container, Iterable, Mapping, Sequence
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
            return replace(
                previous, readings=readings, is_settled=is_settled, was_read=False, fresh=()
            )
        listing = await _list(client, zone_id, targets)
    if isinstance(listing, CloudflareError):
        return replace(
            previous,
            readings=readings,
            error=listing,
            is_settled=False,
            was_read=False,
            fresh=(listing,),
        )
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
            before=previous.right.get(target.slot),
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
    unknown = {want.slot for want in wants if want.address is None}
    failed = {s: o for s, o in previous.outcomes.items() if o.result is not Result.DONE}
    outcomes_of = _of(unknown, failed) | {o.change.slot: o for o in outcomes}
    conflicts = _of(unknown, previous.conflicts) | {c.slot: c for c in plan.conflicts}
    written = {slot: o.record for slot, o in outcomes_of.items() if o.record}
    records = {**plan.records, **written}
    settled = {w.slot for w in wants if _is_settled(w.slot, conflicts, outcomes_of)}
    known = {w.slot: w.address for w in wants if w.slot in settled and w.address is not None}
    right = {
        slot: records[slot]
        for slot in known.keys() & records.keys() - conflicts.keys()
        if slot not in outcomes_of or outcomes_of[slot].result is Result.DONE
    }
    return Report(
        readings=previous.readings,
        compared=_of(settled, previous.compared) | known,
        kept={**previous.kept, **_contents(right)},
        right={**previous.right, **right},
        repairs=_of(unknown, previous.repairs) | _repairs(previous, plan, outcomes),
        records=records,
        conflicts=conflicts,
        outcomes=outcomes_of,
        is_settled=len(settled) == len(wants),
        was_read=True,
        fresh=tuple(outcome.error for outcome in outcomes if outcome.error),
    )


def _of[ValueT](slots: Container[Slot], values: Mapping[Slot, ValueT]) -> dict[Slot, ValueT]:
    """Return the values of some slots only."""
    return {slot: value for slot, value in values.items() if slot in slots}


def _contents(records: Mapping[Slot, Record]) -> dict[Slot, Address]:
    """Return the addresses that records hold."""
    addresses = {slot: parse_record(record.content) for slot, record in records.items()}
    return {slot: address for slot, address in addresses.items() if address is not None}


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


def _repairs(previous: Report, plan: Plan, outcomes: Iterable[Outcome]) -> dict[Slot, int]:
    """Return how often in a row each slot had to be put right; one that was right starts anew."""
    drifted = {o.change.slot: o.result is Result.DONE for o in outcomes if o.change.is_drift}
    drifted |= {c.slot: False for c in plan.conflicts if c.kind is ConflictKind.CONTESTED}
    counts = {slot: previous.repairs.get(slot, 0) + done for slot, done in drifted.items()}
    return {slot: count for slot, count in counts.items() if count}
