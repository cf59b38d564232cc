"""Who takes part."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module

from .contestant import Contestant
from .world import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrant:
    """A contestant as it is announced."""

    title: str
    place: str
    """Its module and class; others are not imported into its process."""
    period_s: int
    """How often it runs by default."""
    audit_s: int | None
    """How long somebody else's change may stay, None if it is never seen."""

    def make(self) -> Callable[[Task], Contestant]:
        """Return what makes the contestant."""
        module, name = self.place.split(":")
        maker: Callable[[Task], Contestant] = getattr(import_module(f"lab.bench.{module}"), name)
        return maker


FLOOR, RAINDROP, BY_ROUTER = "floor", "raindrop", "raindrop-by-router"
ENTRANTS: Mapping[str, Entrant] = {
    FLOOR: Entrant(title="the floor", place="programs:Floor", period_s=300, audit_s=3600),
    RAINDROP: Entrant(title="Raindrop", place="house:Raindrop", period_s=300, audit_s=3600),
    "core": Entrant(
        title="Home Assistant `cloudflare`", place="house:Core", period_s=3600, audit_s=3600
    ),
    "sdk": Entrant(title="Cloudflare's SDK", place="programs:Sdk", period_s=300, audit_s=300),
    "script": Entrant(
        title="the script of old", place="programs:Script", period_s=300, audit_s=300
    ),
    "ddclient": Entrant(title="ddclient", place="ddclient:Ddclient", period_s=300, audit_s=None),
    BY_ROUTER: Entrant(
        title="Raindrop, router entity",
        place="house:RaindropByRouter",
        period_s=300,
        audit_s=3600,
    ),
}
RACERS = [name for name in ENTRANTS if name != BY_ROUTER]
