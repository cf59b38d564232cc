"""Choosing where the home's address comes from, for all domains of a zone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.raindrop.coordinator import RaindropConfigEntry
from custom_components.raindrop.source_options import DEFAULT_OPTIONS
from lab import Lab
from lab.cloudflare import Zone
from tests.conftest import HOME, HOME_V6, NEXT

from .conftest import BATCH, LIST, PUBLIC_IPV4, Clock, endpoints, state, typed
from .routers import NAME, Router, contents

AUTOMATIC = {"ipv4_source": "automatic", "ipv6_source": "automatic"}
ENTITY = AUTOMATIC | {"ipv4_source": "entity"}
PAGES = AUTOMATIC | {"ipv4_source": "urls"}
PAGE = "https://ip.example.net/"


async def start(hass: HomeAssistant, entry: RaindropConfigEntry) -> ConfigFlowResult:
    """Open the options."""
    form = await hass.config_entries.options.async_init(entry.entry_id)
    assert form["step_id"] == "init"
    return form


async def send(
    hass: HomeAssistant, form: ConfigFlowResult, fields: Mapping[str, Any]
) -> ConfigFlowResult:
    """Submit a form, and let what follows from it happen."""
    result = await hass.config_entries.options.async_configure(form["flow_id"], dict(fields))
    await hass.async_block_till_done(wait_background_tasks=True)
    return result


async def details(
    hass: HomeAssistant, entry: RaindropConfigEntry, kinds: Mapping[str, Any]
) -> ConfigFlowResult:
    """Choose kinds of sources that need to be told more."""
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


async def test_nothing_chosen_is_automatic_and_stays_so(
    hass: HomeAssistant, lab: Lab, entry: RaindropConfigEntry
) -> None:
    """The form shows what is in force; sending it as it is changes nothing."""
    assert entry.options == DEFAULT_OPTIONS
    form = await start(hass, entry)
    assert typed(form) == AUTOMATIC
    lab.log.clear()
    done = await send(hass, form, AUTOMATIC)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options == DEFAULT_OPTIONS
    assert not lab.log.entries


async def test_a_router_that_is_chosen_is_heard_from_then_on(
    hass: HomeAssistant, lab: Lab, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """The source changes without a restart of Home Assistant."""
    router = Router(hass)
    await router.says(HOME)
    form = await details(hass, entry, ENTITY)
    done = await send(hass, form, {"ipv4_entity": router.entity_id, "ipv4_is_default_way": True})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options == {"ipv4": router.source(), "ipv6": {"source": "automatic"}}

    lab.log.clear()
    lab.ip.set_address(NEXT)
    await router.says(NEXT)
    assert contents(lab) == {NAME: NEXT}
    assert endpoints(lab) == [LIST, BATCH]


async def test_a_router_that_was_left_is_heard_no_more(
    hass: HomeAssistant, lab: Lab, clock: Clock, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """Back to automatic: what the entity says starts nothing any more."""
    router = Router(hass)
    await router.says(HOME)
    form = await details(hass, entry, ENTITY)
    await send(hass, form, {"ipv4_entity": router.entity_id, "ipv4_is_default_way": True})
    await send(hass, await start(hass, entry), AUTOMATIC)
    assert entry.options == DEFAULT_OPTIONS
    lab.log.clear()
    lab.ip.set_address(NEXT)
    await router.says(NEXT)
    assert not lab.log.entries
    await clock.cycles()
    assert contents(lab) == {NAME: NEXT}


async def test_a_renamed_router_is_still_heard(
    hass: HomeAssistant, lab: Lab, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """What is stored is the entity and not its name: the form shows the name it has now."""
    router = Router(hass)
    await router.says(HOME)
    form = await details(hass, entry, ENTITY)
    await send(hass, form, {"ipv4_entity": router.entity_id, "ipv4_is_default_way": True})
    hass.states.async_remove(router.entity_id)
    er.async_get(hass).async_update_entity(router.entity_id, new_entity_id="sensor.my_address")
    await hass.async_block_till_done()
    assert router.entity_id == "sensor.my_address"

    lab.ip.set_address(NEXT)
    await router.says(NEXT)
    assert contents(lab) == {NAME: NEXT}

    form = await start(hass, entry)
    assert typed(form) == ENTITY
    form = await send(hass, form, ENTITY)
    assert typed(form) == {"ipv4_entity": "sensor.my_address", "ipv4_is_default_way": True}


async def test_a_helper_that_is_in_no_registry_can_be_a_source(
    hass: HomeAssistant, lab: Lab, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """An entity without a registry entry is known by its name alone."""
    hass.states.async_set("input_text.address", HOME)
    form = await details(hass, entry, ENTITY)
    assert offered(form) == ["input_text.address"]
    await send(hass, form, {"ipv4_entity": "input_text.address", "ipv4_is_default_way": True})
    assert entry.options["ipv4"]["entity"] == "input_text.address"
    lab.ip.set_address(NEXT)
    hass.states.async_set("input_text.address", NEXT)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert contents(lab) == {NAME: NEXT}


async def test_an_entity_that_is_gone_leaves_its_field_empty(
    hass: HomeAssistant, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """The form of a source that was removed asks for another one."""
    router = Router(hass)
    await router.says(HOME)
    form = await details(hass, entry, ENTITY)
    await send(hass, form, {"ipv4_entity": router.entity_id, "ipv4_is_default_way": False})
    er.async_get(hass).async_remove(router.entity_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    form = await details(hass, entry, ENTITY)
    assert typed(form) == {"ipv4_entity": None, "ipv4_is_default_way": False}


@dataclass(frozen=True, kw_only=True)
class Slip:
    """What is chosen, and where the form says which message."""

    kinds: dict[str, Any]
    typed: dict[str, Any] = field(default_factory=dict)
    at: str
    says: str


def _of_entity(entity_id: str, says: str) -> Slip:
    """Return the slip of choosing an entity that is none to be used."""
    chosen = {"ipv4_entity": entity_id, "ipv4_is_default_way": True}
    return Slip(kinds=ENTITY, typed=chosen, at="ipv4_entity", says=says)


def _of_pages(*urls: str, says: str) -> Slip:
    """Return the slip of typing pages that are none to be asked."""
    return Slip(kinds=PAGES, typed={"ipv4_urls": [*urls]}, at="ipv4_urls", says=says)


SLIPS = {
    "a word/unusable": _of_entity("sensor.weather", "unusable_entity"),
    "a private address/unusable": _of_entity("sensor.inner", "unusable_entity"),
    "the other family/unusable": _of_entity("sensor.six", "unusable_entity"),
    "raindrop's own/refused": _of_entity(PUBLIC_IPV4, "own_entity"),
    "no page/none": _of_pages(says="no_url"),
    "blanks/none": _of_pages("  ", says="no_url"),
    "field left out/none": Slip(kinds=PAGES, at="ipv4_urls", says="no_url"),
    "plain http/malformed": _of_pages("http://ip.example.net/", says="malformed_url"),
    "no scheme/malformed": _of_pages("ip.example.net", says="malformed_url"),
    "user name/malformed": _of_pages("https://me@ip.example.net/", says="malformed_url"),
    "two of one host/no second opinion": _of_pages(
        PAGE, "https://IP.example.net/other", says="same_host"
    ),
}


@pytest.mark.parametrize("slip", SLIPS.values(), ids=SLIPS)
async def test_each_slip_has_its_message_and_the_next_try_succeeds(
    hass: HomeAssistant, lab: Lab, zone: Zone, entry: RaindropConfigEntry, slip: Slip
) -> None:
    """A form that fails says why at the right field, keeps what was typed and stores nothing."""
    for entity_id, text in {"weather": "sunny", "inner": "192.168.1.1", "six": HOME_V6}.items():
        hass.states.async_set(f"sensor.{entity_id}", text)
    form = await details(hass, entry, slip.kinds)
    form = await send(hass, form, slip.typed)
    assert form["errors"] == {slip.at: slip.says}
    assert form["step_id"] == "details"
    assert typed(form) == slip.typed
    assert entry.options == DEFAULT_OPTIONS

    hass.states.async_set("sensor.router", HOME)
    pages = [service.urls[4] for service in lab.ip.services[1:3]]
    right: dict[str, dict[str, Any]] = {
        "ipv4_entity": {"ipv4_entity": "sensor.router", "ipv4_is_default_way": True},
        "ipv4_urls": {"ipv4_urls": [f" {pages[0]} ", pages[1], ""]},
    }
    if slip.at == "ipv4_entity":
        form = await details(hass, entry, slip.kinds)
    done = await send(hass, form, right[slip.at])
    assert done["type"] is FlowResultType.CREATE_ENTRY
    stored = entry.options["ipv4"]
    assert stored.get("entity") == ("sensor.router" if slip.at == "ipv4_entity" else None)
    assert stored.get("urls") == (pages if slip.at == "ipv4_urls" else None)
    assert state(hass, PUBLIC_IPV4) == HOME


async def test_both_families_are_told_apart_and_each_slip_stands_at_its_own(
    hass: HomeAssistant, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """Two slips at once are both shown."""
    kinds = {"ipv4_source": "entity", "ipv6_source": "urls"}
    form = await details(hass, entry, kinds)
    answers = {
        "ipv4_entity": PUBLIC_IPV4,
        "ipv4_is_default_way": True,
        "ipv6_urls": ["gopher://example.net"],
    }
    form = await send(hass, form, answers)
    assert form["errors"] == {"ipv4_entity": "own_entity", "ipv6_urls": "malformed_url"}


async def test_chosen_pages_have_to_agree(
    hass: HomeAssistant, lab: Lab, zone: Zone, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """With two pages of one's own nobody else is asked, and both have to say the same."""
    pages = [lab.ip.services[number].urls[4] for number in (2, 4)]
    form = await details(hass, entry, PAGES)
    await send(hass, form, {"ipv4_urls": pages})
    lab.log.clear()
    lab.ip.set_address(NEXT, operator="ident.me")
    await clock.cycles()
    assert contents(lab) == {NAME: HOME}
    lab.ip.set_address(NEXT, operator="home-assistant")
    await clock.cycles()
    assert contents(lab) == {NAME: NEXT}
    assert {e.operator for e in lab.log.select(service="ip")} == {"ident.me", "home-assistant"}
    form = await details(hass, entry, PAGES)
    assert typed(form) == {"ipv4_urls": pages}


async def test_the_form_lists_entities_that_say_an_address(
    hass: HomeAssistant, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """Listed are those whose state is one, and sensors of common routers even while silent."""
    silent = Router(hass, "fritz", platform="fritz")
    await silent.says("unavailable")
    unknown = Router(hass, "nobody", platform="nobody", translation_key=None)
    await unknown.says("unavailable")
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


async def test_where_no_entity_says_an_address_every_sensor_can_be_chosen(
    hass: HomeAssistant, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """A router that is silent now may say its address later."""
    hass.states.async_set("sensor.later", "unknown")
    form = await details(hass, entry, ENTITY)
    assert offered(form) is None
    done = await send(hass, form, {"ipv4_entity": "sensor.later", "ipv4_is_default_way": True})
    assert done["type"] is FlowResultType.CREATE_ENTRY


async def test_a_family_can_be_off_and_the_other_this_host_s_own(
    hass: HomeAssistant, lab: Lab, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """Neither needs to be told more; the record of a family that is off stays as it is."""
    kinds = {"ipv4_source": "off", "ipv6_source": "own"}
    lab.log.clear()
    done = await send(hass, await start(hass, entry), kinds)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options == {"ipv4": {"source": "off"}, "ipv6": {"source": "own"}}
    lab.ip.set_address(NEXT)
    await entry.runtime_data.async_update_now()
    assert contents(lab) == {NAME: HOME}
    assert not lab.log.entries
    assert hass.states.get(PUBLIC_IPV4) is None
    assert typed(await start(hass, entry)) == kinds
