"""Contestants that live in Home Assistant: Raindrop, and Home Assistant's own integration."""

import asyncio
from collections.abc import Mapping
import contextlib
from datetime import timedelta
import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any, override
from unittest.mock import patch

# Lets the test plugin, which brings a bare core, run on this Home Assistant.
import tests.ha_compat  # isort: skip  # noqa: F401

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import location
import pycfdns
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_test_home_assistant,
)

from custom_components.raindrop import coordinator as raindrop
from custom_components.raindrop.const import DOMAIN
from custom_components.raindrop.domains import DEFAULTS
from custom_components.raindrop.source_options import DEFAULT_OPTIONS
from lab.checkout import ROOT
from lab.core import furnish
from lab.launch import install_lab_sources

from .contestant import Contestant
from .world import Task

ROUTER = "sensor.router"
CORE_API = "https://api.cloudflare.com/client/v4"
"""Where pycfdns finds Cloudflare; it cannot be told another place."""


class InHouse(Contestant):
    """An integration in a real Home Assistant core."""

    has_loop = True

    def __init__(self, task: Task) -> None:
        """Know what to keep."""
        self.task = task
        self._stack = contextlib.AsyncExitStack()
        self._hass: HomeAssistant | None = None
        self._entry: ConfigEntry[Any] | None = None

    @property
    def hass(self) -> HomeAssistant:
        """The house."""
        assert self._hass  # noqa: S101
        return self._hass

    @property
    def entry(self) -> ConfigEntry[Any]:
        """The entry that keeps the records."""
        assert self._entry  # noqa: S101
        return self._entry

    @property
    def coordinator(self) -> DataUpdateCoordinator[Any]:
        """What runs the rounds."""
        coordinator: DataUpdateCoordinator[Any] = self.entry.runtime_data
        return coordinator

    def new_entry(self) -> MockConfigEntry:
        """Return the entry that keeps the records."""
        raise NotImplementedError

    @override
    async def prepare(self) -> None:
        """Bring up Home Assistant."""
        self._hass = await self._stack.enter_async_context(_home_assistant())
        entry = self.new_entry()
        entry.add_to_hass(self.hass)
        self._entry = entry

    @override
    async def start(self) -> None:
        """Set up the entry, as at the start of Home Assistant."""
        await self.hass.config_entries.async_setup(self.entry.entry_id)
        if self.entry.state is not ConfigEntryState.LOADED:
            raise RuntimeError(f"the entry is {self.entry.state}: {self.entry.reason}")
        # The benchmark alone says when the next round is.
        self.coordinator.update_interval = None

    @override
    async def round(self) -> None:
        """Run what the timer runs."""
        await self.coordinator.async_refresh()
        if not self.coordinator.last_update_success:
            raise RuntimeError("the round failed")

    @override
    async def audit(self) -> None:
        """Run what the timer runs."""
        await self.round()

    @override
    async def say(self, address: str) -> None:
        """Listen to nobody."""
        raise NotImplementedError

    @override
    async def settle(self) -> None:
        """Let every entity be told: a thousand are told one part after the other."""
        await self.hass.async_block_till_done()
        ready = self.hass.loop._ready  # type: ignore[attr-defined]  # noqa: SLF001 - no other way to see it
        while ready:  # noqa: ASYNC110 - an idle loop tells nobody
            await asyncio.sleep(0)

    @override
    async def stop(self) -> None:
        """Unload the entry."""
        await self.hass.config_entries.async_unload(self.entry.entry_id)

    @override
    async def end(self) -> None:
        """Stop Home Assistant."""
        await self._stack.aclose()


class Raindrop(InHouse):
    """Raindrop."""

    options: Mapping[str, Any] = MappingProxyType({})

    @override
    async def prepare(self) -> None:
        """Bring up Home Assistant, and have Raindrop ask the lab."""
        os.environ["CLOUDFLARE_BASE_URL"] = self.task.cloudflare
        install_lab_sources(json.dumps(self.task.ip))
        # Each round is to be a real one, though they come faster than the clock allows.
        patch.object(raindrop, "READING_AGE", timedelta()).start()
        await super().prepare()

    @override
    async def audit(self) -> None:
        """Run the round that reads the zone, as once an hour."""
        await self.entry.runtime_data.async_update_now()

    @override
    async def stop(self) -> None:
        """Unload the entry, and forget the addresses that the house knows."""
        await super().stop()
        self.hass.data.pop(f"{DOMAIN}_detector")

    @override
    def new_entry(self) -> MockConfigEntry:
        """Return an entry with a domain for each name."""
        task = self.task
        return MockConfigEntry(
            domain=DOMAIN,
            title=task.zone,
            unique_id=task.zone_id,
            minor_version=2,
            data={
                "zone": task.zone,
                "email": None,
                "key": task.token,
                "zone_id": task.zone_id,
                "zone_name": task.zone,
                "is_paid": True,
            },
            options={**DEFAULT_OPTIONS, **self.options},
            subentries_data=[
                {
                    "subentry_type": "domain",
                    "title": name,
                    "unique_id": name,
                    "data": {**DEFAULTS, "domain": name},
                }
                for name in task.names
            ],
        )


class RaindropByRouter(Raindrop):
    """Raindrop with an entity that tells the address, confirmed by the web."""

    options = MappingProxyType(
        {"ipv4": {"source": "entity", "entity": ROUTER, "is_default_way": True}}
    )

    @override
    async def start(self) -> None:
        """Set up the entry beside a router that says nothing yet."""
        self.hass.states.async_set(ROUTER, "unknown")
        await super().start()

    @override
    async def say(self, address: str) -> None:
        """Let the router tell the address; end when all records hold it."""
        done = asyncio.Event()

        def look() -> None:
            kept = self.coordinator.data.kept.values()
            if {str(kept) for kept in kept} == {address}:
                done.set()

        stop = self.coordinator.async_add_listener(look)
        self.hass.states.async_set(ROUTER, address)
        async with asyncio.timeout(30):
            await done.wait()
        stop()


class Core(InHouse):
    """Home Assistant's own integration, which has no address of Cloudflare to be changed."""

    @override
    async def prepare(self) -> None:
        """Bring up Home Assistant, and point pycfdns and the look-up at the lab."""
        api_url = pycfdns.Client._api_url  # noqa: SLF001

        def lab_url(client: pycfdns.Client, **endpoint: Any) -> str:
            url: str = api_url(client, **endpoint)
            return url.replace(CORE_API, self.task.cloudflare)

        patch.object(pycfdns.Client, "_api_url", lab_url).start()
        patch.object(location, "WHOAMI_URL", self.task.ip_url("home-assistant")).start()
        await super().prepare()

    @override
    def new_entry(self) -> MockConfigEntry:
        """Return an entry with the names."""
        return MockConfigEntry(
            domain="cloudflare",
            title=self.task.zone,
            data={
                "api_token": self.task.token,
                "zone": self.task.zone,
                "records": [*self.task.names],
            },
        )


@contextlib.asynccontextmanager
async def _home_assistant() -> Any:  # noqa: ANN401 - an iterator of one house
    """Run a Home Assistant core with Raindrop in reach."""
    with TemporaryDirectory(prefix="raindrop-") as folder:
        (Path(folder) / "custom_components").symlink_to(ROOT / "custom_components")
        async with async_test_home_assistant(config_dir=folder) as hass:
            await furnish(hass)
            yield hass
            await hass.async_stop(force=True)
