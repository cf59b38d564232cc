"""Automations: each trigger, condition and blueprint through a real automation."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from homeassistant.components.blueprint import Blueprint
from homeassistant.components.blueprint.schemas import BLUEPRINT_SCHEMA
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.condition import async_get_all_descriptions as condition_descriptions
from homeassistant.helpers.trigger import async_get_all_descriptions as trigger_descriptions
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import load_yaml_dict
import pytest
from pytest_homeassistant_custom_component.common import async_mock_service

from custom_components.raindrop.coordinator import RaindropConfigEntry
from lab import Lab
from lab.cloudflare import Zone
from tests.conftest import HOME, NEXT, OLD

from .conftest import Clock

PUBLIC_IP = "event.example_com_public_ip_address"
DNS_RECORD = "event.home_example_com_dns_record"
PROBLEM = "binary_sensor.home_example_com_dns"
BLUEPRINT = Path(__file__).parents[2] / "blueprints" / "automation" / "raindrop" / "tell_me.yaml"
SECOND = timedelta(seconds=1)
SAID = "{{ %s }}"

type Calls = list[ServiceCall]


@pytest.fixture
def calls(hass: HomeAssistant) -> Calls:
    """Collect what automations do."""
    return async_mock_service(hass, "test", "act")


async def automate(hass: HomeAssistant, **parts: Any) -> None:
    """Set up an automation whose action tells what triggered it."""
    said = {key: f"{{{{ trigger.to_state.attributes.{key} }}}}" for key in ("from_ip", "to_ip")}
    action = {"action": "test.act", "data": said}
    automation = {"alias": "test", "actions": [action], **parts}
    assert await async_setup_component(hass, "automation", {"automation": [automation]})
    await hass.async_block_till_done()


def at(hass: HomeAssistant, kind: str, entity_id: str) -> dict[str, str]:
    """Return an entity as a target, by itself or by its device."""
    entity = er.async_get(hass).async_get(entity_id)
    assert entity is not None
    assert entity.device_id is not None
    return {"entity_id": entity_id} if kind == "entity" else {"device_id": entity.device_id}


def told(calls: Calls) -> list[tuple[str, str]]:
    """Return what the actions were given."""
    return [(call.data["from_ip"], call.data["to_ip"]) for call in calls]


@pytest.mark.parametrize("target", ["entity", "device"])
async def test_the_change_of_the_address_triggers_after_an_outage(
    hass: HomeAssistant,
    lab: Lab,
    zone: Zone,
    clock: Clock,
    entry: RaindropConfigEntry,
    calls: Calls,
    target: str,
) -> None:
    """Once, though no address was to be had for a while; and a reload is silent."""
    where = at(hass, target, PUBLIC_IP)
    await automate(hass, triggers=[{"trigger": "raindrop.public_ip_changed", "target": where}])
    lab.ip.set_address(None)
    await clock.cycles(2)
    lab.ip.set_address(NEXT)
    await clock.cycles(3)
    assert told(calls) == [(HOME, NEXT)]
    await hass.config_entries.async_reload(entry.entry_id)
    await clock.cycles()
    assert len(calls) == 1


@pytest.mark.parametrize("target", ["entity", "device"])
async def test_an_update_triggers(
    hass: HomeAssistant,
    lab: Lab,
    clock: Clock,
    entry: RaindropConfigEntry,
    calls: Calls,
    target: str,
) -> None:
    """A written record triggers once, be it for a change or for somebody else's."""
    where = at(hass, target, DNS_RECORD)
    await automate(hass, triggers=[{"trigger": "raindrop.record_updated", "target": where}])
    lab.ip.set_address(NEXT)
    await clock.cycles(2)
    assert told(calls) == [(HOME, NEXT)]
    (record,) = lab.cloudflare.records("example.com")
    lab.cloudflare.edit_record("example.com", str(record["id"]), content=OLD)
    await clock.cycles(13)
    assert told(calls)[1:] == [(OLD, NEXT)]


async def test_a_failure_triggers_once(
    hass: HomeAssistant, lab: Lab, clock: Clock, entry: RaindropConfigEntry, calls: Calls
) -> None:
    """An update that fails for hours triggers when it begins to, and not at its end."""
    trigger = {"trigger": "raindrop.update_failed", "target": {"entity_id": DNS_RECORD}}
    await automate(hass, triggers=[trigger])
    lab.cloudflare.reachable = False
    lab.ip.set_address(NEXT)
    await clock.cycles(3)
    assert told(calls) == [(HOME, NEXT)]
    lab.cloudflare.reachable = True
    await clock.cycles(2)
    assert len(calls) == 1


async def test_events_of_another_kind_do_not_trigger(
    hass: HomeAssistant, lab: Lab, clock: Clock, entry: RaindropConfigEntry, calls: Calls
) -> None:
    """A trigger for the home's address does not listen to a domain's records."""
    trigger = {"trigger": "raindrop.public_ip_changed", "target": {"entity_id": DNS_RECORD}}
    await automate(hass, triggers=[trigger])
    lab.ip.set_address(NEXT)
    await clock.cycles(2)
    assert calls == []


@pytest.mark.parametrize("target", ["entity", "device"])
async def test_the_condition_holds_while_dns_is_in_sync(
    hass: HomeAssistant,
    lab: Lab,
    clock: Clock,
    entry: RaindropConfigEntry,
    calls: Calls,
    target: str,
) -> None:
    """An automation goes on only while the domain holds what it should."""
    where = at(hass, target, PROBLEM)
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
    lab.cloudflare.reachable = False
    lab.ip.set_address(NEXT)
    await clock.cycles()
    hass.bus.async_fire("go")
    await hass.async_block_till_done()
    assert len(calls) == 1


async def test_the_editor_is_told_what_there_is(
    hass: HomeAssistant, entry: RaindropConfigEntry
) -> None:
    """Each trigger and condition has a target, so that the editor offers it by target."""
    assert await async_setup_component(hass, "automation", {})
    triggers = await trigger_descriptions(hass)
    conditions = await condition_descriptions(hass)
    for key in ("public_ip_changed", "record_updated", "update_failed"):
        description = triggers[f"raindrop.{key}"]
        assert description is not None
        assert description["target"]["entity"][0]["domain"] == ["event"]
    condition = conditions["raindrop.in_sync"]
    assert condition is not None
    assert condition["target"]["primary_entities_only"] is False


async def test_the_blueprint_tells_in_words(
    hass: HomeAssistant, lab: Lab, clock: Clock, entry: RaindropConfigEntry, calls: Calls
) -> None:
    """Made from the blueprint, an automation tells of a change, of a failure, and of its end."""
    blueprint = Blueprint(
        load_yaml_dict(str(BLUEPRINT)), expected_domain="automation", schema=BLUEPRINT_SCHEMA
    )
    assert blueprint.validate() is None
    there = Path(hass.config.path("blueprints", "automation", "raindrop"))

    def copy() -> None:
        there.mkdir(parents=True, exist_ok=True)
        (there / BLUEPRINT.name).write_text(BLUEPRINT.read_text("utf-8"), "utf-8")

    await hass.async_add_executor_job(copy)
    action = {"action": "test.act", "data": {"said": "{{ title }}: {{ message }}"}}
    inputs = {"public_ip": [PUBLIC_IP], "dns_record": [DNS_RECORD], "actions": [action]}
    used = {"use_blueprint": {"path": f"raindrop/{BLUEPRINT.name}", "input": inputs}}
    assert await async_setup_component(hass, "automation", {"automation": [used]})
    await hass.async_block_till_done()

    lab.cloudflare.reachable = False
    lab.ip.set_address(NEXT)
    await clock.cycles(2)
    lab.cloudflare.reachable = True
    await clock.cycles()
    await clock.passes(SECOND)
    failed = "The IPv4 record of home.example.com"
    assert sorted(call.data["said"].strip() for call in calls) == [
        "DNS is up to date again: The IPv4 record of home.example.com is kept up to date again.",
        f"DNS update failed: {failed} cannot be kept up to date: Cloudflare could not be asked.",
        f"Public IP address changed: Your public IPv4 address changed from {HOME} to {NEXT}.",
    ]
