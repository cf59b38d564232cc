"""Base class of the contestants that are integrations in a real Home Assistant core."""

import asyncio
from collections.abc import AsyncIterator
import contextlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, override

# Has to come before Home Assistant: lets the test plugin run on this version.
import tests.ha_compat  # isort: skip  # noqa: F401

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_test_home_assistant

from benchmark.task import Task
from devtools.bare_core import prepare_core
from devtools.checkout import ROOT

from .base import Contestant


class InHomeAssistant(Contestant):
    """An integration with one config entry in a Home Assistant core."""

    has_loop = True

    def __init__(self, task: Task) -> None:
        """Store the task."""
        self.task = task
        self._stack = contextlib.AsyncExitStack()
        self._hass: HomeAssistant | None = None
        self._entry: ConfigEntry[Any] | None = None

    @property
    def hass(self) -> HomeAssistant:
        """The running core."""
        assert self._hass  # noqa: S101
        return self._hass

    @property
    def entry(self) -> ConfigEntry[Any]:
        """The config entry of the integration."""
        assert self._entry  # noqa: S101
        return self._entry

    @property
    def coordinator(self) -> DataUpdateCoordinator[Any]:
        """The update coordinator of the integration."""
        coordinator: DataUpdateCoordinator[Any] = self.entry.runtime_data
        return coordinator

    def new_entry(self) -> MockConfigEntry:
        """Return the config entry to set up."""
        raise NotImplementedError

    @override
    async def prepare(self) -> None:
        """Start Home Assistant."""
        self._hass = await self._stack.enter_async_context(running_core())
        entry = self.new_entry()
        entry.add_to_hass(self.hass)
        self._entry = entry

    @override
    async def start(self) -> None:
        """Set up the entry, as when Home Assistant starts."""
        await self.hass.config_entries.async_setup(self.entry.entry_id)
        if self.entry.state is not ConfigEntryState.LOADED:
            raise RuntimeError(f"the entry is {self.entry.state}: {self.entry.reason}")
        # The benchmark decides when the next update runs.
        self.coordinator.update_interval = None

    @override
    async def update(self) -> None:
        """Run what the timer runs."""
        await self.coordinator.async_refresh()
        if not self.coordinator.last_update_success:
            raise RuntimeError("the update failed")

    @override
    async def full_sync(self) -> None:
        """Run what the timer runs."""
        await self.update()

    @override
    async def report_address(self, address: str) -> None:
        """Raise NotImplementedError: the integration does not read a router entity."""
        raise NotImplementedError

    @override
    async def settle(self) -> None:
        """Wait until every entity is updated; a large number is updated in batches."""
        await self.hass.async_block_till_done()
        ready = self.hass.loop._ready  # type: ignore[attr-defined]  # noqa: SLF001 - no other way to see it
        while ready:  # noqa: ASYNC110 - the loop signals nothing when it is idle
            await asyncio.sleep(0)

    @override
    async def stop(self) -> None:
        """Unload the entry."""
        await self.hass.config_entries.async_unload(self.entry.entry_id)

    @override
    async def close(self) -> None:
        """Stop Home Assistant."""
        await self._stack.aclose()


@contextlib.asynccontextmanager
async def running_core() -> AsyncIterator[HomeAssistant]:
    """Run a Home Assistant core that can load Raindrop."""
    with TemporaryDirectory(prefix="raindrop-") as folder:
        (Path(folder) / "custom_components").symlink_to(ROOT / "custom_components")
        async with async_test_home_assistant(config_dir=folder) as hass:
            await prepare_core(hass)
            yield hass
            await hass.async_stop(force=True)
