"""What Raindrop costs, counted and measured: `scripts/benchmark`.

A real Home Assistant core keeps N domains against the lab, which runs in a
process of its own, so that a hold of the event loop is Raindrop's and Home
Assistant's alone. Prints a Markdown table.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
import contextlib
from dataclasses import dataclass
import gc
import json
import os
from pathlib import Path
import sys
from tempfile import TemporaryDirectory
import time
from typing import Any, Self

from aiohttp import ClientSession

# Lets the test plugin, which brings a bare core, run on this Home Assistant.
import tests.ha_compat  # isort: skip  # noqa: F401

from homeassistant import loader
from homeassistant.const import __version__ as home_assistant_version
from homeassistant.core import HomeAssistant
from homeassistant.helpers import frame, translation
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_test_home_assistant,
)

from custom_components.raindrop.const import DOMAIN
from custom_components.raindrop.domains import DEFAULTS

from .launch import install_lab_sources

ROOT = Path(__file__).parent.parent
COUNTS = (1, 10, 100, 200, 201, 1000)
TOKEN = "cfut_" + "benchmark" * 5
OLD, HOME, NEXT = "81.2.69.140", "81.2.69.142", "81.2.69.144"


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What one phase cost."""

    requests: int
    look_ups: int
    wall_s: float
    longest_hold_s: float


class Levers:
    """The control port of the lab."""

    def __init__(self, session: ClientSession, url: str) -> None:
        """Work the levers at a URL."""
        self._session = session
        self._url = url

    async def pull(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401
        """Return what a lever answers."""
        async with self._session.request(method, self._url + path, json=body) as answer:
            answer.raise_for_status()
            return await answer.json() if answer.content_length else None


class Watch:
    """Watches the event loop: how long it was held at a time."""

    def __init__(self) -> None:
        """Begin with nothing seen."""
        self.longest_s = 0.0
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Watch, without the rubbish of what was before."""
        gc.collect()
        self._task = asyncio.create_task(self._look())
        await asyncio.sleep(0)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop watching."""
        if self._task:
            self._task.cancel()

    async def _look(self) -> None:
        """Come round with every turn of the loop."""
        last = time.perf_counter()
        while True:
            await asyncio.sleep(0)
            now = time.perf_counter()
            self.longest_s = max(self.longest_s, now - last)
            last = now


def main() -> None:
    """Print the table."""
    asyncio.run(_run())


async def _run() -> None:
    """Measure every number of domains."""
    async with _lab() as urls, ClientSession() as session:
        os.environ["CLOUDFLARE_BASE_URL"] = urls["cloudflare"]
        install_lab_sources(json.dumps(urls["ip"]))
        levers = Levers(session, urls["control"])
        await levers.pull("POST", "/credentials", {"token": TOKEN})
        print(f"Home Assistant {home_assistant_version}, Python {sys.version.split()[0]}\n")
        print("| domains | phase | Cloudflare requests | look-ups | wall | longest hold |")
        print("|---:|---|---:|---:|---:|---:|")
        for count in COUNTS:
            for phase, figures in (await _measure(levers, count)).items():
                print(
                    f"| {count} | {phase} | {figures.requests} | {figures.look_ups} "
                    f"| {figures.wall_s * 1000:.0f} ms | {figures.longest_hold_s * 1000:.0f} ms |",
                    flush=True,
                )


@contextlib.asynccontextmanager
async def _lab() -> AsyncIterator[Mapping[str, Any]]:
    """Run the lab in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "lab"), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None  # noqa: S101
        yield json.loads(await process.stdout.readline())
    finally:
        process.terminate()
        await process.wait()


async def _measure(levers: Levers, count: int) -> dict[str, Figures]:
    """Return what the phases cost with a number of domains."""
    name = f"n{count}.example"
    zone = await levers.pull("POST", "/zones", {"name": name, "record_quota": 5000})
    for number in range(count):
        record = {"type": "A", "name": f"d{number}", "content": OLD}
        await levers.pull("POST", f"/zones/{name}/records", record)
    await levers.pull("PUT", "/addresses", {"address": HOME})
    async with _home_assistant() as hass:
        entry = _entry(zone["id"], name, count)
        entry.add_to_hass(hass)
        figures = {"set-up": await _phase(levers, hass.config_entries.async_setup(entry.entry_id))}
        await hass.async_block_till_done()
        coordinator = entry.runtime_data
        figures["unchanged"] = await _phase(levers, coordinator.async_refresh())
        await levers.pull("PUT", "/addresses", {"address": NEXT})
        figures["changed"] = await _phase(levers, coordinator.async_refresh())
        await hass.async_block_till_done()
    records = await levers.pull("GET", f"/zones/{name}/records")
    wrong = sum(record["content"] != NEXT for record in records)
    if wrong:
        raise SystemExit(f"{wrong} of {count} records are wrong")
    return figures


async def _phase(levers: Levers, work: Any) -> Figures:  # noqa: ANN401
    """Return what some work costs, until the last entity is told."""
    await levers.pull("DELETE", "/log")
    async with Watch() as watch:
        begin = time.perf_counter()
        await work
        took = time.perf_counter() - begin
        for _ in range(100):
            await asyncio.sleep(0)
    log = await levers.pull("GET", "/log")
    services = [entry["service"] for entry in log]
    return Figures(
        requests=services.count("cloudflare"),
        look_ups=services.count("ip"),
        wall_s=took,
        longest_hold_s=watch.longest_s,
    )


@contextlib.asynccontextmanager
async def _home_assistant() -> AsyncIterator[HomeAssistant]:
    """Run a Home Assistant core with Raindrop in reach."""
    with TemporaryDirectory(prefix="raindrop-") as folder:
        _link(Path(folder))
        async with async_test_home_assistant(config_dir=folder) as hass:
            hass.data.pop(loader.DATA_CUSTOM_COMPONENTS)
            frame.async_setup(hass)
            translation.async_setup(hass)
            for component in ("homeassistant", "network"):
                await async_setup_component(hass, component, {})
            yield hass
            await hass.async_stop(force=True)


def _link(folder: Path) -> None:
    """Put Raindrop where Home Assistant looks for it."""
    (folder / "custom_components").symlink_to(ROOT / "custom_components")


def _entry(zone_id: str, name: str, count: int) -> MockConfigEntry:
    """Return an entry with many domains."""
    return MockConfigEntry(
        domain=DOMAIN,
        title=name,
        unique_id=zone_id,
        data={"zone": name, "email": None, "key": TOKEN, "zone_id": zone_id, "zone_name": name},
        subentries_data=[
            {
                "subentry_type": "domain",
                "title": f"d{number}.{name}",
                "unique_id": f"d{number}.{name}",
                "data": {**DEFAULTS, "domain": f"d{number}.{name}"},
            }
            for number in range(count)
        ],
    )


if __name__ == "__main__":
    main()
