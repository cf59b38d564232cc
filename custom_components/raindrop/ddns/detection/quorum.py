"""The quorum: the address on which enough providers agree."""

from collections.abc import Iterable

from ..models import Address
from ..sources import SourceKind
from .detection import Detection, Response

QUORUM = 2


def quorum(detection: Detection, accepted: Address | None) -> Address | None:
    """Return the address that the responses agree on, None if there is none yet.

    >>> from dataclasses import replace
    >>> from ipaddress import ip_address
    >>> from ..sources import Family, Source
    >>> one, two = (Response(provider=p, address=ip_address("8.8.4.4")) for p in "ab")
    >>> first = Detection(source=Source(Family.IPV4), responses=(one,))
    >>> quorum(first, None), quorum(replace(first, responses=(one, two)), None)
    (None, IPv4Address('8.8.4.4'))
    >>> quorum(first, one.address)
    IPv4Address('8.8.4.4')
    """
    found = votes(detection)
    if set(found) == {accepted}:
        return accepted
    needed = 1 if detection.is_unverifiable else QUORUM
    agreed = [address for address in set(found) if found.count(address) >= needed]
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
    return addresses(detection, [own] if own else [])


def addresses(detection: Detection, responses: Iterable[Response]) -> list[Address]:
    """Return the addresses for which some responses count."""
    return [detection.stands_for(r.address) for r in responses if r.address]
