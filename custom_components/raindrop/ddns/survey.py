"""Find out, before anything is set up, what a credential sees and may do.

Nothing is asked for its own sake: each request is one that the work needs, and
its answer tells what is missing. https://developers.cloudflare.com/api/ names
``tokens/verify`` for that, but it refuses valid account-owned tokens.
"""

from dataclasses import dataclass

from .cloudflare import CloudflareClient
from .errors import (
    CloudflareNotFoundError,
    CloudflarePermissionError,
    HostNameError,
    OutsideZoneError,
    Permission,
    RelativeNameError,
    ZoneNameError,
)
from .model import HostName, Record, Zone, ZoneId
from .names import full_name, has_kin, parents, to_ascii
from .wire import is_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """A zone that a credential may keep, and what stands at a name of it."""

    zone_id: ZoneId
    zone_name: HostName | None
    """None if the credential may not read the zone itself."""
    is_paid: bool
    """Whether the zone is known to allow large batches."""
    name: HostName
    records: tuple[Record, ...]


async def survey(client: CloudflareClient, zone: str, domain: str) -> Survey:
    """Return what two form fields mean, after trying what will be needed.

    ``zone`` is the identifier or the name of the zone, or empty: then the zone
    is found from ``domain``, which is a full name, ``@``, or a label of the
    zone. Raises HostNameError and CloudflareError, each naming what to correct.
    """
    zone = zone.strip()
    if not zone:
        found = await _zone_of(client, _absolute(domain))
    elif is_id(zone.lower()):
        return await _survey_by_id(client, ZoneId(zone.lower()), domain)
    else:
        found = await _named_zone(client, zone)
    return await _survey(client, found.id, found, domain)


async def stand_at(
    client: CloudflareClient, zone_id: ZoneId, zone_name: HostName | None, name: HostName
) -> list[Record]:
    """Return the records at a name of a zone, whose own name may not be known.

    Raises OutsideZoneError for a name that none of the zone's is akin to, and
    CloudflareError.
    """
    if zone_name is not None:
        return await client.list_records(zone_id, name)
    records = await client.list_records(zone_id)
    if not has_kin(name, [record.name for record in records]):
        raise OutsideZoneError(f"no record of the zone is akin to {name}")
    return [record for record in records if record.name == name]


async def verify(client: CloudflareClient, zone_id: ZoneId, name: HostName | None) -> None:
    """Raise CloudflareError if the credential may not read and edit the records of a zone."""
    await client.list_records(zone_id, name)
    await client.check_edit(zone_id)


async def _survey(
    client: CloudflareClient, zone_id: ZoneId, zone: Zone | None, domain: str
) -> Survey:
    """Return what stands at a domain of a zone, which may be known by its identifier alone."""
    name = full_name(domain, zone.name if zone else None)
    records = await stand_at(client, zone_id, zone.name if zone else None, name)
    await client.check_edit(zone_id)
    return Survey(
        zone_id=zone_id,
        zone_name=zone.name if zone else None,
        is_paid=zone is not None and zone.is_paid,
        name=name,
        records=tuple(records),
    )


async def _survey_by_id(client: CloudflareClient, zone_id: ZoneId, domain: str) -> Survey:
    """Return what stands at a domain of a zone known by its identifier.

    A token without Zone Read may still edit its records; then the zone's name
    comes from the list of zones if that is allowed, or stays unknown. If the
    records are denied as well, it is the zone that this token cannot see.
    """
    try:
        zone = await client.zone(zone_id)
    except CloudflarePermissionError as err:
        _raise_if_elsewhere(err)
    else:
        return await _survey(client, zone_id, zone, domain)
    try:
        guess: Zone | None = await _zone_of(client, _absolute(domain))
    except CloudflarePermissionError, CloudflareNotFoundError, HostNameError:
        guess = None
    known = guess if guess and guess.id == zone_id else None
    try:
        return await _survey(client, zone_id, known, domain)
    except CloudflarePermissionError as err:
        _raise_if_elsewhere(err)
        if err.missing is Permission.DNS_EDIT:
            raise
        raise CloudflareNotFoundError("this credential does not see the zone") from err


async def _named_zone(client: CloudflareClient, name: str) -> Zone:
    """Return the zone of a name."""
    try:
        zone_name = to_ascii(name)
    except HostNameError as err:
        raise ZoneNameError(str(err)) from err
    zone = await client.find_zone(zone_name)
    if zone is None:
        raise CloudflareNotFoundError("this credential sees no zone of this name")
    return zone


async def _zone_of(client: CloudflareClient, name: HostName) -> Zone:
    """Return the nearest zone above a name that the credential sees.

    A denial for one name is not the last word: a token limited to one zone is
    denied all names but that.
    """
    denial: CloudflarePermissionError | None = None
    for candidate in parents(name):
        try:
            zone = await client.find_zone(candidate)
        except CloudflarePermissionError as err:
            _raise_if_elsewhere(err)
            denial = err
        else:
            if zone is not None:
                return zone
    raise denial or CloudflareNotFoundError("this credential sees no zone for this name")


def _absolute(domain: str) -> HostName:
    """Return a full name; raises RelativeNameError for one that needs a zone."""
    name = full_name(domain, None)
    if not parents(name):
        raise RelativeNameError(f"{domain!r} is not a full name")
    return name


def _raise_if_elsewhere(err: CloudflarePermissionError) -> None:
    """Raise a denial that no other request would be spared."""
    if err.missing is Permission.LOCATION:
        raise err
