"""What an HTTPS or SVCB record consists of."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceBinding:
    """The parts of an HTTPS or SVCB record as Cloudflare returned them (RFC 9460 section 2)."""

    priority: float
    target: str
    value: str
    """The parameters, such as ``alpn="h3,h2" ipv4hint="203.0.113.7"``."""
