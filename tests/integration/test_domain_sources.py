"""A domain with its own source: another connection, another host, other URLs."""

from datetime import timedelta
from typing import Any

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.raindrop.coordinator import RaindropConfigEntry
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, HOME_V6, NEXT, OLD
from tests.secrets import DNS_TOKEN

from .builders import domain, set_up
from .conftest import PUBLIC_IPV4, Clock, submit_user_form, typed
from .domain_forms import FORM, change, placeholders, rows, send, start
from .router_entities import NAME, Router, contents

WWW = "www.example.com"
SAME_AS_ZONE = {"ipv4_source": "same_as_zone"}
ENTITY = SAME_AS_ZONE | {"ipv4_source": "entity"}
URLS = SAME_AS_ZONE | {"ipv4_source": "urls"}
OWN_SOURCES = FORM | {"domain": "www", "override_sources": True}
MOBILE = "81.2.69.160"


async def sources(hass: HomeAssistant, entry: RaindropConfigEntry) -> SubentryFlowResult:
    """Start a new domain with its own source."""
    form = await send(hass, await start(hass, entry), OWN_SOURCES)
    assert form["step_id"] == "sources", form
    return form


async def details(
    hass: HomeAssistant, entry: RaindropConfigEntry, kinds: dict[str, Any]
) -> SubentryFlowResult:
    """Choose kinds of sources that need details."""
    form = await send(hass, await sources(hass, entry), kinds)
    assert form["step_id"] == "details", form
    return form


def stored(entry: RaindropConfigEntry, name: str = WWW) -> Any:  # noqa: ANN401
    """Return the sources that are stored for a domain."""
    return next(s.data["sources"] for s in entry.subentries.values() if s.data["domain"] == name)


async def test_a_domain_of_a_second_connection_is_made_in_three_forms(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock, entry: RaindropConfigEntry
) -> None:
    """Domain, sources, entity; the preview shows the address of that connection.

    That an entity belongs to another connection needs no choice: the zone has the home's own.
    """
    router = Router(hass, "mobile")
    await router.reports(MOBILE)
    form = await sources(hass, entry)
    assert typed(form) == SAME_AS_ZONE
    form = await send(hass, form, ENTITY)
    preview = await send(hass, form, {"ipv4_entity": router.entity_id})
    assert rows(preview) == [f"- **{WWW}** A: — → {MOBILE}"]
    done = await send(hass, preview, {})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert stored(entry) == {"ipv4": [router.source("other_connection")]}
    await clock.passes(timedelta(seconds=10))
    assert contents(simulator) == {NAME: HOME, WWW: MOBILE}


async def test_a_domain_that_follows_its_zone_needs_no_details(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """The form of sources can be submitted unchanged."""
    preview = await send(hass, await sources(hass, entry), SAME_AS_ZONE)
    assert rows(preview) == [f"- **{WWW}** A: — → {HOME}"]
    await send(hass, preview, {})
    assert stored(entry) == {}
    assert contents(simulator) == {NAME: HOME, WWW: HOME}


async def test_the_sources_of_a_domain_can_be_changed_and_removed(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, clock: Clock
) -> None:
    """The forms are filled in; without own sources the domain follows its zone again."""
    router = Router(hass, "mobile")
    await router.reports(MOBILE)
    own = {"ipv4": [router.source("other_connection")]}
    entry = await set_up(hass, zone, [domain(NAME, sources=own)])
    form = await change(hass, entry)
    assert typed(form)["override_sources"] is True
    form = await send(hass, form, FORM | {"override_sources": True})
    assert typed(form) == ENTITY
    form = await send(hass, form, ENTITY)
    assert typed(form) == {"ipv4_entity": router.entity_id, "ipv4_meaning": "other_connection"}
    preview = await send(
        hass, form, {"ipv4_entity": router.entity_id, "ipv4_meaning": "this_network"}
    )
    assert (await send(hass, preview, {}))["reason"] == "reconfigure_successful"
    assert stored(entry, NAME) == {"ipv4": [router.source()]}

    form = await change(hass, entry)
    preview = await send(hass, form, FORM)
    assert preview["step_id"] == "preview"
    await send(hass, preview, {})
    assert stored(entry, NAME) == {}
    assert contents(simulator) == {NAME: HOME}
    assert typed(await change(hass, entry))["override_sources"] is False


async def test_a_domain_may_have_a_source_while_that_of_its_zone_is_off(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """Where the zone's source is off the preview shows an error; the domain can have its own."""
    entry = await set_up(hass, zone, [domain(NAME)], sources={"ipv4": []})
    preview = await send(hass, await start(hass, entry), FORM | {"domain": "www"})
    assert (rows(preview), preview["errors"]) == ([], {"base": "source_off"})
    assert placeholders(preview).items() >= {"family": "IPv4", "type": "A"}.items()

    urls = [service.urls[4] for service in simulator.ip.services[1:3]]
    form = await details(hass, entry, URLS)
    preview = await send(hass, form, {"ipv4_urls": urls})
    assert rows(preview) == [f"- **{WWW}** A: — → {HOME}"]
    await send(hass, preview, {})
    assert contents(simulator)[WWW] == HOME
    assert hass.states.get(PUBLIC_IPV4) is None


async def test_a_domain_can_be_automatic_where_its_zone_has_an_entity(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """The form shows what the source in use reports, and offers the web pages as well."""
    router = Router(hass, "mobile")
    await router.reports(MOBILE)
    sources = {"ipv4": [router.source("other_connection")], "ipv6": []}
    entry = await set_up(hass, zone, [domain(NAME)], sources=sources)
    form = await send(hass, await change(hass, entry), FORM | {"override_sources": True})
    assert (form["step_id"], form["last_step"]) == ("sources", False)
    state = hass.states.get(router.entity_id)
    assert state is not None
    shown = placeholders(form)
    assert shown["domain"] == NAME
    assert shown["current"] == f"IPv4 {MOBILE} ({state.name})"

    preview = await send(hass, form, SAME_AS_ZONE | {"ipv4_source": "automatic"})
    assert rows(preview) == [f"- **{NAME}** A: {OLD} → {HOME}"]
    await send(hass, preview, {})
    assert stored(entry, NAME) == {"ipv4": [{"source": "automatic"}]}
    assert contents(simulator)[NAME] == HOME


@pytest.mark.parametrize(
    "kinds, responses, form_field, error",
    [
        pytest.param(
            ENTITY,
            {"ipv4_entity": "sensor.weather", "ipv4_meaning": "this_network"},
            "ipv4_entity",
            "unusable_entity",
            id="a word/unusable",
        ),
        pytest.param(
            ENTITY,
            {"ipv4_entity": PUBLIC_IPV4, "ipv4_meaning": "this_network"},
            "ipv4_entity",
            "own_entity",
            id="raindrop's own/refused",
        ),
        pytest.param(
            URLS, {"ipv4_urls": ["http://a.example"]}, "ipv4_urls", "malformed_url", id="http"
        ),
        pytest.param(URLS, {"ipv4_urls": []}, "ipv4_urls", "no_url", id="no URL"),
        pytest.param(
            URLS,
            {"ipv4_urls": ["https://a.example/1", "https://a.example/2"]},
            "ipv4_urls",
            "same_host",
            id="one host",
        ),
    ],
)
async def test_each_error_is_shown_at_its_field_and_the_next_try_succeeds(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    entry: RaindropConfigEntry,
    kinds: dict[str, Any],
    responses: dict[str, Any],
    form_field: str,
    error: str,
) -> None:
    """The form of a domain shows the same errors as the zone's, and keeps the entered values."""
    hass.states.async_set("sensor.weather", "sunny")
    form = await details(hass, entry, kinds)
    form = await send(hass, form, responses)
    assert (form["step_id"], form["errors"]) == ("details", {form_field: error})
    assert typed(form) == responses

    hass.states.async_set("sensor.weather", HOME)
    right: dict[str, dict[str, Any]] = {
        "ipv4_entity": {"ipv4_entity": "sensor.weather", "ipv4_meaning": "this_network"},
        "ipv4_urls": {"ipv4_urls": [simulator.ip.services[1].urls[4]]},
    }
    preview = await send(hass, form, right[form_field])
    assert preview["step_id"] == "preview"
    done = await send(hass, preview, {})
    assert done["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize("kinds", [SAME_AS_ZONE, ENTITY], ids=["sources", "details"])
async def test_a_failed_preview_is_an_error_of_the_form_and_can_be_retried(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    entry: RaindropConfigEntry,
    kinds: dict[str, Any],
) -> None:
    """While Cloudflare is down the last form stays open with the entered values."""
    hass.states.async_set("sensor.router", HOME)
    form = await sources(hass, entry)
    responses: dict[str, Any] = kinds
    if kinds == ENTITY:
        form = await send(hass, form, kinds)
        responses = {"ipv4_entity": "sensor.router", "ipv4_meaning": "this_network"}
    simulator.faults.add("cloudflare", kind="reset")
    form = await send(hass, form, responses)
    assert form["errors"] == {"base": "cannot_connect"}
    assert typed(form) == responses
    simulator.faults.clear()
    preview = await send(hass, form, responses)
    assert rows(preview) == [f"- **{WWW}** A: — → {HOME}"]


async def test_a_message_about_the_name_is_shown_even_where_its_field_is_not(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """In a zone of unknown name the domain is checked only after the sources are chosen."""
    simulator.cloudflare.add_token(DNS_TOKEN, permissions={"dns:edit"}, owner="account")
    result = await submit_user_form(hass, zone=zone.id, key=DNS_TOKEN, domain=NAME)
    entry = result["result"]
    form = await send(hass, await start(hass, entry), OWN_SOURCES | {"domain": "www.sample.com"})
    form = await send(hass, form, SAME_AS_ZONE)
    assert (form["step_id"], form["errors"]) == ("sources", {"base": "outside_zone"})


async def test_an_error_in_the_first_form_comes_before_the_sources(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """The sources are asked for only if the domain is valid."""
    form = await send(hass, await start(hass, entry), OWN_SOURCES | {"families": []})
    assert (form["step_id"], form["errors"]) == ("user", {"families": "no_family"})
    assert typed(form)["override_sources"] is True


@pytest.mark.parametrize("families", [["ipv4"], ["ipv6"], ["ipv4", "ipv6"]])
async def test_only_the_sources_of_the_chosen_record_types_are_asked_for(
    hass: HomeAssistant, entry: RaindropConfigEntry, families: list[str]
) -> None:
    """Another source would have no effect."""
    form = await send(hass, await start(hass, entry), OWN_SOURCES | {"families": families})
    assert typed(form) == {f"{family}_source": "same_as_zone" for family in families}


async def test_a_name_with_only_an_aaaa_record_asks_for_its_source(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """It gets the IPv6 address whatever is chosen for the others."""
    simulator.cloudflare.add_record(zone, type="AAAA", name="six", content=HOME_V6)
    form = await send(hass, await start(hass, entry), OWN_SOURCES | {"domain": ["six"]})
    assert typed(form).keys() == {"ipv4_source", "ipv6_source"}


async def test_the_source_of_a_record_type_that_is_given_up_is_not_kept(
    hass: HomeAssistant, zone: Zone
) -> None:
    """What is stored is what the forms show."""
    router = Router(hass, "mobile")
    await router.reports(MOBILE)
    own = {"ipv4": [router.source("other_connection")], "ipv6": [{"source": "automatic"}]}
    entry = await set_up(hass, zone, [domain(NAME, sources=own, families=["ipv4", "ipv6"])])
    form = await send(hass, await change(hass, entry), FORM | {"override_sources": True})
    form = await send(hass, form, ENTITY)
    await send(hass, await send(hass, form, typed(form)), {})
    assert stored(entry, NAME) == {"ipv4": own["ipv4"]}


async def test_each_family_can_have_its_own_source(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """IPv6 can come from an entity while IPv4 follows the zone."""
    router = Router(hass, "six", translation_key="external_ipv6", platform="fritz")
    await router.reports(HOME_V6)
    form = await send(hass, await start(hass, entry), OWN_SOURCES | {"families": ["ipv4", "ipv6"]})
    form = await send(hass, form, SAME_AS_ZONE | {"ipv6_source": "entity"})
    preview = await send(
        hass, form, {"ipv6_entity": router.entity_id, "ipv6_meaning": "this_network"}
    )
    assert rows(preview) == [
        f"- **{WWW}** A: — → {HOME}",
        f"- **{WWW}** AAAA: — → {HOME_V6}",
    ]
    await send(hass, preview, {})
    found = {
        (r["type"], r["content"]) for r in simulator.cloudflare.records(zone) if r["name"] == WWW
    }
    assert found == {("A", HOME), ("AAAA", HOME_V6)}

    simulator.ip.set_address("2001:218:9:2::142")
    simulator.ip.set_address(NEXT)
    await router.reports("2001:218:9:2::142")
    found = {
        (r["type"], r["content"]) for r in simulator.cloudflare.records(zone) if r["name"] == WWW
    }
    assert ("AAAA", "2001:218:9:2::142") in found
