"""Addresses that may be written to DNS, and how to read one from a source's answer."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address
import json

from .errors import NoAddressError
from .model import Address, Family
from .reading import Problem

_ip_address = lru_cache(ip_address)
"""Hundreds of records hold the same address, and each is read several times a round."""

_CLOUDFLARE_V4 = tuple(
    IPv4Network(network)
    for network in (
        "103.21.244.0/22",
        "103.22.200.0/22",
        "103.31.4.0/22",
        "104.16.0.0/13",
        "104.24.0.0/14",
        "108.162.192.0/18",
        "131.0.72.0/22",
        "141.101.64.0/18",
        "162.158.0.0/15",
        "172.64.0.0/13",
        "173.245.48.0/20",
        "188.114.96.0/20",
        "190.93.240.0/20",
        "197.234.240.0/22",
        "198.41.128.0/17",
    )
)
"""Cloudflare's own ranges: https://www.cloudflare.com/ips-v4.

An answer from one of them is the address of a proxy, of WARP or of a fault at
Cloudflare, never that of a home.
"""

_CLOUDFLARE_V6 = tuple(
    IPv6Network(network)
    for network in (
        "2400:cb00::/32",
        "2405:8100::/32",
        "2405:b500::/32",
        "2606:4700::/32",
        "2803:f800::/32",
        "2a06:98c0::/29",
        "2c0f:f248::/32",
    )
)
"""Cloudflare's own ranges: https://www.cloudflare.com/ips-v6."""

_CGNAT = IPv4Network("100.64.0.0/10")
"""What providers share among their customers (RFC 6598)."""

_GLOBAL_UNICAST_V6 = IPv6Network("2000::/3")
"""All that IANA hands out as global unicast (RFC 4291 section 2.4)."""

_SPECIAL_V4 = tuple(
    IPv4Network(network)
    for network in (
        "192.0.0.0/24",  # protocol assignments (RFC 6890)
        "192.31.196.0/24",  # AS112 (RFC 7535)
        "192.52.193.0/24",  # multicast relays (RFC 7450)
        "192.88.99.0/24",  # 6to4 relays (RFC 7526)
        "192.175.48.0/24",  # AS112 (RFC 7534)
    )
)
"""Global for Python, but never the address of a home.

https://www.iana.org/assignments/iana-ipv4-special-registry/
"""

_SPECIAL_V6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments (RFC 2928), Teredo among them
        "2620:4f:8000::/48",  # AS112 (RFC 7534)
    )
)
"""Global for Python, but never the address of a home.

https://www.iana.org/assignments/iana-ipv6-special-registry/
"""


class UnusableAddressError(NoAddressError):
    """A text is no address that may be written."""

    def __init__(self, problem: Problem, said: Address | None = None) -> None:
        """Keep what is wrong, as a value that can be told and counted."""
        super().__init__(problem.value)
        self.problem = problem
        self.said = said


def parse(text: str, family: Family) -> Address:
    r"""Return the public address that the *whole* text is, white space around it aside.

    Raises UnusableAddressError with the reason.

    >>> parse("8.8.4.4\n", Family.IPV4)
    IPv4Address('8.8.4.4')
    """
    text = text.strip(" \t\r\n")
    # A scope ("%eth0") names a link of this host, not a place in the Internet.
    address = None if "%" in text else parse_record(text)
    if address is None:
        raise UnusableAddressError(Problem.NOT_AN_ADDRESS)
    return usable(address, family)


def usable(address: Address, family: Family) -> Address:
    """Return the address if it may be written to a record of this family.

    Raises UnusableAddressError with the reason.
    """
    if problem := why_unusable(address, family):
        raise UnusableAddressError(problem, address)
    return address


def why_unusable(address: Address, family: Family) -> Problem | None:
    """Return why an address may not be written, None if it may."""
    if address.version != family:
        return Problem.WRONG_FAMILY
    if address in _CGNAT:
        return Problem.CGNAT
    if not _is_public(address):
        return Problem.NOT_PUBLIC
    if _is_cloudflare(address):
        return Problem.CLOUDFLARE
    return None


def _is_public(address: Address) -> bool:
    """Return whether an address is global unicast.

    ``is_global`` alone passes multicast, NAT64, mapped and site-local addresses.
    """
    if not address.is_global or address.is_multicast:
        return False
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _SPECIAL_V4)
    return address in _GLOBAL_UNICAST_V6 and not any(address in network for network in _SPECIAL_V6)


def _is_cloudflare(address: Address) -> bool:
    """Return whether an address belongs to Cloudflare."""
    if isinstance(address, IPv4Address):
        return any(address in network for network in _CLOUDFLARE_V4)
    return any(address in network for network in _CLOUDFLARE_V6)


def parse_record(content: str) -> Address | None:
    """Return the address that a record holds, of whatever kind; None if it holds none."""
    try:
        return _ip_address(content)
    except ValueError:
        return None


def from_text(body: str, family: Family) -> Address:
    """Read an answer that is nothing but the address.

    Raises UnusableAddressError with the reason.
    """
    return parse(body, family)


def from_trace(body: str, family: Family, host: str) -> Address:
    """Read the ``ip=`` line of a Cloudflare trace that speaks for this very connection.

    ``h`` must be the host that was asked, else somebody else answered; with
    WARP on, the address is that of a tunnel. Raises UnusableAddressError with
    the reason.
    """
    lines = [line.partition("=") for line in body.splitlines() if line]
    fields = {key: value for key, _, value in lines}
    if len(fields) != len(lines) or "ip" not in fields or "h" not in fields:
        raise UnusableAddressError(Problem.NOT_AN_ADDRESS)
    if fields["h"] != host:
        raise UnusableAddressError(Problem.WRONG_HOST)
    if fields.get("warp") != "off":
        raise UnusableAddressError(Problem.WARP)
    return parse(fields["ip"], family)


def from_json(body: str, family: Family) -> Address:
    """Read the ``ip`` of a JSON object.

    Raises UnusableAddressError with the reason.
    """
    try:
        answer = json.loads(body)
    except ValueError, RecursionError:
        answer = None
    if not isinstance(answer, dict) or not isinstance(answer.get("ip"), str):
        raise UnusableAddressError(Problem.NOT_AN_ADDRESS)
    return parse(answer["ip"], family)
