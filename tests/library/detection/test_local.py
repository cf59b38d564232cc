"""The stable address of the local interface, from the kernel's table of addresses."""

from ipaddress import IPv6Address, ip_address

import pytest

from custom_components.raindrop.ddns.detection.local import stable_address

TEMPORARY, OPTIMISTIC, DAD_FAILED = 0x01, 0x04, 0x08
DEPRECATED, TENTATIVE, PERMANENT = 0x20, 0x40, 0x80
LOOPBACK = "00000000000000000000000000000001 01 80 10 80       lo\n"
STABLE = "2001:218:1:2:211:22ff:fe33:4455"
TEMPORARY_ADDRESS = "2001:218:1:2:9d3c:41aa:7b02:e6f1"
OTHER_SUBNET = "2a02:810:5:6:211:22ff:fe33:4455"


def line(address: str, flags: int = 0, device: str = "eth0") -> str:
    """Return a line of the kernel's table."""
    return f"{int(IPv6Address(address)):032x} 02 40 00 {flags:02x} {device:>8}\n"


def table(*lines: str) -> str:
    """Return the kernel's table, which always has the loopback and a link-local address."""
    return "".join((LOOPBACK, line("fe80::211:22ff:fe33:4455", PERMANENT), *lines))


@pytest.mark.parametrize(
    "lines, expected",
    [
        pytest.param([line(STABLE)], STABLE, id="dynamic/it"),
        pytest.param([line(STABLE, PERMANENT)], STABLE, id="permanent/it"),
        pytest.param([line(STABLE, OPTIMISTIC)], STABLE, id="optimistic/it"),
        pytest.param([line(STABLE, TENTATIVE)], None, id="tentative/none"),
        pytest.param([line(STABLE, TENTATIVE | PERMANENT)], None, id="permanent, tentative/none"),
        pytest.param([line(STABLE, DEPRECATED)], None, id="deprecated/none"),
        pytest.param([line(STABLE, DAD_FAILED | TENTATIVE)], None, id="duplicate/none"),
        pytest.param([line(STABLE, DAD_FAILED)], None, id="duplicate, DAD given up/none"),
        pytest.param([line("fd12:3456:789a::1")], None, id="unique local/none"),
        pytest.param([line("fec0::1")], None, id="site-local/none"),
        pytest.param([line("2001:db8::1")], None, id="documentation/none"),
        pytest.param([line("2606:4700::1")], None, id="Cloudflare's own/none"),
        pytest.param([line("ff02::1")], None, id="multicast/none"),
        pytest.param([line("2002:5102:458e::1")], None, id="6to4/none"),
        pytest.param([], None, id="nothing public/none"),
        pytest.param([line("fd12::1"), line(STABLE)], STABLE, id="unique local and public/public"),
        pytest.param(
            [line(TEMPORARY_ADDRESS, DEPRECATED), line(STABLE)],
            STABLE,
            id="deprecated and preferred/preferred",
        ),
    ],
)
def test_the_stable_address(lines: list[str], expected: str | None) -> None:
    """The stable address is public, in use, and not a duplicate."""
    assert stable_address(table(*lines), None) == (ip_address(expected) if expected else None)


@pytest.mark.parametrize("flags", [TEMPORARY, TEMPORARY | DEPRECATED, TEMPORARY | PERMANENT])
@pytest.mark.parametrize("preferred", [None, TEMPORARY_ADDRESS, STABLE])
def test_a_temporary_address_is_never_detected(flags: int, preferred: str | None) -> None:
    """A temporary address, which changes every day, is never detected, preferred or not."""
    assert stable_address(table(line(TEMPORARY_ADDRESS, flags)), preferred) is None
    both = table(line(TEMPORARY_ADDRESS, flags), line(STABLE))
    assert stable_address(both, preferred) == ip_address(STABLE)


@pytest.mark.parametrize(
    "preferred, expected",
    [
        pytest.param(STABLE, STABLE, id="first subnet/its address"),
        pytest.param(OTHER_SUBNET, OTHER_SUBNET, id="second subnet/its address"),
        pytest.param("2a02:810:5:6::99", OTHER_SUBNET, id="temporary of second subnet/its address"),
        pytest.param("2a02:810:5:7::99", STABLE, id="another subnet/lowest"),
        pytest.param("fe80::1%eth0", STABLE, id="link-local/lowest"),
        pytest.param("::1", STABLE, id="loopback/lowest"),
        pytest.param(None, STABLE, id="no route/lowest"),
    ],
)
@pytest.mark.parametrize("is_reversed", [False, True], ids=["in order", "reversed"])
def test_of_two_subnets_the_preferred_one_is_used(
    preferred: str | None, expected: str, *, is_reversed: bool
) -> None:
    """Of several stable addresses, the one in the subnet of outgoing connections is detected.

    The order of the table does not matter, so that the same one is detected next time.
    """
    lines = [line(STABLE), line(OTHER_SUBNET)]

    assert stable_address(
        table(*(reversed(lines) if is_reversed else lines)), preferred
    ) == ip_address(expected)


@pytest.mark.parametrize("unreadable", ["\n", "20010218 02 40\n", f"{STABLE} 02 40 00 80 eth0\n"])
def test_a_line_that_cannot_be_read_hides_no_other(unreadable: str) -> None:
    """The addresses after it count."""
    assert stable_address(table(unreadable, line(STABLE)), None) == ip_address(STABLE)


def test_a_host_without_ipv6_has_no_address() -> None:
    """Where the kernel has no IPv6, its table is empty and there is no address."""
    assert stable_address("", None) is None
    assert stable_address(LOOPBACK, "::1") is None
