"""What keeps a name from having address records: delegation, CNAME, another product's record."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv6Address
from itertools import takewhile

from ..addresses import parse_record
from ..host_names import is_within, parents
from ..models import HostName, Reason, Record
from ..sources import Family

type Delegations = Mapping[HostName, Sequence[Record]]
"""The NS records of a zone's subdomains, by their names."""

_ADDRESS_TYPES = frozenset(family.record_type for family in Family)
_PLACEHOLDER = IPv6Address("100::")
"""The discard prefix (RFC 6666), which Cloudflare recommends for names without an origin.

https://developers.cloudflare.com/workers/configuration/routing/routes/
"""


def find_delegations(records: Iterable[Record], zone_name: HostName | None) -> Delegations:
    """Return the NS records that delegate a part of a zone, by its name.

    Those of the zone itself delegate nothing. If its name is not known, the name that
    all its records are at or below is used.
    """
    records = list(records)
    by_name: defaultdict[HostName, list[Record]] = defaultdict(list)
    for record in records:
        if record.type == "NS":
            by_name[record.name].append(record)
    if not by_name:
        return {}
    apex = zone_name or _common_parent(record.name for record in records)
    return {name: found for name, found in by_name.items() if not is_within(apex, name)}


def shadowing(name: HostName, delegations: Delegations) -> Sequence[Record]:
    """Return the NS records that delegate a name away from the zone, empty if there are none.

    The address of a nameserver is needed to reach it: it is served as glue, even below
    the delegation that names it. Only the one nearest to the zone's own name counts, as
    resolvers never get to those below it.

    https://developers.cloudflare.com/dns/manage-dns-records/reference/shadowed-records/
    """
    shallowest: Sequence[Record] = ()
    for parent in (name, *parents(name)):
        shallowest = delegations.get(parent, shallowest)
    is_glue = any(record.content.lower().removesuffix(".") == name for record in shallowest)
    return () if is_glue else shallowest


def find_obstacle(
    at_name: Sequence[Record],
    rrset: Sequence[Record],
    record: Record | None,
    shadowing_records: Sequence[Record],
) -> tuple[Reason, Sequence[Record]] | None:
    """Return what keeps a record from being written, and the records that cause it.

    ``rrset`` are the records of its type ``at_name``, and ``record`` is the one to
    write, if there is one. Cloudflare may mark records as shadowed without showing what
    shadows them.
    """
    addresses = [other for other in at_name if other.type in _ADDRESS_TYPES]
    if shadowing_records or any(other.is_shadowed for other in addresses):
        return Reason.DELEGATED, shadowing_records
    if cnames := [other for other in at_name if other.type == "CNAME"]:
        return Reason.CNAME, cnames
    kept = [other for other in addresses if other.is_read_only or _is_placeholder(other)]
    # An ordinary record next to them was written before, and still can be.
    if not kept or (rrset and record not in kept):
        return None
    is_read_only = any(other.is_read_only for other in kept)
    return Reason.READ_ONLY if is_read_only else Reason.PLACEHOLDER, kept


def _is_placeholder(record: Record) -> bool:
    """Return whether a record only makes Cloudflare's proxy answer for its name."""
    is_proxied = record.proxied and not record.is_owned
    return is_proxied and parse_record(record.content) == _PLACEHOLDER


def _common_parent(names: Iterable[HostName]) -> HostName:
    """Return the longest name that all names are at or below."""
    columns = zip(*(name.split(".")[::-1] for name in names), strict=False)
    labels = [column[0] for column in takewhile(lambda column: len(set(column)) == 1, columns)]
    return HostName(".".join(reversed(labels)))
