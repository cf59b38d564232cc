"""The quorum: the address on which enough providers agree."""

from collections import Counter
from collections.abc import Iterable

from ..models import Address, SourceKind
from .local import subnet_of
from .result import Detection, Response

QUORUM = 2


def quorum(detection: Detection, accepted: Address | None) -> Address | None:
    """Return the address that the responses agree on, None if there is none yet.

    >>> from dataclasses import replace
    >>> from ipaddress import ip_address
    >>> from ..models import Family, Source
    >>> one, two = (Response(provider=p, address=ip_address("8.8.4.4")) for p in "ab")
    >>> first = Detection(source=Source(Family.IPV4), responses=(one,))
    >>> quorum(first, None), quorum(replace(first, responses=(one, two)), None)
    (None, IPv4Address('8.8.4.4'))
    >>> quorum(first, one.address)
    IPv4Address('8.8.4.4')
    """
    found = Counter(votes(detection))
    if found.keys() == {accepted}:
        return accepted
    needed = 1 if detection.is_unverifiable else QUORUM
    agreed = [address for address, count in found.items() if count >= needed]
    if len(agreed) != 1:
        return None
    own = detection.source_response
    is_own = detection.source.kind is not SourceKind.LOCAL or (own and agreed[0] == own.address)
    return agreed[0] if is_own else None


def votes(detection: Detection) -> list[Address]:
    """Return the reported addresses that count, one for each response."""
    if detection.tunnel_witness is None:
        return addresses(detection, detection.all_responses)
    own = detection.source_response
    return [own.address] if own and own.address else []


def addresses(detection: Detection, responses: Iterable[Response]) -> list[Address]:
    """Return the addresses of some responses.

    A host connects from its temporary addresses: a provider that reports an
    address of the local one's subnet confirms the local one.
    """
    reported = [response.address for response in responses if response.address]
    own = detection.source_response
    if detection.source.kind is SourceKind.LOCAL and own and own.address:
        local, subnet = own.address, subnet_of(own.address)
        return [local if subnet_of(address) == subnet else address for address in reported]
    return reported
