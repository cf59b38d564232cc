"""The options flow: the sources of all domains of a zone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.raindrop.config import DEFAULT_OPTIONS
from custom_components.raindrop.coordinator import RaindropConfigEntry
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, HOME_V6, NEXT

from .conftest import BATCH, LIST, PUBLIC_IPV4, Clock, endpoints, requests, state, typed
from .router_entities import NAME, Router, contents

AUTOMATIC = {"ipv4_source": "automatic", "ipv6_source": "automatic"}
ENTITY = AUTOMATIC | {"ipv4_source": "entity"}
URLS = AUTOMATIC | {"ipv4_source": "urls"}
URL = "https://ip.example.net/"


async def start(hass: HomeAssistant, entry: RaindropConfigEntry) -> ConfigFlowResult:
    """Open the options."""
    form = await hass.config_entries.options.async_init(entry.entry_id)
    assert form["step_id"] == "sources"
    return form


async def send(
    hass: HomeAssistant, form: ConfigFlowResult, fields: Mapping[str, Any]
) -> ConfigFlowResult:
    """Submit a form, and wait for its consequences."""
    result = await hass.config_entries.options.async_configure(form["flow_id"], dict(fields))
    await hass.async_block_till_done(wait_background_tasks=True)
    return result


async def details(
    hass: HomeAssistant, entry: RaindropConfigEntry, kinds: Mapping[str, Any]
) -> ConfigFlowResult:
    """Choose kinds of sources that need details."""
    form = await send(hass, await start(hass, entry), kinds)
    assert form["step_id"] == "details"
    return form


def offered(form: ConfigFlowResult, key: str = "ipv4_entity") -> list[str] | None:
    """Return the entities that a form lists, None if it lists every sensor."""
    schema = form["data_schema"]
    assert schema is not None
    (selector,) = (value for at, value in schema.schema.items() if at == key)
    entities: list[str] | None = selector.config.get("include_entities")
    return entities


async def test_the_default_sources_are_automatic(
    hass: HomeAssistant, simulator: Simulator, entry: RaindropConfigEntry
) -> None:
    """The form shows the current sources; submitting them changes nothing."""
    assert entry.options == DEFAULT_OPTIONS
    form = await start(hass, entry)
    assert typed(form) == {**AUTOMATIC, "watch": True, "resolvers": "cloudflare"}
    current = f"IPv4 {HOME} (cloudflare)"
    assert form["description_placeholders"] == {"zone": "example.com", "current": current}
    simulator.log.clear()
    done = await send(hass, form, AUTOMATIC)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options == DEFAULT_OPTIONS
    assert not requests(simulator)


async def test_the_sources_of_a_zone_that_is_not_loaded_can_be_changed(
    hass: HomeAssistant, entry: RaindropConfigEntry
) -> None:
    """The form shows what is stored, and no current address."""
    await hass.config_entries.async_unload(entry.entry_id)
    form = await start(hass, entry)
    assert form["description_placeholders"] == {"zone": "example.com", "current": "?"}
    done = await send(hass, form, AUTOMATIC | {"watch": False})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options["watch"] is False


async def test_a_chosen_router_is_the_source_from_then_on(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """The source changes without a restart of Home Assistant."""
    router = Router(hass)
    await router.reports(HOME)
    form = await details(hass, entry, ENTITY)
    done = await send(hass, form, {"ipv4_entity": router.entity_id, "ipv4_meaning": "this_network"})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    sources = {"ipv4": [router.source()], "ipv6": [{"source": "automatic"}]}
    assert entry.options == {"sources": sources, "watch": True, "resolvers": "cloudflare"}

    simulator.log.clear()
    simulator.ip.set_address(NEXT)
    await router.reports(NEXT)
    assert contents(simulator) == {NAME: NEXT}
    assert endpoints(simulator) == [LIST, BATCH]


async def test_a_router_that_was_deselected_is_ignored(
    hass: HomeAssistant, simulator: Simulator, clock: Clock, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """Back to automatic: a new state of the entity starts no update."""
    router = Router(hass)
    await router.reports(HOME)
    form = await details(hass, entry, ENTITY)
    await send(hass, form, {"ipv4_entity": router.entity_id, "ipv4_meaning": "this_network"})
    await send(hass, await start(hass, entry), AUTOMATIC)
    assert entry.options == DEFAULT_OPTIONS
    simulator.log.clear()
    simulator.ip.set_address(NEXT)
    await router.reports(NEXT)
    assert not requests(simulator)
    await clock.cycles()
    assert contents(simulator) == {NAME: NEXT}


async def test_a_renamed_router_stays_the_source(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """The registry id is stored: the form shows the entity id that it has now."""
    router = Router(hass)
    await router.reports(HOME)
    form = await details(hass, entry, ENTITY)
    await send(hass, form, {"ipv4_entity": router.entity_id, "ipv4_meaning": "this_network"})
    hass.states.async_remove(router.entity_id)
    er.async_get(hass).async_update_entity(router.entity_id, new_entity_id="sensor.my_address")
    await hass.async_block_till_done()
    assert router.entity_id == "sensor.my_address"

    simulator.ip.set_address(NEXT)
    await router.reports(NEXT)
    assert contents(simulator) == {NAME: NEXT}

    form = await start(hass, entry)
    assert typed(form) == {**ENTITY, "watch": True, "resolvers": "cloudflare"}
    form = await send(hass, form, ENTITY)
    assert typed(form) == {"ipv4_entity": "sensor.my_address", "ipv4_meaning": "this_network"}


async def test_a_helper_that_is_in_no_registry_can_be_a_source(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """An entity without a registry entry is stored by its entity id."""
    hass.states.async_set("input_text.address", HOME)
    form = await details(hass, entry, ENTITY)
    assert offered(form) == ["input_text.address"]
    await send(hass, form, {"ipv4_entity": "input_text.address", "ipv4_meaning": "this_network"})
    (source,) = entry.options["sources"]["ipv4"]
    assert source["entity"] == "input_text.address"
    simulator.ip.set_address(NEXT)
    hass.states.async_set("input_text.address", NEXT)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert contents(simulator) == {NAME: NEXT}


async def test_a_removed_entity_leaves_its_field_empty(
    hass: HomeAssistant, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """The form of a source whose entity was removed asks for another one."""
    router = Router(hass)
    await router.reports(HOME)
    form = await details(hass, entry, ENTITY)
    await send(hass, form, {"ipv4_entity": router.entity_id, "ipv4_meaning": "other_connection"})
    er.async_get(hass).async_remove(router.entity_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    form = await details(hass, entry, ENTITY)
    assert typed(form) == {"ipv4_entity": None, "ipv4_meaning": "other_connection"}


@dataclass(frozen=True, kw_only=True)
class FormError:
    """What the user chooses, and the error at the form field."""

    kinds: dict[str, Any]
    entered: dict[str, Any] = field(default_factory=dict)
    form_field: str
    error: str


def _of_entity(entity_id: str, error: str) -> FormError:
    """Return the error of an entity."""
    chosen = {"ipv4_entity": entity_id, "ipv4_meaning": "this_network"}
    return FormError(kinds=ENTITY, entered=chosen, form_field="ipv4_entity", error=error)


def _of_urls(*urls: str, error: str) -> FormError:
    """Return the error of custom URLs."""
    return FormError(
        kinds=URLS, entered={"ipv4_urls": [*urls]}, form_field="ipv4_urls", error=error
    )


FORM_ERRORS = {
    "a word/unusable": _of_entity("sensor.weather", "unusable_entity"),
    "a private address/unusable": _of_entity("sensor.inner", "unusable_entity"),
    "the other family/unusable": _of_entity("sensor.six", "unusable_entity"),
    "raindrop's own/refused": _of_entity(PUBLIC_IPV4, "own_entity"),
    "no URL/none": _of_urls(error="no_url"),
    "blanks/none": _of_urls("  ", error="no_url"),
    "field left out/none": FormError(kinds=URLS, form_field="ipv4_urls", error="no_url"),
    "plain http/malformed": _of_urls("http://ip.example.net/", error="malformed_url"),
    "no scheme/malformed": _of_urls("ip.example.net", error="malformed_url"),
    "user name/malformed": _of_urls("https://me@ip.example.net/", error="malformed_url"),
    "two of one host/refused": _of_urls(URL, "https://IP.example.net/other", error="same_host"),
}


@pytest.mark.parametrize("case", FORM_ERRORS.values(), ids=FORM_ERRORS)
async def test_each_error_is_shown_at_its_field_and_the_next_try_succeeds(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    entry: RaindropConfigEntry,
    case: FormError,
) -> None:
    """The error is at the right field, the entered values are kept, and nothing is stored."""
    for entity_id, text in {"weather": "sunny", "inner": "192.168.1.1", "six": HOME_V6}.items():
        hass.states.async_set(f"sensor.{entity_id}", text)
    form = await details(hass, entry, case.kinds)
    form = await send(hass, form, case.entered)
    assert form["errors"] == {case.form_field: case.error}
    assert form["step_id"] == "details"
    assert typed(form) == case.entered
    assert entry.options == DEFAULT_OPTIONS

    hass.states.async_set("sensor.router", HOME)
    urls = [service.urls[4] for service in simulator.ip.services[1:3]]
    right: dict[str, dict[str, Any]] = {
        "ipv4_entity": {"ipv4_entity": "sensor.router", "ipv4_meaning": "this_network"},
        "ipv4_urls": {"ipv4_urls": [f" {urls[0]} ", urls[1], ""]},
    }
    if case.form_field == "ipv4_entity":
        form = await details(hass, entry, case.kinds)
    done = await send(hass, form, right[case.form_field])
    assert done["type"] is FlowResultType.CREATE_ENTRY
    (stored,) = entry.options["sources"]["ipv4"]
    assert stored.get("entity") == ("sensor.router" if case.form_field == "ipv4_entity" else None)
    assert stored.get("urls") == (urls if case.form_field == "ipv4_urls" else None)
    assert state(hass, PUBLIC_IPV4) == HOME


async def test_each_family_shows_its_own_error(
    hass: HomeAssistant, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """Two errors at once are both shown."""
    kinds = {"ipv4_source": "entity", "ipv6_source": "urls"}
    form = await details(hass, entry, kinds)
    responses = {
        "ipv4_entity": PUBLIC_IPV4,
        "ipv4_meaning": "this_network",
        "ipv6_urls": ["gopher://example.net"],
    }
    form = await send(hass, form, responses)
    assert form["errors"] == {"ipv4_entity": "own_entity", "ipv6_urls": "malformed_url"}


async def test_urls_are_tried_when_they_are_saved(
    hass: HomeAssistant, simulator: Simulator, entry: RaindropConfigEntry
) -> None:
    """Pages without a usable address are refused, and the form shows what they answer."""
    urls = [simulator.ip.services[number].urls[4] for number in (2, 4)]
    form = await details(hass, entry, URLS)
    simulator.faults.add("ip", kind="status")
    form = await send(hass, form, {"ipv4_urls": urls})
    assert form["errors"] == {"ipv4_urls": "unusable_urls"}
    assert (form["description_placeholders"] or {})["responses"].count(": status") == len(urls)

    simulator.faults.clear()
    done = await send(hass, form, {"ipv4_urls": urls})
    assert done["type"] is FlowResultType.CREATE_ENTRY


async def test_custom_urls_have_to_agree(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """With two URLs no other provider is asked, and both have to agree."""
    urls = [simulator.ip.services[number].urls[4] for number in (2, 4)]
    form = await details(hass, entry, URLS)
    await send(hass, form, {"ipv4_urls": urls})
    simulator.log.clear()
    simulator.ip.set_address(NEXT, provider="ident.me")
    await clock.cycles()
    assert contents(simulator) == {NAME: HOME}
    simulator.ip.set_address(NEXT, provider="home-assistant")
    await clock.cycles()
    await clock.passes(timedelta(minutes=2))
    assert contents(simulator) == {NAME: NEXT}
    assert {e.provider for e in simulator.log.select(service="ip")} == {
        "ident.me",
        "home-assistant",
    }
    form = await details(hass, entry, URLS)
    assert typed(form) == {"ipv4_urls": urls}


async def test_the_form_lists_entities_with_an_address(
    hass: HomeAssistant, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """Entities whose state is one are listed, and sensors of common routers in any state."""
    silent = Router(hass, "fritz", platform="fritz")
    await silent.reports("unavailable")
    unknown = Router(hass, "nobody", platform="nobody", translation_key=None)
    await unknown.reports("unavailable")
    for entity_id, text in {
        "sensor.four": HOME,
        "input_text.four": HOME,
        "text.four": HOME,
        "sensor.six": HOME_V6,
        "sensor.inner": "10.0.0.1",
        "sensor.words": f"It is {HOME}",
        "binary_sensor.four": HOME,
    }.items():
        hass.states.async_set(entity_id, text)
    form = await details(hass, entry, {"ipv4_source": "entity", "ipv6_source": "entity"})
    assert offered(form) == [
        "input_text.four",
        "sensor.four",
        "sensor.fritz_external_ip",
        "text.four",
    ]
    assert offered(form, "ipv6_entity") == ["sensor.fritz_external_ip", "sensor.six"]
    assert PUBLIC_IPV4 not in (offered(form) or ())
    with pytest.raises(InvalidData):
        await send(hass, form, {"ipv4_entity": PUBLIC_IPV4, "ipv6_entity": "sensor.six"})


async def test_every_sensor_can_be_chosen_if_none_has_an_address(
    hass: HomeAssistant, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """An entity without a state now may have one later."""
    hass.states.async_set("sensor.later", "unknown")
    form = await details(hass, entry, ENTITY)
    assert offered(form) is None
    done = await send(hass, form, {"ipv4_entity": "sensor.later", "ipv4_meaning": "this_network"})
    assert done["type"] is FlowResultType.CREATE_ENTRY


async def test_a_family_can_be_off_and_the_other_local(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """Neither needs details; the record of a family that is off stays as it is."""
    kinds = {"ipv4_source": "off", "ipv6_source": "local"}
    simulator.log.clear()
    done = await send(hass, await start(hass, entry), kinds)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options["sources"] == {"ipv4": [], "ipv6": [{"source": "local"}]}
    simulator.ip.set_address(NEXT)
    await entry.runtime_data.async_update_now()
    assert contents(simulator) == {NAME: HOME}
    assert not requests(simulator)
    assert hass.states.get(PUBLIC_IPV4) is None
    assert typed(await start(hass, entry)) == {**kinds, "watch": True, "resolvers": "cloudflare"}
