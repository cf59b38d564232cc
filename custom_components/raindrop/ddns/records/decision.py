"""Decide what one desired record needs: the change or the conflict of its row of the table."""

from collections.abc import Sequence

from ..addresses import parse_record
from ..models import (
    TTL_AUTO,
    Address,
    Change,
    Create,
    DesiredRecord,
    Owner,
    Reason,
    Record,
    RecordAttributes,
    RecordKey,
    Update,
)
from ..plan_values import Conflict
from .choice import desired_address, holds
from .connection_records import is_marked
from .obstacles import find_obstacle


def decide(
    desired: DesiredRecord,
    at_name: Sequence[Record],
    rrset: Sequence[Record],
    record: Record | None,
    above: Sequence[Record],
    conflict: Conflict | None = None,
) -> Change | Conflict | None:
    """Return what the row of the table says for one desired record.

    ``conflict`` is one that matters where nothing makes the name impossible.
    """
    if desired.address is None:
        return None
    if obstacle := find_obstacle(at_name, rrset, record, above):
        return conflict_of(desired.record_key, *obstacle)
    if desired.lacks_prefix:
        return conflict_of(desired.record_key, Reason.NO_PREFIX, rrset)
    if conflict:
        return conflict
    address = desired_address(desired, record)
    if record and address is None:
        return conflict_of(desired.record_key, Reason.MISSING, rrset)
    change = _update(desired, address, record) if record else _create(desired, address)
    reason = _conflict_reason(desired, rrset, record, change)
    return conflict_of(desired.record_key, reason, rrset) if reason else change


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
    is_takeover = _is_takeover(desired.record_key, record)
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


def _is_takeover(record_key: RecordKey, record: Record) -> bool:
    """Return whether a record has to become that of a key by its comment.

    One that somebody else created stays theirs, unless each connection has its own.
    """
    if record.is_owned or record_key.connection:
        return not is_marked(record, record_key)
    return record.owner is Owner.OTHER_HOME


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
        comment=before.comment,
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


def conflict_of(record_key: RecordKey, reason: Reason, records: Sequence[Record]) -> Conflict:
    """Return a conflict with the records that show it."""
    return Conflict(record_key=record_key, reason=reason, records=tuple(records))
