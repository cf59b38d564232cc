"""Interface identifiers: keep the low bits of an IPv6 address when its prefix changes.

With them, records of other machines in the local network follow the prefix that the
internet provider assigns. RFC 4291 section 2.5.1 and appendix A.
"""

from ipaddress import AddressValueError, IPv6Address
import re

from ..errors import InterfaceIdError
from ..models import InterfaceId

KEEP = "keep"
"""The word that keeps the interface identifier of the existing record."""

_ADDRESS_BITS, _INTERFACE_BITS = 128, 64
_INTERFACE_MASK = (1 << _INTERFACE_BITS) - 1
_MAC = re.compile(r"([0-9a-f]{2}[:-]){5}[0-9a-f]{2}|([0-9a-f]{4}\.){2}[0-9a-f]{4}|[0-9a-f]{12}")
_UNIVERSAL_BIT = 0x02
_EUI64_FILLER = "fffe"


def parse_interface_id(text: str, prefix_length: int) -> InterfaceId | None:
    """Return the interface identifier that a text specifies, None if the text is empty.

    Takes the word ``keep``, an identifier such as ``::1234:5678``, or the MAC
    address that the machine forms its identifier from. Raises InterfaceIdError.

    >>> parse_interface_id("00:11:22:33:44:55", 64)
    InterfaceId(prefix_length=64, bits=148938745556714581)
    """
    text = text.strip().lower()
    if not text:
        return None
    if text == KEEP:
        return InterfaceId(prefix_length=prefix_length)
    if _MAC.fullmatch(text):
        return InterfaceId(prefix_length=prefix_length, bits=_eui64(text))
    try:
        bits = int(IPv6Address(text))
    except AddressValueError:
        raise InterfaceIdError(f"not an interface identifier: {text!r}") from None
    if bits >> (_ADDRESS_BITS - prefix_length) or not bits & _INTERFACE_MASK or "%" in text:
        raise InterfaceIdError(f"does not fit beside a prefix of {prefix_length}: {text!r}")
    return InterfaceId(prefix_length=prefix_length, bits=bits)


def is_prefix(address: IPv6Address) -> bool:
    """Return whether an address has no interface identifier (RFC 4291 section 2.6.1)."""
    return not int(address) & _INTERFACE_MASK


def combine(
    prefix: IPv6Address, interface_id: InterfaceId, existing: IPv6Address | None
) -> IPv6Address | None:
    """Return the prefix of one address with an interface identifier, None if that is not known.

    The identifier is the one given, or that of ``existing``. One of 64 bits or less
    does not include the subnet, which is then that of ``prefix``. One whose last 64
    bits are zero is invalid: it would give the anycast address of the subnet's routers
    (RFC 4291 section 2.6.1).

    >>> combine(IPv6Address("2001:db8:1::9"), InterfaceId(bits=5), None)
    IPv6Address('2001:db8:1::5')
    """
    bits = interface_id.bits
    if bits is None and existing is not None:
        bits = int(existing)
    if bits is None or not bits & _INTERFACE_MASK:
        return None
    names_subnet = interface_id.bits is None or interface_id.bits >> _INTERFACE_BITS
    kept_bits = _ADDRESS_BITS - interface_id.prefix_length if names_subnet else _INTERFACE_BITS
    mask = (1 << kept_bits) - 1
    return IPv6Address(int(prefix) & ~mask | bits & mask)


def _eui64(mac: str) -> int:
    """Return the modified EUI-64 identifier of a MAC address (RFC 4291 appendix A)."""
    digits = re.sub("[^0-9a-f]", "", mac)
    first = int(digits[:2], 16) ^ _UNIVERSAL_BIT
    return int(f"{first:02x}{digits[2:6]}{_EUI64_FILLER}{digits[6:]}", 16)
