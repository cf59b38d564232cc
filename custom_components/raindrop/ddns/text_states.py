"""What is known of the texts that follow a record: which of its addresses they may have."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from .models import Address, HostName, Record
from .plan_values import Outcome, Plan, TextOutcome
from .records.text_tokens import addresses_in
from .state import RecordState, State
from .text_records import TEXT_TYPES, TextUpdate
from .zone_config import ManagedRecord, ZoneConfig

_LATE = timedelta(hours=2)
"""How long a text may still get an address that was replaced: that is two full syncs.

A request without a response may be carried out late, and somebody who edits the text
may have started from the old one. After that, the address is no longer this home's: it
counts as written on purpose.
"""


def text_addresses(known: RecordState, now: datetime) -> frozenset[Address]:
    """Return the addresses of a record that a text may still have."""
    possible = (a for a, since in known.text_addresses.items() if not _is_over(since, now))
    return frozenset(filter(None, (*possible, known.last_address)))


def with_sent_texts(state: State, plan: Plan) -> State:
    """Return a state in which the addresses that a plan puts into texts count as being there.

    It has to be stored before they are sent: if Home Assistant is stopped meanwhile,
    nothing else would show that they are this home's.
    """
    records = {**state.records}
    for text in plan.texts:
        for key in text.record_keys:
            known = state.record(key)
            had = {known.last_address, *known.text_addresses}
            # A text may get the addresses of several records.
            sent = {new: None for old, new in text.replaced if old in had}
            records[key] = replace(known, text_addresses={**known.text_addresses, **sent})
    return replace(state, records=records)


def text_outcomes(outcomes: Iterable[Outcome]) -> tuple[TextOutcome, ...]:
    """Return the outcomes of changes of texts."""
    return tuple(
        TextOutcome(change=o.change, reason=o.reason, record=o.record, error=o.error)
        for o in outcomes
        if isinstance(o.change, TextUpdate)
    )


class TextsRead:
    """The addresses in the texts of a zone, as they were read and after they were changed."""

    def __init__(
        self, config: ZoneConfig, listing: Iterable[Record], outcomes: Sequence[TextOutcome]
    ) -> None:
        """Find them at the names where a text follows a record."""
        names = {name for managed in config.managed_records for name in managed.text_names}
        changed = {o.record.id: o.record for o in outcomes if o.record}
        self._outcomes = outcomes
        self._before: defaultdict[HostName, set[Address]] = defaultdict(set)
        self._after: defaultdict[HostName, set[Address]] = defaultdict(set)
        for record in listing if names else ():
            if record.type in TEXT_TYPES and record.name in names:
                self._before[record.name] |= addresses_in(record)
                self._after[record.name] |= addresses_in(changed.get(record.id, record))

    def known(
        self,
        before: RecordState,
        after: RecordState,
        managed: ManagedRecord,
        plan: Plan,
        now: datetime,
        *,
        has_address: bool,
    ) -> RecordState:
        """Return what is known of a record, with what is known of the texts that follow it.

        ``before`` and ``after`` are what was and is known of the record itself.
        A failure stays while there is no address to write.
        """
        if not (managed.text_names or before.text_addresses):
            return after
        addresses = self._addresses(before, after, managed.text_names, now)
        after = replace(after, text_addresses=addresses)
        if not has_address:
            return after
        key = managed.record_key
        outcomes = (o for o in self._outcomes if key in o.change.record_keys)
        return replace(
            after,
            text_failures=tuple(outcome for outcome in outcomes if not outcome.is_done),
            left_texts=tuple(plan.left_texts.get(key, ())),
        )

    def _addresses(
        self, before: RecordState, after: RecordState, names: Collection[HostName], now: datetime
    ) -> dict[Address, datetime | None]:
        """Return the addresses that a text has or may get, and since when no text has it."""
        held = {address for name in names for address in self._after[name]}
        found = {address for name in names for address in self._before[name]} | held
        own = {a: None for a in (before.last_address, after.last_address) if a in found}
        known = {**own, **before.text_addresses}
        return {
            address: None if address in held else since or now
            for address, since in known.items()
            if names and not _is_over(since, now)
        }


def _is_over(since: datetime | None, now: datetime) -> bool:
    return since is not None and abs(now - since) > _LATE
