"""Limits: how often entities, presses and actions lead to requests, and the rate limit."""

import asyncio
from datetime import timedelta

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.entity_component import async_update_entity
from homeassistant.setup import async_setup_component
import pytest

from custom_components.raindrop.const import DOMAIN, UPDATE_INTERVAL
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, NEXT

from .builders import domain, set_up
from .conftest import BATCH, LIST, PUBLIC_IPV4, Clock, endpoints, press_update_now, requests, state
from .router_entities import NAME, Router, contents

LATER = "81.2.69.146"
SECOND = timedelta(seconds=1)


async def test_an_entity_that_keeps_changing_starts_an_update_every_ten_seconds(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """The first change is followed at once, and in the end the last value counts."""
    router = Router(hass)
    await router.reports(HOME)
    await set_up(hass, zone, [domain(NAME)], sources={"ipv4": [router.source()]})
    await clock.passes(11 * SECOND)
    simulator.log.clear()
    for number in range(100):
        await router.reports(f"81.2.69.{number % 2 + 10}")
    # One update asks every provider: none confirms what the router reports.
    once = simulator.log.count(service="ip")
    assert 0 < once <= 5

    simulator.ip.set_address(NEXT)
    await router.reports(NEXT)
    assert simulator.log.count(service="ip") == once
    await clock.passes(10 * SECOND)
    assert contents(simulator)[NAME] == NEXT


async def test_an_entity_that_settles_is_not_asked_again(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """The end of the pause starts no update if the address is known."""
    router = Router(hass)
    await router.reports(HOME)
    await set_up(hass, zone, [domain(NAME)], sources={"ipv4": [router.source()]})
    await clock.passes(11 * SECOND)
    simulator.ip.set_address(NEXT)
    await router.reports(NEXT)
    assert contents(simulator)[NAME] == NEXT
    await router.reports("unavailable")
    await router.reports(NEXT)
    simulator.log.clear()
    await clock.passes(10 * SECOND)
    assert not requests(simulator)


@pytest.mark.parametrize("is_action", [False, True], ids=["button", "action"])
async def test_presses_while_an_update_runs_share_the_next_one(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, *, is_action: bool
) -> None:
    """A hundred of them read the zone once more, and all get its result."""
    entry = await set_up(hass, zone, [domain(NAME)])
    simulator.log.clear()
    hold = simulator.faults.add("cloudflare", LIST, kind="hold", times=1)

    async def press() -> None:
        if is_action:
            data = {"config_entry_id": entry.entry_id}
            await hass.services.async_call(DOMAIN, "sync", data, blocking=True)
        else:
            await entry.runtime_data.async_update_now()

    first = hass.async_create_task(press())
    await simulator.log.arrived(1, endpoint=LIST, status=None)
    others = [hass.async_create_task(press()) for _ in range(100)]
    simulator.ip.set_address(NEXT)
    hold.release()
    await asyncio.gather(first, *others)
    assert endpoints(simulator).count(LIST) == 2
    assert contents(simulator)[NAME] == NEXT


async def test_entities_that_are_updated_while_an_update_runs_share_the_next_one(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """The action `homeassistant.update_entity` asks the providers only once more."""
    entry = await set_up(hass, zone, [domain(NAME)])
    simulator.log.clear()
    hold = simulator.faults.add("ip", kind="hold")
    first = hass.async_create_task(entry.runtime_data.async_request_refresh())
    await simulator.log.arrived(1, service="ip", status=None)
    others = [hass.async_create_task(async_update_entity(hass, PUBLIC_IPV4)) for _ in range(100)]
    simulator.faults.remove(hold)
    await asyncio.gather(first, *others)
    assert simulator.log.count(service="ip") == 2


async def test_a_retry_after_outlives_a_reload(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """Cloudflare is not called before, whoever asks; then the record follows."""
    entry = await set_up(hass, zone, [domain(NAME)])
    simulator.faults.add("cloudflare", kind="rate_limit", retry_after=900, times=1)
    simulator.ip.set_address(NEXT)
    await clock.cycles()
    simulator.log.clear()
    for _ in range(3):
        await hass.config_entries.async_reload(entry.entry_id)
    with pytest.raises(HomeAssistantError) as pressed:
        await press_update_now(hass)
    data = {"config_entry_id": entry.entry_id, "dry_run": True}
    with pytest.raises(HomeAssistantError) as planned:
        await hass.services.async_call(DOMAIN, "sync", data, blocking=True, return_response=True)
    for caught in (pressed, planned):
        assert caught.value.translation_key == "rate_limited"
        assert caught.value.translation_placeholders == {"wait": "900"}
    assert endpoints(simulator) == []
    assert state(hass, PUBLIC_IPV4) == NEXT

    await clock.cycles(3)
    assert contents(simulator)[NAME] == NEXT


async def test_full_syncs_wait_while_the_rate_limit_is_nearly_used_up(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """With less than a tenth left, only changes call Cloudflare until the limit starts again."""
    await set_up(hass, zone, [domain(NAME)])
    limiter = simulator.cloudflare.limiter
    limiter.clear()
    limiter.quota, limiter.clock = 12, lambda: 0.0
    for _ in range(11):
        await press_update_now(hass)
    simulator.log.clear()
    with pytest.raises(HomeAssistantError) as caught:
        await press_update_now(hass)
    assert caught.value.translation_key == "rate_limited"
    assert caught.value.translation_placeholders == {"wait": "300"}
    assert endpoints(simulator) == []

    simulator.ip.set_address(NEXT)
    assert await async_setup_component(hass, "homeassistant", {})
    await hass.services.async_call(
        "homeassistant", "update_entity", {"entity_id": PUBLIC_IPV4}, blocking=True
    )
    assert endpoints(simulator) == [LIST, BATCH]

    await clock.cycles()
    limiter.clear()
    await press_update_now(hass)
    assert contents(simulator)[NAME] == NEXT


async def test_a_limit_that_is_reached_by_a_write_says_how_long_it_lasts(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """The zone was read before, and so the reason is the write's."""
    await set_up(hass, zone, [domain(NAME)])
    simulator.ip.set_address(NEXT)
    simulator.faults.add("cloudflare", BATCH, kind="rate_limit", retry_after=120, times=1)
    with pytest.raises(HomeAssistantError) as caught:
        await press_update_now(hass)
    assert caught.value.translation_key == "rate_limited"
    assert caught.value.translation_placeholders == {"wait": "120"}


@pytest.mark.parametrize("retry_after", [30, 2400], ids=["over", "begun"])
async def test_a_limit_does_not_block_again_after_the_clock_was_set_back(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, retry_after: int
) -> None:
    """A wait that is over stays over; one that would last for hours now is forgotten."""
    assert await async_setup_component(hass, "homeassistant", {})
    await set_up(hass, zone, [domain(NAME)])
    simulator.ip.set_address(NEXT)
    simulator.faults.add("cloudflare", LIST, kind="rate_limit", retry_after=retry_after, times=1)
    await clock.cycles(2)
    assert (contents(simulator)[NAME] == NEXT) == (retry_after < UPDATE_INTERVAL.total_seconds())
    clock.jumps(-timedelta(hours=3))
    await update_now(hass)
    assert contents(simulator)[NAME] == NEXT
    # The end of the wait is less than an hour away again.
    clock.jumps(timedelta(hours=2, minutes=45))
    simulator.ip.set_address(LATER)
    await update_now(hass)
    assert contents(simulator)[NAME] == LATER


async def update_now(hass: HomeAssistant) -> None:
    """Run an update by an entity, which reads no zone without need."""
    data = {"entity_id": PUBLIC_IPV4}
    await hass.services.async_call("homeassistant", "update_entity", data, blocking=True)
