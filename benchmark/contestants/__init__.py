"""The contestants of the benchmark and how each one is loaded."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module

from benchmark.task import Task

from .base import Contestant


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestantInfo:
    """The description of a contestant."""

    title: str
    location: str
    """Module and class. Only this module is imported into the contestant's process."""
    period_s: int
    """Time between two updates with the default settings."""
    full_sync_s: int | None
    """Time after which an external change is noticed, None if it never is."""

    def load(self) -> Callable[[Task], Contestant]:
        """Return the class of the contestant."""
        module, name = self.location.split(":")
        imported = import_module(f"benchmark.contestants.{module}")
        contestant: Callable[[Task], Contestant] = getattr(imported, name)
        return contestant


FLOOR, FLOOR_IN_CORE = "floor", "floor-in-core"
RAINDROP, RAINDROP_ENTITY = "raindrop", "raindrop-entity"
CONTESTANTS: Mapping[str, ContestantInfo] = {
    FLOOR: ContestantInfo(
        title="the floor", location="floor:Floor", period_s=300, full_sync_s=3600
    ),
    FLOOR_IN_CORE: ContestantInfo(
        title="the floor beside a Home Assistant core",
        location="floor_in_core:FloorInCore",
        period_s=300,
        full_sync_s=3600,
    ),
    RAINDROP: ContestantInfo(
        title="Raindrop", location="raindrop:Raindrop", period_s=300, full_sync_s=3600
    ),
    "core": ContestantInfo(
        title="Home Assistant `cloudflare`",
        location="core:Core",
        period_s=3600,
        full_sync_s=3600,
    ),
    "sdk": ContestantInfo(
        title="Cloudflare's SDK", location="sdk:Sdk", period_s=300, full_sync_s=300
    ),
    "script": ContestantInfo(
        title="the original script", location="script:Script", period_s=300, full_sync_s=300
    ),
    "ddclient": ContestantInfo(
        title="ddclient", location="ddclient:Ddclient", period_s=300, full_sync_s=None
    ),
    RAINDROP_ENTITY: ContestantInfo(
        title="Raindrop, router entity",
        location="raindrop:RaindropWithEntity",
        period_s=300,
        full_sync_s=3600,
    ),
}
COMPARED = [name for name in CONTESTANTS if name not in {FLOOR_IN_CORE, RAINDROP_ENTITY}]
"""The contestants that run every scenario."""
