"""The stable IPv6 address of this host's own interface, as the Linux kernel reports it."""

from collections.abc import Iterable
from ipaddress import IPv6Address

from ..addresses import network_of, parse_record, why_unusable
from ..models import Address
from ..sources import Family

_TEMPORARY, _DAD_FAILED, _DEPRECATED, _TENTATIVE = 0x01, 0x08, 0x20, 0x40
UNSTABLE = _TEMPORARY | _DAD_FAILED | _DEPRECATED | _TENTATIVE
"""Flags of addresses that are temporary or not in use (linux/if_addr.h)."""


def stable_address(table: str, preferred: str | None) -> Address | None:
    """Return the stable public address of this host, None if it has none.

    ``table`` is the text of ``/proc/net/if_inet6``; a line that cannot be read
    is ignored. ``preferred`` is the source address of outgoing connections,
    often a temporary one: of several stable addresses, the one in the same
    subnet is returned.
    """
    stable = sorted(_stable(table))
    outgoing = parse_record(preferred) if preferred else None
    subnet = network_of(outgoing) if outgoing else None
    return next((a for a in stable if network_of(a) == subnet), stable[0] if stable else None)


def _stable(table: str) -> Iterable[IPv6Address]:
    for line in table.splitlines():
        try:
            digits, _, _, _, flags, _ = line.split()
            address, is_unstable = IPv6Address(int(digits, 16)), int(flags, 16) & UNSTABLE
        except ValueError:
            continue
        if not is_unstable and why_unusable(address, Family.IPV6) is None:
            yield address
