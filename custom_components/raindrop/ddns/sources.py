"""Address families, where their addresses come from, and the connections of a home."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import IntEnum, StrEnum
from typing import NewType

ConnectionId = NewType("ConnectionId", str)
"""Of a connection: 1 to 16 of ``a`` to ``z``, ``0`` to ``9`` and ``-``.

It stays the same when the connection is renamed. It is empty where there is only one.
"""
ONLY_CONNECTION = ConnectionId("")


class Family(IntEnum):
    """An address family, numbered like the IP version."""

    IPV4 = 4
    IPV6 = 6

    @property
    def record_type(self) -> str:
        """The type of the DNS records that hold addresses of this family: A or AAAA."""
        return "A" if self is Family.IPV4 else "AAAA"

    @property
    def label(self) -> str:
        """The family as people write it: IPv4 or IPv6."""
        return f"IPv{self.value}"

    @property
    def key(self) -> str:
        """The family in stored data, entity keys and translation keys: ipv4 or ipv6."""
        return f"ipv{self.value}"


class SourceKind(StrEnum):
    """Where the address of a family can come from."""

    AUTOMATIC = "automatic"
    """The built-in web providers, of which two have to agree."""
    ENTITY = "entity"
    """An entity of Home Assistant, such as a router's sensor."""
    LOCAL = "local"
    """The stable IPv6 address of this host's own interface."""
    URLS = "urls"
    """URLs that the user chose; two or more have to agree."""


class Meaning(StrEnum):
    """What the address that an entity reports stands for."""

    THIS_NETWORK = "this_network"
    """The connection that this host itself uses; of IPv6, the prefix of its network."""
    ROUTER = "router"
    """The router itself, of IPv6: its address lies outside the prefix of the network behind it."""
    OTHER_CONNECTION = "other_connection"
    """Another internet connection, which this host does not use."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where the address of a family comes from, as the user configured it."""

    family: Family
    kind: SourceKind = SourceKind.AUTOMATIC
    entity: str = ""
    """The registry id of the entity, or its entity id if it is not registered."""
    urls: tuple[str, ...] = field(default=(), repr=False)
    """The URLs that the user chose; they may contain a secret, so that no text names them."""
    meaning: Meaning = Meaning.THIS_NETWORK
    """What the address of an entity stands for."""
    host_name: str = ""
    """The host name for which its addresses are kept apart, by connection.

    Empty for a source as it is configured.
    """

    @property
    def is_unverifiable(self) -> bool:
        """Whether no second provider can confirm this source.

        A new address must then stay unchanged for `flap_damping.HOLD_DOWN`.
        """
        return self.meaning is not Meaning.THIS_NETWORK or len(self.urls) == 1

    @property
    def uses_default_route(self) -> bool:
        """Whether its address is that of whatever connection this host uses at the time."""
        return self.meaning is Meaning.THIS_NETWORK and self.kind is not SourceKind.URLS

    @property
    def is_of_network(self) -> bool:
        """Whether its IPv6 address stands for the network of this host, where others differ.

        A host connects from temporary addresses, and an entity may report only the prefix.
        """
        return self.family is Family.IPV6 and self.uses_default_route


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One of several internet connections of a home, as the source of one family."""

    id: ConnectionId
    name: str
    source: Source
    up_sensor: str = ""
    """The registry id (or entity id) of a binary sensor that is off while it is down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailoverTimes:
    """How long a connection must be down or up before another one is used."""

    down_after: timedelta = timedelta(minutes=2)
    """How long it says nothing before it counts as down."""
    back_after: timedelta = timedelta(minutes=10)
    """How long it must be up without a break before it is used again.

    There is at most one switch in this time.
    """
