"""The values of the library: record keys, records, desired records, changes."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import NamedTuple, NewType

from .service_binding import ServiceBinding
from .sources import ONLY_CONNECTION, ConnectionId, Family

type Address = IPv4Address | IPv6Address
type Network = IPv4Network | IPv6Network

ZoneId = NewType("ZoneId", str)
"""32 lower-case hexadecimal characters."""
RecordId = NewType("RecordId", str)
"""32 lower-case hexadecimal characters."""
ResourceId = NewType("ResourceId", str)
"""Of a resource of an account, such as an IP list."""
HostName = NewType("HostName", str)
"""A full name as DNS compares it: Punycode, lower case, no trailing dot."""

TTL_AUTO = 1
"""The TTL that Cloudflare calls "automatic": 300 s, and the only TTL of a proxied record.

https://developers.cloudflare.com/dns/manage-dns-records/reference/ttl/
"""

MIN_TTL_S, MAX_TTL_S = 60, 86_400
"""The range of all other TTLs, in seconds."""

HomeId = NewType("HomeId", str)
"""Tells the homes apart whose records a zone may hold: 8 lower-case hexadecimal characters."""
RecordVersion = NewType("RecordVersion", str)
"""A record as it was at one time."""

OWNER_COMMENT = "Managed by Raindrop for Home Assistant"
"""The comment of created records; the id of the home follows, if it has one."""


class Owner(StrEnum):
    """Whose a record is, as its comment says."""

    THIS_HOME = "this_home"
    """It was created here, or taken over."""
    OTHER_HOME = "other_home"
    """It has the id of another home."""
    UNNAMED_HOME = "unnamed_home"
    """Some home created it, or ``scripts/raindrop``; the comment has no id."""
    NOBODY = "nobody"
    """It has another comment or none."""


class RecordKey(NamedTuple):
    """Identifies one record that is managed by its name, its family and its connection."""

    name: HostName
    family: Family
    connection: ConnectionId = ONLY_CONNECTION
    """The connection whose address it holds, if the name has a record for each of them."""

    @property
    def rrset(self) -> "RecordKey":
        """The key without the connection: of all records of the name and type (RFC 9499)."""
        return RecordKey(self.name, self.family)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordAttributes:
    """What a record has besides its name, type and content."""

    proxied: bool = False
    ttl_s: int = TTL_AUTO
    comment: str | None = None
    tags: tuple[str, ...] = ()
    is_owned: bool = True
    """Whether the comment is the one that marks owned records."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A DNS record as Cloudflare returned it."""

    id: RecordId
    name: HostName
    type: str
    content: str
    service: ServiceBinding | None = None
    """The content of an HTTPS or SVCB record in parts, by which alone it can be changed."""
    proxied: bool = False
    ttl_s: int = TTL_AUTO
    comment: str | None = None
    tags: tuple[str, ...] = ()
    modified_on: datetime | None = None
    owner: Owner = Owner.NOBODY
    connection: ConnectionId = ONLY_CONNECTION
    """The connection of the home that the comment names, if it names one."""
    is_shadowed: bool = False
    """Whether Cloudflare says that an NS record hides it."""
    is_read_only: bool = False
    """Whether another product of Cloudflare keeps it, so that it cannot be changed."""

    @property
    def is_owned(self) -> bool:
        """Whether the record is certainly this home's."""
        return self.owner is Owner.THIS_HOME

    @property
    def version(self) -> RecordVersion:
        """The record as it is now: whoever changes it gives it another version."""
        return RecordVersion(f"{self.id} {self.modified_on}")

    @property
    def attributes(self) -> RecordAttributes:
        """What another record needs to be like this one."""
        return RecordAttributes(
            proxied=self.proxied,
            ttl_s=self.ttl_s,
            comment=self.comment,
            tags=self.tags,
            is_owned=self.is_owned,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceId:
    """The part of an IPv6 address that stays when the prefix changes (RFC 4291 section 2.5.1)."""

    prefix_length: int = 64
    bits: int | None = None
    """The low bits of the address; None keeps those of the existing record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What may be done to a managed record besides writing its address."""

    create: bool = False
    """Create the record if the zone has none."""
    proxied: bool | None = None
    """Enforce this; None keeps what the record has."""
    ttl_s: int | None = None
    """Enforce this (`TTL_AUTO` or 60 to 86,400); None keeps what the record has."""
    record_id: RecordId | None = None
    """The record that the user chose among several; no other is ever changed."""
    take_over: frozenset[RecordVersion] = frozenset()
    """Records of other homes that the user gave to this one, as they were then.

    A record that was changed since was perhaps taken back: the user is asked again.
    """
    interface_id: InterfaceId | None = None
    """For IPv6: take only the prefix from the detected address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DesiredRecord:
    """The address that a record should hold; None means *not known* and changes nothing."""

    record_key: RecordKey
    address: Address | None
    policy: Policy = field(default_factory=Policy)
    lacks_prefix: bool = False
    """Whether the address has not the prefix that the interface identifier is to be put after."""
    last_address: Address | None = None
    """What the record held when it was last in sync, by which it is recognized."""
    last_record: Record | None = None
    """The record when it was last in sync under the present policy."""
    is_contested: bool = False
    """Whether another external change is left alone, because there were too many."""
    last_attributes: RecordAttributes | None = None
    """What the record had when it was last read, with which it is created again."""
    may_have_existed: bool = False
    sent_addresses: tuple[Address, ...] = ()
    """Addresses of requests to create it that got no response: they may be carried out late."""
    text_names: frozenset[HostName] = frozenset()
    """The names at which the user lets this home replace its address in texts."""
    text_addresses: frozenset[Address] = frozenset()
    """The addresses of this record that a text may still have."""
    is_down: bool = False
    """Whether its connection is known to be down; then there is no address."""
    uses_default_route: bool = False
    """Whether the address is that of whatever connection this host uses at the time."""
    network: Network | None = None
    """The network of what its source reports, accepted or not; None if it reports nothing.

    Only where each connection has a record of its own.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Create:
    """A change: create a record that the zone lacks."""

    record_key: RecordKey
    address: Address
    proxied: bool = False
    ttl_s: int = TTL_AUTO
    is_owned: bool = True
    """Mark it with the owner comment."""
    comment: str | None = None
    """The comment of a record that is not owned; the owner comment is always made anew."""
    tags: tuple[str, ...] = ()
    is_drift: bool = False
    """Whether the record existed before and was deleted externally."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """A change: the fields of a record that differ from the desired ones; None leaves a field."""

    record_key: RecordKey
    record: Record
    address: Address | None = None
    proxied: bool | None = None
    ttl_s: int | None = None
    is_takeover: bool = False
    """Whether the record was that of another home or connection: its comment is changed, too."""
    is_drift: bool = False
    """Whether the record was in sync before and was changed externally."""


type Change = Create | Update


class Reason(StrEnum):
    """Why a record or a resource is not in sync."""

    MISSING = "missing"
    """It does not exist and may not be created."""
    AMBIGUOUS = "ambiguous"
    """Several records exist and none is identifiable as this home's."""
    OTHER_HOME = "other_home"
    """All records are another home's, and the user did not say to take one over."""
    SAME_ADDRESS = "same_address"
    """It is the address of another connection, or one in the network of that one."""
    MIXED_PROXIED = "mixed_proxied"
    """Others' records of the name are proxied and this one would not be, or the other way around.
    """
    CONNECTION_DOWN = "connection_down"
    """The connection is down, so it has no record. This is not a problem."""
    CNAME = "cname"
    """The name has a CNAME record, so it cannot have an address record."""
    DELEGATED = "delegated"
    """An NS record at the name or above it delegates it to other nameservers."""
    READ_ONLY = "read_only"
    """Another Cloudflare product manages the record, so it cannot be changed."""
    PLACEHOLDER = "placeholder"
    """The name belongs to a Worker or a redirect, as a proxied record for 100:: shows."""
    NO_PREFIX = "no_prefix"
    """The address is the router's own: its prefix is not that of the machine."""
    PROXIED_UNKNOWN = "proxied_unknown"
    """It was deleted, and whether it was proxied is neither known nor enforced."""
    CONTESTED = "contested"
    """An external change keeps coming back."""
    REFUSED = "refused"
    """Cloudflare refused the change."""
    NOT_APPLIED = "not_applied"
    """Cloudflare reported success, but kept a field that was sent."""
    UNCONFIRMED = "unconfirmed"
    """The change may have been written: the zone has to be read first."""
    UNREAD = "unread"
    """The zone or the resource could not be read since the address was accepted."""
    FLAPPING = "flapping"
    """The address keeps changing back and forth; it is written once it is stable."""
    NO_ADDRESS = "no_address"
    """No address was accepted."""
    NOT_FOUND = "not_found"
    """The resource no longer exists."""
    ADDRESS_TAKEN = "address_taken"
    """The address belongs to another DNS location, perhaps of somebody else."""
    SETTINGS_UNKNOWN = "settings_unknown"
    """A write would lose settings that are not known."""
    SETTINGS_CHANGED = "settings_changed"
    """A write changed other settings, so nothing more is written."""
    IPV4_OFF = "ipv4_off"
    """It is right, but has no effect: the IPv4 endpoint is off."""
    BUSY = "busy"
    """Another change of the account's resources is not completed yet."""
    OLD_ADDRESS = "old_address"
    """An address that the home no longer has could not be deleted from the resource."""
    SHARED_ADDRESS = "shared_address"
    """The provider shares the address among its customers, who would be let in."""
    PAUSED = "paused"
    """The user paused it: nothing is written. This is not a problem."""
    TEXT = "text"
    """It is right, but a text that has its address could not be changed."""
    NOT_SEEN = "not_seen"
    """Cloudflare has it as it should be, but public resolvers answer otherwise."""
    ZONE_MOVED = "zone_moved"
    """The registrar no longer has Cloudflare's nameservers."""
    ZONE_PENDING = "zone_pending"
    """The registrar does not have Cloudflare's nameservers yet."""
    ZONE_PAUSED = "zone_paused"
    """The proxy is off for the zone: its proxied names show the home's address."""
    ZONE_PARTIAL = "zone_partial"
    """The zone's authoritative DNS is elsewhere: only proxied names are seen."""
    ZONE_SECONDARY = "zone_secondary"
    """The zone's records come by transfer from another server."""
    ZONE_INTERNAL = "zone_internal"
    """The zone is not on the internet."""

    @property
    def is_problem(self) -> bool:
        """Whether it is not what the user or the connection's being down explains."""
        return self not in {Reason.PAUSED, Reason.CONNECTION_DOWN}

    @property
    def is_only_unseen(self) -> bool:
        """Whether Cloudflare has the record as it should be, but the world does not see it so.

        No update can change that.
        """
        return self is Reason.NOT_SEEN or self.value.startswith("zone_")
