"""DNS locations in Home Assistant: entities, events, requests, and what survives a restart."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import async_mock_service

from custom_components.raindrop.coordinator import RaindropConfigEntry
from custom_components.raindrop.diagnostics import async_get_config_entry_diagnostics
from simulator import Simulator
from simulator.cloudflare import Zone
from simulator.cloudflare.dns_locations import Location
from tests.conftest import HOME, NEXT
from tests.simulated_time import settle

from .blueprint import use_blueprint
from .builders import set_up
from .conftest import BATCH, LIST, Clock, endpoints, state
from .dns_location_homes import (
    EVENT,
    FILTERED,
    FRIENDS,
    LAST_UPDATE,
    OFFICE,
    PROBLEM,
    PUT,
    READ,
    STATUS,
    dns_location,
    location_endpoints,
    networks,
)
from .repair_flows import issues
from .resource_homes import events_of

LATER = "81.2.69.146"
DEDICATED = "b08f7231-d458-495c-98ef-190604c9ee83"


async def test_a_location_follows_the_address(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    location: Location,
    located: RaindropConfigEntry,
) -> None:
    """Two requests for a change, after those for DNS, and nothing else in the location changes."""
    assert location_endpoints(simulator) == [READ]
    assert (state(hass, STATUS), state(hass, PROBLEM)) == ("in_sync", "off")
    assert state(hass, FILTERED) == HOME
    events = events_of(hass, EVENT)
    before = location.shown()
    simulator.log.clear()
    simulator.ip.set_address(NEXT)

    await clock.cycles()

    assert endpoints(simulator) == [LIST, BATCH, READ, PUT]
    assert networks(simulator, location) == [FRIENDS, NEXT, OFFICE]
    after = location.shown()
    assert {key for key in before if before[key] != after[key]} <= {"networks", "updated_at"}
    assert state(hass, FILTERED) == NEXT
    assert state(hass, LAST_UPDATE) != "unknown"
    (event,) = events
    assert (event["event_type"], event["from_ip"], event["to_ip"]) == ("updated", HOME, NEXT)
    assert (event["location"], event["family"], event["reason"]) == ("Kids", "ipv4", None)
    assert simulator.log.surprises == []


async def test_an_update_without_a_change_reads_no_location(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, located: RaindropConfigEntry
) -> None:
    """A full sync reads it once."""
    simulator.log.clear()
    await clock.cycles(3)
    assert location_endpoints(simulator) == []
    await clock.full_syncs()
    assert location_endpoints(simulator) == [READ]


async def test_the_device_of_a_location(
    hass: HomeAssistant, location: Location, located: RaindropConfigEntry
) -> None:
    """It has the name of the location, and a link to Cloudflare."""
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), located.entry_id)
    assert ("Kids", "DNS location") in {(device.name, device.model) for device in devices}


async def test_an_interrupted_write_is_found_by_the_next_start(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    location: Location,
    located: RaindropConfigEntry,
) -> None:
    """Another address follows while nothing runs; the one that was written last is replaced."""
    held = simulator.faults.add("cloudflare", PUT, kind="hold")
    simulator.ip.set_address(NEXT)
    passing = hass.async_create_task(clock.cycles())
    await simulator.log.arrived(1, endpoint=PUT)
    await hass.config_entries.async_unload(located.entry_id)
    simulator.faults.remove(held)
    await passing
    assert networks(simulator, location) == [FRIENDS, NEXT, OFFICE]
    simulator.ip.set_address(LATER)
    await hass.config_entries.async_setup(located.entry_id)
    await settle(hass)
    assert networks(simulator, location) == [FRIENDS, LATER, OFFICE]
    assert state(hass, STATUS) == "in_sync"


async def test_a_restart_keeps_what_is_known(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    location: Location,
    located: RaindropConfigEntry,
) -> None:
    """Which network is this home's, and that nothing more is written after an odd response."""
    simulator.cloudflare.locations.edit(location, ecs_support=True)
    simulator.faults.add("cloudflare", PUT, kind="ignored_fields", fields=["ecs_support"])
    simulator.ip.set_address(NEXT)
    await clock.cycles()
    assert state(hass, STATUS) == "settings_changed"
    await hass.config_entries.async_reload(located.entry_id)
    await settle(hass)
    simulator.ip.set_address(LATER)
    await clock.cycles()
    assert state(hass, STATUS) == "settings_changed"
    assert networks(simulator, location) == [FRIENDS, NEXT, OFFICE]


@pytest.mark.parametrize("is_wanted", [True, False])
async def test_a_location_is_removed(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    zone: Zone,
    location: Location,
    is_wanted: bool,  # noqa: FBT001 - of a table
) -> None:
    """The address is taken out only if that is wanted; otherwise a repair says what is left."""
    entry = await set_up(hass, zone, [dns_location(location, delete_items=is_wanted)])
    await settle(hass)
    (subentry,) = entry.subentries.values()
    hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    await settle(hass)
    left = [FRIENDS, *([] if is_wanted else [HOME]), OFFICE]
    assert networks(simulator, location) == left
    assert issues(hass) == ([] if is_wanted else ["location_address_left"])
    await clock.full_syncs(2)
    simulator.log.clear()
    await clock.full_syncs()
    assert location_endpoints(simulator) == []
    hass.config_entries.async_add_subentry(entry, subentry)
    await settle(hass)
    assert issues(hass) == ([] if HOME in left else ["location_ambiguous"])


async def test_the_last_network_of_a_location_with_addresses_of_its_own_stays(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, location: Location
) -> None:
    """Without it, the queries of anybody would be filtered; a repair says that it stays."""
    locations = simulator.cloudflare.locations
    locations.edit(location, dns_destination_ips_id=DEDICATED)
    locations.set_networks(location, [HOME])
    entry = await set_up(hass, zone, [dns_location(location, delete_items=True)])
    await settle(hass)
    (subentry_id,) = entry.subentries
    hass.config_entries.async_remove_subentry(entry, subentry_id)
    await settle(hass)
    assert networks(simulator, location) == [HOME]
    assert issues(hass) == ["location_address_left"]


@pytest.mark.parametrize("is_wanted", [True, False])
async def test_a_zone_is_removed_with_its_location(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    location: Location,
    is_wanted: bool,  # noqa: FBT001 - of a table
) -> None:
    """As a location alone."""
    entry = await set_up(hass, zone, [dns_location(location, delete_items=is_wanted)])
    await settle(hass)
    await hass.config_entries.async_remove(entry.entry_id)
    await settle(hass)
    assert networks(simulator, location) == [FRIENDS, *([] if is_wanted else [HOME]), OFFICE]
    assert issues(hass) == ([] if is_wanted else ["location_address_left"])


async def test_a_location_that_is_removed_while_it_changes(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, zone: Zone, location: Location
) -> None:
    """The address that is written meanwhile is removed as well."""
    entry = await set_up(hass, zone, [dns_location(location, delete_items=True)])
    await settle(hass)
    (subentry_id,) = entry.subentries
    held = simulator.faults.add("cloudflare", PUT, kind="hold", times=1)
    simulator.ip.set_address(NEXT)
    passing = hass.async_create_task(clock.cycles())
    await simulator.log.arrived(1, endpoint=PUT)
    hass.config_entries.async_remove_subentry(entry, subentry_id)
    held.release()
    await passing
    await settle(hass)
    await clock.cycles()
    assert networks(simulator, location) == [FRIENDS, OFFICE]
    assert issues(hass) == []


async def test_a_stored_network_that_cannot_be_read(
    hass: HomeAssistant,
    simulator: Simulator,
    location: Location,
    located: RaindropConfigEntry,
    hass_storage: dict[str, Any],
) -> None:
    """Nothing is replaced without knowing what: the user is asked."""
    await hass.config_entries.async_unload(located.entry_id)
    stored = hass_storage[f"raindrop.{located.entry_id}"]["data"]["resources"]
    assert stored == {location.id: {"own": [f"{HOME}/32"]}}
    stored[location.id]["own"] = ["home"]
    simulator.ip.set_address(NEXT)
    await hass.config_entries.async_setup(located.entry_id)
    await settle(hass)
    assert state(hass, STATUS) == "ambiguous"
    assert networks(simulator, location) == [FRIENDS, HOME, OFFICE]


@pytest.mark.parametrize("target", [EVENT, "button.example_com_update_now"])
async def test_a_location_triggers_and_is_a_condition(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    location: Location,
    located: RaindropConfigEntry,
    target: str,
) -> None:
    """By itself, or as part of its zone."""
    acted = async_mock_service(hass, "test", "act")
    where: dict[str, Any] = {"entity_id": target}
    automation = {
        "triggers": [
            {"trigger": f"raindrop.{key}", "target": where}
            for key in ("record_updated", "update_failed")
        ],
        "conditions": [
            {"condition": "raindrop.in_sync", "target": where, "options": {"behavior": "all"}}
        ],
        "actions": [{"action": "test.act", "data": {"at": "{{ trigger.to_state.entity_id }}"}}],
        "mode": "parallel",
    }
    assert await async_setup_component(hass, "automation", {"automation": automation})
    simulator.ip.set_address(NEXT)
    await clock.cycles()
    assert EVENT in [call.data["at"] for call in acted]
    acted.clear()
    simulator.cloudflare.locations.taken.add(LATER)
    simulator.ip.set_address(LATER)
    await clock.cycles()
    assert EVENT not in [call.data["at"] for call in acted]
    await hass.services.async_call("automation", "turn_off", {"entity_id": "all"}, blocking=True)


async def test_the_blueprint_speaks_of_locations(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    located: RaindropConfigEntry,
) -> None:
    """In other words than of records."""
    acted = async_mock_service(hass, "test", "act")
    await use_blueprint(hass, EVENT, types=["updated", "failed"])
    simulator.ip.set_address(NEXT)
    await clock.cycles()
    simulator.cloudflare.locations.taken.add(LATER)
    simulator.ip.set_address(LATER)
    await clock.cycles()
    updated, failed = (call.data["text"].strip() for call in acted)
    assert updated == f"DNS location updated: The DNS location Kids now contains {NEXT}."
    assert failed.startswith("DNS location update failed: The DNS location Kids can't be kept up")
    assert failed.endswith("another DNS location already has your address.")


async def test_the_action_reports_locations(
    hass: HomeAssistant, simulator: Simulator, location: Location, located: RaindropConfigEntry
) -> None:
    """A dry run says what would change and changes nothing; a real one says what did."""

    async def sync(**data: bool) -> list[dict[str, Any]]:
        response: Any = await hass.services.async_call(
            "raindrop", "sync", data, blocking=True, return_response=True
        )
        (shown,) = response["zones"]
        locations: list[dict[str, Any]] = shown["locations"]
        return locations

    unchanged = {"location": "Kids", "result": "unchanged", "added": [], "deleted": []}
    assert await sync(dry_run=True) == [unchanged]
    simulator.ip.set_address(NEXT)
    done = {"location": "Kids", "result": "done", "added": [NEXT], "deleted": [HOME]}
    assert await sync() == [done]
    simulator.cloudflare.locations.set_networks(location, [OFFICE])
    planned = {"location": "Kids", "result": "planned", "added": [NEXT], "deleted": []}
    assert await sync(dry_run=True) == [planned]
    assert networks(simulator, location) == [OFFICE]
    simulator.cloudflare.locations.taken.add(NEXT)
    with pytest.raises(HomeAssistantError, match="already has this address"):
        await sync()


async def test_diagnostics_of_a_location(
    hass: HomeAssistant, location: Location, located: RaindropConfigEntry
) -> None:
    """With numbers in place of addresses."""
    diagnostics = await async_get_config_entry_diagnostics(hass, located)
    (shown,) = diagnostics["resources"]
    assert (shown["kind"], shown["networks"]) == ("dns_location", {"IPv4": "address 2"})
    assert (shown["own"], shown["changed_settings"]) == (["address 2"], [])
