"""A poll that begins while another update is running: it waits, and shows what it finds."""

import asyncio
from datetime import timedelta

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.raindrop.const import UPDATE_INTERVAL
from custom_components.raindrop.coordinator import RaindropConfigEntry
from simulator import Simulator
from tests.conftest import HOME
from tests.simulated_time import settle

from .conftest import PUBLIC_IPV4, Clock, press_update_now, state


async def test_an_address_that_is_back_is_shown(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """What the poll finds is what was known before the update, which found nothing."""
    await clock.cycles(2)
    simulator.faults.add("ip", "*", kind="status", status=500, times=5)
    hold = simulator.faults.add("ip", "*", kind="hold")
    clock.jumps(UPDATE_INTERVAL - timedelta(seconds=2))
    simulator.log.clear()
    press = hass.async_create_task(press_update_now(hass))
    await simulator.log.arrived(1, service="ip")
    clock.jumps(timedelta(seconds=4))
    async_fire_time_changed(hass)
    for _ in range(10):
        await asyncio.sleep(0)
    simulator.faults.remove(hold)
    with pytest.raises(HomeAssistantError, match="The sources answered"):
        await press
    assert state(hass, PUBLIC_IPV4) == "unavailable"
    await settle(hass)
    assert state(hass, PUBLIC_IPV4) == HOME
