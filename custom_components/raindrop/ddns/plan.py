"""Decide what to change, apart from doing it: a pure function from wants to a plan."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv6Address

from .addresses import parse_record, why_unusable
from .host_part import join
from .model import (
    TTL_AUTO,
    Address,
    Change,
    Conflict,
    ConflictKind,
    Create,
    HostName,
    Plan,
    Record,
    Slot,
    Update,
    Want,
)

_CNAME = "CNAME"
_MAX_REPAIRS = 2
"""Repairs in a row after which a stranger who insists is not fought any more."""


def make_plan(wants: Iterable[Want], records: Iterable[Record]) -> Plan:
    """Return the changes that give every slot its address, and the conflicts.

    =============  ==============================================  ===================
    wanted         at that name in the zone                        plan
    =============  ==============================================  ===================
    unknown        anything                                        leave
    known          one record, as the policy asks                  nothing
    known          one record, content or enforced attribute off   update what differs
    known          none, creating allowed                          create
    known          none, creating not allowed                      conflict *missing*
    known          several: pinned, else ours, else our last       treat as one
    known          several, none can be told ours                  conflict *ambiguous*
    known          a CNAME                                         conflict *cname*
    known          changed back by somebody else, twice in a row   conflict *contested*
    =============  ==============================================  ===================

    ``records`` is the whole of what stands at the names of ``wants``: a part
    of it would make records look missing. Holds four laws: applying a plan and
    planning again gives nothing; no record outside the slots is touched; there
    is at most one change for each slot, and none without need; an unknown
    address changes nothing.
    """
    by_name = _by_name(records)
    changes: list[Change] = []
    conflicts: list[Conflict] = []
    standing: dict[Slot, Record] = {}
    for slot, want in {want.slot: want for want in wants}.items():
        there = by_name.get(slot.name, [])
        twins = [r for r in there if r.type == slot.family.record_type]
        record = _choose(want, twins)
        if record is not None:
            standing[slot] = record
        decision = _decide(want, there, twins, record)
        if isinstance(decision, Conflict):
            conflicts.append(decision)
        elif decision is not None:
            changes.append(decision)
    return Plan(changes=tuple(changes), conflicts=tuple(conflicts), records=standing)


def _by_name(records: Iterable[Record]) -> Mapping[HostName, list[Record]]:
    """Return the records by their name."""
    by_name: defaultdict[HostName, list[Record]] = defaultdict(list)
    for record in records:
        by_name[record.name].append(record)
    return by_name


def _choose(want: Want, twins: Sequence[Record]) -> Record | None:
    """Return the record that stands for a slot among those of its name and type.

    Where the user chose one that is gone, only a record of our own takes its
    place: the others are those that the user did not choose.
    """
    chosen = want.policy.record_id
    if pinned := [record for record in twins if record.id == chosen]:
        return pinned[0]
    owned = [record for record in twins if record.is_owned]
    candidates = owned if owned or chosen is not None else twins
    if len(candidates) > 1:
        candidates = [record for record in candidates if _is_ours(want, record)]
    return candidates[0] if len(candidates) == 1 else None


def _is_ours(want: Want, record: Record) -> bool:
    """Return whether a record holds the address that it had or shall have from us."""
    there = parse_record(record.content)
    return there is not None and there in (want.last, _address(want, record))


def _address(want: Want, record: Record | None) -> Address | None:
    """Return the address that a record should hold, None if it is not known.

    With a host part, the prefix is that of the reading and the rest that of
    the policy or the record.
    """
    address, host = want.address, want.policy.host_part
    if host is None or not isinstance(address, IPv6Address):
        return address
    there = parse_record(record.content) if record else None
    joined = join(address, host, there if isinstance(there, IPv6Address) else None)
    is_usable = joined and why_unusable(joined, want.slot.family) is None
    return joined if is_usable else None


def _decide(
    want: Want, there: Sequence[Record], twins: Sequence[Record], record: Record | None
) -> Change | Conflict | None:
    """Return what the row of the table says for one want."""
    if want.address is None:
        return None
    if cnames := [r for r in there if r.type == _CNAME]:
        return _conflict(want, ConflictKind.CNAME, cnames)
    address = _address(want, record)
    change = _update(want, address, record) if record else _create(want, address)
    kind = _objection(want, twins, record, change)
    return _conflict(want, kind, twins) if kind else change


def _objection(
    want: Want, twins: Sequence[Record], record: Record | None, change: Change | None
) -> ConflictKind | None:
    """Return what speaks against a change, or against there being none.

    Cloudflare keeps no two identical records, and which of them to delete is
    not ours to decide.
    """
    if record is None and twins:
        return ConflictKind.AMBIGUOUS
    if record is None and change is None:
        return ConflictKind.MISSING
    if isinstance(change, Update) and change.address and _holds(twins, change.address):
        return ConflictKind.AMBIGUOUS
    if change and change.is_drift and want.repairs >= _MAX_REPAIRS:
        return ConflictKind.CONTESTED
    return None


def _update(want: Want, address: Address | None, record: Record) -> Update | None:
    """Return the fields of a record that differ from what is wanted, None if none does.

    The TTL of a proxied record is always automatic: enforcing another would
    never come to an end.
    """
    policy = want.policy
    is_proxied = record.proxied if policy.proxied is None else policy.proxied
    new_address = None if parse_record(record.content) == address else address
    new_proxied = None if is_proxied == record.proxied else is_proxied
    new_ttl_s = None if is_proxied or policy.ttl_s == record.ttl_s else policy.ttl_s
    if address is None or (new_address, new_proxied, new_ttl_s) == (None, None, None):
        return None
    return Update(
        slot=want.slot,
        record=record,
        address=new_address,
        proxied=new_proxied,
        ttl_s=new_ttl_s,
        is_drift=want.last == new_address if new_address else _was_right(want),
    )


def _was_right(want: Want) -> bool:
    """Return whether the record had the attributes that the policy asks for.

    If not, it is the user who wants something else now, not a stranger.
    """
    before, policy = want.before, want.policy
    if before is None or policy.proxied not in (None, before.proxied):
        return False
    return before.proxied or policy.ttl_s in (None, before.ttl_s)


def _create(want: Want, address: Address | None) -> Create | None:
    """Return the record that a slot lacks, None if it may or can not be created."""
    policy = want.policy
    if address is None or not policy.create:
        return None
    is_proxied = bool(policy.proxied)
    ttl_s = TTL_AUTO if is_proxied or policy.ttl_s is None else policy.ttl_s
    return Create(
        slot=want.slot,
        address=address,
        proxied=is_proxied,
        ttl_s=ttl_s,
        is_drift=want.last == address,
    )


def _holds(records: Sequence[Record], address: Address) -> bool:
    """Return whether one of the records has this address."""
    return any(parse_record(record.content) == address for record in records)


def _conflict(want: Want, kind: ConflictKind, records: Sequence[Record]) -> Conflict:
    """Return a conflict of a slot with the records that stand there."""
    return Conflict(slot=want.slot, kind=kind, records=tuple(records))
