"""Unloading and reloading an entry: a running update ends first, and nothing happens after."""

import asyncio

from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.raindrop import coordinator
from custom_components.raindrop.address_sources import async_get_detector
from custom_components.raindrop.const import DOMAIN
from custom_components.raindrop.coordinator import RaindropConfigEntry
from custom_components.raindrop.ddns import AccountId, ResourceKind
from custom_components.raindrop.resources.account_locks import async_account_lock
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, NEXT

from .builders import domain, set_up
from .conftest import Clock, entry_state

LATER = "81.2.69.146"


def shared_data(hass: HomeAssistant) -> list[str]:
    """Return the keys of what Raindrop shares between its entries."""
    return [key for key in map(str, hass.data) if key.startswith(DOMAIN)]


async def test_an_unloaded_entry_sends_no_requests(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """A disabled entry leaves no timer behind."""
    await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    assert entry_state(entry) is ConfigEntryState.NOT_LOADED
    simulator.log.clear()
    await clock.cycles(2)
    assert not simulator.log.entries


async def test_unloading_waits_for_a_running_update(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    clock: Clock,
    hass_storage: dict[str, dict[str, object]],
) -> None:
    """The update writes its change before the entry is unloaded; nothing is written after."""
    entry = await set_up(hass, zone, [domain("home.example.com")])
    simulator.ip.set_address(NEXT)
    simulator.log.clear()
    hold = simulator.faults.add("cloudflare", "GET *", kind="hold")
    update = hass.async_create_task(entry.runtime_data.async_update_now())
    await simulator.log.arrived(1, service="cloudflare")
    unload = hass.async_create_task(hass.config_entries.async_unload(entry.entry_id))
    for _ in range(10):
        await asyncio.sleep(0)
    assert not unload.done()
    assert simulator.cloudflare.records(zone)[0]["content"] == HOME

    hold.release()
    simulator.faults.clear()
    assert await unload
    result = await update
    assert [outcome.is_done for outcome in result.outcomes.values()] == [True]
    assert simulator.cloudflare.records(zone)[0]["content"] == NEXT
    stored = hass_storage[f"raindrop.{entry.entry_id}"]
    events = stored["data"].pop("events")  # type: ignore[attr-defined]
    assert [event["type"] for event in events] == ["public_changed", "updated"]
    records = stored["data"].pop("records")  # type: ignore[attr-defined]
    assert records["A home.example.com"]["last_address"] == NEXT
    assert stored["data"].pop("zone")["id"] == zone.id  # type: ignore[attr-defined]
    assert stored["data"] == {"pending_deletions": {}, "public_addresses": {"ipv4": NEXT}}

    simulator.ip.set_address(LATER)
    simulator.log.clear()
    await clock.cycles(2)
    assert not simulator.log.entries
    assert simulator.cloudflare.records(zone)[0]["content"] == NEXT


async def test_unloading_cancels_an_update_that_hangs(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the limit the update is cancelled, its caller gets an error, nothing is written."""
    monkeypatch.setattr(coordinator, "_UNLOAD_LIMIT_S", 0.05)
    entry = await set_up(hass, zone, [domain("home.example.com")])
    simulator.ip.set_address(NEXT)
    simulator.log.clear()
    hold = simulator.faults.add("cloudflare", "GET *", kind="hold")
    update = hass.async_create_task(entry.runtime_data.async_update_now())
    await simulator.log.arrived(1, service="cloudflare")
    assert await hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(HomeAssistantError) as caught:
        await update
    assert caught.value.translation_key == "interrupted"
    hold.release()
    simulator.faults.clear()
    await simulator.log.idle()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert [request.method for request in simulator.log.select(service="cloudflare")] == ["GET"]
    assert simulator.cloudflare.records(zone)[0]["content"] == HOME


async def test_the_detector_is_kept_until_the_last_entry_is_removed(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """What it knows of addresses survives a reload and an unload, and serves all entries."""
    detector = async_get_detector(hass)
    second = await set_up(
        hass, simulator.cloudflare.add_zone("example.org"), [domain("www.example.org")]
    )
    assert entry.runtime_data.detector is second.runtime_data.detector is detector
    for reloaded in (entry, second):
        await hass.config_entries.async_reload(reloaded.entry_id)
        assert reloaded.runtime_data.detector is detector
    for loaded in (entry, second):
        await hass.config_entries.async_unload(loaded.entry_id)
    await hass.config_entries.async_remove(entry.entry_id)
    assert async_get_detector(hass) is detector
    await hass.config_entries.async_remove(second.entry_id)
    assert async_get_detector(hass) is not detector


async def test_nothing_is_left_in_memory_after_the_last_entry(
    hass: HomeAssistant, entry: RaindropConfigEntry
) -> None:
    """What all entries share is removed with the last one."""
    async_account_lock(hass, ResourceKind.IP_LIST, AccountId("1" * 32))
    hass.config_entries.async_update_entry(entry, title="Home")
    await hass.async_block_till_done()
    assert shared_data(hass)

    await hass.config_entries.async_remove(entry.entry_id)

    assert shared_data(hass) == []
