"""One round: detect, decide, apply, report."""

from asyncio import gather
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from .addresses import parse_record
from .apply import apply
from .cloudflare import CloudflareClient
from .detect import Detector
from .errors import CloudflareError, CloudflareRefusedError
from .model import (
    Address,
    Family,
    Outcome,
    Plan,
    Reading,
    Record,
    Report,
    Result,
    Slot,
    Target,
    Want,
    ZoneId,
)
from .plan import make_plan

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
    if may_ask and (must_read or _has_moved(readings, previous)):
        readings, listing = await gather(
            _confirm(detector, readings), _list(client, zone_id, targets)
        )
    else:
        readings = await _confirm(detector, readings)
        has_moved = _has_moved(readings, previous)
        if not may_ask or not has_moved:
            is_settled = previous.is_settled and not has_moved
            return replace(previous, readings=readings, is_settled=is_settled, was_read=False)
        listing = await _list(client, zone_id, targets)
    if isinstance(listing, CloudflareError):
        return replace(previous, readings=readings, error=listing, is_settled=False, was_read=False)
    plan = make_plan(_wants(targets, readings, previous), listing)
    outcomes = tuple(await apply(client, zone_id, plan.changes))
    return _report(readings, previous, plan, outcomes)


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


def _has_moved(readings: Readings, previous: Report) -> bool:
    """Return whether an address is believed that the zone was not compared with yet."""
    return any(
        reading.address is not None and reading.address != previous.compared.get(family)
        for family, reading in readings.items()
    )


def _wants(targets: Iterable[Target], readings: Readings, previous: Report) -> list[Want]:
    """Return the address that each slot should hold, as far as it is known."""
    return [
        Want(
            slot=target.slot,
            address=readings[target.slot.family].address,
            policy=target.policy,
            last=_held(previous, target.slot),
        )
        for target in targets
    ]


def _held(report: Report, slot: Slot) -> Address | None:
    """Return the address that a slot held when it was last read or written."""
    record = report.records.get(slot)
    return parse_record(record.content) if record else None


def _report(
    readings: Readings, previous: Report, plan: Plan, outcomes: tuple[Outcome, ...]
) -> Report:
    """Return the report of a round that read the zone."""
    written = {o.change.slot: o.record for o in outcomes if o.record is not None}
    believed = {f: r.address for f, r in readings.items() if r.address is not None}
    return Report(
        readings=readings,
        compared={**previous.compared, **believed},
        records={**plan.records, **written},
        conflicts=plan.conflicts,
        outcomes=outcomes,
        is_settled=not plan.conflicts and all(_is_final(outcome) for outcome in outcomes),
        was_read=True,
    )


def _is_final(outcome: Outcome) -> bool:
    """Return whether the next round would gain nothing by trying again.

    A change that is refused for what it says waits for the next audit.
    """
    return outcome.result is Result.DONE or isinstance(outcome.error, CloudflareRefusedError)
