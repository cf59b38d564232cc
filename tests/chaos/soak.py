"""A day of a whole house, and a hundred reloads: nothing grows, and nothing is left behind."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
import gc
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

from custom_components.raindrop.const import DOMAIN, UPDATE_INTERVAL
from custom_components.raindrop.ddns import cloudflare, web
from custom_components.raindrop.sources import async_get_detector
from lab import Lab
from lab.sources import web_sources
from tests.rooms.builders import domain, new_entry
from tests.secrets import TOKEN

from .core import core
from .words import GOOD

_HOUR = 12
"""Cycles."""
_GROWTH = 2**20
"""Bytes that a house may have grown by after a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large a house is, and how long it is watched."""

    entries: int
    domains: int
    hours: int
    reloads: int


SHORT = Size(entries=2, domains=6, hours=1, reloads=5)
LONG = Size(entries=10, domains=300, hours=24, reloads=100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """What a house has under way, or keeps for later."""

    listeners: Mapping[Any, int]
    tasks: int
    timers: int
    data: frozenset[str]
    told: int
    """Who is told by the detector."""


async def soak(size: Size, freezer: FrozenDateTimeFactory) -> dict[str, int]:
    """Return by how many bytes a house grew over its hours, and over its reloads.

    Raises AssertionError if anything is left behind.
    """
    # Home Assistant's test plugin turns it on, and it remembers where each task began.
    asyncio.get_running_loop().set_debug(False)
    async with Lab() as lab, core({}) as hass:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(cloudflare.BASE_URL_VARIABLE, lab.cloudflare.base_url)
            patch.setattr(web, "WEB_SOURCES", web_sources(lab.ip.services))
            try:
                return await _soak(size, lab, hass, freezer)
            finally:
                await hass.async_stop(force=True)


async def _soak(
    size: Size, lab: Lab, hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> dict[str, int]:
    """Watch a house that is there."""
    lab.cloudflare.add_token(TOKEN)
    entries = [_entry(lab, number, size.domains // size.entries) for number in range(size.entries)]
    for entry in entries:
        entry.add_to_hass(hass)
    assert await async_setup_component(hass, DOMAIN, {})
    await hass.async_block_till_done()
    await _passes(lab, hass, freezer, 2 * _HOUR)
    await _reload(lab, hass, entries)
    before = _traces(hass)
    tracemalloc.start()
    try:
        await _passes(lab, hass, freezer, _HOUR)
        begun = _memory()
        await _passes(lab, hass, freezer, size.hours * _HOUR)
        by_hours = _memory() - begun
        _compare(before, _traces(hass))
        await _reload(lab, hass, entries)
        begun = _memory()
        for _ in range(size.reloads):
            await _reload(lab, hass, entries)
        by_reloads = _memory() - begun
    finally:
        tracemalloc.stop()
    _compare(before, _traces(hass))
    await _unload(hass, entries)
    gone = _traces(hass)
    assert gone.told == 0, gone
    assert [entry.state for entry in entries] == [ConfigEntryState.NOT_LOADED] * size.entries
    wrong = [
        record
        for zone in lab.cloudflare.zones
        for record in lab.cloudflare.records(zone)
        if record["content"] != str(lab.ip.address(4))
    ]
    assert not wrong
    assert lab.log.surprises == []
    return {"hours": by_hours, "reloads": by_reloads}


async def _passes(
    lab: Lab, hass: HomeAssistant, freezer: FrozenDateTimeFactory, cycles: int
) -> None:
    """Let cycles pass; the home moves once an hour."""
    for cycle in range(cycles):
        if cycle % _HOUR == 0:
            lab.ip.set_address(GOOD[4][cycle // _HOUR % len(GOOD[4])])
        freezer.tick(UPDATE_INTERVAL + timedelta(seconds=1))
        async_fire_time_changed(hass)
        await hass.async_block_till_done(wait_background_tasks=True)
        lab.log.clear()


async def _reload(lab: Lab, hass: HomeAssistant, entries: list[MockConfigEntry]) -> None:
    """Set every entry up anew, all at once."""
    reloads = (hass.config_entries.async_reload(entry.entry_id) for entry in entries)
    assert all(await asyncio.gather(*reloads))
    await hass.async_block_till_done(wait_background_tasks=True)
    lab.log.clear()


async def _unload(hass: HomeAssistant, entries: list[MockConfigEntry]) -> None:
    """Unload every entry."""
    for entry in entries:
        assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


def _memory() -> int:
    """Return how many bytes are in use, without rubbish."""
    # The stand-in for the disk remembers every call, and all that was written.
    for stand_in in (Store._async_load, Store._async_write_data, Store.async_remove):
        cast("Any", stand_in).reset_mock()
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def _traces(hass: HomeAssistant) -> Traces:
    """Return what is under way, or kept for later."""
    timers = [timer for timer in get_scheduled_timer_handles(hass.loop) if not timer.cancelled()]
    return Traces(
        listeners=hass.bus.async_listeners(),
        tasks=len(asyncio.all_tasks()),
        timers=len(timers),
        data=frozenset(map(str, hass.data)),
        told=len(async_get_detector(hass)._listeners),
    )


def _compare(before: Traces, after: Traces) -> None:
    """See nothing more than before; connections to the lab have their own tasks and timers."""
    assert after.listeners == before.listeners
    assert after.data == before.data
    assert after.told == before.told
    assert after.tasks <= before.tasks + _CONNECTIONS
    assert after.timers <= before.timers + _CONNECTIONS


_CONNECTIONS = 16
"""How many connections may be kept open for the next request."""


def check(grown: dict[str, int]) -> None:
    """See a house that did not grow."""
    assert all(by < _GROWTH for by in grown.values()), grown


def _entry(lab: Lab, number: int, domains: int) -> MockConfigEntry:
    """Return an entry with many domains."""
    zone = lab.cloudflare.add_zone(f"n{number}.example", record_quota=1000)
    return new_entry(zone, [domain(f"d{place}.{zone.name}") for place in range(domains)])
