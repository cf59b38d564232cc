"""What the user says of a DNS location while Raindrop works on it, or after it is gone."""

from asyncio import create_task

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from simulator import Simulator
from simulator.cloudflare import Zone
from simulator.cloudflare.dns_locations import Location
from tests.conftest import HOME, NEXT
from tests.simulated_time import settle

from .builders import domain, set_up
from .conftest import Clock
from .dns_location_homes import FRIENDS, OFFICE, READ, dns_location, networks
from .repair_flows import Repair, issues


async def test_a_network_that_is_chosen_while_the_location_is_read(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    zone: Zone,
    location: Location,
    repair: Repair,
) -> None:
    """An update that began before does not forget the choice."""
    simulator.ip.set_address(NEXT)
    await set_up(hass, zone, [domain("home.example.com"), dns_location(location)])
    await settle(hass)
    assert issues(hass) == ["location_ambiguous"]
    await repair.start()
    held = simulator.faults.add("cloudflare", READ, kind="hold", times=1)
    simulator.log.clear()
    passing = create_task(clock.full_syncs())
    await simulator.log.arrived(1, endpoint=READ)
    choosing = create_task(repair.send({"network": f"{HOME}/32"}))
    held.release()
    result = await choosing
    await passing
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert networks(simulator, location) == [FRIENDS, NEXT, OFFICE]
    assert issues(hass) == []


async def test_a_location_that_is_gone_keeps_no_address(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    zone: Zone,
    location: Location,
    repair: Repair,
) -> None:
    """No repair asks to take an address out of a location that does not exist."""
    await set_up(hass, zone, [domain("home.example.com"), dns_location(location)])
    await settle(hass)
    simulator.cloudflare.locations.remove(location)
    await clock.full_syncs()
    await repair.start()
    await repair.choose("remove")
    await settle(hass)
    assert issues(hass) == []
