"""Writes without a response, which Cloudflare may carry out later than what was written since."""

import asyncio
from datetime import timedelta
from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.raindrop.coordinator import RaindropConfigEntry
from simulator import Simulator
from simulator.cloudflare import Zone
from simulator.faults import Fault
from tests.conftest import HOME, NEXT

from .builders import domain, set_up
from .conftest import BATCH, LIST, Clock, endpoints
from .router_entities import NAME, contents

LATER = "81.2.69.146"
MINUTE = timedelta(minutes=1)
TIMEOUT = timedelta(seconds=21)
UNLOAD_LIMIT = timedelta(seconds=31)


async def pass_while(clock: Clock, span: timedelta, task: asyncio.Task[Any]) -> None:
    """Let time pass while a task waits, until it ends."""
    for _ in range(20):
        await asyncio.sleep(0)
    assert not task.done()
    clock.jumps(span)
    await asyncio.wait([task])


async def begin_write(
    hass: HomeAssistant, simulator: Simulator, entry: RaindropConfigEntry, address: str
) -> asyncio.Task[object]:
    """Move the home, and return the update that has sent its batch."""
    simulator.ip.set_address(address)
    simulator.log.clear()
    update = hass.async_create_task(entry.runtime_data.async_update_now())
    await simulator.log.arrived(1, endpoint=BATCH, status=None)
    return update


async def land(hass: HomeAssistant, simulator: Simulator, late: Fault) -> None:
    """Let Cloudflare carry out the batch."""
    late.release()
    await simulator.log.idle()
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_a_write_that_a_reload_cut_off_is_found_within_a_minute(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    clock: Clock,
) -> None:
    """The new coordinator has read the zone before it, and would not look for an hour."""
    entry = await set_up(hass, zone, [domain(NAME)])
    entry.runtime_data.client.timeout_s = 60
    late = simulator.faults.add("cloudflare", BATCH, kind="hold_request", times=1)
    update = await begin_write(hass, simulator, entry, NEXT)
    simulator.ip.set_address(LATER)
    reload = hass.async_create_task(hass.config_entries.async_reload(entry.entry_id))
    await pass_while(clock, UNLOAD_LIMIT, reload)
    assert update.exception()
    assert contents(simulator)[NAME] == LATER
    await land(hass, simulator, late)
    assert contents(simulator)[NAME] == NEXT

    await clock.passes(MINUTE)
    assert contents(simulator)[NAME] == LATER


async def test_a_write_that_timed_out_before_a_reload_is_found_within_a_minute(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """A write is unconfirmed until the zone was read again, also by another coordinator."""
    entry = await set_up(hass, zone, [domain(NAME)])
    late = simulator.faults.add("cloudflare", BATCH, kind="hold_request", times=1)
    update = await begin_write(hass, simulator, entry, NEXT)
    await pass_while(clock, TIMEOUT, update)
    assert update.exception()
    simulator.ip.set_address(LATER)
    await hass.config_entries.async_reload(entry.entry_id)
    assert contents(simulator)[NAME] == LATER
    await land(hass, simulator, late)
    await clock.passes(MINUTE)
    assert contents(simulator)[NAME] == LATER


@pytest.mark.parametrize("passed", [3 * MINUTE, -180 * MINUTE], ids=["minutes", "set back"])
async def test_a_write_that_lands_minutes_later_is_found_by_the_next_poll(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, passed: timedelta
) -> None:
    """For ten minutes every poll reads the zone; neither a restart nor the clock ends them."""
    entry = await set_up(hass, zone, [domain(NAME)])
    entry.runtime_data.client.timeout_s = 60
    late = simulator.faults.add("cloudflare", BATCH, kind="hold_request", times=1)
    update = await begin_write(hass, simulator, entry, NEXT)
    simulator.ip.set_address(LATER)
    unload = hass.async_create_task(hass.config_entries.async_unload(entry.entry_id))
    await pass_while(clock, UNLOAD_LIMIT, unload)
    assert update.exception()
    clock.jumps(passed)
    await hass.config_entries.async_setup(entry.entry_id)
    assert contents(simulator)[NAME] == LATER
    await land(hass, simulator, late)
    await clock.cycles()
    assert contents(simulator)[NAME] == LATER

    await clock.cycles()
    simulator.log.clear()
    await clock.cycles(3)
    assert LIST not in endpoints(simulator)


async def test_a_record_that_is_created_after_its_domain_is_removed_is_deleted(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    clock: Clock,
) -> None:
    """The deletion found nothing, so it is repeated while the creation may still land."""
    entry = await set_up(hass, zone, [domain(NAME), domain("new.example.com", delete=True)])
    simulator.cloudflare.delete_record(
        zone,
        next(
            r["id"] for r in simulator.cloudflare.records(zone) if str(r["name"]).startswith("new")
        ),
    )
    late = simulator.faults.add("cloudflare", BATCH, kind="hold_request", times=1)
    update = await begin_write(hass, simulator, entry, HOME)
    removed = next(s for s in entry.subentries.values() if s.title == "new.example.com")
    hass.config_entries.async_remove_subentry(entry, removed.subentry_id)
    await pass_while(clock, TIMEOUT, update)
    await hass.async_block_till_done(wait_background_tasks=True)
    await land(hass, simulator, late)
    assert "new.example.com" in contents(simulator)

    await clock.passes(MINUTE)
    assert "new.example.com" not in contents(simulator)


async def test_a_record_that_is_created_after_its_entry_is_removed_is_deleted(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """The credential is kept for the minute that this takes, in memory only."""
    entry = await set_up(hass, zone, [domain("new.example.com", delete=True)])
    entry.runtime_data.client.timeout_s = 60
    for record in simulator.cloudflare.records(zone):
        if record["name"] == "new.example.com":
            simulator.cloudflare.delete_record(zone, record["id"])
    late = simulator.faults.add("cloudflare", BATCH, kind="hold_request", times=1)
    update = await begin_write(hass, simulator, entry, HOME)
    removal = hass.async_create_task(hass.config_entries.async_remove(entry.entry_id))
    await pass_while(clock, UNLOAD_LIMIT, removal)
    assert update.exception()
    await land(hass, simulator, late)
    assert "new.example.com" in contents(simulator)

    await clock.passes(MINUTE)
    assert "new.example.com" not in contents(simulator)


async def test_an_outage_is_not_asked_every_minute(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """A write without a response is read again after a minute; then the polls go on as always."""
    await set_up(hass, zone, [domain(NAME)])
    simulator.faults.add("cloudflare", BATCH, kind="reset")
    simulator.ip.set_address(NEXT)
    await clock.cycles()
    simulator.log.clear()
    await clock.passes(MINUTE)
    assert endpoints(simulator) == [LIST, BATCH]
    for _ in range(3):
        await clock.passes(MINUTE / 2)
    assert endpoints(simulator) == [LIST, BATCH]


async def test_a_zone_that_is_added_again_within_a_minute_keeps_its_records(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """To remove a zone and add it again is what people try: the second deletion spares it."""
    entry = await set_up(hass, zone, [domain("new.example.com", delete=True)])
    simulator.faults.add("cloudflare", BATCH, kind="reset", times=1)
    simulator.ip.set_address(NEXT)
    await clock.cycles()
    await hass.config_entries.async_remove(entry.entry_id)
    await set_up(hass, zone, [domain("new.example.com", delete=True)])
    assert contents(simulator)["new.example.com"] == NEXT

    await clock.passes(MINUTE)
    assert contents(simulator)["new.example.com"] == NEXT


async def test_a_record_that_is_created_after_a_newer_one_is_deleted_also_after_a_restart(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """Both would answer for the name, one of them with an address of the past."""
    late = simulator.faults.add("cloudflare", BATCH, kind="hold_request", times=1)
    setting_up = hass.async_create_task(set_up(hass, zone, [domain("new.example.com")]))
    await simulator.log.arrived(1, endpoint=BATCH, status=None)
    await pass_while(clock, TIMEOUT, setting_up)
    entry = setting_up.result()
    simulator.ip.set_address(NEXT)
    await clock.passes(5 * MINUTE)
    await hass.config_entries.async_unload(entry.entry_id)
    await land(hass, simulator, late)
    created = [r for r in simulator.cloudflare.records(zone) if r["name"] == "new.example.com"]
    assert sorted(r["content"] for r in created) == sorted([HOME, NEXT])

    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    remaining = [r for r in simulator.cloudflare.records(zone) if r["name"] == "new.example.com"]
    assert [r["content"] for r in remaining] == [NEXT]
