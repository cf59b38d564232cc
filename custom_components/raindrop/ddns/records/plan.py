"""Plan what to change: a pure function from desired and existing records to a plan."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv6Address

from ..addresses import parse_record, why_unusable
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
from .interface_id import combine

_CNAME = "CNAME"


def make_plan(desired_records: Iterable[DesiredRecord], existing: Iterable[Record]) -> Plan:
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
    known          all of them another home's                      conflict *other home*
    known          several: pinned, else owned, else last address  treat as one
    known          one, though another was pinned                  treat as pinned
    known          several, none identifiable as ours              conflict *ambiguous*
    known          a CNAME                                         conflict *cname*
    known          changed externally three times in six hours     conflict *contested*
    =============  ==============================================  ===================

    ``existing`` must be all records at the names of ``desired_records``: a part
    of them would make records look missing. Four laws hold: applying a plan and
    planning again gives nothing; no record outside the record keys is touched;
    there is at most one change for each record key, and none without need; an
    unknown address changes nothing.
    """
    by_name = _by_name(existing)
    changes: list[Change] = []
    conflicts: list[Conflict] = []
    chosen: dict[RecordKey, Record] = {}
    for key, desired in {desired.record_key: desired for desired in desired_records}.items():
        at_name = by_name.get(key.name, [])
        rrset = [record for record in at_name if record.type == key.family.record_type]
        record = _choose(desired, rrset)
        if record is not None:
            chosen[key] = record
        decision = _decide(desired, at_name, rrset, record)
        if isinstance(decision, Conflict):
            conflicts.append(decision)
        elif decision is not None:
            changes.append(decision)
    return Plan(changes=tuple(changes), conflicts=tuple(conflicts), records=chosen)


def _by_name(records: Iterable[Record]) -> Mapping[HostName, list[Record]]:
    by_name: defaultdict[HostName, list[Record]] = defaultdict(list)
    for record in records:
        by_name[record.name].append(record)
    return by_name


def _choose(desired: DesiredRecord, rrset: Sequence[Record]) -> Record | None:
    """Return the record of a key among those of its name and type.

    Where the record that the user chose is gone, an owned one or the only one
    that is left takes its place. Several others are those that the user did not
    choose, whatever address they hold. A record of another home counts for none
    of this, unless the user gave it to this one.
    """
    pinned_id, given = desired.policy.record_id, desired.policy.take_over
    allowed = [r for r in rrset if r.owner is not Owner.OTHER_HOME or r.version in given]
    if pinned := [record for record in allowed if record.id == pinned_id]:
        return pinned[0]
    by_owner = (
        [record for record in allowed if record.owner is owner]
        for owner in (Owner.THIS_HOME, Owner.OTHER_HOME, Owner.UNNAMED_HOME)
    )
    claimed = next(filter(None, by_owner), [])
    candidates = claimed or allowed
    if len(claimed) == 1 or len(rrset) == 1:
        return next(iter(candidates), None)
    if not claimed and pinned_id is not None:
        return None
    holding = [record for record in candidates if _holds_our_address(desired, record)]
    return holding[0] if len(holding) == 1 else None


def _holds_our_address(desired: DesiredRecord, record: Record) -> bool:
    """Return whether a record holds the address that it had or shall have from here."""
    address = parse_record(record.content)
    return address is not None and address in (
        desired.last_address,
        _desired_address(desired, record),
    )


def _desired_address(desired: DesiredRecord, record: Record | None) -> Address | None:
    """Return the address that a record should hold, None if it is not known.

    With an interface identifier, the prefix is that of the detected address
    and the rest that of the policy or the record.
    """
    address, interface_id = desired.address, desired.policy.interface_id
    if interface_id is None or not isinstance(address, IPv6Address):
        return address
    old = parse_record(record.content) if record else None
    combined = combine(address, interface_id, old if isinstance(old, IPv6Address) else None)
    is_usable = combined and why_unusable(combined, desired.record_key.family) is None
    return combined if is_usable else None


def _decide(
    desired: DesiredRecord,
    at_name: Sequence[Record],
    rrset: Sequence[Record],
    record: Record | None,
) -> Change | Conflict | None:
    """Return what the row of the table says for one desired record."""
    if desired.address is None:
        return None
    if cnames := [r for r in at_name if r.type == _CNAME]:
        return _conflict(desired, Reason.CNAME, cnames)
    address = _desired_address(desired, record)
    if record and address is None:
        return _conflict(desired, Reason.MISSING, rrset)
    change = _update(desired, address, record) if record else _create(desired, address)
    reason = _conflict_reason(desired, rrset, record, change)
    return _conflict(desired, reason, rrset) if reason else change


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
    if isinstance(change, Update) and change.address and _holds(rrset, change.address):
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


def _holds(records: Sequence[Record], address: Address) -> bool:
    return any(parse_record(record.content) == address for record in records)


def _conflict(desired: DesiredRecord, reason: Reason, records: Sequence[Record]) -> Conflict:
    return Conflict(record_key=desired.record_key, reason=reason, records=tuple(records))
