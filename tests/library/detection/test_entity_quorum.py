"""Which responses confirm the address of an entity."""

from ipaddress import IPv6Address

from custom_components.raindrop.ddns.detection.quorum import quorum
from custom_components.raindrop.ddns.detection.result import Detection, Response
from custom_components.raindrop.ddns.models import Family, Source, SourceKind

ROUTER = Source(Family.IPV6, SourceKind.ENTITY, entity="router")
HOST = Source(Family.IPV6, SourceKind.LOCAL)
ONE, TWO = (IPv6Address(f"2001:218:1:2::{number}") for number in (1, 2))


def detection(source: Source) -> Detection:
    """Return a detection in which a provider reports another address of the same subnet."""
    return Detection(
        source=source,
        source_response=Response(provider="router", address=ONE),
        responses=(Response(provider="cloudflare", address=TWO),),
    )


def test_another_address_of_the_subnet_does_not_confirm_an_entity() -> None:
    """Only a host connects from temporary addresses: a router has to be confirmed exactly."""
    assert quorum(detection(HOST), None) == ONE
    assert quorum(detection(ROUTER), None) is None
