"""The stable IPv6 address of this very host, as the kernel tells it."""

from collections.abc import Iterable
from ipaddress import IPv6Address, IPv6Network, ip_address

from .addresses import why_unusable
from .model import Address, Family

_TEMPORARY, _DAD_FAILED, _DEPRECATED, _TENTATIVE = 0x01, 0x08, 0x20, 0x40
_PASSING = _TEMPORARY | _DAD_FAILED | _DEPRECATED | _TENTATIVE
"""Flags of addresses that come and go, or are not in use (linux/if_addr.h)."""
_LINK_BITS = 64
"""What one link shares of its addresses (RFC 4291 section 2.5.1)."""


def stable_address(table: str, preferred: str | None) -> Address | None:
    """Return the stable public address of this host, None if it has none.

    ``table`` is the text of ``/proc/net/if_inet6``; ``preferred`` is the address
    from which the host speaks to the Internet, often a temporary one: of
    several stable ones, that of the same link is taken.
    """
    stable = sorted(_stable(table))
    link = link_of(ip_address(preferred)) if preferred else None
    return next((a for a in stable if link_of(a) == link), stable[0] if stable else None)


def link_of(address: Address) -> Address | IPv6Network:
    """Return the link that an IPv6 address is on; an IPv4 address as it is."""
    if not isinstance(address, IPv6Address):
        return address
    return IPv6Network((address, _LINK_BITS), strict=False)


def _stable(table: str) -> Iterable[IPv6Address]:
    """Yield the public addresses that are neither temporary nor out of use."""
    for line in table.splitlines():
        digits, _, _, _, flags, _ = line.split()
        address = IPv6Address(int(digits, 16))
        if not int(flags, 16) & _PASSING and why_unusable(address, Family.IPV6) is None:
            yield address
