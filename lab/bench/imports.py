"""What it costs to import the contestants."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from lab import footprint

RUNS = 5
PLAIN = "import asyncio, json, ssl"
CORE_MODULES = [
    "pycfdns",
    *(
        f"homeassistant.components.cloudflare{module}"
        for module in ("", ".config_flow", ".coordinator", ".services")
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """The cost of an import."""

    title: str
    beside: str
    """What is there already."""
    ms: float
    bytes: float


def footprints() -> list[Footprint]:
    """Return the cost of every contestant's import, the median of several."""
    footprint.prepare()
    return [
        _footprint("Raindrop", "Home Assistant", footprint.rooms(), footprint.HOME_ASSISTANT),
        _footprint(
            "Home Assistant `cloudflare`",
            "Home Assistant",
            CORE_MODULES,
            footprint.HOME_ASSISTANT,
        ),
        _footprint("the floor (aiohttp)", "plain Python", ["aiohttp"], PLAIN),
        _footprint("Cloudflare's SDK", "plain Python", ["cloudflare"], PLAIN),
        _footprint("the script of old (requests)", "plain Python", ["requests"], PLAIN),
    ]


def _footprint(title: str, beside: str, modules: Sequence[str], before: str) -> Footprint:
    """Return the cost of importing some modules."""
    return Footprint(
        title=title,
        beside=beside,
        ms=median(footprint.measure("time", modules, before)["ms"] for _ in range(RUNS)),
        bytes=footprint.measure("memory", modules, before)["bytes"],
    )
