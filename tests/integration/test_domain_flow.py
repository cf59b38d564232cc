"""Add and change a domain: each error at its field, and what is stored."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from homeassistant.config_entries import ConfigEntryDisabler, SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, section
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.raindrop.const import DOMAIN
from custom_components.raindrop.coordinator import RaindropConfigEntry
from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME, OLD
from tests.secrets import DNS_TOKEN, TOKEN

from .conftest import submit_form, submit_user_form, typed
from .domain_forms import FORM, OWNER, WWW, add, change, record, rows, send, start


def _nothing(_simulator: Simulator) -> None:
    """Change nothing."""


@dataclass(frozen=True, kw_only=True)
class FormError:
    """What the user enters or what fails, and the error at the form field."""

    entered: dict[str, Any] = field(default_factory=dict)
    before: Callable[[Simulator], object] = _nothing
    form_field: str = "base"
    """Where the error is shown: above the form if the field is in a section."""
    section: str | None = None
    """The section that is expanded for it."""
    error: str


FORM_ERRORS = {
    "twice the same/already there": FormError(
        entered={"domain": ["Home"]}, form_field="domain", error="already_configured"
    ),
    "other zone/outside": FormError(
        entered={"domain": ["www.example.org"]}, form_field="domain", error="outside_zone"
    ),
    "nothing chosen/none": FormError(
        entered={"domain": []}, form_field="domain", error="no_domain"
    ),
    "no name/malformed": FormError(
        entered={"domain": ["a b"]}, form_field="domain", error="malformed_domain"
    ),
    "no family/none chosen": FormError(
        entered={"families": []}, form_field="families", error="no_family"
    ),
    "fixed ttl of a proxied record/impossible": FormError(
        entered={"ttl": "seconds", "proxied": "on"}, section="record", error="ttl_of_proxied"
    ),
    "word for an interface identifier/malformed": FormError(
        entered={"interface_id": "printer"},
        section="other_machine",
        error="malformed_interface_id",
    ),
    "interface identifier wider than its place/malformed": FormError(
        entered={"interface_id": "1::1"}, section="other_machine", error="malformed_interface_id"
    ),
    "cloudflare down/cannot connect": FormError(
        before=lambda simulator: simulator.faults.add("cloudflare", kind="reset"),
        form_field="base",
        error="cannot_connect",
    ),
    "credential denied/at the form": FormError(
        before=lambda simulator: simulator.faults.add("cloudflare", kind="spurious_403"),
        form_field="base",
        error="dns_edit_missing",
    ),
}


def expanded_sections(form: SubentryFlowResult) -> list[str]:
    """Return the sections of a form that are not collapsed."""
    schema = form["data_schema"]
    assert schema is not None
    sections = {str(k): part for k, part in schema.schema.items() if isinstance(part, section)}
    assert list(sections) == ["record", "other_machine", "address_source", "removal"]
    return [key for key, part in sections.items() if not part.options["collapsed"]]


@pytest.mark.parametrize("case", FORM_ERRORS.values(), ids=FORM_ERRORS)
async def test_each_error_is_shown_at_its_field_and_the_next_try_succeeds(
    hass: HomeAssistant,
    simulator: Simulator,
    zone: Zone,
    entry: RaindropConfigEntry,
    case: FormError,
) -> None:
    """The error is at the right field, the entered values are kept, and nothing is stored."""
    form = await start(hass, entry)
    case.before(simulator)
    fields = FORM | {"domain": ["www"]} | case.entered
    form = await send(hass, form, fields)
    assert form["errors"] == {case.form_field: case.error}
    assert typed(form) == fields
    assert expanded_sections(form) == [case.section] * bool(case.section)
    assert len(entry.subentries) == 1

    simulator.faults.clear()
    preview = await send(hass, form, FORM | {"domain": "www"})
    assert rows(preview) == [f"- **{WWW}** A: — → {HOME}"]
    result = await send(hass, preview, {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert len(entry.subentries) == 2
    found = record(simulator, "www.example.com")
    assert found is not None
    assert (found["content"], found["comment"]) == (HOME, OWNER)


async def test_a_form_without_a_list_still_works(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """If the zone cannot be listed the name can still be typed."""
    simulator.faults.add("cloudflare", kind="html", times=1)
    await add(hass, entry, domain="www")
    assert record(simulator, "www.example.com")


async def test_a_domain_can_be_changed_without_losing_what_was_pinned(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """Its name, the pinned record and options without a field stay: it is still paused."""
    (subentry,) = entry.subentries.values()
    pinned = {"ipv4": simulator.cloudflare.records(zone)[0]["id"]}
    hass.config_entries.async_update_subentry(
        entry, subentry, data={**subentry.data, "records": pinned, "paused": True}
    )
    await hass.async_block_till_done()
    form = await change(hass, entry)
    assert "domain" not in typed(form)
    form = await send(hass, form, FORM | {"families": []})
    assert form["errors"] == {"families": "no_family"}
    preview = await send(hass, form, FORM | {"ttl": "seconds", "ttl_s": 120})
    assert rows(preview) == [f"- **home.example.com** A: {HOME}"]
    result = await send(hass, preview, {})
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    (subentry,) = entry.subentries.values()
    assert (subentry.data["ttl_s"], subentry.data["records"]) == (120, pinned)
    assert subentry.data["paused"] is True
    found = record(simulator, "home.example.com")
    assert found is not None
    assert (found["ttl"], found["comment"]) == (3600, "front door")


async def test_a_domain_cannot_be_added_to_a_zone_that_is_not_loaded(
    hass: HomeAssistant, entry: RaindropConfigEntry
) -> None:
    """The preview needs a loaded zone: both forms abort without one."""
    await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    for form in (await start(hass, entry), await change(hass, entry)):
        assert (form["type"], form["reason"]) == (FlowResultType.ABORT, "not_loaded")


async def test_a_zone_without_a_name_needs_full_names(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """Where a token may not read the zone, a relative name cannot be completed."""
    simulator.cloudflare.add_token(DNS_TOKEN, permissions={"dns:edit"}, owner="account")
    result = await submit_user_form(hass, zone=zone.id, key=DNS_TOKEN, domain="home.example.com")
    entry = result["result"]
    form = await send(hass, await start(hass, entry), FORM | {"domain": "www"})
    assert form["errors"] == {"domain": "full_name_needed"}
    preview = await send(hass, form, FORM | {"domain": "www.example.com"})
    assert preview["step_id"] == "preview"


async def test_a_unicode_name_is_shown_as_typed_and_sent_in_punycode(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    """münchen.example is compared and sent as xn--mnchen-3ya.example, and shown as it is."""
    zone = simulator.cloudflare.add_zone("münchen.example")
    simulator.cloudflare.add_token(TOKEN)
    result = await submit_user_form(hass, zone="münchen.example", key=TOKEN, domain="@")
    entry = result["result"]
    await add(hass, entry, domain="Tür.MÜNCHEN.example")
    form = await send(hass, await start(hass, entry), FORM | {"domain": "tür"})
    assert form["errors"] == {"domain": "already_configured"}
    assert [s.title for s in entry.subentries.values()] == [
        "münchen.example",
        "tür.münchen.example",
    ]
    assert {r["name"] for r in simulator.cloudflare.records(zone)} == {
        "xn--mnchen-3ya.example",
        "xn--tr-xka.xn--mnchen-3ya.example",
    }


async def test_after_the_first_form_a_menu_says_what_was_done_and_offers_more(
    hass: HomeAssistant, zone: Zone
) -> None:
    """The name points to the address; a form for more names is one click away."""
    result = await submit_user_form(hass, zone="example.com", key=TOKEN, domain="home")
    kind, flow_id = result["next_flow"]
    assert kind == "config_subentries_flow"
    menu = hass.config_entries.subentries.async_get(flow_id)
    assert menu["step_id"] == "done"
    menu = await hass.config_entries.subentries.async_configure(flow_id)
    assert menu["menu_options"] == ["add", "finish"]
    expected = {"domain": "home.example.com", "addresses": HOME}
    assert menu["description_placeholders"] == expected
    form = await send(hass, menu, {"next_step_id": "add"})
    assert (form["step_id"], form["errors"]) == ("user", None)


async def test_the_menu_after_the_first_form_can_end_the_flow(
    hass: HomeAssistant, zone: Zone
) -> None:
    """Who wants no more names is done."""
    result = await submit_user_form(hass, zone="example.com", key=TOKEN, domain="home")
    menu = hass.config_entries.subentries.async_get(result["next_flow"][1])
    done = await send(hass, menu, {"next_step_id": "finish"})
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "finished")
    assert not hass.config_entries.subentries.async_progress()


async def test_the_menu_does_not_claim_what_is_not_done(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """If Cloudflare refuses the first write, the menu says that DNS is not up to date."""
    form = await hass.config_entries.flow.async_init(DOMAIN, context={"source": "user"})
    form = await submit_form(hass, form, zone="example.com", key=TOKEN, domain="home")
    simulator.faults.add("cloudflare", "PATCH *", kind="html")
    simulator.faults.add("cloudflare", "POST *", kind="html")
    result = await submit_form(hass, form, families=["ipv4"])
    menu = hass.config_entries.subentries.async_get(result["next_flow"][1])
    assert menu["step_id"] == "waiting"
    assert record(simulator, "home.example.com") == simulator.cloudflare.records(zone)[0]
    assert simulator.cloudflare.records(zone)[0]["content"] == OLD


async def test_the_form_of_a_removed_domain_aborts(
    hass: HomeAssistant, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """A form that was open when the domain was removed ends with a reason."""
    form = await change(hass, entry)
    (subentry_id,) = entry.subentries
    hass.config_entries.async_remove_subentry(entry, subentry_id)
    await hass.async_block_till_done()
    if form["flow_id"] in {f["flow_id"] for f in hass.config_entries.subentries.async_progress()}:
        done = await send(hass, form, FORM)
        assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "not_loaded")


async def test_a_family_that_is_no_longer_chosen_leaves_no_sensor(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, entry: RaindropConfigEntry
) -> None:
    """From both families to one: the sensors of the other are removed."""
    ipv6 = "sensor.example_com_public_ipv6_address"
    registry = er.async_get(hass)
    for families, is_there in ((["ipv4", "ipv6"], True), (["ipv4"], False)):
        preview = await send(hass, await change(hass, entry), FORM | {"families": families})
        await send(hass, preview, {})
        assert (registry.async_get(ipv6) is not None) is is_there
        aaaa = registry.async_get("sensor.home_example_com_aaaa_record")
        assert (aaaa is not None) is is_there


async def test_a_mistyped_name_is_refused_in_a_zone_of_unknown_name(
    hass: HomeAssistant, simulator: Simulator, zone: Zone
) -> None:
    """Where the zone's name is not known, a name must share a parent domain with a record."""
    simulator.cloudflare.add_token(DNS_TOKEN, permissions={"dns:edit"}, owner="account")
    result = await submit_user_form(hass, zone=zone.id, key=DNS_TOKEN, domain="home.example.com")
    form = await start(hass, result["result"])
    form = await send(hass, form, FORM | {"domain": "www.sample.com"})
    assert form["errors"] == {"domain": "outside_zone"}


async def test_a_domain_that_is_removed_while_its_form_is_open(
    hass: HomeAssistant, entry: RaindropConfigEntry
) -> None:
    """The form ends; nothing is left to change."""
    preview = await send(hass, await change(hass, entry), FORM)
    assert preview["step_id"] == "preview"
    hass.config_entries.async_remove_subentry(entry, next(iter(entry.subentries)))
    await hass.async_block_till_done()
    result = await send(hass, preview, {})
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "not_loaded")
