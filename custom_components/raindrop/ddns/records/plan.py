"""Plan what to change: a pure function from desired and existing records to a plan."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from ..addresses import parse_record
from ..models import (
    TTL_AUTO,
    Address,
    Change,
    Create,
    DesiredRecord,
    HostName,
    Owner,
    Reason,
    Record,
    RecordAttributes,
    RecordKey,
    Update,
)
from ..plans import Conflict, Plan
from .address_hints import stale_hints
from .choice import choose, desired_address, holds, late_records
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
    changes: list[Change] = []
    conflicts: list[Conflict] = []
    chosen: dict[RecordKey, Record] = {}
    stale_records: dict[RecordKey, Sequence[Record]] = {}
    hints: dict[RecordKey, Sequence[Record]] = {}
    for key, desired in {desired.record_key: desired for desired in desired_records}.items():
        at_name = by_name.get(key.name, [])
        rrset = [record for record in at_name if record.type == key.family.record_type]
        record = choose(desired, rrset)
        if record is not None:
            chosen[key] = record
        above = shadowing(key.name, delegations)
        decision = _decide(desired, at_name, rrset, record, above)
        if isinstance(decision, Conflict):
            conflicts.append(decision)
            continue
        if decision is not None:
            changes.append(decision)
        if stale := late_records(desired, record, rrset):
            stale_records[key] = stale
        if hinted := _stale_hints(desired, record, at_name, stale):
            hints[key] = hinted
    return Plan(
        changes=tuple(changes),
        conflicts=tuple(conflicts),
        records=chosen,
        stale_records=stale_records,
        stale_hints=hints,
    )


def name_conflict(
    record_key: RecordKey, existing: Iterable[Record], zone_name: HostName | None = None
) -> Conflict | None:
    """Return what keeps any address from being written, as far as no address is needed to know.

    ``existing`` and ``zone_name`` are those of `make_plan`.
    """
    existing = list(existing)
    at_name = [record for record in existing if record.name == record_key.name]
    rrset = [record for record in at_name if record.type == record_key.family.record_type]
    only = rrset[0] if len(rrset) == 1 else None
    above = shadowing(record_key.name, find_delegations(existing, zone_name))
    found = find_obstacle(at_name, rrset, only, above)
    return _conflict(record_key, *found) if found else None


def _by_name(records: Iterable[Record]) -> Mapping[HostName, list[Record]]:
    by_name: defaultdict[HostName, list[Record]] = defaultdict(list)
    for record in records:
        by_name[record.name].append(record)
    return by_name


def _stale_hints(
    desired: DesiredRecord,
    record: Record | None,
    at_name: Sequence[Record],
    stale: Sequence[Record],
) -> Sequence[Record]:
    """Return the HTTPS and SVCB records that will lead to an address that is not there."""
    address = desired_address(desired, record)
    if address is None:
        return ()
    others = [other for other in at_name if other is not record and other not in stale]
    held = {address, *(parse_record(other.content) for other in others)}
    return stale_hints(desired.record_key, at_name, held)


def _decide(
    desired: DesiredRecord,
    at_name: Sequence[Record],
    rrset: Sequence[Record],
    record: Record | None,
    above: Sequence[Record],
) -> Change | Conflict | None:
    """Return what the row of the table says for one desired record."""
    if desired.address is None:
        return None
    if obstacle := find_obstacle(at_name, rrset, record, above):
        return _conflict(desired.record_key, *obstacle)
    if desired.lacks_prefix:
        return _conflict(desired.record_key, Reason.NO_PREFIX, rrset)
    address = desired_address(desired, record)
    if record and address is None:
        return _conflict(desired.record_key, Reason.MISSING, rrset)
    change = _update(desired, address, record) if record else _create(desired, address)
    reason = _conflict_reason(desired, rrset, record, change)
    return _conflict(desired.record_key, reason, rrset) if reason else change


def _conflict_reason(
    desired: DesiredRecord,
    rrset: Sequence[Record],
    record: Record | None,
    change: Change | None,
) -> Reason | None:
    """Return why a change must not be made, or why there is none though one is needed.

    Cloudflare keeps no two identical records; which of them to delete is the
    user's decision.
    """
    if record is None and rrset:
        is_elsewhere = all(other.owner is Owner.OTHER_HOME for other in rrset)
        return Reason.OTHER_HOME if is_elsewhere else Reason.AMBIGUOUS
    if record is None and change is None:
        return Reason.MISSING
    if isinstance(change, Create) and _is_proxied_unknown(desired):
        return Reason.PROXIED_UNKNOWN
    if isinstance(change, Update) and any(holds(other, change.address) for other in rrset):
        return Reason.AMBIGUOUS
    if change and change.is_drift and desired.is_contested:
        return Reason.CONTESTED
    return None


def _update(desired: DesiredRecord, address: Address | None, record: Record) -> Update | None:
    """Return the fields of a record that differ from the desired ones, None if none does.

    The TTL of a proxied record is always automatic: enforcing another would
    never converge.
    """
    policy = desired.policy
    is_proxied = record.proxied if policy.proxied is None else policy.proxied
    new_address = None if parse_record(record.content) == address else address
    new_proxied = None if is_proxied == record.proxied else is_proxied
    new_ttl_s = None if is_proxied or policy.ttl_s == record.ttl_s else policy.ttl_s
    is_takeover = record.owner is Owner.OTHER_HOME
    is_needed = is_takeover or (new_address, new_proxied, new_ttl_s) != (None, None, None)
    if address is None or not is_needed:
        return None
    return Update(
        record_key=desired.record_key,
        record=record,
        address=new_address,
        proxied=new_proxied,
        ttl_s=new_ttl_s,
        is_takeover=is_takeover,
        is_drift=not is_takeover
        and (
            desired.last_address == new_address
            if new_address
            else _is_attribute_drift(desired, is_proxied_enforced=new_proxied is not None)
        ),
    )


def _is_attribute_drift(desired: DesiredRecord, *, is_proxied_enforced: bool) -> bool:
    """Return whether the record had the attributes that it has to be given again.

    If not, the user changed the policy: that is no drift. Neither is the TTL of
    a record that was proxied: it is automatic until somebody stops the proxy,
    which the policy allows.
    """
    before, policy = desired.last_record, desired.policy
    if before is None:
        return False
    if is_proxied_enforced:
        return before.proxied == policy.proxied
    return not before.proxied and before.ttl_s == policy.ttl_s


def _create(desired: DesiredRecord, address: Address | None) -> Create | None:
    """Return the record to create, None if it may not or cannot be created.

    It gets what it had before, except what the policy enforces.
    """
    policy = desired.policy
    if address is None or not policy.create:
        return None
    before = desired.last_attributes or RecordAttributes()
    is_proxied = before.proxied if policy.proxied is None else policy.proxied
    ttl_s = before.ttl_s if policy.ttl_s is None else policy.ttl_s
    return Create(
        record_key=desired.record_key,
        address=address,
        proxied=is_proxied,
        ttl_s=TTL_AUTO if is_proxied else ttl_s,
        is_owned=before.is_owned,
        comment=None if before.is_owned else before.comment,
        tags=before.tags,
        is_drift=desired.last_address == address,
    )


def _is_proxied_unknown(desired: DesiredRecord) -> bool:
    """Return whether a record existed and may have been proxied.

    Created without the proxy, it would show the address of a home that was hidden.
    """
    has_existed = desired.may_have_existed or desired.last_address is not None
    is_known = desired.last_attributes is not None or desired.policy.proxied is not None
    return has_existed and not is_known


def _conflict(record_key: RecordKey, reason: Reason, records: Sequence[Record]) -> Conflict:
    return Conflict(record_key=record_key, reason=reason, records=tuple(records))
