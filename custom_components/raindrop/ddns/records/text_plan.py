"""Plan what to change in texts: an address of this home is replaced with its current one.

Only addresses that a record of this home had are replaced, only in records of the names
that the user chose for it, and only while the record itself is in sync or brought in
sync. An address that may also be somebody else's is left: that of a record of another
home, and one for which two records have different successors.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from ..addresses import parse_record
from ..models import Address, DesiredRecord, HostName, Owner, Record, RecordKey
from ..plan_values import Plan
from ..sources import Family
from ..text_records import TEXT_TYPES, TextUpdate
from .text_tokens import addresses_in, with_addresses

_ADDRESS_TYPES = {family.record_type for family in Family}

type _Claims = Mapping[Address, Mapping[RecordKey, Address | None]]
"""The records that had an address, with the one that each has or gets."""


def with_texts(
    plan: Plan, desired_records: Iterable[DesiredRecord], existing: Iterable[Record]
) -> Plan:
    """Return a plan that also replaces the addresses in texts.

    ``existing`` are those of `make_plan`, and must have all records of the zone
    if a desired record has text names. There is one change at most for each
    text.
    """
    following = [desired for desired in desired_records if desired.text_names]
    if not following:
        return plan
    claims = _claims(plan, following)
    existing = list(existing)
    elsewhere = _held_by_other_homes(plan, existing)
    texts: list[TextUpdate] = []
    left: defaultdict[RecordKey, list[Record]] = defaultdict(list)
    for record in existing:
        if record.type in TEXT_TYPES and record.name in claims:
            due = _due(record, claims[record.name])
            usable = {} if record.is_read_only else _usable(due, elsewhere)
            for key in _waiting(due, usable):
                left[key].append(record)
            if usable:
                keys = {key for old in usable for key in due[old]}
                texts.append(_text_update(record, usable, keys))
    changed = {text.record.id for text in texts}
    hints = {
        key: [record for record in records if record.id not in changed]
        for key, records in plan.stale_hints.items()
    }
    return replace(
        plan,
        texts=tuple(texts),
        left_texts={key: tuple(records) for key, records in left.items()},
        stale_hints={key: records for key, records in hints.items() if records},
    )


def _claims(plan: Plan, desired_records: Iterable[DesiredRecord]) -> Mapping[HostName, _Claims]:
    """Return which records had the addresses that a text may have, by the names of the texts."""
    claims: defaultdict[HostName, defaultdict[Address, dict[RecordKey, Address | None]]]
    claims = defaultdict(lambda: defaultdict(dict))
    planned = _planned_addresses(plan)
    for desired in desired_records:
        key = desired.record_key
        new = None if desired.address is None else planned.get(key)
        mine = desired.text_addresses | ({new} if new else set())
        for name in desired.text_names:
            for old in mine:
                claims[name][old][key] = new
    return claims


def _planned_addresses(plan: Plan) -> Mapping[RecordKey, Address]:
    """Return the address that each record has or gets, unless there is a conflict."""
    held = {key: parse_record(record.content) for key, record in plan.records.items()}
    held |= {change.record_key: change.address for change in plan.changes if change.address}
    for conflict in plan.conflicts:
        held.pop(conflict.record_key, None)
    return {key: address for key, address in held.items() if address}


def _held_by_other_homes(plan: Plan, existing: Sequence[Record]) -> set[Address | None]:
    ours = {record.id for record in plan.records.values()}
    return {
        parse_record(record.content)
        for record in existing
        if record.type in _ADDRESS_TYPES
        and record.owner is Owner.OTHER_HOME
        and record.id not in ours
    }


def _due(record: Record, claims: _Claims) -> dict[Address, Mapping[RecordKey, Address | None]]:
    """Return the addresses in a text that some record no longer has, if the new one is not there.

    Who wrote both knows of both.
    """
    found = addresses_in(record)
    return {
        old: claims[old]
        for old in sorted(found & claims.keys(), key=str)
        if any(new and new not in found for new in claims[old].values())
    }


def _waiting(due: _Claims, usable: Mapping[Address, Address]) -> set[RecordKey]:
    """Return the records whose address in a text has to be left."""
    return {
        key
        for old in due.keys() - usable
        for key, new in due[old].items()
        if new not in (None, old)
    }


def _usable(due: _Claims, elsewhere: set[Address | None]) -> dict[Address, Address]:
    """Return the addresses that certainly belong to nobody else, with their successors.

    Two of a text never get the same one: one may be that of another connection of this
    home, and nothing would show later which of the two it was.
    """
    usable: dict[Address, Address] = {}
    for old, claims in due.items():
        successors = set(claims.values())
        new = successors.pop()
        if new and not successors and old not in elsewhere:
            usable[old] = new
    counts = Counter(usable.values())
    return {old: new for old, new in usable.items() if counts[new] == 1}


def _text_update(
    record: Record, usable: Mapping[Address, Address], keys: Iterable[RecordKey]
) -> TextUpdate:
    return TextUpdate(
        record_key=min(keys),
        record=record,
        text=with_addresses(record, usable),
        replaced=tuple(usable.items()),
        record_keys=frozenset(keys),
    )
