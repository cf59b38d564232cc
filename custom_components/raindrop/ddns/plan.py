"""Decide what to change, apart from doing it: a pure function from wants to a plan."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from .addresses import parse_record
from .model import (
    TTL_AUTO,
    Address,
    Change,
    Conflict,
    ConflictKind,
    Create,
    HostName,
    Plan,
    Policy,
    Record,
    Slot,
    Update,
    Want,
)

_CNAME = "CNAME"


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
    candidates = twins
    if chosen is not None or len(twins) > 1:
        owned = [record for record in twins if record.is_owned]
        candidates = owned if owned or chosen is not None else twins
    if len(candidates) > 1:
        ours = {want.last, want.address} - {None}
        candidates = [r for r in candidates if parse_record(r.content) in ours]
    return candidates[0] if len(candidates) == 1 else None


def _decide(
    want: Want, there: Sequence[Record], twins: Sequence[Record], record: Record | None
) -> Change | Conflict | None:
    """Return what the row of the table says for one want."""
    if want.address is None:
        return None
    if cnames := [r for r in there if r.type == _CNAME]:
        return Conflict(slot=want.slot, kind=ConflictKind.CNAME, records=tuple(cnames))
    if record is not None:
        return _keep(want, want.address, record, twins)
    if twins:
        return _ambiguous(want, twins)
    if want.policy.create:
        return _create(want.slot, want.address, want.policy)
    return Conflict(slot=want.slot, kind=ConflictKind.MISSING)


def _keep(
    want: Want, address: Address, record: Record, twins: Sequence[Record]
) -> Update | Conflict | None:
    """Return the fields of a record that differ from what is wanted, None if none does.

    The TTL of a proxied record is always automatic: enforcing another would
    never come to an end. Cloudflare keeps no two identical records, and which
    of them to delete is not ours to decide.
    """
    policy = want.policy
    is_proxied = record.proxied if policy.proxied is None else policy.proxied
    new_address = None if parse_record(record.content) == address else address
    new_proxied = None if is_proxied == record.proxied else is_proxied
    new_ttl_s = None if is_proxied or policy.ttl_s == record.ttl_s else policy.ttl_s
    if (new_address, new_proxied, new_ttl_s) == (None, None, None):
        return None
    if new_address and any(parse_record(twin.content) == address for twin in twins):
        return _ambiguous(want, twins)
    return Update(
        slot=want.slot,
        record=record,
        address=new_address,
        proxied=new_proxied,
        ttl_s=new_ttl_s,
    )


def _create(slot: Slot, address: Address, policy: Policy) -> Create:
    """Return the record that a slot lacks."""
    is_proxied = bool(policy.proxied)
    ttl_s = TTL_AUTO if is_proxied or policy.ttl_s is None else policy.ttl_s
    return Create(slot=slot, address=address, proxied=is_proxied, ttl_s=ttl_s)


def _ambiguous(want: Want, twins: Sequence[Record]) -> Conflict:
    """Return the conflict of a slot with records that only the user can tell apart."""
    return Conflict(slot=want.slot, kind=ConflictKind.AMBIGUOUS, records=tuple(twins))
