"""Unique ids and device identifiers: made of names, so that history outlives configuration."""

from types import MappingProxyType

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
import pytest

from custom_components.raindrop.const import DOMAIN
from custom_components.raindrop.coordinator import RaindropConfigEntry
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.secrets import DNS_TOKEN

from .builders import domain, new_entry, set_up
from .conftest import LIST, UPDATE_NOW, endpoints, submit_user_form

NAME = "home.example.com"
PROBLEM = "binary_sensor.home_example_com_dns_problem"
RENAMED = "binary_sensor.front_door"


def identities(hass: HomeAssistant) -> dict[str, tuple[str, str]]:
    """Return the unique id and the registry id of each entity."""
    entries = er.async_get(hass).entities.values()
    return {e.entity_id: (e.unique_id, e.id) for e in entries if e.platform == DOMAIN}


def devices(hass: HomeAssistant) -> dict[str, str]:
    """Return the registry id of each device by its identifier."""
    return {
        identifier: device.id
        for entry in hass.config_entries.async_entries(DOMAIN)
        for device in dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
        for _, identifier in device.identifiers
    }


async def remove_and_add_domain(hass: HomeAssistant, entry: RaindropConfigEntry) -> None:
    """Remove the only domain of an entry, and add it again."""
    (removed,) = entry.subentries
    hass.config_entries.async_remove_subentry(entry, removed)
    await hass.async_block_till_done()
    subentry = ConfigSubentry(
        data=MappingProxyType(dict(domain(NAME)["data"])),
        subentry_type="domain",
        title=NAME,
        unique_id=f"domain:{NAME}",
    )
    hass.config_entries.async_add_subentry(entry, subentry)
    await hass.async_block_till_done()
    assert subentry.subentry_id != removed


async def test_a_domain_that_is_added_again_keeps_its_entities(
    hass: HomeAssistant, zone: Zone
) -> None:
    """It has the same device, entity ids and history, also those that the user renamed."""
    entry = await set_up(hass, zone, [domain(NAME)])
    er.async_get(hass).async_update_entity(PROBLEM, new_entity_id=RENAMED)
    await hass.async_block_till_done()
    before = (identities(hass), devices(hass))
    assert RENAMED in before[0]
    assert before[1].keys() == {"zone:example.com", f"domain:{NAME}"}

    await remove_and_add_domain(hass, entry)

    assert (identities(hass), devices(hass)) == before
    state = hass.states.get(RENAMED)
    assert state is not None
    assert state.state == "off"


async def test_a_zone_that_moved_to_another_account_keeps_its_entities(
    hass: HomeAssistant, zone: Zone
) -> None:
    """Its id is another one; its name and those of its domains are the same."""
    old = new_entry(zone, [domain(NAME)])
    old.add_to_hass(hass)
    old_id = "0" * 32
    assert old_id != zone.id
    hass.config_entries.async_update_entry(
        old, data={**old.data, "zone_id": old_id}, unique_id=old_id
    )
    await hass.config_entries.async_setup(old.entry_id)
    await hass.async_block_till_done()
    before = (identities(hass), devices(hass))
    assert UPDATE_NOW in before[0]
    await hass.config_entries.async_remove(old.entry_id)
    assert (identities(hass), devices(hass)) == ({}, {})

    await set_up(hass, zone, [domain(NAME)])

    assert (identities(hass), devices(hass)) == before


async def test_a_zone_of_unknown_name_is_identified_by_its_id(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """A token without Zone Read: the zone is called after its first domain."""
    simulator.cloudflare.add_token(DNS_TOKEN, permissions={"dns:edit"}, owner="account")
    await submit_user_form(hass, zone=zone.id, key=DNS_TOKEN, domain=NAME)
    assert devices(hass).keys() == {f"zone:{zone.id}", f"domain:{NAME}"}
    of_zone = {
        entity_id: unique_id
        for entity_id, (unique_id, _) in identities(hass).items()
        if unique_id.startswith("zone:")
    }
    prefix = f"zone:{zone.id}"
    assert of_zone == {
        "button.home_example_com_update_now": f"{prefix}:update_now",
        "event.home_example_com_address_change": f"{prefix}:public_ip",
        "sensor.home_example_com_ipv4_address_since": f"{prefix}:since_ipv4",
        "sensor.home_example_com_ipv4_address_changes": f"{prefix}:changes_ipv4",
        "sensor.home_example_com_ipv4_source": f"{prefix}:source_ipv4",
        "sensor.home_example_com_last_update": f"{prefix}:last_update",
        "sensor.home_example_com_public_ipv4_address": f"{prefix}:public_ipv4",
    }
    assert identities(hass)["sensor.home_example_com_last_update_2"][0] == (
        f"domain:{NAME}:last_update"
    )


@pytest.mark.parametrize("entity_id", [PROBLEM, "sensor.home_example_com_last_update"])
async def test_update_entity_runs_an_update(
    hass: HomeAssistant, simulator: Simulator, entry: RaindropConfigEntry, entity_id: str
) -> None:
    """The action `homeassistant.update_entity` works for the entities of a domain."""
    assert await async_setup_component(hass, "homeassistant", {})
    simulator.ip.set_address("81.2.69.144")
    simulator.log.clear()
    await hass.services.async_call(
        "homeassistant", "update_entity", {"entity_id": entity_id}, blocking=True
    )
    await hass.async_block_till_done()
    assert simulator.log.count(service="ip") == 2
    assert endpoints(simulator)[0] == LIST
    assert simulator.cloudflare.records("example.com")[0]["content"] == "81.2.69.144"
