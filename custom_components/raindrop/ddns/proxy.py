"""Whether Cloudflare's proxy can reach a web server: by its port, and trusted by it."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from .addresses import CLOUDFLARE_NETWORKS
from .host_names import to_ascii
from .models import HostName, Network
from .sources import Family
from .state import State

_PORTS = {
    "http": (80, 8080, 8880, 2052, 2082, 2086, 2095),
    "https": (443, 2053, 2083, 2087, 2096, 8443),
}
"""The ports that the proxy forwards, the default first.

https://developers.cloudflare.com/fundamentals/reference/network-ports/
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyObstacles:
    """What keeps Cloudflare's proxy from reaching a web server."""

    host: HostName
    scheme: str
    port: int
    forwarded_ports: tuple[int, ...] = ()
    """The ports to choose from; empty if ``port`` is one of them."""
    untrusted: tuple[Network, ...] = ()
    """Networks of the proxy from which the server rejects requests."""


def proxy_obstacles(
    url: str, state: State, trusted: Sequence[Network] | None
) -> ProxyObstacles | None:
    """Return what keeps the proxy from reaching a web server, None if nothing is known to.

    ``url`` is where the server is reached from outside. It matters only if its
    host is a managed, proxied name; of others, also below a managed wildcard,
    it is not known whether they are proxied. ``trusted`` are the networks from
    which the server accepts forwarded requests, None if they are not known.

    A trusted network that is none of Cloudflare's belongs to a reverse proxy of
    the user's own: then the server need not trust Cloudflare.
    """
    try:
        parts = urlsplit(url)
        host, port = to_ascii(parts.hostname or ""), parts.port
    except ValueError:
        return None
    family = _proxied_family(host, state)
    ports = _PORTS.get(parts.scheme)
    if family is None or ports is None:
        return None
    port = ports[0] if port is None else port
    obstacles = ProxyObstacles(
        host=host,
        scheme=parts.scheme,
        port=port,
        forwarded_ports=() if port in ports else ports,
        untrusted=() if trusted is None else _untrusted(family, trusted),
    )
    return obstacles if obstacles.forwarded_ports or obstacles.untrusted else None


def _proxied_family(host: HostName, state: State) -> Family | None:
    """Return over which family the proxy connects to a host, None if it is not known to.

    One proxied record makes all at its name proxied:
    https://developers.cloudflare.com/dns/proxy-status/
    Where there are records of both families, the proxy prefers IPv4:
    https://developers.cloudflare.com/network/ipv6-compatibility/
    """
    records = {k.family: r.record for k, r in state.records.items() if k.name == host and r.record}
    return min(records) if any(record.proxied for record in records.values()) else None


def _untrusted(family: Family, trusted: Sequence[Network]) -> tuple[Network, ...]:
    """Return the networks of the proxy that are not trusted, none behind another proxy."""
    if not all(any(map(network.overlaps, CLOUDFLARE_NETWORKS)) for network in trusted):
        return ()
    of_family = (network for network in CLOUDFLARE_NETWORKS if network.version == family)
    return tuple(network for network in of_family if not _is_covered(network, trusted))


def _is_covered(network: Network, trusted: Sequence[Network]) -> bool:
    """Return whether a network is within a trusted one, or its parts are."""
    if any(network[0] in other and network[-1] in other for other in trusted):
        return True
    is_partly = any(map(network.overlaps, trusted))
    return is_partly and all(_is_covered(part, trusted) for part in network.subnets())
