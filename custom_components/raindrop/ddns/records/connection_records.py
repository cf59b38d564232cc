"""Which records belong to which connection, where several have one under one name.

A record belongs to the connection that its comment names. Who wrote it is known, so that
only its address counts: two connections may exchange their records, but there are never
two with one address, which Cloudflare does not keep.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..addresses import network_of, parse_record
from ..models import (
    Address,
    Change,
    DesiredRecord,
    Network,
    Owner,
    Reason,
    Record,
    RecordKey,
    Update,
)
from ..plan_values import Conflict, Deletion
from .choice import desired_address, holds

type Records = Mapping[RecordKey, Record]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """The records at a name and of a type that belong to its connections."""

    records: Records
    conflicts: Mapping[RecordKey, Conflict]
    """The connections whose address another record of the name has."""
    left: Sequence[Record]
    """The other ones of this home."""


def assign(group: Sequence[DesiredRecord], rrset: Iterable[Record]) -> Assignment:
    """Return which records belong to the connections of one name and family, in order.

    That is one with the address of the connection, else the one whose comment names it.
    One of this home that names none, or one that the user chose, becomes that of the
    first connection that has none and is not down.
    """
    rrset = sorted(rrset, key=lambda record: record.id)
    policy = group[0].policy
    given = {
        record.id
        for record in rrset
        if record.version in policy.take_over
        or (record.id == policy.record_id and record.owner is not Owner.OTHER_HOME)
    }
    left = [r for r in rrset if (r.is_owned or r.id in given) and not r.is_read_only]
    others = [record for record in rrset if record not in left]
    own = {desired.record_key: _own(desired, left) for desired in group}
    claims = {d.record_key: _claim(d, own[d.record_key]) for d in group}
    holders = _holders(group, own, claims)
    records: dict[RecordKey, Record] = {}

    def take(key: RecordKey, record: Record | None) -> None:
        if record is not None and record in left and key not in records:
            records[key] = record
            left.remove(record)

    for key, holder in holders.items():
        held = (record for record in left if holds(record, claims[key]))
        if holder == key:
            take(key, next(held, None))
    for desired in group:
        take(desired.record_key, _own(desired, left))
    unnamed = [r for r in left if not r.connection or r.id in given]
    missing = [d for d in group if d.record_key not in records and not d.is_down]
    for desired in missing[:1]:
        take(desired.record_key, min(unnamed, key=_last_first(desired), default=None))
    conflicts = {
        d.record_key: conflict
        for d in group
        if d.address is not None
        and (conflict := _conflict(d, claims[d.record_key], records, holders[d.record_key], others))
    }
    return Assignment(records=records, conflicts=conflicts, left=left)


def as_siblings(group: Sequence[DesiredRecord], assignment: Assignment) -> list[DesiredRecord]:
    """Return desired records whose new ones become like those that the name has.

    Records of one name must not be proxied in part. Each gets the comment of its own
    connection.
    """
    held = [r.attributes for d in group if (r := assignment.records.get(d.record_key))]
    remembered = [d.last_attributes for d in group if d.last_attributes]
    like = next(iter((*held, *remembered)), None)
    if like is None:
        has_existed = any(d.may_have_existed or d.last_address is not None for d in group)
        return [replace(desired, may_have_existed=has_existed) for desired in group]
    return [
        replace(
            desired,
            last_attributes=replace(
                desired.last_attributes or like,
                proxied=like.proxied,
                comment=None,
                tags=desired.last_attributes.tags if desired.last_attributes else (),
                is_owned=True,
            ),
        )
        for desired in group
    ]


def unmixed(
    change: Change | Conflict, assignment: Assignment, at_name: Iterable[Record]
) -> Change | Conflict:
    """Return a change that does not make a record differ from others' in being proxied.

    One proxied record makes Cloudflare answer for all of the name as if they were:
    https://developers.cloudflare.com/dns/proxy-status/
    """
    if isinstance(change, Conflict):
        return change
    types = {"A", "AAAA"}
    own = {*assignment.records.values(), *assignment.left}
    others = [r for r in at_name if r.type in types and r not in own and not r.is_owned]
    mixed = tuple(r for r in others if change.proxied not in (None, r.proxied))
    if not mixed:
        return change
    if isinstance(change, Update) and change.address is not None:
        return replace(change, proxied=None, ttl_s=None)
    return Conflict(record_key=change.record_key, reason=Reason.MIXED_PROXIED, records=mixed)


def deletions(
    group: Sequence[DesiredRecord], records: Records, unsure: Collection[RecordKey]
) -> list[Deletion]:
    """Return this home's records of connections that are down, if another one is as it should be.

    It must have been read so: a name never loses its last address for one that is only
    about to be written. ``unsure`` are the connections with a conflict.
    """
    held = [(desired, records.get(desired.record_key)) for desired in group]
    is_any_right = any(
        record and record.is_owned and holds(record, desired_address(desired, record))
        for desired, record in held
        if desired.record_key not in unsure
    )
    return [
        Deletion(record_key=desired.record_key, record=record)
        for desired, record in held
        if is_any_right and desired.is_down and record and record.is_owned
    ]


def is_marked(record: Record, record_key: RecordKey) -> bool:
    """Return whether the comment of a record says that it belongs to a key."""
    return record.is_owned and record.connection == record_key.connection


def of_former_connections(
    records: Iterable[Record], record_keys: Iterable[RecordKey]
) -> list[Record]:
    """Return the records of this home's connections that have none under the name any longer."""
    connections = {key.connection for key in record_keys}
    return [r for r in records if r.is_owned and r.connection and r.connection not in connections]


def _own(desired: DesiredRecord, records: Iterable[Record]) -> Record | None:
    """Return the record whose comment names the connection: one with its address, if several do.

    While it is down, one of this home that names none and has its last address is its own, too.
    """
    records = [record for record in records if record.is_owned]
    marked = [record for record in records if is_marked(record, desired.record_key)]
    if desired.is_down and not marked:
        marked = [r for r in records if not r.connection and holds(r, desired.last_address)]
    right = (record for record in marked if holds(record, desired_address(desired, record)))
    return next(right, None) or min(marked, key=_last_first(desired), default=None)


def _last_first(desired: DesiredRecord) -> Callable[[Record], bool]:
    return lambda record: not holds(record, desired.last_address)


def _claim(desired: DesiredRecord, own: Record | None) -> Address | None:
    """Return the address that a connection has, as far as that is known.

    Of one that does not tell, its record does; of one that is down only if its source
    does not report another one.
    """
    held = parse_record(own.content) if own else None
    if desired.is_down and held and desired.network and held not in desired.network:
        return None
    return desired_address(desired, own) or held


def _holders(
    group: Sequence[DesiredRecord],
    own: Mapping[RecordKey, Record | None],
    claims: Mapping[RecordKey, Address | None],
) -> Mapping[RecordKey, RecordKey]:
    """Return the connection that the address of each one belongs to.

    What this host uses as its way out may be another connection at the time, which its
    own source knows better: then it has an address in the network of that one.
    """

    def doubts(desired: DesiredRecord) -> tuple[bool, ...]:
        record, claim = own[desired.record_key], claims[desired.record_key]
        is_held = record is not None and holds(record, claim)
        is_gone = desired.is_down and desired.network is None
        return is_gone, desired.uses_default_route, desired.address is None, not is_held

    holders: dict[RecordKey, RecordKey] = {}
    networks: dict[RecordKey, Network] = {}
    for desired in sorted(group, key=doubts):
        key, claim = desired.record_key, claims[desired.record_key]
        same = (
            other
            for other, network in networks.items()
            if claim
            and (claim == claims[other] or (desired.uses_default_route and claim in network))
        )
        holders[key] = next(same, key)
        network = desired.network or (network_of(claim) if claim else None)
        if network and holders[key] == key:
            networks[key] = network
    return holders


def _conflict(
    desired: DesiredRecord,
    claim: Address | None,
    records: Records,
    holder: RecordKey,
    others: Iterable[Record],
) -> Conflict | None:
    """Return why the address of a connection cannot be written: the name has it already."""
    key = desired.record_key
    if claim is None:
        return None
    if holder != key:
        found = [records[holder]] if holder in records else []
        return Conflict(record_key=key, reason=Reason.SAME_ADDRESS, records=tuple(found))
    record = records.get(key)
    same = tuple(r for r in others if holds(r, claim))
    if not same or (record and holds(record, claim)):
        return None
    is_elsewhere = all(other.owner is Owner.OTHER_HOME for other in same)
    reason = Reason.OTHER_HOME if is_elsewhere else Reason.AMBIGUOUS
    return Conflict(record_key=key, reason=reason, records=same)
