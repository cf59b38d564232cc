"""Which responses confirm the IPv6 address of an entity or of this host."""

from ipaddress import IPv6Address, IPv6Network

import pytest

from custom_components.raindrop.ddns.detection.detection import Detection, Response
from custom_components.raindrop.ddns.detection.detector import SourceState, parse_state
from custom_components.raindrop.ddns.detection.quorum import quorum
from custom_components.raindrop.ddns.errors import DetectionError
from custom_components.raindrop.ddns.sources import Family, Meaning, Source, SourceKind

PAGE, ANOTHER = "cloudflare", "ipify"
NETWORK = Source(Family.IPV6, SourceKind.ENTITY, entity="router")
ROUTER = Source(Family.IPV6, SourceKind.ENTITY, entity="router", meaning=Meaning.ROUTER)
OTHER = Source(Family.IPV6, SourceKind.ENTITY, entity="lte", meaning=Meaning.OTHER_CONNECTION)
AUTOMATIC = Source(Family.IPV6)
PAGES = Source(Family.IPV6, SourceKind.URLS, urls=("https://a.example/", "https://b.example/"))
HOST = Source(Family.IPV6, SourceKind.LOCAL)

PREFIX = "2001:218:1::/56"
OWN, TEMPORARY, STABLE = "2001:218:1:2::1", "2001:218:1:2::a1b2", "2001:218:1:2::5"
BESIDE, STABLE_BESIDE = "2001:218:1:3::a1b2", "2001:218:1:3::5"
ELSEWHERE, STABLE_ELSEWHERE = "2a02:810:5:6::a1b2", "2a02:810:5:6::5"


def detection(source: Source, own: str | None, pages: list[str], host: str | None) -> Detection:
    """Return what an entity or the interface and some pages reported."""
    state = SourceState(provider="own", value=own)
    return Detection(
        source=source,
        source_response=parse_state(state, source) if own else None,
        host_address=IPv6Address(host) if host else None,
        responses=tuple(
            Response(provider=provider, address=IPv6Address(address))
            for provider, address in zip((PAGE, ANOTHER), pages, strict=False)
        ),
    )


@pytest.mark.parametrize(
    "source, own, pages, host, expected",
    [
        pytest.param(HOST, OWN, [TEMPORARY], None, OWN, id="host, temporary/host"),
        pytest.param(HOST, OWN, [ELSEWHERE] * 2, None, None, id="host, elsewhere/none"),
        pytest.param(AUTOMATIC, None, [TEMPORARY] * 2, STABLE, STABLE, id="pages, same/stable"),
        pytest.param(AUTOMATIC, None, [TEMPORARY, OWN], STABLE, STABLE, id="pages, two/stable"),
        pytest.param(AUTOMATIC, None, [TEMPORARY], STABLE, None, id="one page/none"),
        pytest.param(AUTOMATIC, None, [TEMPORARY] * 2, None, TEMPORARY, id="no host/as seen"),
        pytest.param(AUTOMATIC, None, [ELSEWHERE] * 2, STABLE, ELSEWHERE, id="elsewhere/as seen"),
        pytest.param(PAGES, None, [TEMPORARY] * 2, None, TEMPORARY, id="own pages/as they say"),
        pytest.param(NETWORK, OWN, [TEMPORARY], None, OWN, id="address, same link/it"),
        pytest.param(NETWORK, OWN, [TEMPORARY], STABLE, STABLE, id="address, host/stable"),
        pytest.param(NETWORK, OWN, [BESIDE], STABLE_BESIDE, None, id="address, other link/none"),
        pytest.param(NETWORK, PREFIX, [TEMPORARY], STABLE, STABLE, id="prefix, host/stable"),
        pytest.param(NETWORK, PREFIX, [BESIDE], STABLE_BESIDE, STABLE_BESIDE, id="prefix/subnet"),
        pytest.param(NETWORK, PREFIX, [BESIDE], None, "2001:218:1::", id="prefix, no host/first"),
        pytest.param(NETWORK, PREFIX, [ELSEWHERE], STABLE, None, id="prefix, elsewhere/none"),
        pytest.param(
            NETWORK,
            OWN,
            [ELSEWHERE] * 2,
            STABLE_ELSEWHERE,
            STABLE_ELSEWHERE,
            id="address, pages agree/stable",
        ),
        pytest.param(ROUTER, OWN, [], None, OWN, id="router/it"),
        pytest.param(OTHER, PREFIX, [], None, "2001:218:1::", id="other connection/it"),
    ],
)
def test_ipv6_quorum(
    source: Source, own: str | None, pages: list[str], host: str | None, expected: str | None
) -> None:
    """What is reported in the network of this host counts for its stable address."""
    agreed = quorum(detection(source, own, pages, host), None)
    assert agreed == (IPv6Address(expected) if expected else None)


@pytest.mark.parametrize(
    "text, prefix",
    [
        pytest.param(PREFIX, PREFIX, id="56"),
        pytest.param(" 2001:218:1::/48\n", "2001:218:1::/48", id="48"),
        pytest.param(f"{OWN}/64", "2001:218:1:2::/64", id="address with the length of its prefix"),
    ],
)
def test_an_entity_reports_a_prefix(text: str, prefix: str) -> None:
    """It is known by its first address."""
    network = IPv6Network(prefix)
    response = parse_state(SourceState(provider="own", value=text), NETWORK)
    assert (response.prefix, response.address) == (network, network.network_address)


@pytest.mark.parametrize(
    "source, text, error",
    [
        pytest.param(ROUTER, PREFIX, DetectionError.NOT_AN_ADDRESS, id="router"),
        pytest.param(NETWORK, "2001::/16", DetectionError.NOT_AN_ADDRESS, id="too short"),
        pytest.param(NETWORK, f"{OWN}/128", DetectionError.NOT_AN_ADDRESS, id="too long"),
        pytest.param(NETWORK, "2001:218:1::/x", DetectionError.NOT_AN_ADDRESS, id="no length"),
        pytest.param(NETWORK, "fd12:3456:789a::/48", DetectionError.NOT_PUBLIC, id="unique local"),
        pytest.param(
            Source(Family.IPV4, SourceKind.ENTITY, entity="router"),
            "81.2.69.0/24",
            DetectionError.NOT_AN_ADDRESS,
            id="IPv4",
        ),
    ],
)
def test_what_is_no_prefix(source: Source, text: str, error: DetectionError) -> None:
    """A router has an address of its own, and a prefix is public and as long as providers' are."""
    response = parse_state(SourceState(provider="own", value=text), source)
    assert (response.address, response.error) == (None, error)


def test_the_provider_of_a_stable_address_is_a_web_service() -> None:
    """It is shown which page reported the address of this host's network."""
    seen = detection(AUTOMATIC, None, [ELSEWHERE, TEMPORARY], STABLE)
    assert seen.provider == PAGE
    accepted = Detection(
        source=AUTOMATIC,
        address=IPv6Address(STABLE),
        host_address=IPv6Address(STABLE),
        responses=seen.responses,
    )
    assert accepted.provider == ANOTHER
