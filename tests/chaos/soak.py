"""Soak test: a watched day of updates and a hundred reloads must not leak anything.

Each step of time is one in which the machine was suspended: there is one probe.
"""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
import gc
from ipaddress import IPv4Address, IPv4Network
import tracemalloc
from typing import Any, cast

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store
from homeassistant.setup import async_setup_component
from homeassistant.util.async_ import get_scheduled_timer_handles
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from simulator import Simulator
from tests.open_sockets import watching_sockets
from tests.secrets import TOKEN
from tests.simulated_time import settle, watch_by_simulator

from .home_assistant_core import run_core
from .integration import DOMAIN, UPDATE_INTERVAL, new_entry, signal_listener_count, use_simulator
from .model import SourceCatalog, ZoneModel

_SAVE_DELAY = timedelta(seconds=15)
"""Longer than a change waits to be stored."""
_UPDATES_PER_HOUR = 12
_CONNECTIONS = 16
"""How many connections to the simulator may stay open, each with a task and a timer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How many entries and domains there are, and how long the test runs."""

    entries: int
    domains: int
    hours: int
    reloads: int
    max_growth: int
    """Bytes by which the memory may grow: far less than one entry keeps."""


SHORT = Size(entries=2, domains=6, hours=1, reloads=5, max_growth=2**16)
LONG = Size(entries=10, domains=300, hours=24, reloads=100, max_growth=2**18)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What could leak in Home Assistant, besides memory."""

    bus_listeners: Mapping[Any, int]
    tasks: int
    timers: int
    data: frozenset[str]
    signal_listeners: int
    watching_sockets: int


async def soak(size: Size, freezer: FrozenDateTimeFactory) -> dict[str, int]:
    """Return by how many bytes the memory grew in the hours, and in the reloads.

    Raises AssertionError if anything else leaks.
    """
    # Home Assistant's test plugin enables debug mode, which keeps a traceback of every task.
    asyncio.get_running_loop().set_debug(False)
    # From the start: what replaces memory that is not traced would look like growth.
    tracemalloc.start()
    try:
        async with Simulator() as simulator, run_core({}) as hass:
            with pytest.MonkeyPatch.context() as patch:
                use_simulator(simulator, patch)
                watch_by_simulator(simulator, patch)
                try:
                    return await _soak(size, simulator, hass, freezer)
                finally:
                    await hass.async_stop(force=True)
    finally:
        tracemalloc.stop()


async def _soak(
    size: Size, simulator: Simulator, hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> dict[str, int]:
    simulator.cloudflare.add_token(TOKEN)
    without_watch = watching_sockets()
    # None returns: flap damping would hold it.
    addresses = IPv4Network("81.2.64.0/20").hosts()
    entries = [
        _entry(simulator, number, size.domains // size.entries) for number in range(size.entries)
    ]
    for entry in entries:
        entry.add_to_hass(hass)
    assert await async_setup_component(hass, DOMAIN, {})
    await hass.async_block_till_done()
    await _run_updates(simulator, hass, freezer, addresses, 2 * _UPDATES_PER_HOUR)
    await _reload(simulator, hass, entries)
    before = await _resources(hass, freezer)
    await _run_updates(simulator, hass, freezer, addresses, _UPDATES_PER_HOUR)
    memory = _memory()
    await _run_updates(simulator, hass, freezer, addresses, size.hours * _UPDATES_PER_HOUR)
    growth_in_hours = _memory() - memory
    _check_leaks(before, await _resources(hass, freezer))
    await _reload(simulator, hass, entries)
    memory = _memory()
    for _ in range(size.reloads):
        await _reload(simulator, hass, entries)
    growth_in_reloads = _memory() - memory
    _check_leaks(before, await _resources(hass, freezer))
    await _unload(hass, entries)
    assert signal_listener_count(hass) == 0
    assert watching_sockets() == without_watch
    assert [entry.state for entry in entries] == [ConfigEntryState.NOT_LOADED] * size.entries
    wrong = [
        record
        for zone in simulator.cloudflare.zones
        for record in simulator.cloudflare.records(zone)
        if record["content"] != str(simulator.ip.address(4))
    ]
    assert not wrong
    assert simulator.log.surprises == []
    return {"hours": growth_in_hours, "reloads": growth_in_reloads}


async def _run_updates(
    simulator: Simulator,
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    addresses: Iterator[IPv4Address],
    count: int,
) -> None:
    """Let time pass; the address changes once an hour, which a probe shows."""
    for number in range(count):
        if number % _UPDATES_PER_HOUR == 0:
            simulator.ip.set_address(next(addresses))
        freezer.tick(UPDATE_INTERVAL + timedelta(seconds=1))
        async_fire_time_changed(hass)
        await settle(hass)
        simulator.log.clear()


async def _reload(
    simulator: Simulator, hass: HomeAssistant, entries: list[MockConfigEntry]
) -> None:
    """Reload all entries at the same time."""
    reloads = (hass.config_entries.async_reload(entry.entry_id) for entry in entries)
    assert all(await asyncio.gather(*reloads))
    await settle(hass)
    simulator.log.clear()


async def _unload(hass: HomeAssistant, entries: list[MockConfigEntry]) -> None:
    for entry in entries:
        assert await hass.config_entries.async_unload(entry.entry_id)
    await settle(hass)


def _memory() -> int:
    """Return how many bytes are in use after a garbage collection."""
    # These mocks keep the arguments of every call, with all stored data.
    for mock in (Store._async_load, Store._async_write_data, Store.async_remove):
        cast("Any", mock).reset_mock()
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


async def _resources(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> Resources:
    """Return the resources in use once every delayed save is done."""
    freezer.tick(_SAVE_DELAY)
    async_fire_time_changed(hass)
    await settle(hass)
    timers = [timer for timer in get_scheduled_timer_handles(hass.loop) if not timer.cancelled()]
    return Resources(
        bus_listeners=hass.bus.async_listeners(),
        tasks=len(asyncio.all_tasks()),
        timers=len(timers),
        data=frozenset(map(str, hass.data)),
        signal_listeners=signal_listener_count(hass),
        watching_sockets=watching_sockets(),
    )


def _check_leaks(before: Resources, after: Resources) -> None:
    """Check that no resources were added, apart from open connections to the simulator."""
    assert after.bus_listeners == before.bus_listeners
    assert after.data == before.data
    assert after.signal_listeners == before.signal_listeners
    assert after.watching_sockets == before.watching_sockets
    assert after.tasks <= before.tasks + _CONNECTIONS
    assert after.timers <= before.timers + _CONNECTIONS


def check_growth(size: Size, growth: dict[str, int]) -> None:
    """Check that the memory grew by less than the limit."""
    assert all(grown < size.max_growth for grown in growth.values()), growth


def _entry(simulator: Simulator, number: int, domain_count: int) -> MockConfigEntry:
    """Return the config entry of a new zone with a number of domains."""
    zone = simulator.cloudflare.add_zone(f"n{number}.example", record_quota=1000)
    model = ZoneModel(zone.name, SourceCatalog(simulator.ip.services))
    for place in range(domain_count):
        model.save_domain(f"d{place}.{zone.name}", {}, lambda _type, _number: None)
    return new_entry(model, zone.id)
