"""STUN messages (RFC 8489): ask a server from which address a datagram of ours arrives."""

from ipaddress import IPv4Address, IPv6Address
import struct

from ..models import Address
from ..sources import Family

TRANSACTION_ID_BYTES = 12
_HEADER = struct.Struct("!HHI12s")
_ATTRIBUTE = struct.Struct("!HH")
_ALIGNMENT = 4
_BINDING_REQUEST, _BINDING_SUCCESS = 0x0001, 0x0101
_MAGIC_COOKIE = 0x2112A442
_XOR_MAPPED_ADDRESS = 0x0020
_IP_BYTES = {Family.IPV4: 4, Family.IPV6: 16}
_FAMILY_CODES = {Family.IPV4: b"\x01", Family.IPV6: b"\x02"}


def binding_request(transaction_id: bytes) -> bytes:
    """Return a Binding request; ``transaction_id`` is 12 random bytes."""
    return _HEADER.pack(_BINDING_REQUEST, 0, _MAGIC_COOKIE, transaction_id)


def mapped_address(datagram: bytes, transaction_id: bytes, family: Family) -> Address | None:
    """Return the address in the success response to a request, None for any other datagram.

    A response must have the request's transaction id, lengths that add up, and
    exactly one XOR-MAPPED-ADDRESS, of the right family (RFC 8489 sections 6.3
    and 14.2). Never raises.
    """
    if len(datagram) < _HEADER.size:
        return None
    kind, length, cookie, transaction = _HEADER.unpack_from(datagram)
    body = datagram[_HEADER.size :]
    is_response = (kind, cookie, transaction) == (_BINDING_SUCCESS, _MAGIC_COOKIE, transaction_id)
    if not is_response or length != len(body):
        return None
    attributes = _attributes(body)
    mapped = [value for kind, value in attributes or () if kind == _XOR_MAPPED_ADDRESS]
    return _unmask(mapped[0], transaction_id, family) if len(mapped) == 1 else None


def _attributes(body: bytes) -> list[tuple[int, bytes]] | None:
    """Return the type and value of each attribute, None if their lengths do not add up."""
    attributes = []
    while body:
        if len(body) < _ATTRIBUTE.size:
            return None
        kind, length = _ATTRIBUTE.unpack_from(body)
        end = _ATTRIBUTE.size + length
        padded_end = end + -length % _ALIGNMENT
        if len(body) < padded_end:
            return None
        attributes.append((kind, body[_ATTRIBUTE.size : end]))
        body = body[padded_end:]
    return attributes


def _unmask(value: bytes, transaction_id: bytes, family: Family) -> Address | None:
    """Return the address of an XOR-MAPPED-ADDRESS, None if it is of another family."""
    size = _IP_BYTES[family]
    # The first byte is reserved, and the port follows the family.
    address = value[4:]
    if value[1:2] != _FAMILY_CODES[family] or len(address) != size:
        return None
    mask = (_MAGIC_COOKIE.to_bytes(4) + transaction_id)[:size]
    number = int.from_bytes(address) ^ int.from_bytes(mask)
    return IPv4Address(number) if family is Family.IPV4 else IPv6Address(number)
