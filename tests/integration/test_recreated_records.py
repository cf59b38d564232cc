"""A record that was deleted externally comes back as it was, also after a restart."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.raindrop.const import FULL_SYNC_INTERVAL
from custom_components.raindrop.coordinator import RaindropConfigEntry
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME

from .builders import domain, new_entry, set_up
from .conftest import Clock, state
from .repair_flows import NAME, Repair, issues

PROXIED = {"type": "A", "name": "www", "content": HOME, "proxied": True, "comment": "web"}
DNS = "binary_sensor.www_example_com_dns_problem"


def found(simulator: Simulator) -> list[dict[str, Any]]:
    """Return the records at the name."""
    return [r for r in simulator.cloudflare.records("example.com") if r["name"] == NAME]


def delete(simulator: Simulator) -> None:
    """Delete the record externally."""
    (record,) = found(simulator)
    simulator.cloudflare.delete_record("example.com", record["id"])


async def test_a_proxied_record_comes_back_proxied_after_a_restart(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """What a record had is stored: it may be deleted while Home Assistant is down."""
    simulator.cloudflare.add_record(zone, **PROXIED)
    entry = await set_up(hass, zone, [domain(NAME)])
    await hass.config_entries.async_unload(entry.entry_id)
    delete(simulator)

    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()

    (record,) = found(simulator)
    assert (record["content"], record["proxied"], record["comment"]) == (HOME, True, "web")
    assert state(hass, DNS) == "off"


async def set_up_forgotten(
    hass: HomeAssistant, hass_storage: dict[str, Any], zone: Zone, **data: Any
) -> RaindropConfigEntry:
    """Set up a domain whose record existed, of which only the address is known."""
    entry = new_entry(zone, [domain(NAME, **data)])
    entry.add_to_hass(hass)
    key = f"raindrop.{entry.entry_id}"
    records = {f"A {NAME}": {"last_address": HOME}}
    hass_storage[key] = {"version": 1, "key": key, "data": {"records": records}}
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry


@pytest.mark.parametrize(
    "choice, proxied", [("create_proxied", True), ("create_not_proxied", False)]
)
async def test_the_user_decides_whether_an_unknown_record_is_proxied(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    simulator: Simulator,
    zone: Zone,
    clock: Clock,
    repair: Repair,
    choice: str,
    *,
    proxied: bool,
) -> None:
    """A record that may have been proxied is not created before the user has chosen."""
    await set_up_forgotten(hass, hass_storage, zone)
    await clock.passes(FULL_SYNC_INTERVAL)
    assert found(simulator) == []
    assert issues(hass) == ["record_proxied_unknown"]
    shown = hass.states.get(DNS)
    assert shown is not None
    assert (shown.state, shown.attributes["reason"]) == ("on", "proxied_unknown")
    step = await repair.start()
    assert step["menu_options"] == ["create_proxied", "create_not_proxied", "remove"]

    done = await repair.send({"next_step_id": choice})

    assert done["type"] is FlowResultType.CREATE_ENTRY
    (record,) = found(simulator)
    assert (record["content"], record["proxied"]) == (HOME, proxied)
    assert (issues(hass), state(hass, DNS)) == ([], "off")


async def test_the_answer_is_kept_until_it_can_be_acted_on(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    simulator: Simulator,
    zone: Zone,
    repair: Repair,
) -> None:
    """If Cloudflare cannot be reached, the record is created as chosen after a restart."""
    entry = await set_up_forgotten(hass, hass_storage, zone)
    await repair.start()
    simulator.faults.add("cloudflare", kind="html")
    done = await repair.send({"next_step_id": "create_proxied"})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert found(simulator) == []
    simulator.faults.clear()

    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()

    (record,) = found(simulator)
    assert record["proxied"] is True
    assert issues(hass) == []


async def test_a_domain_whose_record_is_unknown_can_be_removed(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    simulator: Simulator,
    zone: Zone,
    repair: Repair,
) -> None:
    """The third choice removes the domain and creates nothing."""
    entry = await set_up_forgotten(hass, hass_storage, zone)
    await repair.start()
    await repair.send({"next_step_id": "remove"})
    assert (dict(entry.subentries), issues(hass), found(simulator)) == ({}, [], [])


async def test_an_answer_for_a_zone_that_is_not_loaded_changes_nothing(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    simulator: Simulator,
    zone: Zone,
    repair: Repair,
) -> None:
    """If the zone was stopped while the form was open, the flow says so."""
    entry = await set_up_forgotten(hass, hass_storage, zone)
    await repair.start()
    await hass.config_entries.async_unload(entry.entry_id)
    done = await repair.send({"next_step_id": "create_proxied"})
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "not_loaded")
    assert found(simulator) == []


async def test_an_enforced_proxied_status_asks_nobody(
    hass: HomeAssistant, hass_storage: dict[str, Any], simulator: Simulator, zone: Zone
) -> None:
    """A domain whose settings say that it is proxied needs no answer."""
    await set_up_forgotten(hass, hass_storage, zone, proxied="on")
    (record,) = found(simulator)
    assert record["proxied"] is True
    assert issues(hass) == []


async def test_a_record_that_is_deleted_while_its_family_is_off_comes_back_as_it_was(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """What it had stays stored, also over a second reload."""
    simulator.cloudflare.add_record(zone, **PROXIED)
    entry = await set_up(hass, zone, [domain(NAME)])
    automatic = entry.options
    off = {"sources": {**automatic["sources"], "ipv4": []}}
    hass.config_entries.async_update_entry(entry, options=off)
    await hass.async_block_till_done()
    delete(simulator)
    await hass.config_entries.async_reload(entry.entry_id)

    hass.config_entries.async_update_entry(entry, options=automatic)
    await hass.async_block_till_done()

    (record,) = found(simulator)
    assert (record["content"], record["proxied"], record["comment"]) == (HOME, True, "web")


async def test_a_record_that_is_deleted_while_its_domain_is_unreadable_comes_back_as_it_was(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """A domain whose settings are repaired is the same as before."""
    simulator.cloudflare.add_record(zone, **PROXIED)
    entry = await set_up(hass, zone, [domain(NAME)])
    (subentry,) = entry.subentries.values()
    good = dict(subentry.data)
    hass.config_entries.async_update_subentry(entry, subentry, data={**good, "ttl": None})
    await hass.async_block_till_done()
    assert issues(hass) == ["domain_unreadable"]
    delete(simulator)

    (subentry,) = entry.subentries.values()
    hass.config_entries.async_update_subentry(entry, subentry, data=good)
    await hass.async_block_till_done()

    (record,) = found(simulator)
    assert (record["content"], record["proxied"], record["comment"]) == (HOME, True, "web")


async def test_a_domain_that_was_removed_is_forgotten(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, hass_storage: dict[str, Any]
) -> None:
    """What its record had is not stored any more."""
    simulator.cloudflare.add_record(zone, **PROXIED)
    entry = await set_up(hass, zone, [domain(NAME)])
    (subentry,) = entry.subentries.values()
    hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    await hass.async_block_till_done()
    assert hass_storage[f"raindrop.{entry.entry_id}"]["data"]["records"] == {}
