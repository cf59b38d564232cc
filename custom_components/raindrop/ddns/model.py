"""The words of Raindrop as values: families, slots, records, plans, reports."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple, NewType

from .errors import CloudflareError

type Address = IPv4Address | IPv6Address

ZoneId = NewType("ZoneId", str)
"""32 lower-case hexadecimal characters."""
RecordId = NewType("RecordId", str)
"""32 lower-case hexadecimal characters."""
HostName = NewType("HostName", str)
"""A full name as DNS compares it: Punycode, lower case, no trailing dot."""

TTL_AUTO = 1
"""Cloudflare's word for "automatic", which is 300 s and the only TTL of a proxied record.

https://developers.cloudflare.com/dns/manage-dns-records/reference/ttl/
"""

MIN_TTL_S, MAX_TTL_S = 60, 86_400
"""The range of all other TTLs."""

OWNER_COMMENT = "Kept by Raindrop for Home Assistant"
"""The comment of records that Raindrop created, by which it knows them again.

At most 100 characters, the limit of the Free plan:
https://developers.cloudflare.com/dns/manage-dns-records/reference/record-attributes/
"""


class Family(IntEnum):
    """An address family, numbered like the IP version."""

    IPV4 = 4
    IPV6 = 6

    @property
    def record_type(self) -> str:
        """The type of the DNS record that holds addresses of this family."""
        return "A" if self is Family.IPV4 else "AAAA"

    @property
    def label(self) -> str:
        """The family as people write it."""
        return f"IPv{self.value}"


class Slot(NamedTuple):
    """A host name and a family: the place for one address.

    A tuple, for slots are compared and looked up thousands of times a round.
    """

    name: HostName
    family: Family


class SourceKind(StrEnum):
    """What can say our address."""

    AUTOMATIC = "automatic"
    """Web pages of several operators, of which two have to agree."""
    ENTITY = "entity"
    """An entity of Home Assistant's, as a router has one."""
    OWN = "own"
    """The stable IPv6 address of this very host."""
    URLS = "urls"
    """Pages that the user chose; two or more have to agree."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where the address of a family comes from: what the user chose."""

    family: Family
    kind: SourceKind = SourceKind.AUTOMATIC
    entity: str = ""
    """The registry id of the entity, or its entity id if it has none."""
    urls: tuple[str, ...] = ()
    is_default_way: bool = True
    """Whether an entity speaks for the way by which this host reaches the Internet."""

    @property
    def is_alone(self) -> bool:
        """Whether nobody else can confirm what it says, so that it has to stand still."""
        return not self.is_default_way or len(self.urls) == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A Cloudflare zone as the API describes it."""

    id: ZoneId
    name: HostName
    is_paid: bool = False
    """Whether it is on a plan that allows large batches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A DNS record as Cloudflare has it."""

    id: RecordId
    name: HostName
    type: str
    content: str
    proxied: bool = False
    ttl_s: int = TTL_AUTO
    comment: str | None = None
    tags: tuple[str, ...] = ()
    modified_on: datetime | None = None

    @property
    def is_owned(self) -> bool:
        """Whether Raindrop created this record."""
        return self.comment == OWNER_COMMENT


@dataclass(frozen=True, slots=True, kw_only=True)
class HostPart:
    """Which part of an IPv6 address stays when the prefix changes."""

    prefix_length: int = 64
    interface_id: int | None = None
    """The low bits of the address; None keeps those of the record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What may be done to the record of a slot besides its content."""

    create: bool = False
    """Create the record if the zone has none."""
    proxied: bool | None = None
    """Enforce this; None keeps what the record has."""
    ttl_s: int | None = None
    """Enforce this (``TTL_AUTO`` or 60 to 86,400); None keeps what the record has."""
    record_id: RecordId | None = None
    """The one record the user chose among several; no other is ever touched."""
    host_part: HostPart | None = None
    """For IPv6: take only the prefix from the reading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A slot to be kept, and how: what the user configured."""

    slot: Slot
    source: Source
    policy: Policy = field(default_factory=Policy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """The address a slot should hold; None is *not known* and changes nothing."""

    slot: Slot
    address: Address | None
    policy: Policy = field(default_factory=Policy)
    last: Address | None = None
    """The address that stood there when all was well, by which a record is known again."""
    before: Record | None = None
    """The record when all was well, since the policy is what it is."""
    repairs: int = 0
    """How often in a row somebody else changed it and it was put right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Create:
    """A record that the zone lacks."""

    slot: Slot
    address: Address
    proxied: bool = False
    ttl_s: int = TTL_AUTO
    is_drift: bool = False
    """Whether it stood there before, and somebody else deleted it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """The fields of a record that differ from what is wanted; None leaves one alone."""

    slot: Slot
    record: Record
    address: Address | None = None
    proxied: bool | None = None
    ttl_s: int | None = None
    is_drift: bool = False
    """Whether it was right before, and somebody else changed it."""


type Change = Create | Update


class ConflictKind(StrEnum):
    """Why a slot cannot be kept without the user's help."""

    MISSING = "missing"
    AMBIGUOUS = "ambiguous"
    CNAME = "cname"
    CONTESTED = "contested"
    """Somebody else keeps changing it back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A slot for which the zone has no answer, with the records that stand there."""

    slot: Slot
    kind: ConflictKind
    records: tuple[Record, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is needed to give every slot its address, and what stands in the way."""

    changes: tuple[Change, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    records: Mapping[Slot, Record] = field(default_factory=dict)
    """The record that stands for each slot, where there is exactly one to speak of."""


class Result(StrEnum):
    """How a change ended."""

    DONE = "done"
    REFUSED = "refused"
    UNCONFIRMED = "unconfirmed"
    """It may have been written: read before writing again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one change."""

    change: Change
    result: Result
    record: Record | None = None
    """The record after the change, if it is done."""
    error: CloudflareError | None = None
    """Why it is not done."""


class Trouble(StrEnum):
    """Why a slot does not hold what it should."""

    MISSING = "missing"
    AMBIGUOUS = "ambiguous"
    CNAME = "cname"
    CONTESTED = "contested"
    REFUSED = "refused"
    UNCONFIRMED = "unconfirmed"
    UNREAD = "unread"
    """The zone could not be read since the address is known."""
    FLAPPING = "flapping"
    """The address keeps coming and going, and is written when it stands still."""
    NO_ADDRESS = "no_address"


class NewsKind(StrEnum):
    """What can be different from the round before."""

    PUBLIC_CHANGED = "public_changed"
    CREATED = "created"
    UPDATED = "updated"
    DRIFT_REPAIRED = "drift_repaired"
    FAILED = "failed"
    RECOVERED = "recovered"


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """Something that is different from the round before."""

    kind: NewsKind
    family: Family
    slot: Slot | None = None
    """The place it happened to; None for the address of the home."""
    from_ip: Address | None = None
    to_ip: Address | None = None
    reason: Trouble | None = None
    """Why it failed."""
