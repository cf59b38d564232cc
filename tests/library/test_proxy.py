"""Whether Cloudflare's proxy can reach a web server, by its URL, its records and whom it trusts."""

from collections.abc import Iterable
from ipaddress import IPv4Network, ip_network

import pytest

from custom_components.raindrop.ddns import (
    Family,
    RecordKey,
    RecordState,
    State,
    proxy_obstacles,
    to_ascii,
)
from custom_components.raindrop.ddns.addresses import CLOUDFLARE_NETWORKS

from .builders import A1, B1, HOME, record

URL = f"https://{HOME}"
HTTP_PORTS = (80, 8080, 8880, 2052, 2082, 2086, 2095)
HTTPS_PORTS = (443, 2053, 2083, 2087, 2096, 8443)
IPV4 = [str(network) for network in CLOUDFLARE_NETWORKS if network.version == 4]
IPV6 = [str(network) for network in CLOUDFLARE_NETWORKS if network.version == 6]
ALL = [*IPV4, *IPV6]


def all_but(address: str) -> list[str]:
    """Return networks that are together the first one of Cloudflare without one address."""
    first = IPv4Network(IPV4[0])
    return [str(network) for network in first.address_exclude(IPv4Network(address))]


def zone(name: str = HOME, *, a: bool | None = True, aaaa: bool | None = None) -> State:
    """Return a state with records that are proxied or not; None for no record."""
    proxied = {Family.IPV4: a, Family.IPV6: aaaa}
    records = {
        RecordKey(to_ascii(name), family): RecordState(
            record=None
            if is_proxied is None
            else record(
                A1 if family is Family.IPV4 else B1,
                name=to_ascii(name),
                kind=family.record_type,
                proxied=is_proxied,
            )
        )
        for family, is_proxied in proxied.items()
    }
    return State(records=records)


def obstacles(
    url: str, state: State, trusted: Iterable[str] | None
) -> tuple[int | None, list[str]] | None:
    """Return the port that is not forwarded and the networks that are not trusted."""
    networks = None if trusted is None else [ip_network(network) for network in trusted]
    found = proxy_obstacles(url, state, networks)
    if found is None:
        return None
    return found.port if found.forwarded_ports else None, [str(n) for n in found.untrusted]


@pytest.mark.parametrize("port", [*HTTP_PORTS, *HTTPS_PORTS, 1, 8123, 65535])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_each_scheme_has_ports_of_its_own(scheme: str, port: int) -> None:
    """A port that is forwarded for one scheme is not forwarded for the other."""
    ports = HTTP_PORTS if scheme == "http" else HTTPS_PORTS
    found = proxy_obstacles(f"{scheme}://{HOME}:{port}", zone(), [])
    assert found is not None
    assert (found.host, found.scheme, found.port) == (HOME, scheme, port)
    assert found.forwarded_ports == (() if port in ports else ports)


@pytest.mark.parametrize("scheme, port", [("http", 80), ("https", 443)])
def test_without_a_port_it_is_the_one_of_the_scheme(scheme: str, port: int) -> None:
    """It is named beside the networks that are not trusted."""
    found = proxy_obstacles(f"{scheme}://{HOME}", zone(), [])
    assert found is not None
    assert found.port == port


@pytest.mark.parametrize(
    "url",
    [
        pytest.param(URL, id="default port"),
        pytest.param(f"{URL}/", id="path"),
        pytest.param(f"{URL}:", id="empty port"),
        pytest.param(f"http://{HOME}", id="default port of http"),
        pytest.param("HTTPS://Home.EXAMPLE.com:8443", id="upper case"),
        pytest.param(f"{URL}.", id="trailing dot"),
        pytest.param(f"https://me:secret@{HOME}", id="user info"),
    ],
)
def test_a_forwarded_port_and_trusted_networks_are_enough(url: str) -> None:
    """Nothing is missing, however the URL is written."""
    assert obstacles(url, zone(), ALL) is None
    assert obstacles(url, zone(), []) == (None, IPV4)


@pytest.mark.parametrize("name", ["münchen.example.com", "xn--mnchen-3ya.example.com"])
@pytest.mark.parametrize("host", ["MÜNCHEN.example.com", "XN--mnchen-3ya.example.com"])
def test_an_international_name_is_found_in_both_spellings(name: str, host: str) -> None:
    """The external URL may have the name in Unicode or in Punycode."""
    assert obstacles(f"https://{host}:8123", zone(name), ALL) == (8123, [])


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("", id="no external URL"),
        pytest.param("https://abcdefghijklmnopqrstuvwxyz012345.ui.nabu.casa", id="Nabu Casa"),
        pytest.param("https://other.example.com:8123", id="another name"),
        pytest.param("https://example.com:8123", id="the zone itself"),
        pytest.param("https://203.0.113.7:8123", id="IPv4 address"),
        pytest.param("https://[2001:db8::7]:8123", id="IPv6 address"),
        pytest.param("https://[2001:db8::7:8123", id="half a bracket"),
        pytest.param(f"https://{HOME}:99999", id="impossible port"),
        pytest.param(f"https://{HOME}:port", id="no number"),
        pytest.param(f"ftp://{HOME}:8123", id="another scheme"),
        pytest.param(f"{HOME}:8123", id="no scheme"),
        pytest.param("https://home server.example.com", id="no host name"),
        pytest.param(f"https://{'a' * 300}.example.com", id="too long"),
    ],
)
def test_a_url_of_another_host_says_nothing(url: str) -> None:
    """Only a managed name is known to be proxied."""
    assert obstacles(url, zone(), []) is None


@pytest.mark.parametrize(
    "state",
    [
        pytest.param(State(), id="not managed"),
        pytest.param(zone(a=False), id="not proxied"),
        pytest.param(zone(a=None), id="not read yet"),
        pytest.param(zone(a=False, aaaa=False), id="neither is proxied"),
        pytest.param(zone("*.example.com"), id="only a wildcard"),
    ],
)
def test_a_name_that_is_not_known_to_be_proxied_says_nothing(state: State) -> None:
    """Without the proxy, any port works."""
    assert obstacles(f"{URL}:8123", state, []) is None


@pytest.mark.parametrize(
    "state, missing",
    [
        pytest.param(zone(a=True), IPV4, id="A"),
        pytest.param(zone(a=None, aaaa=True), IPV6, id="AAAA"),
        pytest.param(zone(a=True, aaaa=True), IPV4, id="both"),
        pytest.param(zone(a=True, aaaa=False), IPV4, id="A proxied, so both are"),
        pytest.param(zone(a=False, aaaa=True), IPV4, id="AAAA proxied, so both are"),
    ],
)
def test_the_networks_of_the_family_that_the_proxy_uses_are_needed(
    state: State, missing: list[str]
) -> None:
    """The proxy connects over IPv4 if there is an A record."""
    assert obstacles(URL, state, []) == (None, missing)
    assert obstacles(URL, state, missing) is None


@pytest.mark.parametrize(
    "trusted, missing",
    [
        pytest.param(None, [], id="not known"),
        pytest.param([], IPV4, id="none"),
        pytest.param(ALL, [], id="all"),
        pytest.param(IPV4, [], id="all of IPv4"),
        pytest.param(IPV6, IPV4, id="the other family"),
        pytest.param(IPV4[1:], IPV4[:1], id="all but the first"),
        pytest.param([*IPV4[:-1], *IPV6], IPV4[-1:], id="all but the last"),
        pytest.param(["0.0.0.0/0"], [], id="everything"),
        pytest.param(["0.0.0.0/1", "128.0.0.0/1"], [], id="everything in halves"),
        pytest.param(
            ["0.0.0.0/1"],
            [network for network in IPV4 if int(network.split(".")[0]) >= 128],
            id="one half",
        ),
        pytest.param(["::/0"], IPV4, id="everything of the other family"),
        pytest.param([*IPV4[1:], "103.21.244.0/23", "103.21.246.0/23"], [], id="in pieces"),
        pytest.param([*IPV4[1:], "103.21.244.0/23"], IPV4[:1], id="one piece"),
        pytest.param([*IPV4[1:], "103.21.246.0/23"], IPV4[:1], id="another piece"),
        pytest.param(
            [*IPV4[1:], *all_but("103.21.244.0")], IPV4[:1], id="all but the first address"
        ),
        pytest.param(
            [*IPV4[1:], *all_but("103.21.247.255")], IPV4[:1], id="all but the last address"
        ),
        pytest.param([*IPV4[1:], "103.21.244.1/32"], IPV4[:1], id="one address"),
        pytest.param(["127.0.0.1/32"], [], id="a proxy on this host"),
        pytest.param(["192.168.178.20/32"], [], id="a proxy at home"),
        pytest.param(["172.30.33.0/24", *IPV4[:3]], [], id="a proxy at home and a few networks"),
        pytest.param(["fd00::20/128"], [], id="a proxy at home by IPv6"),
        pytest.param(["100.101.102.103/32"], [], id="a proxy in a VPN"),
        pytest.param(["2001:218:1:2::20/128"], [], id="a proxy at home by public IPv6"),
    ],
)
def test_networks_that_are_not_trusted_are_named(
    trusted: list[str] | None, missing: list[str]
) -> None:
    """All are needed, unless another proxy, which is not Cloudflare's, is trusted."""
    expected = (None, missing) if missing else None
    assert obstacles(URL, zone(), trusted) == expected
    # The port is missing or not whoever is trusted.
    assert obstacles(f"{URL}:8123", zone(), trusted) == (8123, missing)
