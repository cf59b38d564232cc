"""Public IP addresses: which may be written to DNS, and which network they belong to."""

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from .errors import DetectionError
from .models import Address, Network
from .sources import Family

_ip_address = lru_cache(ip_address)
"""Hundreds of records hold the same address, and each is read several times an update."""

CLOUDFLARE_NETWORKS = tuple(
    ip_network(network)
    for network in (
        "103.21.244.0/22",
        "103.22.200.0/22",
        "103.31.4.0/22",
        "104.16.0.0/13",
        "104.24.0.0/14",
        "108.162.192.0/18",
        "131.0.72.0/22",
        "141.101.64.0/18",
        "162.158.0.0/15",
        "172.64.0.0/13",
        "173.245.48.0/20",
        "188.114.96.0/20",
        "190.93.240.0/20",
        "197.234.240.0/22",
        "198.41.128.0/17",
        "2400:cb00::/32",
        "2405:8100::/32",
        "2405:b500::/32",
        "2606:4700::/32",
        "2803:f800::/32",
        "2a06:98c0::/29",
        "2c0f:f248::/32",
    )
)
"""Cloudflare's own ranges: https://www.cloudflare.com/ips.

An address from one of them belongs to a proxy, to WARP or to a failure at
Cloudflare, never to a home.
"""

MIN_PREFIX, MAX_PREFIX = 48, 64
"""The prefix lengths that providers assign; interface identifiers fit up to the longest."""

_CGNAT = ip_network("100.64.0.0/10")
"""Shared between customers of an internet provider (RFC 6598)."""

_GLOBAL_UNICAST_V6 = ip_network("2000::/3")
"""All that IANA assigns as global unicast (RFC 4291 section 2.4)."""

_SPECIAL = tuple(
    ip_network(network)
    for network in (
        "192.0.0.0/24",  # protocol assignments (RFC 6890)
        "192.31.196.0/24",  # AS112 (RFC 7535)
        "192.52.193.0/24",  # multicast relays (RFC 7450)
        "192.88.99.0/24",  # 6to4 relays (RFC 7526)
        "192.175.48.0/24",  # AS112 (RFC 7534)
        "2001::/23",  # protocol assignments (RFC 2928), Teredo among them
        "2620:4f:8000::/48",  # AS112 (RFC 7534)
    )
)
"""Global according to Python, but never the address of a home.

https://www.iana.org/assignments/iana-ipv4-special-registry/ and iana-ipv6-special-registry/
"""


@dataclass(frozen=True, slots=True)
class Rejected:
    """Why a response gives no address that may be written."""

    error: DetectionError
    address: Address | None = None
    """The address that may not be written, if the response has one."""


def parse(text: str, family: Family) -> Address | Rejected:
    r"""Parse a text that is a public address as a whole, apart from white space around it.

    Returns why there is none otherwise.

    >>> parse("8.8.4.4\n", Family.IPV4)
    IPv4Address('8.8.4.4')
    """
    text = text.strip(" \t\r\n")
    # A scope ("%eth0") is valid on this host only.
    address = None if "%" in text else parse_record(text)
    if address is None:
        return Rejected(DetectionError.NOT_AN_ADDRESS)
    if error := why_unusable(address, family):
        return Rejected(error, address)
    return address


def parse_prefix(text: str) -> IPv6Network | None:
    """Parse a network prefix, or an address with a prefix length; None if it is neither.

    >>> parse_prefix("2a02:810:5:6::1/56")
    IPv6Network('2a02:810:5::/56')
    """
    try:
        prefix = IPv6Network(text.strip(" \t\r\n"), strict=False)
    except ValueError:
        return None
    return prefix if MIN_PREFIX <= prefix.prefixlen <= MAX_PREFIX else None


def network_of(address: Address) -> Network:
    """Return the network whose addresses count as those of one connection.

    Of IPv6, that is the /64 subnet (RFC 4291 section 2.5.1); of IPv4, the address alone.
    """
    if isinstance(address, IPv6Address):
        return IPv6Network((address, MAX_PREFIX), strict=False)
    return IPv4Network(address)


@lru_cache
def why_unusable(address: Address, family: Family) -> DetectionError | None:
    """Return why an address may not be written to a record of the family, None if it may."""
    if address.version != family:
        return DetectionError.WRONG_FAMILY
    if address in _CGNAT:
        return DetectionError.CGNAT
    if not _is_public(address):
        return DetectionError.NOT_PUBLIC
    if any(address in network for network in CLOUDFLARE_NETWORKS):
        return DetectionError.CLOUDFLARE
    return None


def _is_public(address: Address) -> bool:
    """Return whether an address is global unicast.

    ``is_global`` alone passes multicast, NAT64, mapped and site-local addresses.
    """
    if not address.is_global or address.is_multicast:
        return False
    is_unicast = address.version == Family.IPV4 or address in _GLOBAL_UNICAST_V6
    return is_unicast and not any(address in network for network in _SPECIAL)


def parse_record(content: str) -> Address | None:
    """Parse the content of an A or AAAA record, public or not; None if it is no address."""
    try:
        return _ip_address(content)
    except ValueError:
        return None
