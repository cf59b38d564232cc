"""Automations: each trigger, condition and blueprint through a real automation."""

from datetime import timedelta
from types import MappingProxyType
from typing import Any

from homeassistant.components.blueprint import Blueprint
from homeassistant.components.blueprint.schemas import BLUEPRINT_SCHEMA
from homeassistant.components.websocket_api.automation import async_get_conditions_for_target
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import area_registry as ar, entity_registry as er
from homeassistant.helpers.condition import async_get_all_descriptions as condition_descriptions
from homeassistant.helpers.trigger import async_get_all_descriptions as trigger_descriptions
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import load_yaml_dict
import pytest
from pytest_homeassistant_custom_component.common import async_mock_service

from custom_components.raindrop.coordinator import RaindropConfigEntry
from custom_components.raindrop.ddns import Reason
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, NEXT, OLD

from .blueprint import BLUEPRINT, use_blueprint
from .builders import domain, set_up
from .conftest import Clock

PUBLIC_IP = "event.example_com_address_change"
DNS_RECORD = "event.home_example_com_dns_record"
PROBLEM = "binary_sensor.home_example_com_dns_problem"
NEXT_V6 = "2001:218:1:2::144"
SECOND = timedelta(seconds=1)

type Calls = list[ServiceCall]


@pytest.fixture
def calls(hass: HomeAssistant) -> Calls:
    """Collect what automations do."""
    return async_mock_service(hass, "test", "act")


async def automate(hass: HomeAssistant, **parts: Any) -> None:
    """Set up an automation whose action gets the addresses and the domain of the event."""
    data = {
        **{key: f"{{{{ trigger.to_state.attributes.{key} }}}}" for key in ("from_ip", "to_ip")},
        "domain": "{{ trigger.to_state.attributes.domain | default }}",
    }
    action = {"action": "test.act", "data": data}
    automation = {"alias": "test", "actions": [action], **parts}
    assert await async_setup_component(hass, "automation", {"automation": [automation]})
    await hass.async_block_till_done()


def at(hass: HomeAssistant, kind: str, entity_id: str) -> dict[str, str]:
    """Return an entity as a target, by itself or by its device."""
    entity = er.async_get(hass).async_get(entity_id)
    assert entity is not None
    assert entity.device_id is not None
    return {"entity_id": entity_id} if kind == "entity" else {"device_id": entity.device_id}


def addresses_of(calls: Calls) -> list[tuple[str, str]]:
    """Return the addresses that the actions got."""
    return [(call.data["from_ip"], call.data["to_ip"]) for call in calls]


def domains_of(calls: Calls) -> list[str]:
    """Return the domains of the records that triggered."""
    return [call.data["domain"] for call in calls]


@pytest.mark.parametrize("target", ["entity", "device"])
async def test_the_change_of_the_address_triggers_after_an_outage(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    clock: Clock,
    entry: RaindropConfigEntry,
    calls: Calls,
    target: str,
) -> None:
    """It triggers once though no address was found for a while; a reload does not trigger."""
    where = at(hass, target, PUBLIC_IP)
    await automate(hass, triggers=[{"trigger": "raindrop.public_ip_changed", "target": where}])
    simulator.ip.set_address(None)
    await clock.cycles(2)
    simulator.ip.set_address(NEXT)
    await clock.cycles(3)
    assert addresses_of(calls) == [(HOME, NEXT)]
    await hass.config_entries.async_reload(entry.entry_id)
    await clock.cycles()
    assert len(calls) == 1


@pytest.mark.parametrize("target", ["entity", "device"])
async def test_a_written_record_triggers(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    entry: RaindropConfigEntry,
    calls: Calls,
    target: str,
) -> None:
    """Both another address and a corrected external change trigger once."""
    where = at(hass, target, DNS_RECORD)
    await automate(hass, triggers=[{"trigger": "raindrop.record_updated", "target": where}])
    simulator.ip.set_address(NEXT)
    await clock.cycles(2)
    assert addresses_of(calls) == [(HOME, NEXT)]
    (record,) = simulator.cloudflare.records("example.com")
    simulator.cloudflare.edit_record("example.com", str(record["id"]), content=OLD)
    await clock.cycles(13)
    assert addresses_of(calls)[1:] == [(OLD, NEXT)]


async def test_each_event_of_an_update_triggers_once(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, calls: Calls
) -> None:
    """Records of both families that are written together trigger twice, at increasing times."""
    await set_up(hass, zone, [domain("home.example.com", families=["ipv4", "ipv6"])])
    trigger = {"trigger": "raindrop.record_updated", "target": {"entity_id": DNS_RECORD}}
    data = {
        "to_ip": "{{ trigger.to_state.attributes.to_ip }}",
        "at": "{{ trigger.to_state.state }}",
    }
    await automate(hass, triggers=[trigger], actions=[{"action": "test.act", "data": data}])
    await clock.cycles()
    calls.clear()
    simulator.ip.set_address(NEXT)
    simulator.ip.set_address(NEXT_V6)
    await clock.cycles()
    assert [call.data["to_ip"] for call in calls] == [NEXT, NEXT_V6]
    times = [call.data["at"] for call in calls]
    assert times[0] < times[1]


@pytest.mark.parametrize("target", ["entity", "device"])
async def test_the_first_event_of_a_new_domain_triggers(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    entry: RaindropConfigEntry,
    calls: Calls,
    target: str,
) -> None:
    """An automation for a domain that was removed reacts when it is added again."""
    where = at(hass, target, DNS_RECORD)
    (subentry,) = entry.subentries.values()
    hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert er.async_get(hass).async_get(DNS_RECORD) is None
    await automate(hass, triggers=[{"trigger": "raindrop.record_updated", "target": where}])
    (record,) = simulator.cloudflare.records(zone)
    simulator.cloudflare.edit_record(zone, str(record["id"]), content=OLD)
    hass.config_entries.async_add_subentry(entry, subentry)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert addresses_of(calls) == [(OLD, HOME)]


async def test_a_failure_triggers_once(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    entry: RaindropConfigEntry,
    calls: Calls,
) -> None:
    """An update that fails for hours triggers when it begins to, and not at its end."""
    trigger = {"trigger": "raindrop.update_failed", "target": {"entity_id": DNS_RECORD}}
    await automate(hass, triggers=[trigger])
    simulator.cloudflare.reachable = False
    simulator.ip.set_address(NEXT)
    await clock.cycles(3)
    assert addresses_of(calls) == [(HOME, NEXT)]
    simulator.cloudflare.reachable = True
    await clock.cycles(2)
    assert len(calls) == 1


async def test_events_of_another_kind_do_not_trigger(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    clock: Clock,
    entry: RaindropConfigEntry,
    calls: Calls,
) -> None:
    """A trigger for the home's address ignores that a record of its zone was corrected."""
    where = at(hass, "device", PUBLIC_IP)
    await automate(hass, triggers=[{"trigger": "raindrop.public_ip_changed", "target": where}])
    (record,) = simulator.cloudflare.records(zone)
    simulator.cloudflare.edit_record(zone, str(record["id"]), content=OLD)
    await clock.cycles(13)
    assert simulator.cloudflare.records(zone)[0]["content"] == HOME
    assert calls == []


@pytest.mark.parametrize("target", ["entity", "device"])
async def test_a_zone_stands_for_its_domains(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    clock: Clock,
    calls: Calls,
    target: str,
) -> None:
    """Each domain of the zone triggers, also one that is added later; no other zone does."""
    entry = await set_up(hass, zone, [domain("home.example.com")])
    other = simulator.cloudflare.add_zone("example.org")
    await set_up(hass, other, [domain("home.example.org")])
    where = at(hass, target, PUBLIC_IP)
    triggers = [
        {"trigger": f"raindrop.{key}", "target": where}
        for key in ("record_updated", "update_failed", "update_recovered")
    ]
    await automate(hass, triggers=triggers)
    subentry = ConfigSubentry(
        data=MappingProxyType(domain("www.example.com")["data"]),
        subentry_type="domain",
        title="www.example.com",
        unique_id="domain:www.example.com",
    )
    hass.config_entries.async_add_subentry(entry, subentry)
    await hass.async_block_till_done(wait_background_tasks=True)
    simulator.ip.set_address(NEXT)
    await clock.cycles(2)
    assert sorted(domains_of(calls)) == ["home.example.com", "www.example.com", "www.example.com"]


async def test_a_domain_stands_for_its_zone(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    entry: RaindropConfigEntry,
    calls: Calls,
) -> None:
    """A trigger for the home's address accepts a domain, and fires once for its zone."""
    where = at(hass, "device", DNS_RECORD)
    await automate(hass, triggers=[{"trigger": "raindrop.public_ip_changed", "target": where}])
    simulator.ip.set_address(NEXT)
    await clock.cycles(2)
    assert addresses_of(calls) == [(HOME, NEXT)]


async def test_a_domain_does_not_stand_for_another_one(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, calls: Calls
) -> None:
    """Only the record of the domain that was chosen triggers."""
    await set_up(hass, zone, [domain("home.example.com"), domain("www.example.com")])
    where = at(hass, "device", DNS_RECORD)
    await automate(hass, triggers=[{"trigger": "raindrop.record_updated", "target": where}])
    simulator.ip.set_address(NEXT)
    await clock.cycles(2)
    assert domains_of(calls) == ["home.example.com"]


@pytest.mark.parametrize("target", ["entity", "device", "zone"])
async def test_the_condition_holds_while_dns_is_in_sync(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    entry: RaindropConfigEntry,
    calls: Calls,
    target: str,
) -> None:
    """An automation continues only while the records of the domain are in sync."""
    where = at(hass, "device", PUBLIC_IP) if target == "zone" else at(hass, target, PROBLEM)
    condition = {
        "condition": "raindrop.in_sync",
        "target": where,
        "options": {"behavior": "all"},
    }
    await automate(
        hass,
        triggers=[{"trigger": "event", "event_type": "go"}],
        conditions=[condition],
        actions=[{"action": "test.act"}],
    )
    hass.bus.async_fire("go")
    await hass.async_block_till_done()
    assert len(calls) == 1
    simulator.cloudflare.reachable = False
    simulator.ip.set_address(NEXT)
    await clock.cycles()
    hass.bus.async_fire("go")
    await hass.async_block_till_done()
    assert len(calls) == 1


async def holds(hass: HomeAssistant, calls: Calls) -> bool:
    """Return whether the condition of the automation holds."""
    calls.clear()
    hass.bus.async_fire("go")
    await hass.async_block_till_done()
    return bool(calls)


async def automate_in_sync(
    hass: HomeAssistant, target: dict[str, Any], behavior: str, **options: Any
) -> None:
    """Set up an automation that acts while targets are in sync."""
    condition = {
        "condition": "raindrop.in_sync",
        "target": target,
        "options": {"behavior": behavior, **options},
    }
    await automate(
        hass,
        triggers=[{"trigger": "event", "event_type": "go"}],
        conditions=[condition],
        actions=[{"action": "test.act"}],
    )


@pytest.mark.parametrize("behavior", ["all", "any"])
@pytest.mark.parametrize("target", ["entity", "device"])
async def test_the_condition_does_not_hold_while_the_zone_is_not_loaded(
    hass: HomeAssistant, entry: RaindropConfigEntry, calls: Calls, target: str, behavior: str
) -> None:
    """An entity that is unavailable is not known to be in sync."""
    await automate_in_sync(hass, at(hass, target, PROBLEM), behavior)
    assert await holds(hass, calls)
    await hass.config_entries.async_unload(entry.entry_id)
    assert not await holds(hass, calls)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert await holds(hass, calls)


@pytest.mark.parametrize("behavior", ["all", "any"])
async def test_the_condition_does_not_hold_without_any_domain(
    hass: HomeAssistant, entry: RaindropConfigEntry, calls: Calls, behavior: str
) -> None:
    """A target without any domain, such as an empty area, is not in sync."""
    area = ar.async_get(hass).async_create("Attic")
    await automate_in_sync(hass, {"area_id": area.id}, behavior)
    assert not await holds(hass, calls)


@pytest.mark.parametrize("behavior", ["all", "any"])
@pytest.mark.parametrize("gone", ["unknown", "disabled", "removed entity", "removed device"])
async def test_a_target_that_is_not_known_is_not_in_sync(
    hass: HomeAssistant, zone: Zone, calls: Calls, gone: str, behavior: str
) -> None:
    """Of several targets all have to be known to be in sync, or one if any is enough."""
    entry = await set_up(hass, zone, [domain("home.example.com"), domain("www.example.com")])
    other = "binary_sensor.www_example_com_dns_problem"
    targets = {"entity_id": [PROBLEM, other]}
    if gone == "removed device":
        targets = {"device_id": [at(hass, "device", e)["device_id"] for e in (PROBLEM, other)]}
    await automate_in_sync(hass, targets, behavior)
    assert await holds(hass, calls)
    registry = er.async_get(hass)
    if gone == "unknown":
        hass.states.async_set(other, "unknown")
    elif gone == "disabled":
        registry.async_update_entity(other, disabled_by=er.RegistryEntryDisabler.USER)
    else:
        (subentry,) = (s for s in entry.subentries.values() if s.title == "www.example.com")
        hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert await holds(hass, calls) is (behavior == "any")


async def test_the_condition_waits_for_how_long_it_has_to_hold(
    hass: HomeAssistant, clock: Clock, entry: RaindropConfigEntry, calls: Calls
) -> None:
    """The time begins again when the zone was not loaded in between."""
    await automate_in_sync(hass, {"entity_id": PROBLEM}, "all", **{"for": {"minutes": 8}})
    await clock.cycles(2)
    assert await holds(hass, calls)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not await holds(hass, calls)
    await clock.cycles(2)
    assert await holds(hass, calls)


async def test_the_editor_finds_all_triggers_and_conditions(
    hass: HomeAssistant, entry: RaindropConfigEntry
) -> None:
    """Each trigger and condition has a target, so that the editor offers it by target."""
    assert await async_setup_component(hass, "automation", {})
    triggers = await trigger_descriptions(hass)
    conditions = await condition_descriptions(hass)
    for key in (
        "public_ip_changed",
        "record_updated",
        "failed_over",
        "failed_back",
        "update_failed",
        "update_recovered",
    ):
        description = triggers[f"raindrop.{key}"]
        assert description is not None
        assert description["target"]["entity"][0]["domain"] == ["event"]
    condition = conditions["raindrop.in_sync"]
    assert condition is not None
    assert condition["target"]["primary_entities_only"] is False
    for entity_id in (PUBLIC_IP, DNS_RECORD):
        offered = await async_get_conditions_for_target(
            hass, at(hass, "device", entity_id), expand_group=False
        )
        assert offered == {"raindrop.in_sync"}


async def test_the_blueprint_notifies_in_words(
    hass: HomeAssistant,
    simulator: Simulator,
    clock: Clock,
    entry: RaindropConfigEntry,
    calls: Calls,
) -> None:
    """An automation of the blueprint reports a change, a failure and the recovery."""
    blueprint = Blueprint(
        load_yaml_dict(str(BLUEPRINT)), expected_domain="automation", schema=BLUEPRINT_SCHEMA
    )
    assert blueprint.validate() is None
    await use_blueprint(hass, PUBLIC_IP)
    await hass.async_block_till_done()

    simulator.cloudflare.reachable = False
    simulator.ip.set_address(NEXT)
    await clock.cycles(2)
    simulator.cloudflare.reachable = True
    await clock.cycles()
    await clock.passes(SECOND)
    failed = "The A record of home.example.com"
    assert sorted(call.data["text"].strip() for call in calls) == [
        "DNS is up to date again: The A record of home.example.com is up to date again.",
        f"DNS update failed: {failed} can't be kept up to date: Cloudflare could not be read.",
        f"Public IP address changed: Your public IPv4 address changed from {HOME} to {NEXT}.",
    ]


def test_the_blueprint_knows_every_reason() -> None:
    """Each reason for which a record fails has words."""
    reasons = load_yaml_dict(str(BLUEPRINT))["variables"]["reason"]
    failures = {reason for reason in Reason if reason.is_problem}
    assert [reason for reason in failures if f"'{reason}': '" not in reasons] == []
