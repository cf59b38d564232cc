"""Public addresses: which may be written to DNS, and which may never be."""

from ipaddress import ip_address, ip_network

from hypothesis import given, strategies as st
import pytest

from custom_components.raindrop.ddns.addresses import (
    Rejected,
    network_of,
    parse,
    parse_prefix,
    parse_record,
    why_unusable,
)
from custom_components.raindrop.ddns.errors import DetectionError
from custom_components.raindrop.ddns.models import Address, Network
from custom_components.raindrop.ddns.sources import Family

IPV4, IPV6 = Family.IPV4, Family.IPV6

# As published at https://www.cloudflare.com/ips-v4 and ips-v6.
PUBLISHED = """
    173.245.48.0/20 103.21.244.0/22 103.22.200.0/22 103.31.4.0/22 141.101.64.0/18
    108.162.192.0/18 190.93.240.0/20 188.114.96.0/20 197.234.240.0/22 198.41.128.0/17
    162.158.0.0/15 104.16.0.0/13 104.24.0.0/14 172.64.0.0/13 131.0.72.0/22
    2400:cb00::/32 2606:4700::/32 2803:f800::/32 2405:b500::/32 2405:8100::/32
    2a06:98c0::/29 2c0f:f248::/32
"""
# IANA's registries of special purposes, and all IPv6 outside 2000::/3.
REGISTERED = """
    0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24
    192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24
    198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4
    ::/3 4000::/2 8000::/1
    2001::/23 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20
"""
CLOUDFLARE, SPECIAL = (
    [ip_network(text) for text in texts.split()] for texts in (PUBLISHED, REGISTERED)
)


def expected(address: Address) -> DetectionError | None:
    """Return why an address may not be written, according to the registries."""
    if address in ip_network("100.64.0.0/10"):
        return DetectionError.CGNAT
    if any(address in network for network in SPECIAL):
        return DetectionError.NOT_PUBLIC
    if any(address in network for network in CLOUDFLARE):
        return DetectionError.CLOUDFLARE
    return None


def edges(network: Network) -> list[Address]:
    """Return the first and last address of a network, and those just outside."""
    first, last = int(network[0]), int(network[-1])
    end = int(type(network[0])(2**network.max_prefixlen - 1))
    kind = type(network[0])
    return [kind(n) for n in (first - 1, first, last, last + 1) if 0 <= n <= end]


@pytest.mark.parametrize(
    "text, family",
    [
        pytest.param("8.8.4.4", IPV4, id="plain/parsed"),
        pytest.param(" \t81.2.69.142\r\n", IPV4, id="white space around/parsed"),
        pytest.param("2001:218:1:2::142\n", IPV6, id="newline/parsed"),
        pytest.param("2001:218:0001:0002:0000:0000:0000:0142", IPV6, id="written out/parsed"),
        pytest.param("2001:218:1:2::ABCD", IPV6, id="upper case/parsed"),
        pytest.param("2001:218::81.2.69.142", IPV6, id="dotted tail/parsed"),
    ],
)
def test_a_public_address_is_parsed(text: str, family: Family) -> None:
    """A text that is a public address of the requested family as a whole is that address."""
    assert parse(text, family) == ip_address(text.strip())


@pytest.mark.parametrize(
    "text, family, error",
    [
        # The examples of the design, all of which Python calls global.
        pytest.param("224.0.0.1", IPV4, DetectionError.NOT_PUBLIC, id="multicast/not public"),
        pytest.param("ff0e::1", IPV6, DetectionError.NOT_PUBLIC, id="multicast v6/not public"),
        pytest.param("104.18.0.0", IPV4, DetectionError.CLOUDFLARE, id="cloudflare/cloudflare"),
        pytest.param(
            "2606:4700::1", IPV6, DetectionError.CLOUDFLARE, id="cloudflare v6/cloudflare"
        ),
        pytest.param("::ffff:8.8.8.8", IPV6, DetectionError.NOT_PUBLIC, id="mapped/not public"),
        pytest.param(
            "::ffff:8.8.8.8", IPV4, DetectionError.WRONG_FAMILY, id="mapped for A/wrong family"
        ),
        pytest.param("64:ff9b::a00:1", IPV6, DetectionError.NOT_PUBLIC, id="nat64/not public"),
        pytest.param("64:ff9b:1::1", IPV6, DetectionError.NOT_PUBLIC, id="local nat64/not public"),
        pytest.param("fec0::1", IPV6, DetectionError.NOT_PUBLIC, id="site local/not public"),
        pytest.param("5f00::1", IPV6, DetectionError.NOT_PUBLIC, id="segment routing/not public"),
        pytest.param("192.0.0.9", IPV4, DetectionError.NOT_PUBLIC, id="port control/not public"),
        pytest.param("192.88.99.1", IPV4, DetectionError.NOT_PUBLIC, id="6to4 relay/not public"),
        pytest.param(
            "2001:0:4136:e378::1", IPV6, DetectionError.NOT_PUBLIC, id="teredo/not public"
        ),
        pytest.param("2001:1::1", IPV6, DetectionError.NOT_PUBLIC, id="anycast/not public"),
        pytest.param("2001:20::1", IPV6, DetectionError.NOT_PUBLIC, id="orchid/not public"),
        # Those that Python does not call global.
        pytest.param("203.0.113.1", IPV4, DetectionError.NOT_PUBLIC, id="documentation/not public"),
        pytest.param("240.0.0.1", IPV4, DetectionError.NOT_PUBLIC, id="reserved/not public"),
        pytest.param("255.255.255.255", IPV4, DetectionError.NOT_PUBLIC, id="broadcast/not public"),
        pytest.param("0.0.0.0", IPV4, DetectionError.NOT_PUBLIC, id="zero/not public"),  # noqa: S104
        pytest.param(
            "2001:db8::1", IPV6, DetectionError.NOT_PUBLIC, id="documentation v6/not public"
        ),
        pytest.param("3fff::1", IPV6, DetectionError.NOT_PUBLIC, id="new documentation/not public"),
        pytest.param("2002:808:808::1", IPV6, DetectionError.NOT_PUBLIC, id="6to4/not public"),
        pytest.param("::1", IPV6, DetectionError.NOT_PUBLIC, id="loopback v6/not public"),
        pytest.param("::", IPV6, DetectionError.NOT_PUBLIC, id="nothing v6/not public"),
        pytest.param("fe80::1", IPV6, DetectionError.NOT_PUBLIC, id="link local/not public"),
        pytest.param("fe80::1%eth0", IPV6, DetectionError.NOT_AN_ADDRESS, id="scope/no address"),
        pytest.param(
            "2001:218::1%1", IPV6, DetectionError.NOT_AN_ADDRESS, id="public scope/no address"
        ),
        pytest.param(
            "2001:218::1%", IPV6, DetectionError.NOT_AN_ADDRESS, id="empty scope/no address"
        ),
    ],
)
def test_an_unusable_address_is_rejected(text: str, family: Family, error: DetectionError) -> None:
    """An address that no home can have on the Internet is rejected, with the reason."""
    shown = None if error is DetectionError.NOT_AN_ADDRESS else ip_address(text)

    assert parse(text, family) == Rejected(error, shown)


@pytest.mark.parametrize(
    "text, family",
    [
        pytest.param("2001:218:1:2::142", IPV4, id="IPv6 for an A record/refused"),
        pytest.param("81.2.69.142", IPV6, id="IPv4 for an AAAA record/refused"),
    ],
)
def test_s1_an_address_never_enters_a_record_of_the_other_family(text: str, family: Family) -> None:
    """Lesson S1: an address is written to records of its own family only."""
    address = ip_address(text)

    assert parse(text, family) == Rejected(DetectionError.WRONG_FAMILY, address)
    assert why_unusable(address, family) is DetectionError.WRONG_FAMILY


def test_a_public_address_passes_the_last_check() -> None:
    """A public address of the record's family may be written."""
    for text, family in (("8.8.4.4", IPV4), ("2001:218::1", IPV6)):
        assert why_unusable(ip_address(text), family) is None


PAGE = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>8.8.8.8</body></html>"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(PAGE, id="page/no address"),
        pytest.param("error code: 1034", id="edge error/no address"),
        pytest.param(";; connection timed out; no servers could be reached", id="dig/no address"),
        pytest.param("", id="empty/no address"),
        pytest.param(" \r\n\t", id="blank/no address"),
        pytest.param("8.8.8.8, 8.8.4.4", id="two/no address"),
        pytest.param("8.8.8.8\n8.8.4.4", id="two lines/no address"),
        pytest.param("Your IP: 8.8.8.8", id="sentence/no address"),
        pytest.param("8.8.8.8/32", id="network/no address"),
        pytest.param("8.8.8.8:443", id="port/no address"),
        pytest.param("8.8.8", id="three numbers/no address"),
        pytest.param("8.8.8.8.", id="final dot/no address"),
        pytest.param("08.8.8.8", id="octal/no address"),
        pytest.param("0x08080808", id="hexadecimal/no address"),
        pytest.param("134744072", id="decimal/no address"),
        pytest.param("٨.٨.٨.٨", id="arabic digits/no address"),
        pytest.param("８.８.８.８", id="full-width digits/no address"),  # noqa: RUF001
        pytest.param("8.8.8.8\x00", id="null/no address"),
        pytest.param("8.8.8.8\xa0", id="hard space/no address"),
        pytest.param("\ufeff8.8.8.8", id="byte order mark/no address"),
        pytest.param("[2001:218::1]", id="brackets/no address"),
        pytest.param('"8.8.8.8"', id="quotes/no address"),
        pytest.param("1" * 100_000, id="huge/no address"),
    ],
)
@pytest.mark.parametrize("family", Family)
def test_s3_a_text_that_contains_an_address_is_rejected(text: str, family: Family) -> None:
    """Lesson S3: only a text that is an address as a whole is parsed, never a page or an error."""
    assert parse(text, family) == Rejected(DetectionError.NOT_AN_ADDRESS)


@pytest.mark.parametrize(
    "text",
    [
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.178.1",
        "169.254.1.1",
        "127.0.0.1",
        "192.0.0.1",
        "fd00::1",
        "fc00::1",
        "fe80::1",
    ],
)
def test_s5_private_addresses_are_never_public(text: str) -> None:
    """Lesson S5: the address of a home network is not published."""
    address = ip_address(text)

    assert why_unusable(address, Family(address.version)) is DetectionError.NOT_PUBLIC


@pytest.mark.parametrize("text", ["100.64.0.0", "100.64.0.1", "100.127.255.255"])
def test_s5_a_cgnat_address_has_its_own_reason(text: str) -> None:
    """Lesson S5: an address shared by a provider's customers is rejected with its own reason."""
    assert why_unusable(ip_address(text), Family.IPV4) is DetectionError.CGNAT


@pytest.mark.parametrize("network", CLOUDFLARE, ids=str)
def test_s6_cloudflares_ranges_are_rejected_to_the_edge(network: Network) -> None:
    """Lesson S6: each of Cloudflare's ranges is rejected from its first address to its last."""
    family = Family(network.version)

    for address in edges(network):
        assert why_unusable(address, family) is expected(address), address
    assert why_unusable(network[0], family) is DetectionError.CLOUDFLARE
    assert why_unusable(network[-1], family) is DetectionError.CLOUDFLARE


@pytest.mark.parametrize("network", SPECIAL, ids=str)
def test_special_ranges_are_rejected_to_the_edge(network: Network) -> None:
    """Each range of IANA's special registries is rejected from its first address to its last."""
    for address in edges(network):
        assert why_unusable(address, Family(network.version)) is expected(address), address


@given(address=st.ip_addresses())
def test_every_address_is_judged_as_the_registries_say(address: Address) -> None:
    """An address may be written if and only if no registry reserves it."""
    assert why_unusable(address, Family(address.version)) is expected(address)


@pytest.mark.parametrize(
    "content, address",
    [
        pytest.param("192.168.0.1", ip_address("192.168.0.1"), id="private/known"),
        pytest.param("2001:DB8::1", ip_address("2001:db8::1"), id="upper case/known"),
        pytest.param("target.example.com", None, id="name/none"),
        pytest.param("", None, id="empty/none"),
    ],
)
def test_a_record_may_have_any_address(content: str, address: Address | None) -> None:
    """The content of a record is parsed whether it is public or not."""
    assert parse_record(content) == address


def test_the_network_of_a_connection() -> None:
    """Of IPv6 it is the subnet, the first half of an address; of IPv4 the address alone."""
    host, other = ip_address("2001:218:1:2::5"), ip_address("2001:218:1:3::5")
    assert network_of(host) == ip_network("2001:218:1:2::/64")
    assert other not in network_of(host)
    assert network_of(ip_address("81.2.69.1")) == ip_network("81.2.69.1/32")


@pytest.mark.parametrize("around", ["X", "\N{NO-BREAK SPACE}", "%", "/"])
def test_only_plain_white_space_may_surround_an_address_or_a_prefix(around: str) -> None:
    """Spaces, tabs and line ends do not matter; anything else makes it another text."""
    assert parse(" \t\r\n81.2.69.1 \t\r\n", IPV4) == ip_address("81.2.69.1")
    assert parse_prefix(" \t\r\n2a02:810:5::/56 \t\r\n") == ip_network("2a02:810:5::/56")
    for text in (f"{around}81.2.69.1", f"81.2.69.1{around}"):
        assert parse(text, IPV4) == Rejected(DetectionError.NOT_AN_ADDRESS)
    for text in (f"{around}2a02:810:5::/56", f"2a02:810:5::/56{around}"):
        assert parse_prefix(text) is None
