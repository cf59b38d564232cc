"""One round: detect, decide, apply, report."""

from asyncio import gather
from collections.abc import Container, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from typing import Any

from .addresses import parse_record
from .apply import apply
from .cloudflare import CloudflareClient
from .detect import Detector
from .errors import CloudflareError, CloudflareRefusedError
from .model import (
    Address,
    Conflict,
    ConflictKind,
    Outcome,
    Plan,
    Record,
    Result,
    Slot,
    Source,
    Target,
    Want,
    ZoneId,
)
from .news import failed, news
from .plan import make_plan
from .reading import Reading
from .report import Report

_EXISTS = {81057, 81058}
"""Cloudflare's codes for a record that exists already."""

type Readings = Mapping[Source, Reading]


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """What is to be kept, round after round."""

    zone_id: ZoneId
    home: Sequence[Source]
    """Those whose address is the home's, one for each family, with or without a target."""
    targets: Sequence[Target]
    """The slots of the zone; each may have another source than the home's."""

    @cached_property
    def sources(self) -> frozenset[Source]:
        """All that are asked, worked out once: there may be thousands of targets."""
        return frozenset({*self.home, *(target.source for target in self.targets)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What is special about a round."""

    audit: bool = False
    """Read the zone whatever the addresses are."""
    may_ask: bool = True
    """Whether Cloudflare may be asked; if not, what is to be done stays to be done."""
    max_age: timedelta = timedelta()
    """How old a reading of another round may be to do for this one."""


_USUAL = Round()


async def reconcile(
    client: CloudflareClient,
    detector: Detector,
    work: Assignment,
    previous: Report,
    *,
    how: Round = _USUAL,
) -> Report:
    """Return the report of one round; raises none of Cloudflare's errors.

    Cloudflare is asked nothing while the addresses are the ones known and
    ``previous`` is settled.

    When a reading differs from what is known, the look-up that confirms it and
    the zone's list go out side by side, so that a change costs three round
    trips. Where operators contradicted each other the round before, the list
    waits for their agreement: a source that keeps lying costs no requests.
    """
    targets = work.targets
    readings = await _look(detector, work.sources, how.max_age)
    opened = _open(readings)
    must_read = how.audit or not previous.is_settled
    if not (must_read or opened) and readings == previous.readings:
        return _looked(previous, work.home, readings)
    is_eager = any(not previous.disputes.get(reading.source) for reading in opened)
    listing: list[Record] | CloudflareError | None = None
    if how.may_ask and (must_read or is_eager or _has_moved(targets, readings, previous)):
        readings, listing = await gather(_confirm(detector, readings), _list(client, work))
    else:
        readings = await _confirm(detector, readings)
        if how.may_ask and _has_moved(targets, readings, previous):
            listing = await _list(client, work)
    looked = _looked(previous, work.home, readings)
    if listing is None:
        is_settled = previous.is_settled and not _has_moved(targets, readings, previous)
        report = replace(looked, is_settled=is_settled)
    elif isinstance(listing, CloudflareError):
        report = replace(looked, error=listing, is_settled=False, fresh=(listing,))
    else:
        wants = _wants(targets, readings, previous)
        plan = make_plan(wants, listing)
        outcomes = await apply(client, work.zone_id, plan.changes)
        report = _report(wants, looked, plan, outcomes)
    troubles = {t.slot: trouble for t in targets if (trouble := report.trouble(t))}
    report = replace(report, troubles=troubles, failed=failed(previous, troubles))
    return replace(report, news=news(previous, report))


async def plan_ahead(
    client: CloudflareClient,
    detector: Detector,
    work: Assignment,
    previous: Report,
) -> tuple[Readings, Plan]:
    """Return what a round would read and do; nothing is written or remembered.

    Raises CloudflareError if the zone cannot be read.
    """
    readings = await _confirm(detector, await _look(detector, work.sources, timedelta()))
    listing = await _list(client, work) if work.targets else []
    if isinstance(listing, CloudflareError):
        raise listing
    return readings, make_plan(_wants(work.targets, readings, previous), listing)


async def _look(detector: Detector, sources: Iterable[Source], max_age: timedelta) -> Readings:
    """Return what the first operator says of each source."""
    readings = await _beside([detector.look(source, max_age) for source in sources])
    return {reading.source: reading for reading in readings}


async def _confirm(detector: Detector, readings: Readings) -> Readings:
    """Return the readings that two operators agree on."""
    confirmed = await _beside([detector.confirm(reading) for reading in _open(readings)])
    return {**readings, **{reading.source: reading for reading in confirmed}}


def _open(readings: Readings) -> list[Reading]:
    """Return the readings that need to be confirmed."""
    return [reading for reading in readings.values() if reading.is_open]


async def _beside[ResultT](works: Sequence[Coroutine[Any, Any, ResultT]]) -> Sequence[ResultT]:
    """Return what works come to that go on side by side.

    One alone is the usual case, and need not go through the event loop.
    """
    return [await works[0]] if len(works) == 1 else await gather(*works)


def _looked(previous: Report, sources: Iterable[Source], readings: Readings) -> Report:
    """Return the report of a round that looked for the addresses and did nothing else yet."""
    public = {s.family: a for s in sources if (a := readings[s].address) is not None}
    disputes = {
        source: previous.disputes.get(source, 0) + 1
        for source, reading in readings.items()
        if reading.is_disputed
    }
    return replace(
        previous,
        readings=readings,
        public={**previous.public, **public},
        disputes=disputes,
        was_read=False,
        fresh=(),
        news=(),
    )


async def _list(client: CloudflareClient, work: Assignment) -> list[Record] | CloudflareError:
    """Return all records at the targets' names, or why they are not known.

    A single name is asked for by itself: a large zone is not moved for it.
    """
    names = {target.slot.name for target in work.targets}
    try:
        return await client.list_records(work.zone_id, names.pop() if len(names) == 1 else None)
    except CloudflareError as err:
        return err


def _has_moved(targets: Iterable[Target], readings: Readings, previous: Report) -> bool:
    """Return whether an address is believed that a slot was not compared with yet."""
    return any(
        (address := readings[target.source].address) is not None
        and address != previous.compared.get(target.slot)
        for target in targets
    )


def _wants(targets: Iterable[Target], readings: Readings, previous: Report) -> list[Want]:
    """Return the address that each slot should hold, as far as it is known."""
    return [
        Want(
            slot=target.slot,
            address=readings[target.source].address,
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
    return replace(
        previous,
        compared=_of(settled, previous.compared) | known,
        kept={**previous.kept, **_contents(right)},
        right={**previous.right, **right},
        repairs=_of(unknown, previous.repairs) | _repairs(previous, plan, outcomes),
        records=records,
        conflicts=conflicts,
        outcomes=outcomes_of,
        error=None,
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
