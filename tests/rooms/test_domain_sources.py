"""A domain with a source of its own: another connection, another host, other pages."""

from datetime import timedelta
from typing import Any

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.raindrop.coordinator import RaindropConfigEntry
from lab import Lab
from lab.cloudflare import Zone
from tests.conftest import HOME, HOME_V6, NEXT
from tests.secrets import DNS_TOKEN

from .builders import domain, set_up
from .conftest import PUBLIC_IPV4, Clock, submit_user_form, typed
from .routers import NAME, Router, contents
from .test_domain_flow import FORM, change, lines, said, send, start

WWW = "www.example.com"
INHERITED = {"ipv4_source": "inherited", "ipv6_source": "inherited"}
ENTITY = INHERITED | {"ipv4_source": "entity"}
PAGES = INHERITED | {"ipv4_source": "urls"}
OWN_SOURCES = FORM | {"domain": "www", "own_sources": True}
MOBILE = "81.2.69.160"


async def sources(hass: HomeAssistant, entry: RaindropConfigEntry) -> SubentryFlowResult:
    """Ask for a new domain with a source of its own."""
    form = await send(hass, await start(hass, entry), OWN_SOURCES)
    assert form["step_id"] == "sources", form
    return form


async def details(
    hass: HomeAssistant, entry: RaindropConfigEntry, kinds: dict[str, Any]
) -> SubentryFlowResult:
    """Choose kinds of sources that need to be told more."""
    form = await send(hass, await sources(hass, entry), kinds)
    assert form["step_id"] == "details", form
    return form


def stored(entry: RaindropConfigEntry, name: str = WWW) -> Any:  # noqa: ANN401
    """Return the sources that are stored for a domain."""
    return next(s.data["sources"] for s in entry.subentries.values() if s.unique_id == name)


async def test_a_domain_of_a_second_connection_is_made_in_three_forms(
    hass: HomeAssistant, lab: Lab, zone: Zone, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """Domain, sources, entity; the preview says the address of that connection."""
    router = Router(hass, "mobile")
    await router.says(MOBILE)
    form = await sources(hass, entry)
    assert typed(form) == INHERITED
    form = await send(hass, form, ENTITY)
    answers = {"ipv4_entity": router.entity_id, "ipv4_is_default_way": False}
    preview = await send(hass, form, answers)
    assert lines(preview) == said("ipv4_create", to=MOBILE)
    done = await send(hass, preview, {})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert stored(entry) == {
        "ipv4": router.source(is_default_way=False),
        "ipv6": {"source": "inherited"},
    }
    await clock.passes(timedelta(seconds=10))
    assert contents(lab) == {NAME: HOME, WWW: MOBILE}


async def test_a_domain_that_goes_with_its_zone_after_all_needs_no_details(
    hass: HomeAssistant, lab: Lab, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """Whoever opens the form of sources may leave it as it is."""
    preview = await send(hass, await sources(hass, entry), INHERITED)
    assert lines(preview) == said("ipv4_create", to=HOME)
    await send(hass, preview, {})
    assert stored(entry) == {"ipv4": {"source": "inherited"}, "ipv6": {"source": "inherited"}}
    assert contents(lab) == {NAME: HOME, WWW: HOME}


async def test_the_sources_of_a_domain_can_be_changed_and_given_up(
    hass: HomeAssistant, lab: Lab, zone: Zone, clock: Clock
) -> None:
    """The forms come up filled in; without own sources the domain goes with its zone again."""
    router = Router(hass, "mobile")
    await router.says(MOBILE)
    own = {"ipv4": router.source(is_default_way=False), "ipv6": {"source": "inherited"}}
    entry = await set_up(hass, zone, [domain(NAME, sources=own)])
    form = await change(hass, entry)
    assert typed(form)["own_sources"] is True
    form = await send(hass, form, FORM | {"own_sources": True})
    assert typed(form) == ENTITY
    form = await send(hass, form, ENTITY)
    assert typed(form) == {"ipv4_entity": router.entity_id, "ipv4_is_default_way": False}
    preview = await send(hass, form, {"ipv4_entity": router.entity_id, "ipv4_is_default_way": True})
    assert (await send(hass, preview, {}))["reason"] == "reconfigure_successful"
    assert stored(entry, NAME)["ipv4"] == router.source()

    form = await change(hass, entry)
    preview = await send(hass, form, FORM)
    assert preview["step_id"] == "preview"
    await send(hass, preview, {})
    assert stored(entry, NAME) == {}
    assert contents(lab) == {NAME: HOME}
    assert typed(await change(hass, entry))["own_sources"] is False


async def test_a_domain_may_have_an_address_its_zone_is_off_for(
    hass: HomeAssistant, lab: Lab, zone: Zone
) -> None:
    """Where the zone's source is off the preview says so, and a source of its own helps."""
    entry = await set_up(hass, zone, [domain(NAME)], options={"ipv4": {"source": "off"}})
    preview = await send(hass, await start(hass, entry), FORM | {"domain": "www"})
    assert lines(preview) == said("ipv4_off")

    pages = [service.urls[4] for service in lab.ip.services[1:3]]
    form = await details(hass, entry, PAGES)
    preview = await send(hass, form, {"ipv4_urls": pages})
    assert lines(preview) == said("ipv4_create", to=HOME)
    await send(hass, preview, {})
    assert contents(lab)[WWW] == HOME
    assert hass.states.get(PUBLIC_IPV4) is None


@pytest.mark.parametrize(
    "kinds,answers,at,says",
    [
        pytest.param(
            ENTITY,
            {"ipv4_entity": "sensor.weather", "ipv4_is_default_way": True},
            "ipv4_entity",
            "unusable_entity",
            id="a word/unusable",
        ),
        pytest.param(
            ENTITY,
            {"ipv4_entity": PUBLIC_IPV4, "ipv4_is_default_way": True},
            "ipv4_entity",
            "own_entity",
            id="raindrop's own/refused",
        ),
        pytest.param(
            PAGES, {"ipv4_urls": ["http://a.example"]}, "ipv4_urls", "malformed_url", id="http"
        ),
        pytest.param(PAGES, {"ipv4_urls": []}, "ipv4_urls", "no_url", id="no page"),
        pytest.param(
            PAGES,
            {"ipv4_urls": ["https://a.example/1", "https://a.example/2"]},
            "ipv4_urls",
            "same_host",
            id="one host",
        ),
    ],
)
async def test_each_slip_has_its_message_and_the_next_try_succeeds(
    hass: HomeAssistant,
    lab: Lab,
    zone: Zone,
    entry: RaindropConfigEntry,
    kinds: dict[str, Any],
    answers: dict[str, Any],
    at: str,
    says: str,
) -> None:
    """The form of a domain says the same as the zone's, and keeps what was typed."""
    hass.states.async_set("sensor.weather", "sunny")
    form = await details(hass, entry, kinds)
    form = await send(hass, form, answers)
    assert (form["step_id"], form["errors"]) == ("details", {at: says})
    assert typed(form) == answers

    hass.states.async_set("sensor.weather", HOME)
    right: dict[str, dict[str, Any]] = {
        "ipv4_entity": {"ipv4_entity": "sensor.weather", "ipv4_is_default_way": True},
        "ipv4_urls": {"ipv4_urls": [lab.ip.services[1].urls[4]]},
    }
    preview = await send(hass, form, right[at])
    assert preview["step_id"] == "preview"
    done = await send(hass, preview, {})
    assert done["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize("kinds", [INHERITED, ENTITY], ids=["sources", "details"])
async def test_a_look_ahead_that_fails_is_told_at_the_form_and_can_be_tried_again(
    hass: HomeAssistant, lab: Lab, zone: Zone, entry: RaindropConfigEntry, kinds: dict[str, Any]
) -> None:
    """While Cloudflare is down the last form stays open with what was typed."""
    hass.states.async_set("sensor.router", HOME)
    form = await sources(hass, entry)
    answers: dict[str, Any] = kinds
    if kinds == ENTITY:
        form = await send(hass, form, kinds)
        answers = {"ipv4_entity": "sensor.router", "ipv4_is_default_way": True}
    lab.faults.add("cloudflare", kind="reset")
    form = await send(hass, form, answers)
    assert form["errors"] == {"base": "cannot_connect"}
    assert typed(form) == answers
    lab.faults.clear()
    preview = await send(hass, form, answers)
    assert lines(preview) == said("ipv4_create", to=HOME)


async def test_a_message_about_the_name_is_shown_even_where_its_field_is_not(
    hass: HomeAssistant, lab: Lab, zone: Zone
) -> None:
    """In a zone of unknown name the name is found wrong only when the sources are chosen."""
    lab.cloudflare.add_token(DNS_TOKEN, permissions={"dns:edit"}, owner="account")
    result = await submit_user_form(hass, zone=zone.id, key=DNS_TOKEN, domain=NAME)
    entry = result["result"]
    form = await send(hass, await start(hass, entry), OWN_SOURCES | {"domain": "www.sample.com"})
    form = await send(hass, form, INHERITED)
    assert (form["step_id"], form["errors"]) == ("sources", {"base": "outside_zone"})


async def test_a_slip_in_the_first_form_comes_before_the_sources(
    hass: HomeAssistant, lab: Lab, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """Nobody is asked for the sources of a domain that cannot be."""
    form = await send(hass, await start(hass, entry), OWN_SOURCES | {"families": []})
    assert (form["step_id"], form["errors"]) == ("user", {"families": "no_family"})
    assert typed(form)["own_sources"] is True


async def test_another_address_of_each_family(
    hass: HomeAssistant, lab: Lab, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """A router's IPv6 address may be told by an entity, and IPv4 be the zone's."""
    router = Router(hass, "six", translation_key="external_ipv6", platform="fritz")
    await router.says(HOME_V6)
    form = await send(hass, await start(hass, entry), OWN_SOURCES | {"families": ["ipv4", "ipv6"]})
    form = await send(hass, form, INHERITED | {"ipv6_source": "entity"})
    preview = await send(hass, form, {"ipv6_entity": router.entity_id, "ipv6_is_default_way": True})
    assert lines(preview) == "\n".join(
        (said("ipv4_create", to=HOME), said("ipv6_create", to=HOME_V6))
    )
    await send(hass, preview, {})
    found = {(r["type"], r["content"]) for r in lab.cloudflare.records(zone) if r["name"] == WWW}
    assert found == {("A", HOME), ("AAAA", HOME_V6)}

    lab.ip.set_address("2001:218:9:2::142")
    lab.ip.set_address(NEXT)
    await router.says("2001:218:9:2::142")
    found = {(r["type"], r["content"]) for r in lab.cloudflare.records(zone) if r["name"] == WWW}
    assert ("AAAA", "2001:218:9:2::142") in found
