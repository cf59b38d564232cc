"""Short spellings for the values of the core, so that a table fits on a page."""

from ipaddress import IPv4Address, IPv6Address

from custom_components.raindrop.ddns.model import (
    TTL_AUTO,
    Address,
    Create,
    Family,
    HostName,
    HostPart,
    Policy,
    Record,
    RecordId,
    Slot,
    Source,
    Target,
    Update,
    Want,
    ZoneId,
)
from lab.cloudflare import Zone

HOME = HostName("home.example.com")
V4 = Slot(HOME, Family.IPV4)
V6 = Slot(HOME, Family.IPV6)
HERE = Source(Family.IPV4)
HERE_V6 = Source(Family.IPV6)
A1, A2, A3 = (IPv4Address(f"81.2.69.{last}") for last in (1, 2, 3))
B1 = IPv6Address("2001:218:1:2::1")
B2 = IPv6Address("2001:218:1:2::2")


def record_id(number: int) -> RecordId:
    """Return an identifier that reads as its number."""
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
) -> Record:
    """Return a record as Cloudflare has it."""
    return Record(
        id=record_id(number),
        name=HostName(name),
        type=kind,
        content=str(content),
        proxied=proxied,
        ttl_s=ttl_s,
        comment=comment,
    )


def want(
    address: Address | None,
    *,
    slot: Slot = V4,
    create: bool = False,
    proxied: bool | None = None,
    ttl_s: int | None = None,
    pin: int | None = None,
    last: Address | None = None,
    repairs: int = 0,
    host: HostPart | None = None,
) -> Want:
    """Return an address that a slot should hold."""
    policy = Policy(
        create=create,
        proxied=proxied,
        ttl_s=ttl_s,
        record_id=None if pin is None else record_id(pin),
        host_part=host,
    )
    return Want(slot=slot, address=address, policy=policy, last=last, repairs=repairs)


def target(name: str, family: Family = Family.IPV4, policy: Policy | None = None) -> Target:
    """Return a slot to be kept."""
    return Target(
        slot=Slot(HostName(name), family), source=Source(family), policy=policy or Policy()
    )


def create(name: str, address: Address) -> Create:
    """Return a record that the zone lacks."""
    return Create(slot=Slot(HostName(name), Family(address.version)), address=address)


def update(old: Record, address: Address) -> Update:
    """Return a record's change of address."""
    family = Family.IPV4 if old.type == "A" else Family.IPV6
    return Update(slot=Slot(old.name, family), record=old, address=address)


def zone_id(zone: Zone) -> ZoneId:
    """Return the identifier of a zone of the lab's."""
    return ZoneId(zone.id)
