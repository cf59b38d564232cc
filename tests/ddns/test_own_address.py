"""The host's own address: which of those that the kernel lists may stand in DNS."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import pytest

from custom_components.raindrop.ddns.own_address import link_of, stable_address

from .builders import A1

TEMPORARY, OPTIMISTIC, DAD_FAILED = 0x01, 0x04, 0x08
DEPRECATED, TENTATIVE, PERMANENT = 0x20, 0x40, 0x80
LOOPBACK = "00000000000000000000000000000001 01 80 10 80       lo\n"
STABLE = "2001:218:1:2:211:22ff:fe33:4455"
SECRET = "2001:218:1:2:9d3c:41aa:7b02:e6f1"
OTHER_LINK = "2a02:810:5:6:211:22ff:fe33:4455"


def line(address: str, flags: int = 0, device: str = "eth0") -> str:
    """Return a line of the kernel's table."""
    return f"{int(IPv6Address(address)):032x} 02 40 00 {flags:02x} {device:>8}\n"


def table(*lines: str) -> str:
    """Return the kernel's table, which always has the loopback and a link's own address."""
    return "".join((LOOPBACK, line("fe80::211:22ff:fe33:4455", PERMANENT), *lines))


@pytest.mark.parametrize(
    "lines, found",
    [
        pytest.param([line(STABLE)], STABLE, id="dynamic/it"),
        pytest.param([line(STABLE, PERMANENT)], STABLE, id="permanent/it"),
        pytest.param([line(STABLE, OPTIMISTIC)], STABLE, id="optimistic/it"),
        pytest.param([line(STABLE, TENTATIVE)], None, id="tentative/none"),
        pytest.param([line(STABLE, TENTATIVE | PERMANENT)], None, id="permanent, tentative/none"),
        pytest.param([line(STABLE, DEPRECATED)], None, id="deprecated/none"),
        pytest.param([line(STABLE, DAD_FAILED | TENTATIVE)], None, id="taken by another/none"),
        pytest.param([line(STABLE, DAD_FAILED)], None, id="taken by another, given up/none"),
        pytest.param([line("fd12:3456:789a::1")], None, id="unique local/none"),
        pytest.param([line("fec0::1")], None, id="site-local/none"),
        pytest.param([line("2001:db8::1")], None, id="documentation/none"),
        pytest.param([line("2606:4700::1")], None, id="Cloudflare's own/none"),
        pytest.param([line("ff02::1")], None, id="multicast/none"),
        pytest.param([line("2002:5102:458e::1")], None, id="6to4/none"),
        pytest.param([], None, id="nothing public/none"),
        pytest.param([line("fd12::1"), line(STABLE)], STABLE, id="unique local and public/public"),
        pytest.param(
            [line(SECRET, DEPRECATED), line(STABLE)], STABLE, id="deprecated and in use/in use"
        ),
    ],
)
def test_the_address_that_stays(lines: list[str], found: str | None) -> None:
    """The host's own address is public, in use, and nobody else's."""
    assert stable_address(table(*lines), None) == (ip_address(found) if found else None)


@pytest.mark.parametrize("flags", [TEMPORARY, TEMPORARY | DEPRECATED, TEMPORARY | PERMANENT])
@pytest.mark.parametrize("preferred", [None, SECRET, STABLE])
def test_a_temporary_ipv6_address_is_never_written(flags: int, preferred: str | None) -> None:
    """A privacy address, which is another tomorrow, never gets into DNS, preferred or not."""
    assert stable_address(table(line(SECRET, flags)), preferred) is None
    both = table(line(SECRET, flags), line(STABLE))
    assert stable_address(both, preferred) == ip_address(STABLE)


@pytest.mark.parametrize(
    "preferred, found",
    [
        pytest.param(STABLE, STABLE, id="first link/its address"),
        pytest.param(OTHER_LINK, OTHER_LINK, id="second link/its address"),
        pytest.param("2a02:810:5:6::99", OTHER_LINK, id="temporary of second link/its address"),
        pytest.param("2a02:810:5:7::99", STABLE, id="neighbour of a link/lowest"),
        pytest.param("fe80::1%eth0", STABLE, id="own link/lowest"),
        pytest.param("::1", STABLE, id="loopback/lowest"),
        pytest.param(None, STABLE, id="no way out/lowest"),
    ],
)
@pytest.mark.parametrize("is_reversed", [False, True], ids=["in order", "reversed"])
def test_of_two_links_the_way_out_decides(
    preferred: str | None, found: str, *, is_reversed: bool
) -> None:
    """Of several addresses, that of the link by which the host speaks to the Internet is taken.

    The order of the table does not matter, so that the same one is found next time.
    """
    lines = [line(STABLE), line(OTHER_LINK)]

    assert stable_address(
        table(*(reversed(lines) if is_reversed else lines)), preferred
    ) == ip_address(found)


def test_a_host_without_ipv6_has_no_address() -> None:
    """Where the kernel knows no IPv6, its table is empty and nothing is found."""
    assert stable_address("", None) is None
    assert stable_address(LOOPBACK, "::1") is None


def test_an_address_knows_its_link() -> None:
    """A link is the first half of an IPv6 address; an IPv4 address has none but itself."""
    assert link_of(ip_address(STABLE)) == IPv6Network("2001:218:1:2::/64")
    assert link_of(ip_address(STABLE)) == link_of(ip_address(SECRET))
    assert link_of(ip_address(STABLE)) != link_of(ip_address(OTHER_LINK))
    assert link_of(A1) == IPv4Address("81.2.69.1")
