"""The time and memory that importing each contestant takes."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from devtools import import_cost

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
class ImportTime:
    """The cost of an import."""

    title: str
    loaded_before: str
    """What is already imported."""
    ms: float
    bytes: float


def measure_imports() -> list[ImportTime]:
    """Return the median import cost of each contestant."""
    import_cost.compile_integration()
    return [
        _measure(
            "Raindrop",
            "Home Assistant",
            import_cost.integration_modules(),
            import_cost.HOME_ASSISTANT,
        ),
        _measure(
            "Home Assistant `cloudflare`",
            "Home Assistant",
            CORE_MODULES,
            import_cost.HOME_ASSISTANT,
        ),
        _measure("the floor (aiohttp)", "plain Python", ["aiohttp"], PLAIN),
        _measure("Cloudflare's SDK", "plain Python", ["cloudflare"], PLAIN),
        _measure("the original script (requests)", "plain Python", ["requests"], PLAIN),
    ]


def _measure(title: str, loaded_before: str, modules: Sequence[str], setup: str) -> ImportTime:
    return ImportTime(
        title=title,
        loaded_before=loaded_before,
        ms=median(import_cost.measure("time", modules, setup)["ms"] for _ in range(RUNS)),
        bytes=import_cost.measure("memory", modules, setup)["bytes"],
    )
