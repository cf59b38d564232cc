"""What is different from the round before: told once, to whoever wants to act on it."""

from collections.abc import Iterator, Mapping
from operator import itemgetter

from .addresses import parse_record
from .model import Change, Create, News, NewsKind, Outcome, Result, Slot, Trouble, Update
from .report import Report


def news(previous: Report, report: Report) -> tuple[News, ...]:
    """Return what a round brought, in the order in which it happened.

    The first address of all is no news, and neither is what waits for nothing
    but time.
    """
    return (*_of_home(previous, report), *_of_records(report), *_of_troubles(previous, report))


def failed(previous: Report, troubles: Mapping[Slot, Trouble]) -> frozenset[Slot]:
    """Return the slots whose failure is news in this round or was before.

    What waits for nothing but time has neither failed nor recovered.
    """
    failing = {slot for slot, trouble in troubles.items() if trouble is not Trouble.FLAPPING}
    return previous.failed & troubles.keys() | failing


def _of_home(previous: Report, report: Report) -> Iterator[News]:
    """Yield the changes of the home's address."""
    for family, address in sorted(report.public.items()):
        before = previous.public.get(family)
        if before is not None and before != address:
            yield News(kind=NewsKind.PUBLIC_CHANGED, family=family, from_ip=before, to_ip=address)


def _of_records(report: Report) -> Iterator[News]:
    """Yield what was written in this round."""
    if report.was_read:
        for slot, outcome in sorted(report.outcomes.items(), key=itemgetter(0)):
            if outcome.result is Result.DONE:
                yield _written(slot, outcome)


def _written(slot: Slot, outcome: Outcome) -> News:
    """Return the news of a write."""
    change = outcome.change
    before = parse_record(change.record.content) if isinstance(change, Update) else None
    return News(
        kind=_kind(change),
        family=slot.family,
        slot=slot,
        from_ip=before,
        to_ip=parse_record(outcome.record.content) if outcome.record else None,
    )


def _kind(change: Change) -> NewsKind:
    """Return what a change that was made is called."""
    if change.is_drift:
        return NewsKind.DRIFT_REPAIRED
    return NewsKind.CREATED if isinstance(change, Create) else NewsKind.UPDATED


def _of_troubles(previous: Report, report: Report) -> Iterator[News]:
    """Yield the slots that failed in this round, and those that recovered."""
    for slot in sorted(report.failed - previous.failed):
        yield News(
            kind=NewsKind.FAILED,
            family=slot.family,
            slot=slot,
            from_ip=report.kept.get(slot),
            to_ip=report.public.get(slot.family),
            reason=report.troubles[slot],
        )
    for slot in sorted(previous.failed - report.failed):
        yield News(
            kind=NewsKind.RECOVERED, family=slot.family, slot=slot, to_ip=report.kept.get(slot)
        )
