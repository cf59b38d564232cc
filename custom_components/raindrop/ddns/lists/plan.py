"""Plan which items a list needs for this home, and which of its own it no longer needs."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import NewType

from ..detection.result import Detection
from ..errors import DetectionError
from ..models import Address, ListId, Owner
from ..sources import Family, Source
from ..zones import AccountId

type Network = IPv4Network | IPv6Network

ItemId = NewType("ItemId", str)
"""32 lower-case hexadecimal characters."""

IPV6_NETWORK, IPV6_HOST = 64, 128
"""The prefix lengths of IPv6 that a list can hold for a home: its network, or one machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IpList:
    """A list of IP addresses of an account."""

    id: ListId
    name: str
    item_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListItem:
    """One item of a list; Cloudflare does not edit it, but deletes and adds."""

    id: ItemId
    network: Network
    """A single address is a network as well."""
    comment: str | None = None
    owner: Owner = Owner.NOBODY


@dataclass(frozen=True, slots=True, kw_only=True)
class ListConfig:
    """What is managed in one list, as the user configured it."""

    account_id: AccountId
    list_id: ListId
    sources: Mapping[Family, Source] = field(default_factory=dict)
    """The source of the home's address, by the families that the list is to hold."""
    ipv6_prefix_length: int = IPV6_NETWORK
    adopted: frozenset[ItemId] = frozenset()
    """Items without a comment that the user gave to this home."""
    allows_shared: bool = False
    """Whether an IPv4 address is added that the provider shares among its customers."""

    def is_own(self, item: ListItem) -> bool:
        """Return whether an item is this home's: by its comment, or because the user said so."""
        is_adopted = item.id in self.adopted and not item.comment
        return item.owner is Owner.THIS_HOME or is_adopted

    def network_of(self, address: Address) -> Network:
        """Return what the list is to hold for an address of the home."""
        is_ipv4 = address.version == Family.IPV4
        return ip_network((address, 32 if is_ipv4 else self.ipv6_prefix_length), strict=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPlan:
    """The changes of a list: first the items to add, then those to delete."""

    add: Sequence[Network] = ()
    delete: Sequence[ListItem] = ()


def is_shared(detection: Detection) -> bool:
    """Return whether the provider is known to share the home's IPv4 address (RFC 6598)."""
    own = detection.source_response
    return own is not None and own.error is DetectionError.CGNAT


def desired_networks(
    config: ListConfig, detections: Mapping[Source, Detection]
) -> dict[Family, Network | None]:
    """Return what the list is to hold by family; None means *not known* and changes nothing.

    It is also None for a shared address that the user does not want to add.
    """
    desired: dict[Family, Network | None] = {}
    for family, source in config.sources.items():
        detection = detections.get(source) or Detection(source=source)
        is_barred = is_shared(detection) and not config.allows_shared
        address = None if is_barred else detection.address
        desired[family] = config.network_of(address) if address else None
    return desired


def plan_list(
    config: ListConfig, desired: Mapping[Family, Network | None], items: Iterable[ListItem]
) -> ListPlan:
    """Return the changes that a list needs.

    An address that any item holds is not added: Cloudflare might replace the
    item of somebody else. Of the items of this home, one for each address is
    kept, and those of a family whose address is not known.

    >>> key = ListConfig(account_id=AccountId("a"), list_id=ListId("b"))
    >>> plan_list(key, {Family.IPV4: ip_network("8.8.4.4")}, items=[]).add
    [IPv4Network('8.8.4.4/32')]
    """
    items = [*items]
    held = {item.network for item in items}
    kept: set[Network] = set()
    delete: list[ListItem] = []
    for item in filter(config.is_own, items):
        if desired.get(Family(item.network.version), item) is None:
            continue
        if item.network in desired.values() and item.network not in kept:
            kept.add(item.network)
        else:
            delete.append(item)
    add = [network for network in desired.values() if network and network not in held]
    return ListPlan(add=add, delete=delete)


def adoptable_items(items: Iterable[ListItem], networks: Collection[Network]) -> list[ListItem]:
    """Return the items without a comment that hold an address of this home."""
    return [item for item in items if not item.comment and item.network in networks]
