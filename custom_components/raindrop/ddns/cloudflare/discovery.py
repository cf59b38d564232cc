"""Zone discovery: find a zone from form fields, and check what a credential may do there.

Every request is one that later updates need as well, and its failure shows
what is missing. https://developers.cloudflare.com/api/ documents
``tokens/verify`` for that, but it refuses valid account-owned tokens.
"""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass

from ..errors import (
    AmbiguousZoneError,
    CloudflareNotFoundError,
    CloudflarePermissionError,
    HostNameError,
    OutsideZoneError,
    Permission,
    RelativeNameError,
    ZoneNameError,
)
from ..host_names import full_name, host_of, parents, shares_parent_domain, to_ascii
from ..models import HostName, Record, ZoneId
from ..zones import Zone, ZoneStatus, active_zone
from .client import CloudflareClient
from .codec import is_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneAccess:
    """A zone whose records a credential may edit, and the records at one of its names."""

    zone: Zone
    name: HostName
    """The domain's full name."""
    records: tuple[Record, ...]
    """All records of the zone, without unreadable ones that do not matter."""


async def discover_zone(client: CloudflareClient, zone: str, domain: str) -> ZoneAccess:
    """Find the zone of a domain, and check that its records can be read and edited.

    ``zone`` is the identifier or the name of the zone, or empty to find it
    from ``domain``, which is a full name, ``@``, ``*`` or one label of the
    zone. Nothing is changed at Cloudflare.

    Raises ZoneNameError for ``zone``; RelativeNameError, OutsideZoneError or another
    HostNameError for ``domain``; CloudflareNotFoundError if the credential cannot
    access the zone, CloudflarePermissionError with the missing permission, and other
    CloudflareErrors; AmbiguousZoneError if several zones have the name and none is the
    active one.
    """
    zone = zone.strip()
    if not zone:
        return await _access(client, await _zone_above(client, domain), domain)
    if is_id(zone.lower()):
        return await _access_by_id(client, ZoneId(zone.lower()), domain)
    return await _access(client, await _zone_named(client, zone), domain)


async def find_records(
    client: CloudflareClient, zone: str, names: Collection[HostName]
) -> tuple[Zone, list[Record]]:
    """Find a zone by its identifier or name, and list all of its records for host names.

    For names that are kept with the same credential already: whether it may
    edit is not checked. Raises what ``discover_zone`` raises for ``zone``.
    """
    found = await client.zone(ZoneId(zone)) if is_id(zone) else await _zone_named(client, zone)
    return found, await records_for(client, found.id, found.name, names)


async def records_for(
    client: CloudflareClient,
    zone_id: ZoneId,
    zone_name: HostName | None,
    names: Collection[HostName],
) -> list[Record]:
    """List all records of a zone for host names; ``zone_name`` is None if it is not known.

    Those of other names show whether a name is delegated. Without ``zone_name``, raises
    OutsideZoneError for a name that shares no parent domain with any record of the
    zone. Raises CloudflareError.
    """
    records = await client.list_records(zone_id, names=names)
    others = [record.name for record in records]
    for name in names:
        if zone_name is None and not shares_parent_domain(name, others):
            raise OutsideZoneError(f"no record of the zone shares a parent domain with {name}")
    return records


async def zone_elsewhere(client: CloudflareClient, name: HostName, zone_id: ZoneId) -> Zone | None:
    """Find another active zone of the same name: the zone moved to another account.

    Raises CloudflareError.
    """
    zones = await client.find_zones(name)
    others = (zone for zone in zones if zone.id != zone_id)
    return next((zone for zone in others if zone.status is ZoneStatus.ACTIVE), None)


async def verify_access(client: CloudflareClient, zone_id: ZoneId, name: HostName | None) -> None:
    """Check that the credential may read and edit the records of a known zone.

    ``name`` limits the list to one host name. Raises CloudflareError if not.
    """
    await client.list_records(zone_id, name, names=())
    await client.check_edit(zone_id)


async def _access(client: CloudflareClient, zone: Zone, domain: str) -> ZoneAccess:
    """Check the access to the records of a zone."""
    name = full_name(domain, zone.name)
    records = await records_for(client, zone.id, zone.name, [name])
    await client.check_edit(zone.id)
    return ZoneAccess(
        zone=zone,
        name=name,
        records=tuple(records),
    )


async def _access_by_id(client: CloudflareClient, zone_id: ZoneId, domain: str) -> ZoneAccess:
    """Check the access to a zone given by its identifier.

    A token without Zone Read can still edit records. The zone's name then comes from
    the list of zones if the token may read it, or stays unknown. If the records are
    denied as well, the token cannot access the zone at all.
    """
    try:
        found = await client.zone(zone_id)
    except CloudflarePermissionError as err:
        _raise_if_wrong_location(err)
    else:
        return await _access(client, found, domain)
    zone = Zone(id=zone_id, name=None)
    with suppress(
        AmbiguousZoneError, CloudflarePermissionError, CloudflareNotFoundError, HostNameError
    ):
        above = await _zone_above(client, domain)
        zone = above if above.id == zone_id else zone
    try:
        return await _access(client, zone, domain)
    except CloudflarePermissionError as err:
        _raise_if_wrong_location(err)
        if err.missing is Permission.DNS_EDIT:
            raise
        raise CloudflareNotFoundError("this token or key has no access to the zone") from err


async def _zone_named(client: CloudflareClient, name: str) -> Zone:
    try:
        zone_name = to_ascii(host_of(name))
    except HostNameError as err:
        raise ZoneNameError(str(err)) from err
    zone = active_zone(await client.find_zones(zone_name))
    if zone is None:
        raise CloudflareNotFoundError("this token or key has no access to a zone of this name")
    return zone


async def _zone_above(client: CloudflareClient, domain: str) -> Zone:
    """Find the nearest zone above a full host name that the credential can access.

    The search continues after a denial, because a token for one zone is denied the
    names of all others. Raises RelativeNameError for a name that needs a zone.
    """
    candidates = parents(full_name(domain, None))
    if not candidates:
        raise RelativeNameError(f"{domain!r} is not a full name")
    denial: CloudflarePermissionError | None = None
    for candidate in candidates:
        try:
            zone = active_zone(await client.find_zones(candidate))
        except CloudflarePermissionError as err:
            _raise_if_wrong_location(err)
            denial = err
        else:
            if zone is not None:
                return zone
    raise denial or CloudflareNotFoundError(
        "this token or key has no access to a zone for this name"
    )


def _raise_if_wrong_location(err: CloudflarePermissionError) -> None:
    """Re-raise a denial that every other request would get as well."""
    if err.missing is Permission.LOCATION:
        raise err
