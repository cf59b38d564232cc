"""Which record of its name and type belongs to a record key, and what it should hold."""

from collections.abc import Iterable, Sequence
from ipaddress import IPv6Address

from ..addresses import parse_record, why_unusable
from ..models import Address, DesiredRecord, Owner, Record
from .interface_id import combine, is_prefix


def choose(desired: DesiredRecord, rrset: Sequence[Record]) -> Record | None:
    """Return the record of a key among those of its name and type.

    Where the record that the user chose is gone, an owned one or the only one
    that is left takes its place. Several others are those that the user did not
    choose, whatever address they hold. A record of another home counts for none
    of this, unless the user gave it to this one. What the user chose before it became
    that of a connection is one of these.
    """
    pinned_id, given = desired.policy.record_id, desired.policy.take_over
    allowed = [r for r in rrset if r.owner is not Owner.OTHER_HOME or r.version in given]
    pinned = [r for r in allowed if r.id == pinned_id and not (r.is_owned and r.connection)]
    if pinned:
        return pinned[0]
    by_owner = (
        [record for record in allowed if record.owner is owner]
        for owner in (Owner.THIS_HOME, Owner.OTHER_HOME, Owner.UNNAMED_HOME)
    )
    claimed = _without_connection(next(filter(None, by_owner), []), desired)
    candidates = claimed or allowed
    if len(claimed) == 1 or len(rrset) == 1:
        return next(iter(candidates), None)
    if not claimed and pinned_id is not None:
        return None
    right = [r for r in candidates if holds(r, desired_address(desired, r))]
    before = [r for r in candidates if r not in right and holds(r, desired.last_address)]
    # Of two that are both this home's, the one with the old address is stale.
    holding = right if right and _are_owned(candidates) else [*right, *before]
    return holding[0] if len(holding) == 1 else None


def _without_connection(claimed: Sequence[Record], desired: DesiredRecord) -> Sequence[Record]:
    """Return the records of this home among which to choose, now that one is for all connections.

    Of several that are left of its connections, that is one: the one with the address,
    else the one of the connection that comes first.
    """
    if not any(record.connection for record in claimed if record.is_owned):
        return claimed
    right = [r for r in claimed if holds(r, desired_address(desired, r))]
    unnamed = [r for r in claimed if not r.connection]
    before = [r for r in claimed if holds(r, desired.last_address)]
    return right or unnamed or [min(before or claimed, key=lambda r: r.connection)]


def late_records(
    desired: DesiredRecord, record: Record | None, rrset: Sequence[Record]
) -> Sequence[Record]:
    """Return the records that this home certainly created beside the one that it manages.

    A request to create one may be carried out after another was created with
    a newer address. Both would answer, one of them with an address of the past.
    A record of this home with any other address is somebody's copy, and stays.
    """
    is_ours = record is not None and record.is_owned and desired.policy.record_id is None
    if desired.address is None or not is_ours:
        return ()
    written = (desired.last_address, *desired.sent_addresses)
    owned = [other for other in rrset if other.is_owned and not other.is_read_only]
    others = [other for other in owned if other is not record]
    return [other for other in others if any(holds(other, address) for address in written)]


def desired_address(desired: DesiredRecord, record: Record | None) -> Address | None:
    """Return the address that a record should hold, None if it is not known.

    With an interface identifier, the prefix is that of the detected address
    and the rest that of the policy or the record. A prefix alone is no address.
    """
    address, interface_id = desired.address, desired.policy.interface_id
    if not isinstance(address, IPv6Address):
        return address
    if interface_id is None:
        return None if is_prefix(address) else address
    if desired.lacks_prefix:
        return None
    old = parse_record(record.content) if record else None
    combined = combine(address, interface_id, old if isinstance(old, IPv6Address) else None)
    is_usable = combined and why_unusable(combined, desired.record_key.family) is None
    return combined if is_usable else None


def holds(record: Record, address: Address | None) -> bool:
    """Return whether a record holds an address that is known."""
    return address is not None and parse_record(record.content) == address


def _are_owned(records: Iterable[Record]) -> bool:
    return all(record.is_owned for record in records)
