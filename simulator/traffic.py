"""The traffic of a home as it would be on the line, from what the simulator counted."""

from collections.abc import Mapping
from dataclasses import dataclass

from .request_log import Family
from .simulator import Simulator

TLS_HANDSHAKE_BYTES = 5_500
"""Of each HTTPS connection, which the simulator's do without."""
DNS_BYTES = 250
"""Of a question and its answer, with headers."""
_HEADER_BYTES: Mapping[Family, int] = {4: 28, 6: 48}
"""Of IP and UDP, by family."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What a home sent and received in some time."""

    probes: int
    look_ups: int
    """Requests to IP services."""
    api_requests: int
    resolver_requests: int
    """Questions to public resolvers, over HTTPS."""
    connections: int
    """HTTPS connections."""
    dns_queries: int
    probe_bytes: int
    http_bytes: int
    """Of requests and responses, without what a connection itself costs."""

    @property
    def bytes(self) -> int:
        """All bytes, but for the headers of IP and TCP."""
        handshakes = self.connections * TLS_HANDSHAKE_BYTES
        return self.probe_bytes + self.http_bytes + handshakes + self.dns_queries * DNS_BYTES


def traffic_of(simulator: Simulator, *, stun_queries: int = 0) -> Traffic:
    """Return the traffic since the simulator's log and its STUN counters were cleared.

    Each connection needs a DNS query, which no client sends for the
    simulator's addresses; ``stun_queries`` are those for the STUN server.
    """
    stun, log = simulator.stun, simulator.log
    headers = sum(
        (stun.probes[family] + stun.responses[family]) * size
        for family, size in _HEADER_BYTES.items()
    )
    connections = log.connections()
    return Traffic(
        probes=stun.probes.total(),
        look_ups=log.count(service="ip"),
        api_requests=log.count(service="cloudflare"),
        resolver_requests=log.count(service="doh"),
        connections=connections,
        dns_queries=connections + stun_queries,
        probe_bytes=stun.bytes.total() + headers,
        http_bytes=sum(entry.bytes_in + entry.bytes_out for entry in log.entries),
    )
