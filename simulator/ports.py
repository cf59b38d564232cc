"""The ports of the simulator, for use with fixed ports."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The port of each server; 0 lets the system choose a free one."""

    control: int = 0
    cloudflare: int = 0
    stun: int = 0
    """A UDP port."""
    doh: int = 0
    ip: Mapping[str, int] = field(default_factory=dict)
    """Port by provider; a provider that is missing gets a free port."""
