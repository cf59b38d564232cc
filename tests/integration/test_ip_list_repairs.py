"""Repairs of IP lists, their diagnostics, and the automations that use them."""

import json
from typing import Any

from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import async_mock_service

from custom_components.raindrop.coordinator import RaindropConfigEntry
from custom_components.raindrop.diagnostics import async_get_config_entry_diagnostics
from simulator import Simulator
from simulator.cloudflare import Zone
from simulator.cloudflare.auth import LIST_PERMISSIONS
from simulator.cloudflare.ip_lists import ItemList
from tests.conftest import HOME, NEXT
from tests.secrets import TOKEN
from tests.simulated_time import settle

from .blueprint import use_blueprint
from .builders import domain, set_up
from .conftest import Clock, state
from .ip_list_homes import DELETE, EVENT, PROBLEM, STATUS, held, ip_list
from .repair_flows import Repair, issues
from .router_entities import Router


@pytest.fixture
async def listed(hass: HomeAssistant, zone: Zone, trusted: ItemList) -> RaindropConfigEntry:
    """Set up a zone with a domain and a list."""
    entry = await set_up(hass, zone, [domain("home.example.com"), ip_list(trusted)])
    await settle(hass)
    return entry


async def test_a_token_that_lost_the_permission(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    trusted: ItemList,
    listed: RaindropConfigEntry,
    repair: Repair,
) -> None:
    """The repair names the permission; DNS goes on, and no other key is asked for."""
    simulator.cloudflare.add_token(TOKEN)
    simulator.ip.set_address(NEXT)
    await clock.cycles(3)
    assert issues(hass) == ["lists_edit_missing"]
    assert simulator.cloudflare.records("example.com")[0]["content"] == NEXT
    assert not [*listed.async_get_active_flows(hass, {"reauth"})]
    await repair.start()
    form = await repair.send({})
    assert form["errors"] == {"base": "failed"}
    assert "Account Filter Lists" in form["description_placeholders"]["error"]
    simulator.cloudflare.add_token(TOKEN, permissions=LIST_PERMISSIONS)
    result = await repair.send({})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert issues(hass) == []
    assert held(simulator, trusted) == [NEXT]


@pytest.mark.parametrize("names", [["home.example.com"], []])
async def test_another_token_is_asked_for_until_one_has_the_permission(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    zone: Zone,
    trusted: ItemList,
    repair: Repair,
    names: list[str],
) -> None:
    """An update that works with the token does not close the form that the repair opened."""
    listed = await set_up(hass, zone, [*map(domain, names), ip_list(trusted)])
    await settle(hass)
    simulator.cloudflare.add_token(TOKEN)
    await clock.full_syncs()
    await repair.start()
    await repair.send({})
    await clock.full_syncs()
    assert len([*listed.async_get_active_flows(hass, {"reauth"})]) == 1
    simulator.cloudflare.add_token(TOKEN, permissions=LIST_PERMISSIONS)
    await clock.full_syncs(2)
    assert not [*listed.async_get_active_flows(hass, {"reauth"})]


async def test_a_token_that_is_not_accepted(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    trusted: ItemList,
    listed: RaindropConfigEntry,
) -> None:
    """No permission is said to be missing: the token as a whole is asked for."""
    simulator.cloudflare.credentials.revoke(TOKEN)
    simulator.ip.set_address(NEXT)
    await clock.cycles(5)
    assert issues(hass) == []
    assert len([*listed.async_get_active_flows(hass, {"reauth"})]) == 1
    simulator.cloudflare.add_token(TOKEN, permissions=LIST_PERMISSIONS)
    await clock.cycles(2)
    assert held(simulator, trusted) == [NEXT]


async def test_a_list_that_is_gone(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    trusted: ItemList,
    listed: RaindropConfigEntry,
    repair: Repair,
) -> None:
    """It can be tried again, or removed."""
    simulator.cloudflare.lists.remove(trusted)
    await clock.full_syncs()
    assert issues(hass) == ["list_missing"]
    assert state(hass, STATUS) == "not_found"
    await repair.start()
    menu = await repair.choose("retry")
    assert menu["type"] is FlowResultType.MENU
    assert "could not find list" in menu["description_placeholders"]["error"]
    await repair.choose("remove")
    await settle(hass)
    assert listed.get_subentries_of_type("ip_list") == []
    assert issues(hass) == []


async def test_a_list_that_others_change(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    trusted: ItemList,
    listed: RaindropConfigEntry,
    repair: Repair,
) -> None:
    """The third deletion within six hours is left alone, until the user says otherwise."""
    lists = simulator.cloudflare.lists
    for _ in range(3):
        (item,) = lists.items(trusted)
        lists.delete_item(trusted, item["id"])
        await clock.full_syncs()
    assert issues(hass) == ["list_contested"]
    assert held(simulator, trusted) == []
    await repair.start()
    result = await repair.choose("retry")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert held(simulator, trusted) == [HOME]
    assert issues(hass) == []


async def test_an_old_address_that_stays(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    trusted: ItemList,
    listed: RaindropConfigEntry,
    repair: Repair,
) -> None:
    """The repair names it; another reason replaces the issue, and an unload ends it."""
    fault = simulator.faults.add("cloudflare", DELETE, kind="error", status=400, code=1)
    simulator.ip.set_address(NEXT)
    await clock.cycles(5)
    assert issues(hass) == ["list_old_address"]
    form = await repair.start()
    assert form["description_placeholders"]["addresses"] == f"`{HOME}`"
    simulator.faults.remove(fault)
    simulator.cloudflare.lists.failure = "no more items"
    simulator.ip.set_address("81.2.69.146")
    await clock.cycles()
    assert issues(hass) == ["list_refused"]
    await hass.config_entries.async_unload(listed.entry_id)
    assert issues(hass) == []


async def test_a_shared_address(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, trusted: ItemList
) -> None:
    """The user is asked before neighbors are let in."""
    router = Router(hass)
    await router.reports("100.64.7.8")
    await set_up(hass, zone, [ip_list(trusted)], sources={"ipv4": [router.source()]})
    await settle(hass)
    assert "list_shared_address" in issues(hass)
    assert (state(hass, STATUS), state(hass, PROBLEM)) == ("shared_address", "on")


async def test_settings_that_cannot_be_read(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, trusted: ItemList, repair: Repair
) -> None:
    """Nothing is written, and nothing deleted; the repair removes the list."""
    subentry = ip_list(trusted, families="ipv4", delete_items=True)
    simulator.cloudflare.lists.add_item(trusted, HOME, "office")
    entry = await set_up(hass, zone, [subentry])
    await settle(hass)
    assert issues(hass) == ["domain_unreadable"]
    await repair.start()
    await repair.choose("remove")
    await settle(hass)
    assert not entry.subentries
    assert held(simulator, trusted, "office") == [HOME]


async def test_diagnostics_of_a_list(
    hass: HomeAssistant, simulator: Simulator, trusted: ItemList, listed: RaindropConfigEntry
) -> None:
    """With numbers in place of addresses, and nothing of what others put there."""
    simulator.cloudflare.lists.add_item(trusted, "198.51.100.1", "office")
    diagnostics = await async_get_config_entry_diagnostics(hass, listed)
    (shown,) = diagnostics["resources"]
    assert shown["networks"] == {"IPv4": "address 2"}
    assert (shown["reason"], shown["is_in_sync"], shown["old_items"]) == (None, True, 0)
    text = json.dumps(diagnostics)
    assert not any(secret in text for secret in (HOME, trusted.id, "trusted", "office"))


@pytest.fixture
def acted(hass: HomeAssistant) -> list[ServiceCall]:
    """Collect the actions of an automation."""
    return async_mock_service(hass, "test", "act")


@pytest.mark.parametrize("target", [EVENT, "button.example_com_update_now"])
async def test_a_list_triggers_and_is_a_condition(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    trusted: ItemList,
    listed: RaindropConfigEntry,
    acted: list[ServiceCall],
    target: str,
) -> None:
    """By itself, or as part of its zone."""
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
    simulator.cloudflare.lists.failure = "no more items"
    simulator.ip.set_address("81.2.69.146")
    await clock.cycles()
    assert EVENT not in [call.data["at"] for call in acted]
    await hass.services.async_call("automation", "turn_off", {"entity_id": "all"}, blocking=True)


async def test_the_blueprint_speaks_of_lists(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    trusted: ItemList,
    listed: RaindropConfigEntry,
    acted: list[ServiceCall],
) -> None:
    """In other words than of records."""
    await use_blueprint(hass, EVENT, types=["updated", "failed"])
    simulator.ip.set_address(NEXT)
    await clock.cycles()
    simulator.cloudflare.lists.failure = "no more items"
    simulator.ip.set_address("81.2.69.146")
    await clock.cycles()
    updated, failed = (call.data["text"].strip() for call in acted)
    assert updated == f"List updated: The list trusted now contains {NEXT}."
    assert failed.startswith("List update failed: The list trusted can't be kept up to date")
