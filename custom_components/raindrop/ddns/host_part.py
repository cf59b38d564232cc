"""The host part of an IPv6 address: whose prefix changes, and whose interface id stays.

With it, records of other machines of the LAN follow the prefix that the
provider hands out. Sums of RFC 4291 section 2.5.1 and appendix A.
"""

from ipaddress import AddressValueError, IPv6Address
import re

from .errors import DdnsError
from .model import HostPart

KEEP = "record"
"""What people enter to keep the interface id of the record."""

MIN_PREFIX, MAX_PREFIX = 48, 64
"""Prefixes that providers hand out, and the longest for which interface ids fit."""

_ADDRESS_BITS, _INTERFACE_BITS = 128, 64
_MAC = re.compile(r"([0-9a-f]{2}[:-]){5}[0-9a-f]{2}|([0-9a-f]{4}\.){2}[0-9a-f]{4}|[0-9a-f]{12}")
_UNIVERSAL_BIT = 0x02
_EUI64_FILLER = "fffe"


class HostPartError(DdnsError, ValueError):
    """A text is no host part that fits beside the prefix."""


def read_host_part(text: str, prefix_length: int) -> HostPart | None:
    """Return the host part that a text names, None if it names none.

    Takes nothing, ``record``, an interface id such as ``::1234:5678``, or the
    MAC address that the machine forms its id from. Raises HostPartError.

    >>> read_host_part("00:11:22:33:44:55", 64)
    HostPart(prefix_length=64, interface_id=150083337192264021)
    """
    text = text.strip().lower()
    if not text:
        return None
    if text == KEEP:
        return HostPart(prefix_length=prefix_length)
    if _MAC.fullmatch(text):
        return HostPart(prefix_length=prefix_length, interface_id=_eui64(text))
    try:
        interface_id = int(IPv6Address(text))
    except AddressValueError:
        raise HostPartError(f"not a host part: {text!r}") from None
    if interface_id >> (_ADDRESS_BITS - prefix_length) or not interface_id or "%" in text:
        raise HostPartError(f"does not fit beside a prefix of {prefix_length}: {text!r}")
    return HostPart(prefix_length=prefix_length, interface_id=interface_id)


def join(reading: IPv6Address, host: HostPart, record: IPv6Address | None) -> IPv6Address | None:
    """Return the prefix of a reading with a host part, None if that is not known.

    The interface id is the one given, or that of the record. One of 64 bits
    or less says nothing of the subnet, which is then that of the reading.

    >>> join(IPv6Address("2001:db8:1::9"), HostPart(interface_id=5), None)
    IPv6Address('2001:db8:1::5')
    """
    interface_id = host.interface_id
    if interface_id is None and record is not None:
        interface_id = int(record)
    if interface_id is None:
        return None
    names_subnet = host.interface_id is None or host.interface_id >> _INTERFACE_BITS
    kept_bits = _ADDRESS_BITS - host.prefix_length if names_subnet else _INTERFACE_BITS
    host_bits = (1 << kept_bits) - 1
    return IPv6Address(int(reading) & ~host_bits | interface_id & host_bits)


def _eui64(mac: str) -> int:
    """Return the modified EUI-64 interface id of a MAC address (RFC 4291 appendix A)."""
    digits = re.sub("[^0-9a-f]", "", mac)
    first = int(digits[:2], 16) ^ _UNIVERSAL_BIT
    return int(f"{first:02x}{digits[2:6]}{_EUI64_FILLER}{digits[6:]}", 16)
