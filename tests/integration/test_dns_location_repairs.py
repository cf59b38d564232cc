"""Repairs of DNS locations."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from custom_components.raindrop.coordinator import RaindropConfigEntry
from simulator import Simulator
from simulator.cloudflare import Zone
from simulator.cloudflare.auth import ZERO_TRUST_PERMISSIONS
from simulator.cloudflare.dns_locations import Location
from tests.conftest import HOME, NEXT
from tests.secrets import TOKEN
from tests.simulated_time import settle

from .builders import domain, set_up
from .conftest import Clock, state
from .dns_location_homes import (
    FRIENDS,
    OFFICE,
    PROBLEM,
    PUT,
    READ,
    STATUS,
    dns_location,
    networks,
)
from .repair_flows import Repair, issues
from .router_entities import Router


async def test_a_token_that_lost_the_permission(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    location: Location,
    located: RaindropConfigEntry,
    repair: Repair,
) -> None:
    """The repair names the permission; DNS goes on, and no other key is asked for."""
    simulator.cloudflare.add_token(TOKEN)
    simulator.ip.set_address(NEXT)
    await clock.cycles(3)
    assert issues(hass) == ["zero_trust_edit_missing"]
    assert simulator.cloudflare.records("example.com")[0]["content"] == NEXT
    assert not [*located.async_get_active_flows(hass, {"reauth"})]
    await repair.start()
    form = await repair.send({})
    assert "Zero Trust" in form["description_placeholders"]["error"]
    simulator.cloudflare.add_token(TOKEN, permissions=ZERO_TRUST_PERMISSIONS)
    result = await repair.send({})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert issues(hass) == []
    assert networks(simulator, location) == [FRIENDS, NEXT, OFFICE]


async def test_an_address_that_is_taken(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    location: Location,
    located: RaindropConfigEntry,
    repair: Repair,
) -> None:
    """The repair says that a neighbor may have it, and what is still in the location."""
    simulator.cloudflare.locations.taken.add(NEXT)
    simulator.ip.set_address(NEXT)
    await clock.cycles()
    assert issues(hass) == ["location_address_taken"]
    assert (state(hass, STATUS), state(hass, PROBLEM)) == ("address_taken", "on")
    form = await repair.start()
    assert form["description_placeholders"]["addresses"] == f"`{HOME}`"
    form = await repair.send({})
    assert "already has this address" in form["description_placeholders"]["error"]
    simulator.cloudflare.locations.taken.clear()
    await repair.send({})
    assert issues(hass) == []
    assert networks(simulator, location) == [FRIENDS, NEXT, OFFICE]


async def test_a_network_that_is_not_known(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    location: Location,
    repair: Repair,
) -> None:
    """The user chooses which one is this home's."""
    simulator.ip.set_address(NEXT)
    await set_up(hass, zone, [domain("home.example.com"), dns_location(location)])
    await settle(hass)
    assert issues(hass) == ["location_ambiguous"]
    assert networks(simulator, location) == [FRIENDS, HOME, OFFICE]
    form = await repair.start()
    schema: Any = form["data_schema"].schema
    (selector,) = schema.values()
    values = [option["value"] for option in selector.config["options"]]
    assert values == [f"{FRIENDS}/32", f"{HOME}/32", OFFICE, "none"]
    simulator.cloudflare.locations.taken.add(NEXT)
    form = await repair.send({"network": f"{HOME}/32"})
    assert "already has this address" in form["description_placeholders"]["error"]
    simulator.cloudflare.locations.taken.clear()
    await repair.send({"network": f"{HOME}/32"})
    assert networks(simulator, location) == [FRIENDS, NEXT, OFFICE]
    assert issues(hass) == []


async def test_the_networks_cannot_be_read(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    location: Location,
    repair: Repair,
) -> None:
    """The repair shows why."""
    simulator.ip.set_address(NEXT)
    entry = await set_up(hass, zone, [dns_location(location)])
    await settle(hass)
    simulator.faults.add("cloudflare", READ, kind="error", times=1)
    form = await repair.start("resource_" + f"{entry.entry_id}_{location.id}")
    assert "Cloudflare is having problems" in form["description_placeholders"]["error"]
    await hass.config_entries.async_unload(entry.entry_id)
    form = await repair.send({"network": "none"})
    assert form["reason"] == "not_loaded"


async def test_other_settings_that_a_write_changed(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    location: Location,
    located: RaindropConfigEntry,
    repair: Repair,
) -> None:
    """Nothing more is written until the user has looked at them."""
    simulator.cloudflare.locations.edit(location, client_default=True, ecs_support=True)
    simulator.faults.add(
        "cloudflare", PUT, kind="ignored_fields", fields=["client_default", "ecs_support"], times=1
    )
    simulator.ip.set_address(NEXT)
    await clock.cycles()
    assert issues(hass) == ["location_settings_changed"]
    form = await repair.start()
    shown = form["description_placeholders"]["settings"]
    assert shown == "`client_default`, `ecs_support`"
    result = await repair.send({})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert issues(hass) == []


async def test_settings_that_are_not_known(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    location: Location,
    located: RaindropConfigEntry,
    repair: Repair,
) -> None:
    """The repair names them before the address changes."""
    location.more = {"filters_ads": True}
    await clock.full_syncs()
    assert issues(hass) == ["location_settings_unknown"]
    form = await repair.start()
    assert form["description_placeholders"]["settings"] == "`filters_ads`"
    form = await repair.send({})
    assert "filters_ads" in form["description_placeholders"]["error"]
    location.more.clear()
    await repair.send({})
    assert issues(hass) == []


async def test_networks_without_effect(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    location: Location,
    located: RaindropConfigEntry,
) -> None:
    """The IPv4 endpoint was turned off."""
    endpoints = location.shown()["endpoints"]
    simulator.cloudflare.locations.edit(
        location, endpoints={**endpoints, "ipv4": {"enabled": False}}
    )
    await clock.full_syncs()
    assert issues(hass) == ["location_ipv4_off"]
    assert state(hass, STATUS) == "ipv4_off"
    simulator.cloudflare.locations.edit(location, endpoints=endpoints)
    await clock.full_syncs()
    assert issues(hass) == []


async def test_a_location_that_others_change(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    location: Location,
    located: RaindropConfigEntry,
    repair: Repair,
) -> None:
    """The third removal within six hours is left alone, until the user says otherwise."""
    for _ in range(3):
        simulator.cloudflare.locations.set_networks(location, [FRIENDS, OFFICE])
        await clock.full_syncs()
    assert issues(hass) == ["location_contested"]
    await repair.start()
    result = await repair.choose("retry")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert networks(simulator, location) == [FRIENDS, OFFICE, HOME]
    assert issues(hass) == []


async def test_a_location_that_is_gone(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    location: Location,
    located: RaindropConfigEntry,
    repair: Repair,
) -> None:
    """It can be removed from Raindrop; a repair still says which address it had."""
    simulator.cloudflare.locations.remove(location)
    await clock.full_syncs()
    assert issues(hass) == ["location_missing"]
    await repair.start()
    await repair.choose("remove")
    await settle(hass)
    assert located.get_subentries_of_type("dns_location") == []


async def test_a_shared_address(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, location: Location
) -> None:
    """The user is asked before neighbors are filtered."""
    router = Router(hass)
    await router.reports("100.64.7.8")
    simulator.ip.set_address(NEXT)
    await set_up(hass, zone, [dns_location(location)], sources={"ipv4": [router.source()]})
    await settle(hass)
    assert "location_shared_address" in issues(hass)
    assert networks(simulator, location) == [FRIENDS, HOME, OFFICE]
