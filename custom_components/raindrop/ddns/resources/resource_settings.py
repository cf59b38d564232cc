"""What is kept in an account's resource: its configuration, and what follows from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_network
from typing import NewType

from ..detection.detection import Detection
from ..errors import DetectionError
from ..models import Address, Network, Owner, ResourceId
from ..sources import Family, Source
from ..zones import AccountId

ItemId = NewType("ItemId", str)
"""Distinguishes the items of one resource."""

IPV6_NETWORK, IPV6_HOST = 64, 128
"""The prefix lengths of IPv6 that a list can hold for a home: its network, or one machine."""


class ResourceKind(StrEnum):
    """What an account has that can hold the home's address."""

    IP_LIST = "ip_list"
    """Rules of the firewall refer to it."""
    ZERO_TRUST_LIST = "zero_trust_list"
    """Policies of Access and rules of Gateway refer to it."""
    DNS_LOCATION = "dns_location"
    """Cloudflare Gateway filters the DNS queries of its networks."""

    @property
    def remembers_own(self) -> bool:
        """Whether it has to be remembered which items are this home's, because none says so."""
        return self is ResourceKind.DNS_LOCATION


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountResource:
    """A resource of an account, before it is configured."""

    id: ResourceId
    name: str
    item_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceItem:
    """One address that a resource holds."""

    id: ItemId
    network: Network
    """A single address is a network as well."""
    comment: str | None = None
    owner: Owner = Owner.NOBODY


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceConfig:
    """What is managed in one resource, as the user configured it."""

    kind: ResourceKind
    account_id: AccountId
    resource_id: ResourceId
    sources: Mapping[Family, Source] = field(default_factory=dict)
    """The source of the home's address, by the families that it is to hold."""
    ipv6_prefix_length: int = IPV6_NETWORK
    adopted: frozenset[ItemId] = frozenset()
    """Items without a comment that the user gave to this home."""
    allows_shared: bool = False
    """Whether an IPv4 address is added that the provider shares among its customers."""

    def is_own(self, item: ResourceItem) -> bool:
        """Return whether an item is this home's: by its comment, or because the user said so."""
        is_adopted = item.id in self.adopted and not item.comment
        return item.owner is Owner.THIS_HOME or is_adopted

    def network_of(self, address: Address) -> Network:
        """Return what it is to hold for an address of the home."""
        is_ipv4 = address.version == Family.IPV4
        return ip_network((address, 32 if is_ipv4 else self.ipv6_prefix_length), strict=False)


def is_shared(detection: Detection) -> bool:
    """Return whether the provider is known to share the home's IPv4 address (RFC 6598)."""
    own = detection.source_response
    return own is not None and own.error is DetectionError.CGNAT


def desired_networks(
    config: ResourceConfig, detections: Mapping[Source, Detection]
) -> dict[Family, Network | None]:
    """Return what a resource is to hold by family; None means *not known* and changes nothing.

    It is also None for a shared address that the user does not want to add.
    """
    desired: dict[Family, Network | None] = {}
    for family, source in config.sources.items():
        detection = detections.get(source) or Detection(source=source)
        is_barred = is_shared(detection) and not config.allows_shared
        address = None if is_barred else detection.address
        desired[family] = config.network_of(address) if address else None
    return desired
