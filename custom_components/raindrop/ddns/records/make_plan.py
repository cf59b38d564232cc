"""Plan what to change: a pure function from desired and existing records to a plan."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain

from ..addresses import parse_record
from ..models import (
    Change,
    DesiredRecord,
    HostName,
    Record,
    RecordKey,
)
from ..plan_values import Conflict, Plan
from .address_hints import stale_hints
from .choice import choose, desired_address, late_records
from .connection_records import (
    as_siblings,
    assign,
    deletions,
    is_marked,
    of_former_connections,
    unmixed,
)
from .decision import conflict_of, decide
from .obstacles import find_delegations, find_obstacle, shadowing


def make_plan(
    desired_records: Iterable[DesiredRecord],
    existing: Iterable[Record],
    zone_name: HostName | None = None,
) -> Plan:
    """Return the changes that give every desired record its address, and the conflicts.

    =============  ==============================================  ===================
    desired        existing at that name                           plan
    =============  ==============================================  ===================
    unknown        anything                                        leave
    known          one record, as the policy asks                  nothing
    known          one record, content or enforced attribute off   update what differs
    known          none, creating allowed                          create as it was
    known          none, not known whether it was proxied          conflict *proxied unknown*
    known          none, creating not allowed                      conflict *missing*
    known          none, or one, without an interface identifier   conflict *missing*
    known          any, for whose interface id there is no prefix  conflict *no prefix*
    known          all of them another home's                      conflict *other home*
    known          several: pinned, else owned, else last address  treat as one
    known          one, though another was pinned                  treat as pinned
    known          several, none identifiable as ours              conflict *ambiguous*
    known          an NS record at the name or above, or hidden    conflict *delegated*
    known          a CNAME                                         conflict *cname*
    known          a record that Cloudflare does not let change    conflict *read only*
    known          a proxied record for 100::                      conflict *placeholder*
    known          changed externally three times in six hours     conflict *contested*
    =============  ==============================================  ===================

    Where several connections have a record under one name, each has only that of its
    comment, and any other record stays:

    =============  ==============================================  ===================
    connection     existing at that name                           plan
    =============  ==============================================  ===================
    unknown        anything                                        leave
    known          its own record, or none                         as above
    known          a record of this home without a connection      becomes its own
    known          another connection's record with its address    becomes its own
    known          its address belongs to another connection       conflict *same address*
    known          another's record with its address               *ambiguous*, *other home*
    known          others', proxied where it would not be          conflict *mixed proxied*
    down           its own record, and one that is right           delete
    down           its own record, and none that is right          leave
    not there      its own record, and one that is or gets right   delete
    =============  ==============================================  ===================

    ``existing`` must be all records at the names of ``desired_records``: a part
    of them would make records look missing. Those above them show what is
    delegated; ``zone_name`` is None if it is not known. Four laws hold:
    applying a plan and planning again gives nothing; no record outside the
    record keys is touched; there is at most one change for each record key,
    and none without need; an unknown address changes nothing.
    """
    existing = list(existing)
    delegations = find_delegations(existing, zone_name)
    by_name = _by_name(existing)
    plans: list[Plan] = []
    for group in _groups(desired_records):
        key = group[0].record_key
        at_name = by_name.get(key.name, [])
        above = shadowing(key.name, delegations)
        plan = _plan_connections if key.connection else _plan_one
        plans.append(plan(group, at_name, above))
    return Plan(
        changes=tuple(change for plan in plans for change in plan.changes),
        conflicts=tuple(conflict for plan in plans for conflict in plan.conflicts),
        records={k: record for plan in plans for k, record in plan.records.items()},
        stale_records={k: stale for plan in plans for k, stale in plan.stale_records.items()},
        stale_hints={k: hints for plan in plans for k, hints in plan.stale_hints.items()},
        deletions=tuple(deletion for plan in plans for deletion in plan.deletions),
    )


def _groups(desired_records: Iterable[DesiredRecord]) -> Iterable[Sequence[DesiredRecord]]:
    """Return the desired records one by one, but those of the connections of a name together."""
    groups: defaultdict[tuple[RecordKey, bool], dict[RecordKey, DesiredRecord]] = defaultdict(dict)
    for desired in desired_records:
        key = desired.record_key
        groups[key.rrset, bool(key.connection)][key] = desired
    return [[*group.values()] for group in groups.values()]


def _plan_one(
    group: Sequence[DesiredRecord], at_name: Sequence[Record], above: Sequence[Record]
) -> Plan:
    """Return the plan for the only desired record of a name and family."""
    (desired,) = group
    key = desired.record_key
    rrset = _of_type(key, at_name)
    record = choose(desired, rrset)
    records = {} if record is None else {key: record}
    decision = decide(desired, at_name, rrset, record, above)
    if isinstance(decision, Conflict):
        return Plan(conflicts=(decision,), records=records)
    others = [other for other in rrset if other is not record]
    stale = [*late_records(desired, record, rrset)]
    if desired_address(desired, record) is not None:
        stale += [r for r in of_former_connections(others, [key]) if r not in stale]
    return Plan(
        changes=(decision,) if decision else (),
        records=records,
        stale_records={key: stale} if stale else {},
        stale_hints=_stale_hints(group, records, at_name, stale),
    )


def _plan_connections(
    group: Sequence[DesiredRecord], at_name: Sequence[Record], above: Sequence[Record]
) -> Plan:
    """Return the plan for the connections that have a record under one name."""
    assignment = assign(group, _of_type(group[0].record_key, at_name))
    records = assignment.records
    decisions: dict[RecordKey, Change | Conflict] = {}
    for desired in as_siblings(group, assignment):
        key, record = desired.record_key, records.get(desired.record_key)
        own = [record] if record else []
        decision = decide(desired, at_name, own, record, above, assignment.conflicts.get(key))
        if decision is not None:
            decisions[key] = unmixed(decision, assignment, at_name)
    conflicts = {k: d for k, d in decisions.items() if isinstance(d, Conflict)}
    changes = {k: d for k, d in decisions.items() if not isinstance(d, Conflict)}
    sure = [d for d in group if d.address is not None and d.record_key not in conflicts]
    sure.sort(key=lambda desired: desired.record_key in changes)
    former = of_former_connections(assignment.left, [d.record_key for d in group])
    left = [record for record in assignment.left if record not in former]
    stale_records: dict[RecordKey, Sequence[Record]] = {}
    for desired in sure:
        late = [*late_records(desired, records.get(desired.record_key), left)]
        late += [r for r in left if r not in late and is_marked(r, desired.record_key)]
        left = [record for record in left if record not in late]
        if late or former:
            stale_records[desired.record_key] = [*late, *former]
            former = []
    down = tuple(deletions(group, records, conflicts))
    gone = [*chain(*stale_records.values()), *(deletion.record for deletion in down)]
    return Plan(
        changes=tuple(changes.values()),
        conflicts=tuple(conflicts.values()),
        records=records,
        stale_records=stale_records,
        stale_hints=_stale_hints(sure, records, at_name, gone),
        deletions=down,
    )


def _of_type(record_key: RecordKey, records: Iterable[Record]) -> list[Record]:
    return [record for record in records if record.type == record_key.family.record_type]


def name_conflict(
    record_key: RecordKey, existing: Iterable[Record], zone_name: HostName | None = None
) -> Conflict | None:
    """Return what keeps any address from being written, as far as no address is needed to know.

    ``existing`` and ``zone_name`` are those of `make_plan`.
    """
    existing = list(existing)
    at_name = [record for record in existing if record.name == record_key.name]
    rrset = _of_type(record_key, at_name)
    only = rrset[0] if len(rrset) == 1 else None
    above = shadowing(record_key.name, find_delegations(existing, zone_name))
    found = find_obstacle(at_name, rrset, only, above)
    return conflict_of(record_key, *found) if found else None


def _by_name(records: Iterable[Record]) -> Mapping[HostName, list[Record]]:
    by_name: defaultdict[HostName, list[Record]] = defaultdict(list)
    for record in records:
        by_name[record.name].append(record)
    return by_name


def _stale_hints(
    sure: Iterable[DesiredRecord],
    records: Mapping[RecordKey, Record],
    at_name: Iterable[Record],
    stale: Collection[Record],
) -> Mapping[RecordKey, Sequence[Record]]:
    """Return the HTTPS and SVCB records that will lead to an address that is not there.

    ``sure`` are the desired records of one name and family without a conflict.
    """
    found = ((d.record_key, desired_address(d, records.get(d.record_key))) for d in sure)
    addresses = {key: address for key, address in found if address}
    if not addresses:
        return {}
    replaced = [record for key, record in records.items() if key in addresses]
    others = (other for other in at_name if other not in replaced and other not in stale)
    held = {*addresses.values(), *(parse_record(other.content) for other in others)}
    key = next(iter(addresses))
    hints = stale_hints(key, at_name, held)
    return {key: hints} if hints else {}
