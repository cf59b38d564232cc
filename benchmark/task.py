"""What a contestant has to keep up to date."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """The zone of one contestant, and the servers that it uses."""

    zone_id: str
    zone: str
    names: tuple[str, ...]
    token: str
    cloudflare: str
    """Base URL of the simulated Cloudflare API."""
    ip: list[dict[str, Any]]
    """The simulated IP services, as the simulator lists them."""
    stun: dict[str, tuple[str, int]] = field(default_factory=dict)
    """The STUN server of each family; without one, the connection is not watched."""

    def ip_url(self, provider: str) -> str:
        """Return the URL at which a provider reports the IPv4 address."""
        url: str = next(s["urls"]["4"] for s in self.ip if s["name"] == provider)
        return url
