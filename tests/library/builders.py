"""Short constructors for the values of the library, so that a table fits on a page."""

from collections.abc import Iterable
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address

from custom_components.raindrop.ddns.cloudflare.ownership import Ownership
from custom_components.raindrop.ddns.models import (
    TTL_AUTO,
    Address,
    Create,
    DesiredRecord,
    HomeId,
    HostName,
    InterfaceId,
    Policy,
    Record,
    RecordAttributes,
    RecordId,
    RecordKey,
    Update,
    ZoneId,
)
from custom_components.raindrop.ddns.service_binding import ServiceBinding
from custom_components.raindrop.ddns.sources import Family, Source
from custom_components.raindrop.ddns.zone_config import ManagedRecord
from simulator.cloudflare import Zone

HOME = HostName("home.example.com")
V4 = RecordKey(HOME, Family.IPV4)
V6 = RecordKey(HOME, Family.IPV6)
HERE = Source(Family.IPV4)
HERE_V6 = Source(Family.IPV6)
A1, A2, A3 = (IPv4Address(f"81.2.69.{last}") for last in (1, 2, 3))
B1 = IPv6Address("2001:218:1:2::1")
B2 = IPv6Address("2001:218:1:2::2")


def record_id(number: int) -> RecordId:
    """Return a record ID made from a number."""
    return RecordId(f"{number:032x}")


def record(
    content: Address | str,
    *,
    number: int = 1,
    name: str = HOME,
    kind: str = "A",
    proxied: bool = False,
    ttl_s: int = TTL_AUTO,
    comment: str | None = None,
    home_id: HomeId | None = None,
) -> Record:
    """Return an existing record, as a home with this id reads it."""
    connection = Ownership().connection_of(comment)
    return Record(
        id=record_id(number),
        name=HostName(name),
        type=kind,
        content=str(content),
        proxied=proxied,
        ttl_s=ttl_s,
        comment=comment,
        owner=Ownership(home_id).owner_of(comment, connection),
        connection=connection,
    )


def txt(content: str, *, number: int = 9, name: str = HOME) -> Record:
    """Return an existing TXT record."""
    return record(content, number=number, name=name, kind="TXT")


def https(value: str, *, number: int = 8, name: str = HOME, kind: str = "HTTPS") -> Record:
    """Return an existing HTTPS or SVCB record with these parameters."""
    service = ServiceBinding(priority=1, target=".", value=value)
    found = record(f"1 . {value}", number=number, name=name, kind=kind)
    return replace(found, service=service)


def desired(
    address: Address | None,
    *,
    record_key: RecordKey = V4,
    create: bool = False,
    proxied: bool | None = None,
    ttl_s: int | None = None,
    pin: int | None = None,
    take_over: Iterable[Record] = (),
    last: Address | None = None,
    is_contested: bool = False,
    interface_id: InterfaceId | None = None,
    texts: Iterable[str] = (),
    had: Iterable[Address] = (),
) -> DesiredRecord:
    """Return a desired record; one that had an address had the default attributes.

    The texts at some names follow it, and may have the addresses that it ``had``.
    """
    policy = Policy(
        create=create,
        proxied=proxied,
        ttl_s=ttl_s,
        record_id=None if pin is None else record_id(pin),
        interface_id=interface_id,
        take_over=frozenset(given.version for given in take_over),
    )
    return DesiredRecord(
        record_key=record_key,
        address=address,
        policy=policy,
        last_address=last,
        is_contested=is_contested,
        last_attributes=RecordAttributes() if last else None,
        text_names=frozenset(map(HostName, texts)),
        text_addresses=frozenset(a for a in (*had, last) if a),
    )


def managed(name: str, family: Family = Family.IPV4, policy: Policy | None = None) -> ManagedRecord:
    """Return a managed record with the automatic source of its family."""
    return ManagedRecord(
        record_key=RecordKey(HostName(name), family),
        source=Source(family),
        policy=policy or Policy(),
    )


def create(name: str, address: Address) -> Create:
    """Return a change that creates a record."""
    return Create(record_key=RecordKey(HostName(name), Family(address.version)), address=address)


def update(old: Record, address: Address) -> Update:
    """Return a change that updates the address of a record."""
    family = Family.IPV4 if old.type == "A" else Family.IPV6
    return Update(record_key=RecordKey(old.name, family), record=old, address=address)


def zone_id(zone: Zone) -> ZoneId:
    """Return the ID of a zone of the simulator."""
    return ZoneId(zone.id)
